package batch

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
)

// This file is how a run meets the service: with a question that costs nothing, and with a key
// that must be of the account whose tasks the state file knows.

// greet asks for one page of the task list. It proves key, region and base URL without cost,
// and tells the service's clock, which every intent is dated by.
func (r *run) greet(ctx context.Context) error {
	for n := 0; ; n++ {
		_, err := r.tasks.Page(ctx, 1)
		var api *client.APIError
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &api) && api.Reach() == client.ReachAccount:
			return err
		case errors.As(err, &api) && (api.Reach() != client.ReachRetry || n == 3):
			r.clock.Observe(api.Date)
			// the list is not for this key, or not for now; what it cannot settle will be held
			return nil
		case n == greetings, n == blockedGreetings && client.Blocked(err):
			return fmt.Errorf("the service does not answer: %w", err)
		}
		r.trouble(err)
		if err := r.clock.Sleep(ctx, pace.Backoff(n)); err != nil {
			return err
		}
	}
}

// sameAccount lets another key go on only if it sees a task of ours: keys of one account may
// change, but with the key of another account every open task would look lost, and every
// submission that is in doubt absent.
func (r *run) sameAccount(ctx context.Context) error {
	print := r.o.Key.Fingerprint(r.state.Header().Salt)
	if !r.b.found || r.state.Header().KeyPrint == print || r.o.Settings.Rehearsal {
		return r.amend(r.state.Header().KeyPrint)
	}
	witness, doubt, err := r.witness()
	switch {
	case err != nil:
		return err
	case witness == "" && doubt && r.o.OnDoubt != "resubmit":
		return ErrUnprovenKey
	case witness == "":
		return r.amend(print)
	}
	task, err := r.tasks.Ask(ctx, witness)
	if err != nil {
		return err
	}
	if task.Status == client.Unknown {
		return fmt.Errorf("%w: this key does not see its task %s, so it is of another account",
			state.ErrOther, witness)
	}
	return r.amend(print)
}

// ErrUnprovenKey says that the key is another than that of the last run, that what the last run
// has left can only be settled by a key of its account, and that no task shows whether this one
// is.
var ErrUnprovenKey = fmt.Errorf(
	"%w: a submission of it is in doubt, and it has no task by which this key could show that it is of the same account", state.ErrOther)

// witness is a task that every key of the account must see: one that is open, else one that the
// service still keeps. Doubt says that the list would be asked for what the state does not
// know.
func (r *run) witness() (task string, doubt bool, err error) {
	now := r.clock.Now()
	if r.o.Restored || !r.state.Stopped() || !r.state.LastMark().Since.IsZero() {
		doubt = now.Sub(r.b.lastKnown(now)) < tasklist.Reach && !r.onlySync()
	}
	for i, e := range r.state.Entries() {
		p := e.Phase()
		if p != state.Intent && p != state.Open && (p != state.Done || task != "") {
			continue
		}
		rec, err := r.state.Get(i)
		if err != nil {
			return "", false, err
		}
		switch fresh := now.Sub(rec.Submitted) < tasklist.Reach; {
		case p == state.Open && fresh:
			return rec.Task, doubt, nil
		case p == state.Intent:
			// no list has the others: they are held
			doubt = doubt || !rec.Sent.Sync && now.Sub(rec.Intent) < tasklist.Reach
		case p == state.Done && fresh:
			task = rec.Task // "" over the synchronous interface
		}
	}
	return task, doubt, nil
}

// onlySync reports whether the last run, and all whose tasks are not looked through yet, had no
// tasks that the state could have lost.
func (r *run) onlySync() bool {
	return r.state.Header().Settings.Mode == "sync" && r.state.LastMark().Since.IsZero() &&
		!r.o.Restored
}

// amend records a key and the settings of this run where they are not those of the last.
func (r *run) amend(print string) error {
	h := r.state.Header()
	if !r.b.found || h.KeyPrint == print && reflect.DeepEqual(h.Settings, r.o.Settings) {
		return nil
	}
	h.KeyPrint, h.Settings = print, r.o.Settings
	return r.state.Amend(h)
}

// greetings is how often the service is asked in vain before a run gives up: about four
// minutes. Once it has answered, a run waits for it however long it takes.
const greetings = 9

// blockedGreetings is the same where something on the way answers in the service's place: about
// a minute, for a network that has just come up.
const blockedGreetings = 6
