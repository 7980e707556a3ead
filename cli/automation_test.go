package cli

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// codeBlock is the only block of a language in docs/automation.md.
func codeBlock(t *testing.T, language string) string {
	t.Helper()
	text, err := os.ReadFile("../docs/automation.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllSubmatch(text, -1)
	if len(found) != 1 {
		t.Fatalf("docs/automation.md has %d blocks of %s, want 1", len(found), language)
	}
	return string(found[0][1])
}

// served is an emulator for the time of a test.
func served(t *testing.T, flags ...string) *reader {
	r := &reader{t: t, dir: t.TempDir()}
	r.serve(flags...)
	return r
}

// charged is how many pictures the account has paid for.
func (r *reader) charged() int {
	r.t.Helper()
	resp, err := http.Get(strings.TrimSuffix(r.url, "/api/v1") + "/books")
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	var books struct{ Charges int }
	if err := json.NewDecoder(resp.Body).Decode(&books); err != nil {
		r.t.Fatal(err)
	}
	return books.Charges
}

func (r *reader) wantCharged(n int) {
	r.t.Helper()
	if got := r.charged(); got != n {
		r.t.Errorf("%d pictures were charged, want %d", got, n)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A crontab is a table as cron reads it: settings of the environment, and one job.
type crontab struct {
	env     []string
	command string
}

var (
	cronSetting = regexp.MustCompile(`^[A-Z]+=`)
	cronJob     = regexp.MustCompile(`^(\S+ +){5}(.*)$`)
)

func readCrontab(t *testing.T, text string) (c crontab) {
	t.Helper()
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch job := cronJob.FindStringSubmatch(line); {
		case line == "":
		case cronSetting.MatchString(line):
			c.env = append(c.env, line)
		case job != nil && !strings.Contains(line, "%") && c.command == "": // cron makes a line break of a %
			c.command = job[2]
		default:
			t.Fatalf("cron would not take %q", line)
		}
	}
	return c
}

// TestCrontab runs the line of docs/automation.md as cron does: with sh, in an environment that
// is almost empty.
func TestCrontab(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip("there is no /bin/sh")
	}
	r := served(t, "--speed", "1000", "--key", "sk-cron")
	table := readCrontab(t, codeBlock(t, "cron"))
	bin, pictures := filepath.Join(r.dir, "bin"), filepath.Join(r.dir, "pictures")
	for i, setting := range table.env {
		table.env[i] = strings.Replace(setting, "/usr/local/bin", bin, 1)
	}
	self, err := os.Executable()
	if err == nil {
		err = os.MkdirAll(bin, 0o700)
	}
	if err == nil {
		err = os.Symlink(self, filepath.Join(bin, "qwenbatch"))
	}
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(pictures, "prompts.csv"), "id,prompt\ncat,a cat\ndog,a dog\n")
	write(t, filepath.Join(pictures, "key.txt"), "sk-cron\n")
	log := func() string {
		b, _ := os.ReadFile(filepath.Join(pictures, "run.log"))
		return string(b)
	}
	// cron mails what its job prints.
	mail := func() string {
		cmd := exec.Command("/bin/sh", "-c", table.command)
		cmd.Env = append(table.env, "HOME="+r.dir, "LOGNAME=cron", "QWENBATCH_BASE_URL="+r.url, "QWENBATCH_MODE=sync")
		out, _ := cmd.CombinedOutput()
		return string(out)
	}
	wantNone := func(when string) {
		t.Helper()
		if text := mail(); text != "" {
			t.Errorf("%s, cron mails %q, want nothing", when, text)
		}
	}
	wantNone("when all goes well")
	r.wantCharged(2)
	if want := "2 done, 0 failed, 0 held, 0 left; ¥0.40 paid; prompts-output\n"; log() != want {
		t.Errorf("run.log = %q, want %q", log(), want)
	}
	wantNone("when there is nothing to do")
	r.wantCharged(2)

	dir, err := durable.OpenDir(filepath.Join(pictures, "prompts-output"))
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	lock, err := durable.LockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	wantNone("while another run works")
	lock.Release()
	if !strings.Contains(log(), "another run holds this batch") {
		t.Errorf("run.log = %q, want the run that gave way", log())
	}

	write(t, filepath.Join(pictures, "prompts.csv"), "id,prompt\ncat,a cat\ndog,a dog\nowl,an owl\n")
	write(t, filepath.Join(pictures, "key.txt"), "sk-old\n")
	if text := mail(); !strings.Contains(text, "InvalidApiKey") {
		t.Errorf("when the key is refused, cron mails %q, want the reason", text)
	}
	r.wantCharged(2)

	write(t, filepath.Join(pictures, "prompts.csv"), "id,prompt\ncat,\ndog,\nowl,\nfox,a fox\nfox,a fox\nelk,\nemu,\n")
	if text := mail(); !strings.HasPrefix(text, "qwenbatch: error: 6 mistakes in the manifest; nothing was sent\nprompts.csv:2:") || strings.Contains(text, "InvalidApiKey") {
		t.Errorf("when the sheet has mistakes, cron mails %q, want what this run says, from its first line on", text)
	}
}

// TestRecordsAreDocumented compares the records of --progress json with the table in
// docs/automation.md, field for field.
func TestRecordsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/automation.md")
	if err != nil {
		t.Fatal(err)
	}
	for kind, record := range map[string]any{"start": term.StartRecord{}, "item": term.ItemRecord{}, "progress": term.ProgressRecord{}, "summary": term.SummaryRecord{}} {
		row := regexp.MustCompile("(?m)^\\| `" + kind + "` \\|.*\\|(.*)\\|$").FindSubmatch(text)
		if row == nil {
			t.Errorf("docs/automation.md does not tell of the record %s", kind)
			continue
		}
		got := []string{"type"}
		for _, name := range regexp.MustCompile("`([a-z_]+)`").FindAllSubmatch(row[1], -1) {
			got = append(got, string(name[1]))
		}
		want := fields(reflect.TypeOf(record))
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("the record %s is documented with %q, want %q", kind, got, want)
		}
	}
}

// fields are the names under which a struct is written as JSON.
func fields(of reflect.Type) (names []string) {
	for _, f := range reflect.VisibleFields(of) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			names = append(names, name)
		}
	}
	return names
}
