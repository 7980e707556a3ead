package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// key is what the service lets in. It must turn up in no file.
const key = "sk-torture-8c1f52e0"

// A batch is a sheet, a folder, and a service that outlives every run.
type batch struct {
	settings
	ctx     context.Context
	dir     string
	random  *rand.Rand
	base    string // URL of the service
	prompts []string
	tally   tally
	said    bytes.Buffer // by the last run
}

func newBatch(ctx context.Context, dir string, seed uint64, s settings) *batch {
	s.seed = seed
	return &batch{
		settings: s,
		ctx:      ctx,
		dir:      dir,
		random:   rand.New(rand.NewPCG(seed, 1)),
		tally:    tally{batches: 1, items: s.items},
	}
}

// run tortures one batch to its end and checks what came of it.
func (b *batch) run() (tally, error) {
	if err := b.sheet(); err != nil {
		return b.tally, err
	}
	stop, err := b.service()
	if err != nil {
		return b.tally, err
	}
	defer stop()
	for range b.kills {
		done, err := b.cutShort()
		if err != nil {
			return b.tally, err
		}
		if done {
			break
		}
	}
	if err := b.finish(); err != nil {
		return b.tally, fmt.Errorf("%w\n%s", err, b.said.Bytes())
	}
	return b.tally, b.check()
}

// sheet writes the manifest. Some rows say the same.
func (b *batch) sheet() error {
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		return err
	}
	text := "prompt\n"
	for i := range b.items {
		prompt := fmt.Sprintf("picture %d", i)
		if i > 0 && b.random.IntN(4) == 0 {
			prompt = b.prompts[i-1]
		}
		b.prompts = append(b.prompts, prompt)
		text += prompt + "\n"
	}
	return os.WriteFile(b.path("p.csv"), []byte(text), 0o644)
}

func (b *batch) path(name string) string { return filepath.Join(b.dir, name) }

// service starts the emulator and waits until it tells its URL.
func (b *batch) service() (stop func(), err error) {
	cmd := exec.CommandContext(
		b.ctx,
		b.binary,
		"emulate",
		"--listen",
		"127.0.0.1:0",
		"--speed",
		"10",
		"--service",
		"20s",
		"--key",
		key,
		"--books",
		b.path("books"),
		"--faults",
		b.spec(),
		"--seed",
		fmt.Sprint(b.seed),
	)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop = func() { cmd.Process.Kill(); cmd.Wait() }
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return nil, fmt.Errorf("emulate: %w", err)
	}
	b.base = strings.TrimSpace(line)
	return stop, nil
}

// spec is what this batch's service does wrong: the faults of all, and two that last. Half of
// the batches meet a list whose times are off, and half a picture host that refuses for a
// while.
func (b *batch) spec() string {
	spec := b.faults
	if !b.lasting {
		return spec
	}
	if offsets := []string{"8h", "-8h", "10m", "-90s"}; b.random.IntN(2) == 0 {
		spec += ",list.offset:" + offsets[b.random.IntN(len(offsets))] + "=1"
	}
	if refusals := []string{"status:403", "status:503", "gone", "hang",
		"expire-url"}; b.random.IntN(
		2,
	) == 0 {
		from := 1 + b.random.IntN(b.items)
		spec += fmt.Sprintf(
			",image.%s=1@%d-%d",
			refusals[b.random.IntN(len(refusals))],
			from,
			from+2+b.random.IntN(8),
		)
	}
	return spec
}

// command returns that of a run, not started.
func (b *batch) command(ctx context.Context) *exec.Cmd {
	cmd := exec.CommandContext(ctx, b.binary, "run", b.path("p.csv"), "--base-url", b.base,
		"--progress", "none")
	cmd.Env = append(os.Environ(), "DASHSCOPE_API_KEY="+key)
	return cmd
}

// start starts a run.
func (b *batch) start() (*exec.Cmd, error) {
	cmd := b.command(b.ctx)
	b.said.Reset()
	cmd.Stdout, cmd.Stderr = &b.said, &b.said
	b.tally.runs++
	return cmd, cmd.Start()
}

