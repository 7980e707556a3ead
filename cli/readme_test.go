package cli

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestReadme runs the commands of the console blocks of both READMEs, one after the other in one
// folder, and compares what they print. Only this may differ: how long something took, as in
// "in 2 s", whether a slow machine left thumbnails to be made, where the service is, and ids of
// tasks, of which the same must stay the same.
func TestReadme(t *testing.T) {
	for _, name := range []string{"README.md", "README.zh.md"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			followReadme(t, name)
		})
	}
}

func followReadme(t *testing.T, name string) {
	r := &reader{t: t, dir: t.TempDir(), ids: map[string]string{}}
	r.copy("../manifests/examples", "manifests/examples")
	blocks := consoleBlocks(t, "../"+name)
	if len(blocks) < 5 {
		t.Fatalf("%s has %d console blocks, want at least 5", name, len(blocks))
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
	r.checkFolder(name)
}

var folderBlock = regexp.MustCompile("(?ms)^```\nprompts-output/\n(.*?)^```$")

// checkFolder holds what a README lists of the output folder to one with all reports.
func (r *reader) checkFolder(name string) {
	r.run("qwenbatch report prompts.csv --xlsx")
	text, err := os.ReadFile("../" + name)
	if err != nil {
		r.t.Fatal(err)
	}
	var want, got []string
	for line := range strings.Lines(folderBlock.FindStringSubmatch(string(text))[1]) {
		want = append(want, strings.Trim(strings.Fields(line)[0], "/"))
	}
	files, err := os.ReadDir(filepath.Join(r.dir, "prompts-output"))
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasPrefix(f.Name(), ".") {
			got = append(got, f.Name())
		}
	}
	if slices.Sort(want); !slices.Equal(got, want) {
		r.t.Errorf("%s lists %q in the output folder, want %q", name, want, got)
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

	files map[string][]string // that are shown with cat
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
	if name, is := strings.CutPrefix(line, "cat "); is {
		r.files = map[string][]string{name: c.want}
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
		r.t.Errorf("$ %s\nprints\n%s\n\nwant\n%s", c.line, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
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
	if name, is := strings.CutPrefix(line, "cat "); is {
		return r.shown(name)
	}
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
		text = strings.ReplaceAll(text, r.url, "https://dashscope.aliyuncs.com/api/v1")
	}
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// shown makes the file that a README shows, as its reader does.
func (r *reader) shown(name string) []string {
	lines := r.files[name]
	write(r.t, filepath.Join(r.dir, name), strings.Join(lines, "\n")+"\n")
	return lines
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

// lostAnswer is what comes before status shows a held item: the rows of the starter are done but
// for one, whose answer was lost while the task list could not be read.
func (r *reader) lostAnswer() {
	write(r.t, filepath.Join(r.dir, "faults"), fileText(r.t, "testdata/readme/faults"))
	r.serve("--speed", "100", "--faults", "faults")
	whole := filepath.Join(r.dir, "prompts.csv")
	r.run("qwenbatch init prompts.csv")
	sheet := fileText(r.t, whole)
	var first []string
	for line := range strings.Lines(sheet) {
		if !strings.HasPrefix(line, "bookshop,") {
			first = append(first, line)
		}
	}
	write(r.t, whole, strings.Join(first, ""))
	r.run("qwenbatch run prompts.csv --mode sync")
	write(r.t, whole, sheet)
	r.run("qwenbatch run prompts.csv")
}

var cronBlock = regexp.MustCompile("(?ms)^```cron\n(.*?)^```$")

// TestReadmeCron runs the line for cron of both READMEs with the variables that it sets, and those
// of cron itself.
func TestReadmeCron(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip("there is no /bin/sh")
	}
	self, err := exec.LookPath("qwenbatch") // put there by testscript.Main
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"README.md", "README.zh.md"} {
		r := served(t, "--speed", "1000", "--key", "sk-cron")
		table := readCrontab(t, cronBlock.FindStringSubmatch(fileText(t, "../"+name))[1])
		write(t, filepath.Join(r.dir, "pictures", "prompts.csv"), "prompt\na cat\n")
		write(t, filepath.Join(r.dir, "pictures", "key.txt"), "sk-cron\n")
		if err := os.Symlink(filepath.Dir(self), filepath.Join(r.dir, "bin")); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("/bin/sh", "-c", table.command)
		for _, setting := range table.env {
			cmd.Env = append(cmd.Env, strings.Replace(setting, "/usr/local/bin", filepath.Join(r.dir, "bin"), 1))
		}
		cmd.Env = append(cmd.Env, "HOME="+r.dir, "QWENBATCH_BASE_URL="+r.url)
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: cron prints %s, %v", name, out, err)
		}
		if log := fileText(t, filepath.Join(r.dir, "pictures", "run.log")); !strings.HasPrefix(log, "1 done, 0 failed") {
			t.Errorf("%s: run.log has %s", name, log)
		}
	}
}

var (
	codeSpan  = regexp.MustCompile("`([^`\n]+)`")
	flagInUse = regexp.MustCompile(`(?:^|\s)--([a-z][a-z-]+)`)
)

// TestReadmeFlagsExist wants every command and flag that the READMEs and docs/automation.md name in
// a sentence to be one of ours.
func TestReadmeFlagsExist(t *testing.T) {
	p, _ := newProgram(nil)
	root := p.root()
	known := append(allFlags(root), "help", "help-all", "version")
	for _, name := range []string{"README.md", "README.zh.md", "docs/automation.md"} {
		for _, span := range codeSpan.FindAllStringSubmatch(fileText(t, "../"+name), -1) {
			line, ours := strings.CutPrefix(span[1], "qwenbatch ")
			if words := strings.Fields(line); ours {
				if cmd, _, err := root.Find(words[:1]); err != nil || cmd == root && words[0] != "completion" {
					t.Errorf("%s: there is no command %s", name, words[0])
				}
			} else if !strings.HasPrefix(line, "--") {
				continue // of another program, perhaps
			}
			for _, flag := range flagInUse.FindAllStringSubmatch(line, -1) {
				if !slices.Contains(known, flag[1]) {
					t.Errorf("%s: there is no flag --%s", name, flag[1])
				}
			}
		}
	}
}
