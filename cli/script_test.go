package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"qwenbatch": func() { os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs testdata/script/*.txtar, which read like a manual.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"line":    lineOf,
			"waitfor": waitFor,
			"charges": charges,
			"lines":   lines,
			"plain":   onlyPlain,
			"exits":   exits,
		},
	})
}

// lineOf waits for the first line of a file and puts it into a variable: line VARIABLE FILE.
func lineOf(ts *testscript.TestScript, _ bool, args []string) {
	var text string
	until(ts, "a line in "+args[1], func() bool {
		data, _ := os.ReadFile(ts.MkAbs(args[1]))
		var whole bool
		text, _, whole = strings.Cut(string(data), "\n")
		return whole
	})
	ts.Setenv(args[0], strings.TrimSpace(text))
}

// waitFor waits until a file holds a text at least so many times: waitfor FILE TEXT [N].
func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	n := 1
	if len(args) > 2 {
		n, _ = strconv.Atoi(args[2])
	}
	until(ts, args[1]+" in "+args[0], func() bool {
		data, _ := os.ReadFile(ts.MkAbs(args[0]))
		return strings.Count(string(data), args[1]) >= n
	})
}

func until(ts *testscript.TestScript, what string, holds func() bool) {
	for range 500 {
		if holds() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	ts.Fatalf("waited 10 s for %s", what)
}

// charges asks an emulator how many pictures it has charged: charges BASE-URL N.
func charges(ts *testscript.TestScript, _ bool, args []string) {
	resp, err := http.Get(strings.TrimSuffix(args[0], "/api/v1") + "/books")
	ts.Check(err)
	defer resp.Body.Close()
	var books struct{ Charges int }
	ts.Check(json.NewDecoder(resp.Body).Decode(&books))
	if want, _ := strconv.Atoi(args[1]); books.Charges != want {
		ts.Fatalf("%d pictures were charged, want %d", books.Charges, want)
	}
}

// lines counts the lines of a file that hold a text: lines FILE TEXT N.
func lines(ts *testscript.TestScript, neg bool, args []string) {
	f, err := os.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	n := 0
	for s := bufio.NewScanner(f); s.Scan(); {
		if strings.Contains(s.Text(), args[1]) {
			n++
		}
	}
	if want, _ := strconv.Atoi(args[2]); (n == want) == neg {
		ts.Fatalf("%d lines of %s hold %q, want %d", n, args[0], args[1], want)
	}
}

// exits runs a command and wants an exit code: exits CODE COMMAND…
func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if want, _ := strconv.Atoi(args[0]); code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// onlyPlain wants no control characters but line breaks in files: plain FILE…
func onlyPlain(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		for _, r := range ts.ReadFile(name) {
			if r != '\n' && (r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u202e') {
				ts.Fatalf("%s holds %q", filepath.Base(name), r)
			}
		}
	}
}
