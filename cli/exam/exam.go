// Package exam runs somebody's program through what a service and a network do to it, against the
// emulator, and counts from the emulator's books what that has cost.
//
// The program makes one picture of each prompt and saves it, of any name, below a folder. It is
// told by the environment: DASHSCOPE_HTTP_BASE_URL, DASHSCOPE_API_KEY, QWENBATCH_EXAM_PROMPTS (a
// CSV file of one column with the header "prompt") and QWENBATCH_EXAM_OUT (the folder). In each
// scene it is started up to three times, as a person would start it again, until every prompt has
// its picture.
package exam

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// A Scene is one account with what goes wrong in it.
type Scene struct {
	Name  string
	Fault func(emulator.Call) emulator.Fault
	// Kill is after how many accepted submissions the first run is killed; 0 is never.
	Kill int
}

// Scenes returns the scenes of the exam. The same calls of a program meet the same faults.
func Scenes() []Scene {
	posts := func(c emulator.Call) bool { return c.Op == "submit" || c.Op == "sync" }
	return []Scene{
		{Name: "nothing wrong"},
		{Name: "answers lost", Fault: func(c emulator.Call) emulator.Fault {
			return emulator.Fault{LoseAnswer: posts(c) && (c.N == 2 || c.N == 4)}
		}},
		{Name: "429", Fault: func(c emulator.Call) emulator.Fault {
			if posts(c) && c.N%3 == 1 || c.Op == "query" && c.N%4 == 1 {
				return emulator.Fault{Code: "Throttling.RateQuota"}
			}
			return emulator.Fault{}
		}},
		{Name: "pictures refused", Fault: func(c emulator.Call) emulator.Fault {
			if c.Op == "image" && c.N <= 6 {
				return emulator.Fault{Status: 503}
			}
			return emulator.Fault{}
		}},
		{Name: "killed", Kill: 3},
	}
}

// Marks are what a program did in one scene.
type Marks struct {
	Scene string `json:"scene"`
	Asked int    `json:"prompts"`
	// Charged pictures; Twice of them for a prompt that had been charged before.
	Charged int `json:"charged"`
	Twice   int `json:"twice"`
	// Saved prompts have a picture in the folder; Lost ones were charged and have none.
	Saved int `json:"saved"`
	Lost  int `json:"lost"`
	// Polls is how often each async task was asked for.
	Polls    float64 `json:"polls_per_task"`
	KeyShown int     `json:"key_shown_to_picture_host"`
	Runs     int     `json:"runs"`
	Seconds  float64 `json:"seconds"`
}

// Passed reports whether nothing was paid twice, lost or left out, and the key stayed with the API.
func (m Marks) Passed() bool {
	return m.Twice == 0 && m.Lost == 0 && m.Saved == m.Asked && m.KeyShown == 0
}

const (
	prompts = 6
	maxRuns = 3
	speed   = 100 // times faster than life
	// limit is how long one run may take.
	limit = 2 * time.Minute
)

// Sit runs a command through a scene. What it prints goes to out.
func Sit(ctx context.Context, s Scene, command []string, out io.Writer) (Marks, error) {
	dir, err := os.MkdirTemp("", "qwenbatch-exam-")
	if err != nil {
		return Marks{}, err
	}
	defer os.RemoveAll(dir)
	service, err := emulator.Serve(emulator.Options{Speed: speed, Tiny: true, Seed: 1,
		Fault: s.Fault})
	if err != nil {
		return Marks{}, err
	}
	defer service.Close()
	c := &candidate{service: service, command: command, out: out,
		sheet: filepath.Join(dir, "prompts.csv"), folder: filepath.Join(dir, "pictures")}
	if err := c.prepare(); err != nil {
		return Marks{}, err
	}
	begun := time.Now()
	m := Marks{Scene: s.Name, Asked: prompts}
	for m.Runs < maxRuns && m.Saved < prompts && ctx.Err() == nil {
		kill := s.Kill
		if m.Runs > 0 {
			kill = 0
		}
		if err := c.run(ctx, kill); err != nil {
			return m, err
		}
		m.Runs++
		m.Saved = len(c.saved())
	}
	m.Seconds = time.Since(begun).Round(100 * time.Millisecond).Seconds()
	c.count(ctx, &m)
	return m, ctx.Err()
}

// A candidate is a program in one scene.
type candidate struct {
	service       *emulator.Running
	command       []string
	sheet, folder string
	out           io.Writer
}

func (c *candidate) prepare() error {
	text := "prompt\n"
	for i := range prompts {
		text += fmt.Sprintf("a red fox number %d\n", i+1)
	}
	return errors.Join(os.Mkdir(c.folder, 0o755), os.WriteFile(c.sheet, []byte(text), 0o644))
}

// run starts the program and waits for its end. Its exit code does not count, but what it has made.
func (c *candidate) run(ctx context.Context, kill int) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.command[0], c.command[1:]...)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = c.out, c.out, time.Second
	cmd.Env = append(os.Environ(), "DASHSCOPE_HTTP_BASE_URL="+c.service.BaseURL,
		"DASHSCOPE_API_KEY="+c.service.Key, "QWENBATCH_EXAM_PROMPTS="+c.sheet,
		"QWENBATCH_EXAM_OUT="+c.folder)
	killable(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	defer close(ended)
	if kill > 0 {
		go c.killAfter(ended, kill, cancel)
	}
	_ = cmd.Wait() // its exit code
	return nil
}

// killAfter ends a run as soon as the service has accepted some submissions.
func (c *candidate) killAfter(ended <-chan struct{}, submissions int, kill func()) {
	for {
		select {
		case <-ended:
			return
		case <-time.After(5 * time.Millisecond):
		}
		if c.service.Books().Submissions.Created >= submissions {
			kill()
			return
		}
	}
}

// saved returns the prompts that have a picture: each picture of the emulator names its task.
func (c *candidate) saved() map[string]bool {
	tasks := c.service.Books().Tasks
	found := map[string]bool{}
	_ = filepath.WalkDir(c.folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // what cannot be read is not saved
		}
		data, err := os.ReadFile(path)
		if err != nil || !bytes.HasPrefix(data, []byte("\x89PNG")) {
			return nil
		}
		for _, t := range tasks {
			if bytes.Contains(data, []byte(t.ID)) {
				found[t.Prompt] = true
			}
		}
		return nil
	})
	return found
}

// count reads the books once every task has ended.
func (c *candidate) count(ctx context.Context, m *Marks) {
	books := c.service.Books()
	for range 200 {
		open := false
		for _, t := range books.Tasks {
			open = open || t.Ended.IsZero() || t.Ended.After(books.Time)
		}
		if !open {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
		books = c.service.Books()
	}
	saved, charged, asyncTasks := c.saved(), map[string]int{}, 0
	for _, t := range books.Tasks {
		charged[strings.TrimSpace(t.Prompt)] += t.Charged
		if t.Source == "async" {
			asyncTasks++
		}
	}
	for prompt, n := range charged {
		m.Charged += n
		m.Twice += max(0, n-1)
		if n > 0 && !saved[prompt] {
			m.Lost++
		}
	}
	m.Saved = len(saved)
	if asyncTasks > 0 {
		m.Polls = float64(books.Queries*10/asyncTasks) / 10
	}
	m.KeyShown = books.Violated[emulator.RuleKeyAtImages]
}
