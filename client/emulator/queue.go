package emulator

import (
	"slices"
	"time"
)

// queue holds the open async tasks of one model.
type queue struct {
	model   string
	rated   window    // submissions that counted against the rate
	pending []*Task   // by submission; the first one that may start does
	running []*Task   // by end; prune removes those that have ended
	clock   time.Time // up to when the queue has been advanced
}

func (q *queue) add(t *Task) {
	at, _ := slices.BinarySearchFunc(q.pending, t, func(a, b *Task) int {
		if a.Submitted.After(b.Submitted) {
			return 1
		}
		return -1
	})
	q.pending = slices.Insert(q.pending, at, t)
}

func (q *queue) remove(t *Task) {
	if i := slices.Index(q.pending, t); i >= 0 {
		q.pending = slices.Delete(q.pending, i, i+1)
	}
}

func (q *queue) run(t *Task) {
	i, _ := slices.BinarySearchFunc(q.running, t.Ended, func(a *Task, end time.Time) int {
		return a.Ended.Compare(end)
	})
	q.running = slices.Insert(q.running, i, t)
}

// next returns the task that starts next, and when, if at most limit tasks run at once.
func (q *queue) next(limit int) (*Task, time.Time) {
	if len(q.pending) == 0 {
		return nil, time.Time{}
	}
	first := slices.MinFunc(q.pending, func(a, b *Task) int {
		return a.NotBefore.Compare(b.NotBefore)
	})
	at := latest(q.clock, first.NotBefore)
	if n := len(q.running); limit > 0 && n >= limit {
		at = latest(at, q.running[n-limit].Ended)
	}
	i := slices.IndexFunc(q.pending, func(t *Task) bool { return !t.NotBefore.After(at) })
	return q.pending[i], at
}

// prune removes running tasks that have ended.
func (q *queue) prune(now time.Time) {
	n := 0
	for n < len(q.running) && !q.running[n].Ended.After(now) {
		n++
	}
	q.running = slices.Delete(q.running, 0, n)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
