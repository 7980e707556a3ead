package batch

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/poll"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
)

// maxEmptyAnswers is how often a task may say that it succeeded without saying what it made: about
// five minutes.
const maxEmptyAnswers = 10

// maxForeignRefusals is how often in a row the service may refuse to tell of a task that may be
// another program's.
const maxForeignRefusals = 3

// An askedTask is a task that a run asks after.
type askedTask struct {
	id        string
	sent      state.Request // tells how long the like of it take
	submitted time.Time     // the service's clock
	posted    time.Time     // ours; zero where this run has not sent it
	// foreign says that it may be another program's: maxForeignRefusals in a row make it unknown.
	// For a task of ours a refused query says nothing about the task, however often.
	foreign bool
}

// A waiter polls tasks at the times that the watcher chooses.
type waiter struct {
	watch *poll.Watcher
	tasks *tasklist.Reader
	clock *pace.Clock
	log   *slog.Logger
}

// await polls a task until it has ended, or until the service has said MaxUnknown times in a row
// that it does not know it, the first of them later than replicas lag. A task of ours that can
// not be asked for is errLeave once the service has forgotten it.
func (w *waiter) await(ctx context.Context, a askedTask) (client.Task, error) {
	t := w.watch.Watch(w.watchable(a))
	defer w.watch.Forget(t)
	for failures, refusals, bare, unknown := 0, 0, 0, 0; ; {
		if err := w.watch.Wait(ctx, t); err != nil {
			return client.Task{}, err
		}
		task, err := w.tasks.Ask(ctx, a.id)
		switch {
		case ctx.Err() != nil:
			return client.Task{}, ctx.Err()
		case err != nil && tasklist.KeyRefused(err):
			return client.Task{}, err // the tasks stay open for a run with a good key
		case err != nil:
			w.log.Warn("will try again", "cause", err)
			w.watch.Defer(t, pace.Backoff(failures))
			failures++
			if refusals = refusalsAfter(refusals, err); a.foreign && refusals >= maxForeignRefusals {
				return client.Task{ID: a.id, Status: client.Unknown}, nil
			}
			if !a.foreign && tasklist.Forgotten(a.submitted, w.clock.Now()) {
				// the next run asks once more
				return client.Task{}, errLeave
			}
			continue
		case task.Status == client.Succeeded && len(task.Results) == 0 && bare < maxEmptyAnswers:
			failures, refusals = 0, 0
			w.watch.Defer(t, pace.Backoff(bare)) // its pictures come a little later, or never
			bare++
			continue
		case task.Status.Ended():
			w.watch.Observe(t, task)
			return task, nil
		case task.Status != client.Unknown:
			unknown = 0
		case w.clock.Now().Sub(a.submitted) > tasklist.ReplicaLag:
			if unknown++; unknown == tasklist.MaxUnknown {
				return task, nil
			}
		}
		failures, refusals = 0, 0
		w.watch.Observe(t, task)
	}
}

// watchable is the task as it is watched. The Date header is cut to the second: good enough for
// one of an earlier run.
func (w *waiter) watchable(a askedTask) poll.Task {
	t := poll.Task{ID: a.id, Model: a.sent.Model,
		Kind: poll.Kind{Size: a.sent.Size, N: a.sent.N,
			Extend: a.sent.PromptExtend}, Submitted: a.posted}
	if a.posted.IsZero() {
		t.Submitted = time.Now().Add(-w.clock.Local(max(0, w.clock.Now().Sub(a.submitted))))
	}
	return t
}

// refusalsAfter is how many refusals in a row there are after an error: what may pass is none.
func refusalsAfter(refusals int, err error) int {
	var api *client.APIError
	if errors.As(err, &api) && api.Reach() != client.ReachRetry {
		return refusals + 1
	}
	return 0
}
