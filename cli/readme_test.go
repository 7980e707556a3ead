package cli

import (
	"bufio"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestReadme runs the commands of the console blocks of README.md, one after the other in one
// folder, and compares what they print. Only this may differ: how long something took, as in
// "in 2 s", whether a slow machine left thumbnails to be made, and ids of tasks, of which the
// same must stay the same.
func TestReadme(t *testing.T) {
	t.Parallel()
	r := &reader{t: t, dir: t.TempDir(), ids: map[string]string{}}
	r.copy("../manifests/examples", "manifests/examples")
	r.copy("testdata/readme", ".")
	blocks := consoleBlocks(t, "../README.md")
	if len(blocks) < 5 {
		t.Fatalf("README.md has %d console blocks, want at least 5", len(blocks))
	}
	for _, b := range blocks {
		for scene, begin := range map[string]func(){"status prompts.csv": r.lostAnswer, "doctor": r.healthy} {
			if strings.HasPrefix(b[0].line, "qwenbatch "+scene) {
				begin()
			}
		}
		for _, c := range b {
			r.check(c)
		}
	}
}

// A command is a line after "$ " and what the README says that it prints.
type readmeCommand struct {
	line string
	want []string
}

var consoleBlock = regexp.MustCompile("(?ms)^```console\n(.*?)^```$")

func consoleBlocks(t *testing.T, name string) (blocks [][]readmeCommand) {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range consoleBlock.FindAllStringSubmatch(string(text), -1) {
		var b []readmeCommand
		for line := range strings.Lines(m[1]) {
			line = strings.TrimSuffix(line, "\n")
			if command, is := strings.CutPrefix(line, "$ "); is {
				b = append(b, readmeCommand{line: command})
			} else if len(b) == 0 {
				t.Fatalf("a console block begins with %q, want a command", line)
			} else {
				b[len(b)-1].want = append(b[len(b)-1].want, line)
			}
		}
		blocks = append(blocks, b)
	}
	return blocks
}

// A reader is somebody who types what the README shows.
type reader struct {
	t   *testing.T
	dir string
	env []string
	url string            // of the emulator that stands for the service
	ids map[string]string // by that of this run, the README's
}

func (r *reader) copy(from, to string) {
	if err := os.CopyFS(filepath.Join(r.dir, to), os.DirFS(from)); err != nil {
		r.t.Fatal(err)
	}
}

var (
	seconds    = regexp.MustCompile(`\bin \d+ s\b`)
	thumbsLeft = regexp.MustCompile(`thumbs +some are left`)
	uuid       = regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`)
	wording    = regexp.MustCompile(`"[^"]*"|'[^']*'|\S+`)
)

// check runs a command and compares its output line by line.
func (r *reader) check(c readmeCommand) {
	r.t.Helper()
	line := c.line
	for real, shown := range r.ids {
		line = strings.ReplaceAll(line, shown, real)
	}
	got := slices.DeleteFunc(r.run(line), thumbsLeft.MatchString)
	for i, want := range c.want[:min(len(got), len(c.want))] {
		for _, shown := range uuid.FindAllString(want, -1) {
			got[i] = r.rename(got[i], shown)
		}
	}
	same := func(a, b string) bool {
		if cut, is := strings.CutSuffix(b, "…"); is { // the README shows a terminal, which cuts
			return strings.HasPrefix(a, cut)
		}
		return seconds.ReplaceAllString(a, "in N s") == seconds.ReplaceAllString(b, "in N s")
	}
	if !slices.EqualFunc(got, c.want, same) {
		r.t.Errorf("README.md: $ %s\nprints\n%s\n\nwant\n%s", c.line, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
	}
}

// rename puts the README's id of a task in the place of this run's.
func (r *reader) rename(line, shown string) string {
	for _, real := range uuid.FindAllString(line, -1) {
		if r.ids[real] == "" && real != shown {
			r.ids[real] = shown
		}
		if r.ids[real] == shown {
			line = strings.ReplaceAll(line, real, shown)
		}
	}
	return line
}

// run runs a command line as far as README.md needs a shell, and returns the lines of both of
// its streams.
func (r *reader) run(line string) []string {
	r.t.Helper()
	line = strings.Replace(line, "go run . ", "qwenbatch ", 1)
	args := wording.FindAllString(line, -1)
	for i, a := range args {
		args[i] = strings.Trim(a, `"'`)
	}
	out, err := r.command(args...).CombinedOutput()
	if exit, is := err.(*exec.ExitError); err != nil && (!is || exit.ExitCode() < 0) {
		r.t.Fatalf("%s: %v", line, err)
	}
	text := strings.TrimSuffix(string(out), "\n")
	if r.url != "" {
		text = strings.ReplaceAll(text, r.url, "http://127.0.0.1:8686/api/v1")
	}
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

func (r *reader) command(args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		r.t.Fatal(err)
	}
	return &exec.Cmd{Path: self, Args: args, Dir: r.dir, Env: append([]string{"HOME=" + r.dir, "PATH=" + os.Getenv("PATH")}, r.env...)}
}

// serve starts the service that the next commands talk to.
func (r *reader) serve(flags ...string) {
	cmd := r.command(append([]string{"qwenbatch", "emulate", "--listen", "127.0.0.1:0"}, flags...)...)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	url, _ := bufio.NewReader(out).ReadString('\n')
	r.url = strings.TrimSpace(url)
	r.env = []string{"DASHSCOPE_API_KEY=sk-readme", "QWENBATCH_BASE_URL=" + r.url}
}

// healthy is a service at the pace of life.
func (r *reader) healthy() { r.serve() }

// lostAnswer is what comes before status shows a held item: one row done, and the answer for
// another lost while the task list could not be read.
func (r *reader) lostAnswer() {
	r.serve("--speed", "100", "--faults", "faults")
	whole := filepath.Join(r.dir, "prompts.csv")
	sheet, err := os.ReadFile(whole)
	if err == nil {
		err = os.Rename(filepath.Join(r.dir, "first.csv"), whole)
	}
	r.run("qwenbatch run prompts.csv --mode sync")
	if err == nil {
		err = os.WriteFile(whole, sheet, fs.FileMode(0o644))
	}
	if err != nil {
		r.t.Fatal(err)
	}
	r.run("qwenbatch run prompts.csv")
}
