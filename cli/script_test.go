package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/manifests/charset"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(waiting{m}, map[string]func(){
		"qwenbatch": func() { os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
		"nolocks":   noLocks,
	})
}

// waiting runs the tests of this package eight at a time: the scripts mostly wait for an emulator.
type waiting struct{ *testing.M }

func (w waiting) Run() int {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if !said {
		flag.Set("test.parallel", "8")
	}
	return w.M.Run()
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
		Condition: func(cond string) (bool, error) {
			path, is := strings.CutPrefix(cond, "exists:")
			if !is {
				return false, fmt.Errorf("unknown condition %q", cond)
			}
			_, err := os.Stat(path)
			return err == nil, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"line":    lineOf,
			"waitfor": waitFor,
			"charges": charges,
			"posts":   posts,
			"lines":   lines,
			"plain":   onlyPlain,
			"exits":   exits,
			"emulate": emulate,
			"submit":  submit,
			"taskid":  taskID,
			"tells":   tells,
			"asked":   asked,
			"word":    firstWord,
			"encode":  encode,
			"draw":    drawPictures,
			"book":    bookOfPictures,
		},
	})
}

// encode saves files in another encoding than UTF-8: encode ENCODING FILE…
func encode(ts *testscript.TestScript, _ bool, args []string) {
	c, known := charset.Named(args[0])
	if !known {
		ts.Fatalf("there is no encoding %s", args[0])
	}
	for _, name := range args[1:] {
		text, err := c.Encoding.NewEncoder().String(ts.ReadFile(name))
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
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

// emulate runs that command until the script ends, and puts its base URL into a variable:
// emulate VARIABLE FLAG…
func emulate(ts *testscript.TestScript, _ bool, args []string) {
	self, err := os.Executable()
	ts.Check(err)
	cmd := &exec.Cmd{Path: self, Dir: ts.MkAbs("."), Env: os.Environ(),
		Args: append([]string{"qwenbatch", "emulate", "--listen", "127.0.0.1:0"}, args[1:]...)}
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() { cmd.Process.Kill(); cmd.Wait() })
	url, err := bufio.NewReader(out).ReadString('\n')
	ts.Check(err)
	ts.Setenv(args[0], strings.TrimSpace(url))
}

// submit sends tasks as any other program of the account would: submit BASE-URL N PROMPT.
func submit(ts *testscript.TestScript, _ bool, args []string) {
	n, _ := strconv.Atoi(args[1])
	for sent := 0; sent < n; {
		status, err := post(args[0], args[2])
		ts.Check(err)
		switch status {
		case 200:
			sent++
		case 429:
			time.Sleep(10 * time.Millisecond)
		default:
			ts.Fatalf("submit: HTTP %d", status)
		}
	}
}

// post submits one task.
func post(url, prompt string) (status int, err error) {
	body := `{"model":"qwen-image-plus","input":{"prompt":"` + prompt + `"},"parameters":{"size":"1328*1328"}}`
	req, err := http.NewRequest("POST", url+"/services/aigc/text2image/image-synthesis", strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer sk-other"}, "X-Dashscope-Async": {"enable"}}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// taskID puts the id of the first task in the last output into a variable: taskid VARIABLE
// [TEXT BEFORE IT].
func taskID(ts *testscript.TestScript, _ bool, args []string) {
	pattern := `[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`
	if len(args) > 1 {
		pattern = `(?m)` + args[1] + `` + pattern
	}
	found := regexp.MustCompile(pattern).FindString(ts.ReadFile("stdout"))
	if found == "" {
		ts.Fatalf("no task id in stdout")
	}
	ts.Setenv(args[0], found[len(found)-36:])
}

// firstWord puts the first word of the last output into a variable: word VARIABLE.
func firstWord(ts *testscript.TestScript, _ bool, args []string) {
	words := strings.Fields(ts.ReadFile("stdout"))
	if len(words) == 0 {
		ts.Fatalf("no word in stdout")
	}
	ts.Setenv(args[0], words[0])
}

// An account is what an emulator's books say of all its calls.
type account struct {
	Models      int
	Charges     int
	Submissions struct{ Seen int }
}

func accountOf(ts *testscript.TestScript, url string) (a account) {
	resp, err := http.Get(strings.TrimSuffix(url, "/api/v1") + "/books")
	ts.Check(err)
	defer resp.Body.Close()
	ts.Check(json.NewDecoder(resp.Body).Decode(&a))
	return a
}

// charges asks an emulator how many pictures it has charged: charges BASE-URL N.
func charges(ts *testscript.TestScript, _ bool, args []string) {
	got := accountOf(ts, args[0]).Charges
	if want, _ := strconv.Atoi(args[1]); got != want {
		ts.Fatalf("%d pictures were charged, want %d", got, want)
	}
}

// posts asks an emulator how many submissions have reached it: posts BASE-URL N.
func posts(ts *testscript.TestScript, _ bool, args []string) {
	got := accountOf(ts, args[0]).Submissions.Seen
	if want, _ := strconv.Atoi(args[1]); got != want {
		ts.Fatalf("%d submissions were sent, want %d", got, want)
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
