package client

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"
)

var (
	// ErrUnknownTask says that the service does not know the task, or not any more: it is older
	// than 24 h, or of another account or region.
	ErrUnknownTask = errors.New("the service does not know the task")
	// ErrNoPicture says that a task succeeded and tells no picture.
	ErrNoPicture = errors.New("succeeded without a picture")
)

const (
	// maxUnsure answers in a row that say UNKNOWN end a wait, after 30 s: the first may come from
	// a replica that lags.
	maxUnsure = 6
	// maxFailures questions in a row without an answer end a wait, after 3 minutes.
	maxFailures = 10
)

// Wait asks for a task until it has ended: t is what [Client.Submit] returned, or just a Task with
// the ID of an earlier one. It returns the last state that it has seen, and with it an error unless
// that is SUCCEEDED with a picture: [Task.Err] of a task that is FAILED or CANCELED,
// [ErrUnknownTask], [ErrNoPicture], the end of the context, or the last of ten questions in a row
// that had no answer. After the last two the task goes on, and is billed: wait again.
//
// The first question comes when most tasks of this client have ended, later ones after growing
// pauses; all waits of a client together ask at most 16 times a second, of the 20 that an account
// may (TASK, 2026-11), unless Config.Poll is set. HTTP 429 only slows it down.
func (c *Client) Wait(ctx context.Context, t Task) (Task, error) {
	for state, err := range c.Watch(ctx, t) {
		if t = state; err != nil {
			return t, err
		}
	}
	return t, t.Err()
}

// Watch is [Client.Wait] as an iterator: it yields the task whenever its status has changed, and
// ends when it has ended. An error comes with the last known state and ends it, too; a task that is
// FAILED or CANCELED is none.
func (c *Client) Watch(ctx context.Context, t Task) iter.Seq2[Task, error] {
	return func(yield func(Task, error) bool) {
		if t.ID == "" && t.Status.Ended() { // a synchronous one
			yield(t, nil)
			return
		}
		w := newWaiting(c, t)
		for {
			before := w.task.Status
			err := w.ask(ctx)
			changed := w.task.Status != before || w.task.Status.Ended()
			if err != nil {
				yield(w.task, fmt.Errorf("wait: %w", err))
				return
			}
			if changed && w.unsure == 0 && !yield(w.task, nil) {
				return
			}
			if w.ended() {
				return
			}
		}
	}
}

// waiting is one wait.
type waiting struct {
	client *Client
	task   Task
	begun  time.Time
	// resumed is a wait for a task that was submitted some time ago
	resumed bool
	age     time.Duration // of the task when the wait began
	seen    time.Duration // age at the last question; it had not ended then
	pause   time.Duration // before the next question
	// in a row: answers that may be a replica's, questions without an answer
	unsure, failures int
}

// newWaiting begins with a task that was just submitted, or with one of unknown age, which is asked
// for at once.
func newWaiting(c *Client, t Task) *waiting {
	w := &waiting{client: c, task: t, begun: time.Now()}
	if w.resumed = t.Status != Pending || !t.Submitted.IsZero(); w.resumed {
		return w
	}
	w.pause = c.waits.first(c.config.Poll)
	if !t.Date.IsZero() {
		w.age = min(max(time.Since(t.Date), 0), w.pause)
	}
	w.pause -= w.age
	return w
}

// ask waits its turn, asks once and sets the next pause.
func (w *waiting) ask(ctx context.Context) error {
	if err := w.client.waits.turn(ctx, w.pause, w.client.config.Poll > 0); err != nil {
		return err
	}
	task, err := w.client.Task(ctx, w.task.ID)
	if err != nil {
		return w.failed(ctx, err)
	}
	w.failures = 0
	if task.Status == Unknown || task.Status == Succeeded && len(task.Results) == 0 {
		return w.doubted(task)
	}
	w.unsure, w.task = 0, task
	age := w.age + time.Since(w.begun)
	if w.ended() {
		if !w.resumed {
			w.client.waits.learn(task, w.seen, age)
		}
		return nil
	}
	w.seen = age
	w.pause = w.client.waits.next(w.older(age), w.client.config.Poll)
	return nil
}

// older is the age of the task, by the service's clock where the wait began after the submission.
func (w *waiting) older(age time.Duration) time.Duration {
	if w.resumed && !w.task.Submitted.IsZero() && !w.task.Date.IsZero() {
		return max(age, w.task.Date.Sub(w.task.Submitted))
	}
	return age
}

func (w *waiting) ended() bool { return w.task.Status.Ended() && w.unsure == 0 }

// failed decides about a question without an answer.
func (w *waiting) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil || !passes(err) {
		return err
	}
	if !Throttled(err) {
		w.failures++
	}
	if w.failures >= maxFailures {
		return err
	}
	w.pause = w.backoff(max(w.failures, 1))
	return nil
}

// doubted takes an answer that may be a replica's.
func (w *waiting) doubted(task Task) error {
	if w.unsure++; w.unsure < maxUnsure {
		w.pause = w.backoff(w.unsure)
		return nil
	}
	w.task = task
	if task.Status == Unknown {
		return ErrUnknownTask
	}
	return ErrNoPicture
}

// backoff is the pause after the n-th in a row.
func (w *waiting) backoff(n int) time.Duration {
	if w.client.config.Poll > 0 {
		return w.client.config.Poll
	}
	return min(time.Second<<(n-1), longestPause)
}
