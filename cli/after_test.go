package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/qwenbatch/qwenbatch/cli/term"
)

// TestAfterRecipes runs the lines of docs/automation.md that use --after, word for word, with
// stubs that note what they were called with.
func TestAfterRecipes(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip("there is no /bin/sh")
	}
	recipes := strings.Split(strings.TrimSpace(codeBlock(t, "sh")), "\n")
	for i, test := range []struct {
		program string
		want    string // what the stub was called with, FOLDER being the output folder
	}{
		{"rclone", "[copy] [FOLDER/images] [store:pictures] "},
		{"curl", "[--fail] [--silent] [--show-error] [-H] [Content-Type: application/json] [--data-binary] [@-] [https://example.com/hook] "},
		{"mail", "[-s] [qwenbatch: prompts.csv ended with 3] [you@example.com] "},
	} {
		t.Run(test.program, func(t *testing.T) {
			t.Parallel()
			r := served(t, "--speed", "1000")
			write(t, filepath.Join(r.dir, "prompts.csv"), "prompt\na cat\na dog [[fail:DataInspectionFailed]]\n")
			stub := filepath.Join(r.dir, "bin", test.program)
			write(t, stub, "#!/bin/sh\nprintf '[%s] ' \"$@\" >called\ncat >stdin\n")
			if err := os.Chmod(stub, 0o700); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("/bin/sh", "-c", recipes[i])
			cmd.Dir, cmd.Env = r.dir, append(r.env, "HOME="+r.dir, "QWENBATCH_MODE=sync",
				"PATH="+filepath.Dir(stub)+string(os.PathListSeparator)+os.Getenv("PATH"))
			out, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != 3 {
				t.Fatalf("%s\n%s\nexit code %d, want the run's 3", recipes[i], out, code)
			}
			want := strings.ReplaceAll(test.want, "FOLDER", filepath.Join(r.dir, "prompts-output"))
			if got := fileText(t, filepath.Join(r.dir, "called")); got != want {
				t.Errorf("%s\nwas called with %s\nwant %s", test.program, got, want)
			}
			got := fileText(t, filepath.Join(r.dir, "stdin"))
			var record term.SummaryRecord
			switch test.program {
			case "curl":
				if err := json.Unmarshal([]byte(got), &record); err != nil || record.Done != 1 || record.Failed != 1 || record.ExitCode != 3 {
					t.Errorf("curl sends %q, want the summary (%v)", got, err)
				}
			case "mail":
				if want := "1 done, 1 failed, 0 held, 0 left; ¥0.20 paid; prompts-output\n"; got != want {
					t.Errorf("the mail says %q, want %q", got, want)
				}
			}
		})
	}
}

// TestAfterIsDocumented compares the variables of --after with those of docs/automation.md.
func TestAfterIsDocumented(t *testing.T) {
	text := fileText(t, "../docs/automation.md")
	a := &afterCommand{ended: &summary{}}
	told := map[string]bool{}
	for _, v := range a.environment() {
		name, _, _ := strings.Cut(v, "=")
		told[name] = true
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("docs/automation.md does not tell of %s", name)
		}
	}
	for _, name := range regexp.MustCompile(`BATCH_[A-Z_]+`).FindAllString(text, -1) {
		if !told[name] {
			t.Errorf("docs/automation.md tells of %s, which no command gets", name)
		}
	}
}

func fileText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
