package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch"
)

// TestLinesAroundTheBar: no line is lost, neither one above the bar nor one after it is gone, and all are harmless.
func TestLinesAroundTheBar(t *testing.T) {
	var stderr bytes.Buffer
	s := &screen{rehearsal: true, stderr: &stderr}
	s.say("before")
	v := newBarView(s, false, progressState{total: 3})
	v.settled(batch.Event{Phase: "failed", ID: "猫\x1b[2J", Code: "DataInspectionFailed", Message: "no\nway"})
	v.settled(batch.Event{Phase: "done", ID: "dog"})
	v.tick(progressState{total: 3, Progress: batch.Progress{Done: 1, Failed: 1, Open: 1}})
	s.logger("info", "text").Info("slog")
	v.end(progressState{})
	s.say("after")
	for _, want := range []string{"before", "failed 猫[2J: DataInspectionFailed: no way", "rehearsal (free): info: slog", "after"} {
		if n := strings.Count(stderr.String(), want); n != 1 {
			t.Errorf("%q is there %d times, want once:\n%q", want, n, stderr.String())
		}
	}
}

// TestBarFits: what stands beside the bar leaves room for it, the most wanted first.
func TestBarFits(t *testing.T) {
	v := &barView{screen: &screen{}}
	v.now.Store(&progressState{total: 1632, rate: 2, left: time.Hour, known: true, Progress: batch.Progress{Done: 412, Failed: 3, Open: 4, Spent: 82_400_000}})
	for available, want := range map[int]string{
		100: " 3 failed  4 open  2.0/s  1 h left  ¥82.40",
		40:  " 3 failed  4 open  2.0/s",
		20:  " 3 failed",
		5:   " ",
	} {
		got := v.behind(available)
		if got != want {
			t.Errorf("behind(%d) = %q, want %q", available, got, want)
		}
	}
}

// TestConfirm: only a yes goes on; a signal at the question is a stop.
func TestConfirm(t *testing.T) {
	for answer, goes := range map[string]bool{"y\n": true, "YES\n": true, "是\n": true, "n\n": false, "\n": false, "": false, "yesterday\n": false} {
		p, _ := newProgram(nil)
		p.stdin = strings.NewReader(answer)
		if err := p.confirm(t.Context()); (err == nil) != goes {
			t.Errorf("confirm after %q = %v", answer, err)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stopSignal{syscall.SIGINT})
	p, _ := newProgram(nil)
	p.stdin = waits{}
	if code := p.report(p.confirm(ctx)); code != 130 {
		t.Errorf("exit code after Ctrl-C at the question = %d, want 130", code)
	}
}

// waits is a person who does not answer.
type waits struct{}

func (waits) Read([]byte) (int, error) { select {} }

// TestOutcome: where several exit codes hold: signal, 1, 4, 3, 0.
func TestOutcome(t *testing.T) {
	interrupted, cancel := context.WithCancelCause(t.Context())
	cancel(stopSignal{syscall.SIGTERM})
	disk := errors.New("disk")
	limit := errors.Join(fmt.Errorf("%w: 3 items were started", batch.ErrLimit), nil)
	failed := summary{progress: batch.Progress{Done: 1, Failed: 1}}
	j := &job{}
	for _, tt := range []struct {
		ctx  context.Context
		err  error
		s    summary
		want exitCode
	}{
		{interrupted, context.Canceled, failed, 143},
		{interrupted, errors.Join(context.Canceled, disk), failed, 143},
		{interrupted, nil, failed, 3}, // it came too late: everything was tried
		{t.Context(), disk, failed, 1},
		{t.Context(), errors.Join(limit, disk), failed, 1},
		{t.Context(), limit, failed, 4},
		{t.Context(), nil, failed, 3},
		{t.Context(), nil, summary{progress: batch.Progress{Done: 1}, missing: 1}, 3},
		{t.Context(), nil, summary{progress: batch.Progress{Done: 2}}, 0},
	} {
		if got, _ := j.outcome(tt.ctx, tt.err, tt.s); got != tt.want {
			t.Errorf("outcome(%v, %v) = %d, want %d", context.Cause(tt.ctx), tt.err, got, tt.want)
		}
	}
}