// cutShort starts a run and ends it at a random moment. Done says that it was faster.
func (b *batch) cutShort() (done bool, err error) {
	cmd, err := b.start()
	if err != nil {
		return false, err
	}
	if b.random.IntN(4) == 0 {
		if err := b.rival(); err != nil {
			return false, err
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return err == nil, b.unless(err, 75, stopped, inDoubt)
	case <-time.After(b.moment()):
	}
	if b.random.IntN(5) > 0 {
		b.tally.kills++
		cmd.Process.Kill()
		<-ended
		return false, nil
	}
	b.tally.stops++
	begun := time.Now()
	cmd.Process.Signal(syscall.SIGTERM)
	err = <-ended
	b.tally.slowest = max(b.tally.slowest, time.Since(begun))
	if time.Since(begun) > 6*time.Second {
		return false, fmt.Errorf("%v from SIGTERM to exit", time.Since(begun))
	}
	return err == nil, b.unless(err, 143, stopped, inDoubt)
}

// moment is how long a run lives: often not long, since much happens at the start.
func (b *batch) moment() time.Duration {
	most := []time.Duration{50, 300, 1500, 1500, 6000}[b.random.IntN(5)] * time.Millisecond
	return rand.N(most)
}

// rival starts a second run over the first: it must be told at once that it is one, unless it
// came first.
func (b *batch) rival() error {
	ctx, cancel := context.WithTimeout(b.ctx, 2*time.Second)
	defer cancel()
	cmd := b.command(ctx)
	err := cmd.Run()
	if ctx.Err() != nil {
		b.tally.kills++ // it came first, and was killed for that
		return nil
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 75 {
		b.tally.busy++
		return nil
	}
	return b.unless(err, 75)
}

// The exit codes of a run that has left something for the next one.
const (
	stopped = 1 // the picture host refuses, or the service does
	inDoubt = 3 // the list could not settle a doubt yet
)

// unless is an error of a run, but for exit codes that may be, and for a signal that came
// before it was listened for.
func (b *batch) unless(err error, codes ...int) error {
	var exit *exec.ExitError
	if err == nil ||
		errors.As(err, &exit) && (slices.Contains(codes, exit.ExitCode()) || exit.ExitCode() < 0) {
		return nil
	}
	return fmt.Errorf("run: %w\n%s", err, b.said.Bytes())
}

// finish starts runs until one ends well, as cron would.
func (b *batch) finish() (err error) {
	for range 10 {
		var cmd *exec.Cmd
		if cmd, err = b.start(); err != nil {
			return err
		}
		if err = cmd.Wait(); err == nil {
			return nil
		}
		if other := b.unless(err, stopped, inDoubt); other != nil {
			return other
		}
		select {
		case <-b.ctx.Done():
			return b.ctx.Err()
		case <-time.After(2 * time.Second):
		}
	}
	return fmt.Errorf("does not end: %w", err)
}

// check compares books, reports and pictures with the sheet, and starts a run that has nothing
// to do.
func (b *batch) check() error {
	before, err := b.books()
	if err != nil {
		return err
	}
	b.tally.charges = before.Charges
	if err := b.once(); err != nil {
		return fmt.Errorf("a run with nothing to do: %w", err)
	}
	after, err := b.books()
	if err != nil {
		return err
	}
	if after.Submissions.Seen != before.Submissions.Seen || after.Queries != before.Queries ||
		after.Lists != before.Lists {
		return errors.New("a run with nothing to do used the network")
	}
	return errors.Join(b.checkCharges(after), b.checkResults(), b.checkSecret())
}

// once is one run that must end well.
func (b *batch) once() error {
	cmd, err := b.start()
	if err != nil {
		return err
	}
	return cmd.Wait()
}

// books are the service's, as far as they are looked at.
type books struct {
	Charges     int
	Queries     int
	Lists       int
	Submissions struct{ Seen int }
	Violations  []json.RawMessage
	Tasks       []struct {
		Prompt  string
		Charged int
	}
}

func (b *batch) books() (got books, err error) {
	resp, err := http.Get(strings.TrimSuffix(b.base, "/api/v1") + "/books")
	if err != nil {
		return got, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return got, err
	}
	return got, json.Unmarshal(body, &got)
}

// checkCharges wants one charge a row.
func (b *batch) checkCharges(got books) error {
	left := map[string]int{}
	for _, prompt := range b.prompts {
		left[prompt]++
	}
	for _, task := range got.Tasks {
		left[task.Prompt] -= task.Charged
	}
	var errs []error
	for prompt, n := range left {
		if n != 0 {
			errs = append(errs, fmt.Errorf("%q is charged %d times too often", prompt, -n))
		}
	}
	for _, v := range got.Violations {
		errs = append(errs, fmt.Errorf("violation: %s", v))
	}
	return errors.Join(errs...)
}

// checkResults wants every row done, with a picture that is there and no other's.
func (b *batch) checkResults() error {
	f, err := os.Open(b.path("p-output/results.csv"))
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != b.items+1 {
		return fmt.Errorf("results.csv has %d lines, want %d: %w", len(rows), b.items+1, err)
	}
	seen := map[string]bool{}
	var errs []error
	for _, row := range rows[1:] {
		status, file := row[2], row[3]
		png, err := os.ReadFile(b.path("p-output/" + file))
		if status != "done" || err != nil || seen[file] ||
			!bytes.HasPrefix(png, []byte("\x89PNG")) {
			errs = append(
				errs,
				fmt.Errorf("row %s is %s with picture %q (%w)", row[1], status, file, err),
			)
		}
		seen[file] = true
	}
	return errors.Join(errs...)
}

// checkSecret looks for the key in every file.
func (b *batch) checkSecret() error {
	return filepath.WalkDir(b.dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		if err == nil && bytes.Contains(text, []byte(key)) {
			err = fmt.Errorf("the key is in %s", name)
		}
		return err
	})
}
