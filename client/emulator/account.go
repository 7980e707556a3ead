package emulator

import (
	"time"
)

// account is the simulation: the tasks of the account, a queue for each model, the counts and the
// journal. Nothing happens by itself: advance brings it up to date. Server.mu guards it.
type account struct {
	quotaOf   func(model string) Quota // what holds now
	journal   journal
	tally     tally
	tasks     []*Task // in order of creation
	byID      map[string]*Task
	byRequest map[string]*Task
	queues    map[string]*queue
	order     []*queue // in order of first use, so that advance writes the same books each time
}

func newAccount(quotaOf func(model string) Quota) account {
	return account{
		quotaOf: quotaOf, tally: newTally(),
		byID: map[string]*Task{}, byRequest: map[string]*Task{}, queues: map[string]*queue{},
	}
}

// open reads the books and returns the time at which they end, zero for new ones.
func (a *account) open(books string) (time.Time, error) {
	if books == "" {
		return time.Time{}, nil
	}
	return a.journal.open(books, a.apply)
}

// record writes an entry to the journal and applies it.
func (a *account) record(e entry) {
	a.journal.write(e)
	a.apply(e)
}

// apply makes an entry take effect.
func (a *account) apply(e entry) {
	a.tally.count(e)
	if e.Rated && (e.Call == opSubmit || e.Call == opSync) {
		a.queue(e.Model).rated.add(e.At)
	}
	if e.Created != nil {
		a.addTask(e.Created)
	}
	if e.Start != nil {
		if t := a.byID[e.Start.ID]; t != nil {
			a.start(t, e.Start.At, e.Start.End)
		}
	}
	if t := a.byID[e.Task]; t != nil {
		a.applyToTask(t, e)
	}
}

// applyToTask counts a query or a download of a task, or cancels it.
func (a *account) applyToTask(t *Task, e entry) {
	switch {
	case e.Call == opQuery:
		t.Queries++
	case e.Call == opImage && e.Picture > 0:
		t.Downloads[e.Picture-1]++
	case e.Canceled:
		t.Canceled, t.Ended = true, e.At
		a.queue(t.Model).remove(t)
	}
}

// addTask adds a task that was just created, or read from the books.
func (a *account) addTask(t *Task) {
	a.tasks = append(a.tasks, t)
	a.byID[t.ID], a.byRequest[t.RequestID] = t, t
	if t.Source == sourceAsync {
		a.queue(t.Model).add(t)
	}
}

// start moves a task from waiting to running.
func (a *account) start(t *Task, at, end time.Time) {
	t.Scheduled, t.Ended = at, end
	q := a.queue(t.Model)
	q.remove(t)
	q.run(t)
}

// advance starts every task that has started by now, and records that.
func (a *account) advance(now time.Time) {
	for _, q := range a.order {
		limit := a.quotaOf(q.model).Running
		for {
			t, at := q.next(limit)
			if t == nil || at.After(now) {
				break
			}
			a.record(entry{At: now, Start: &started{ID: t.ID, At: at, End: at.Add(t.Service)}})
			q.clock = at
		}
		q.clock = now
		q.prune(now)
	}
}

// admits reports whether the rate allows one more submission. Every submission of a known model
// with a valid key counts, also one with refused parameters [I]: that is the stricter reading.
func (a *account) admits(model string, now time.Time) bool {
	q := a.quotaOf(model)
	return q.Submissions == 0 || a.queue(model).rated.count(now, q.Per) < q.Submissions
}

// full reports whether the queue of a model takes no more tasks.
func (a *account) full(model string) bool {
	n := a.quotaOf(model).Queue
	return n > 0 && len(a.queue(model).pending) >= n
}

func (a *account) queue(model string) *queue {
	q := a.queues[model]
	if q == nil {
		q = &queue{model: model}
		a.queues[model] = q
		a.order = append(a.order, q)
	}
	return q
}
