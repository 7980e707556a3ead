package emulator

import (
	"slices"
	"time"
)

// The states of a task (TASK, 2026-05). SUSPENDED is in the SDKs' lists and was never seen.
const (
	pending   = "PENDING"
	running   = "RUNNING"
	succeeded = "SUCCEEDED"
	failed    = "FAILED"
	canceled  = "CANCELED"
	unknown   = "UNKNOWN"
)

const (
	// taskLife is how long a finished task can be asked for (QI, 2025-09), and how long its pictures' URLs hold.
	taskLife = 24 * time.Hour
	// taskLimit is the longest a task may run before it fails with InternalError.Timeout (ERR, 2026-05).
	taskLimit = 3 * time.Hour
	// syncLimit is when the gateway ends a sync call (header x-dashscope-timeout, CN 2026-06-11).
	syncLimit = 298 * time.Second
)

// account is the simulation: tasks, and one lane a model. Nothing in it happens by itself; advance brings it up to date.
type account struct {
	tasks     []*Task // in the order of their creation
	byID      map[string]*Task
	byRequest map[string]*Task
	queues     map[string]*queue
	order     []*queue // in the order of first use, so that the books come out the same each time
}

// queue is the queue of one model.
type queue struct {
	model   string
	rated   window    // submissions that counted against the rate
	pending []*Task   // first come, first served
	running []*Task   // by their end, those that ended in the past are dropped late
	clock   time.Time // how far the lane has been brought
}

func (w *account) queue(model string) *queue {
	l := w.queues[model]
	if l == nil {
		l = &queue{model: model}
		w.queues[model] = l
		w.order = append(w.order, l)
	}
	return l
}

// addTask takes in a task that was just created, or read from the books.
func (w *account) addTask(t *Task) {
	if w.byID == nil {
		w.byID, w.byRequest = map[string]*Task{}, map[string]*Task{}
	}
	w.tasks = append(w.tasks, t)
	w.byID[t.ID], w.byRequest[t.RequestID] = t, t
	if t.Source == sourceAsync {
		l := w.queue(t.Model)
		at, _ := slices.BinarySearchFunc(l.pending, t, func(a, b *Task) int {
			if a.Submitted.After(b.Submitted) {
				return 1
			}
			return -1
		})
		l.pending = slices.Insert(l.pending, at, t)
	}
}

// start moves a task from waiting to running.
func (w *account) start(t *Task, at, end time.Time) {
	l := w.queue(t.Model)
	t.Scheduled, t.Ended = at, end
	l.drop(t)
	i, _ := slices.BinarySearchFunc(l.running, end, func(a *Task, end time.Time) int { return a.Ended.Compare(end) })
	l.running = slices.Insert(l.running, i, t)
}

func (l *queue) drop(t *Task) {
	if i := slices.Index(l.pending, t); i >= 0 {
		l.pending = slices.Delete(l.pending, i, i+1)
	}
}

// next returns the task that starts next, and when, if limit tasks may run at once.
func (l *queue) next(limit int) (*Task, time.Time) {
	if len(l.pending) == 0 {
		return nil, time.Time{}
	}
	due := slices.MinFunc(l.pending, func(a, b *Task) int { return a.NotBefore.Compare(b.NotBefore) }).NotBefore
	at := latest(l.clock, due)
	if n := len(l.running); limit > 0 && n >= limit {
		at = latest(at, l.running[n-limit].Ended)
	}
	i := slices.IndexFunc(l.pending, func(t *Task) bool { return !t.NotBefore.After(at) })
	return l.pending[i], at
}

// prune forgets running tasks that ended.
func (l *queue) prune(now time.Time) {
	n := 0
	for n < len(l.running) && !l.running[n].Ended.After(now) {
		n++
	}
	l.running = slices.Delete(l.running, 0, n)
}

// advance starts every task that started until now, and writes that down.
func (s *Server) advance(now time.Time) {
	for _, l := range s.account.order {
		limit := s.quota(l.model).Running
		for {
			t, at := l.next(limit)
			if t == nil || at.After(now) {
				break
			}
			s.record(entry{At: now, Start: &started{ID: t.ID, At: at, End: at.Add(t.Service)}})
			l.clock = at
		}
		l.clock = now
		l.prune(now)
	}
}

// waiting counts the tasks of a model that stand in its line now.
func (w *account) waiting(model string) int { return len(w.queue(model).pending) }

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// statusAt returns the state of a task at a time that is not before the last one asked for. Ends are not events: a task
// has ended when its end has passed.
func (t *Task) statusAt(now time.Time) string {
	switch {
	case t.Submitted.After(now) || t.expired(now):
		return unknown
	case t.Canceled:
		return canceled
	case t.Scheduled.IsZero():
		return pending
	case t.Ended.After(now):
		return running
	case t.FailCode != "":
		return failed
	}
	return succeeded
}

// ended reports whether a task is over.
func (t *Task) ended(now time.Time) bool { return !t.Ended.IsZero() && !t.Ended.After(now) }

// expired reports whether the service has forgotten a task.
func (t *Task) expired(now time.Time) bool { return t.ended(now) && !now.Before(t.Ended.Add(taskLife)) }

// chargedAt returns the pictures that were charged for: those that were made, whoever waited for them (PRICE, 2026-05).
func (t *Task) chargedAt(now time.Time) int {
	if t.Canceled || t.FailCode != "" || !t.ended(now) {
		return 0
	}
	return t.pictures()
}

// pictures returns how many pictures a task makes if it succeeds.
func (t *Task) pictures() int {
	if t.PartCode != "" && t.N > 1 {
		return t.N - 1
	}
	return t.N
}
