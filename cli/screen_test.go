package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/batch/halt"
)

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
	limit := errors.Join(fmt.Errorf("%w: 3 items were started", halt.ErrLimit), nil)
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
