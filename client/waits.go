package client

import (
	"context"
	"sync"
	"time"
)

// waits are what all waits of a client share: when tasks have ended so far, and whose turn it is.
type waits struct {
	mu      sync.Mutex // guards what follows
	typical time.Duration
	free    time.Time // when the next question may be asked
}

const (
	// spacing of the questions of a client: 16 of the account's 20 a second (TASK, 2026-11).
	spacing = time.Second / 16
	// firstQuestion comes at this age while nothing is known of how long tasks take.
	firstQuestion = 5 * time.Second
	// longestStep is the longest time between two questions: the vendor's advice (QI, 2026-05).
	longestStep = 10 * time.Second
)

// first is the age at which a task is asked for first: a little before most have ended.
func (w *waits) first(poll time.Duration) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case poll > 0:
		return poll
	case w.typical > 0:
		return w.typical * 9 / 10
	}
	return firstQuestion
}

// next is the pause after a question about a task of an age.
func (w *waits) next(age, poll time.Duration) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	step := age / 3
	switch {
	case poll > 0:
		return poll
	case w.typical > 0 && age < w.typical:
		step = w.typical - age
	case w.typical > 0:
		step = age / 8
	}
	return min(max(step, time.Second), longestStep)
}

// learn takes a task that had not ended at one age and had at another. The service's own times are
// taken where they agree: an emulator's may run faster than life.
func (w *waits) learn(t Task, before, after time.Duration) {
	took := (before + after) / 2
	told := t.Ended.Sub(t.Submitted)
	if !t.Submitted.IsZero() && told >= before-time.Second && told <= after+time.Second {
		took = told
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.typical == 0 {
		w.typical = took
	}
	w.typical += (took - w.typical) / 4
}

// turn waits for a pause, and then for the next question that all waits together may ask.
func (w *waits) turn(ctx context.Context, pause time.Duration, unpaced bool) error {
	if err := sleep(ctx, pause); err != nil || unpaced {
		return err
	}
	w.mu.Lock()
	at := time.Now()
	if w.free.After(at) {
		at = w.free
	}
	w.free = at.Add(spacing)
	w.mu.Unlock()
	return sleep(ctx, time.Until(at))
}

// sleep waits, and returns the error of a context that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
