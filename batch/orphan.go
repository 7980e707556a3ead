package batch

import (
	"context"
	"errors"

	"github.com/qwenbatch/qwenbatch/batch/settle"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
)

// This file gives an item the task that was made for it and that the state file has lost.

// claimOrphan gives an item that is about to be sent the task that was made for its words and
// that the state does not know. One whose picture is of another size is left to the next with
// the same words.
func (l *lifecycle) claimOrphan(ctx context.Context, j *job) error {
	if err := l.sweep.wait(ctx); err != nil {
		return err
	}
	words, sync := tasklist.PromptKey(j.Sent.Model, j.Sent.Prompt), j.Sent.Sync
	if n := l.sweep.orphans.Crowd(words); n > 0 {
		return l.holdCrowded(&j.Record, n)
	}
	for {
		one, ok := l.sweep.orphans.Take(words, j.Released)
		if !ok {
			return l.holdOdd(&j.Record)
		}
		if err := l.adoptOrphan(j, one); err != nil {
			return err
		}
		if j.Phase == state.Held {
			return nil
		}
		if j.Phase != state.Open {
			continue // a doubt about the same words has found it first
		}
		if err := l.see(ctx, j); err != nil || j.Phase != state.Intent {
			return err
		}
		l.sweep.orphans.PutBack(words, one)
		j.Attempt, j.Sent.Sync = j.Attempt-1, sync
		if err := l.back(&j.Record,
			errors.New("the task that was found is another's")); err != nil {
			return err
		}
		if !one.Owed {
			l.stops.Settled(&j.Record)
		}
	}
}

// holdOdd holds an item that may have been sent before the state file lost its end, and may
// have got another size then.
func (l *lifecycle) holdOdd(rec *state.Record) error {
	if l.resubmit {
		return nil
	}
	why, err := l.odd(rec)
	if err != nil || why == "" {
		return err
	}
	l.stops.Owe(rec.Sent)
	return l.hold(rec, settle.InDoubt, "the state file has lost its end, and %s", why)
}

// adoptOrphan makes an item open with a task that was found for it, if nobody else has it.
func (l *lifecycle) adoptOrphan(j *job, one settle.Orphan) error {
	if err := l.putAside(&j.Record); err != nil {
		return err
	}
	adopted := *j
	adopted.Intent, adopted.Attempt, adopted.Sent.Sync = one.Since, j.Attempt+1, false
	if one.Since.IsZero() {
		adopted.Intent = l.clock.Now()
	}
	if err := l.adopt(&adopted, one.TaskInfo, "prompt"); err != nil || adopted.Phase == state.Ready {
		return err
	}
	if !one.Owed {
		l.stops.Owe(j.Sent)
	}
	*j = adopted
	return nil
}

// holdCrowded holds an item that one of several tasks may be of.
func (l *lifecycle) holdCrowded(rec *state.Record, n int) error {
	if l.resubmit {
		return nil
	}
	l.stops.Owe(rec.Sent)
	return l.hold(
		rec, settle.InDoubt,
		"the state file has lost its end, and %d tasks with its words were found, of which fewer items want one", n)
}
