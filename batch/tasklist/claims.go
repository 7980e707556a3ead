package tasklist

import (
	"iter"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
)

// Claims are the tasks that records of ours know. They are collected from the state file when
// somebody is first in doubt, which is rare, and kept up from then on.
type Claims struct {
	state  *state.File
	clock  *pace.Clock
	ledger *Ledger

	mu    sync.Mutex
	tasks map[string]bool // nil until they are needed
	// answered are hashes of the tasks of this run.
	answers map[uint64]bool
}

// NewClaims returns the claims of the records of a state file, which are written into a ledger,
// too.
func NewClaims(s *state.File, clock *pace.Clock, l *Ledger) *Claims {
	return &Claims{state: s, clock: clock, ledger: l, answers: map[uint64]bool{}}
}

// Claim takes a task for an item; false where another item has it.
func (c *Claims) Claim(task string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.collect(); err != nil {
		return false, err
	}
	if c.tasks[task] {
		return false, nil
	}
	c.tasks[task] = true
	c.ledger.append(task, c.clock.Now(), claimAdopted)
	return true, nil
}

// Release gives a task back: it may be another item's.
func (c *Claims) Release(task string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.tasks, task)
	c.ledger.append(task, c.clock.Now(), claimReleased)
}

// Claimed tells which of the rows are known: to a record of ours, or as the answer to another
// batch of this user.
func (c *Claims) Claimed(rows map[string]client.TaskInfo) (map[string]bool, error) {
	if len(rows) == 0 {
		return nil, nil // without reading a record
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.collect(); err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for id, kind := range c.ledger.claimsOfOthers(rows) {
		if kind == claimAnswered {
			known[id] = true
		}
	}
	for id := range rows {
		if c.tasks[id] {
			known[id] = true
		}
	}
	return known, nil
}

// FirstAnswer notes the task that a submission of this run was answered with; false where
// another was answered with it, which a gateway that mixes up its connections does.
func (c *Claims) FirstAnswer(task string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := state.Hash(task)
	if c.answers[id] || c.tasks[task] {
		return false
	}
	c.answers[id] = true
	return true
}

// AddAnswer claims a task that a submission was answered with.
func (c *Claims) AddAnswer(task string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tasks != nil {
		c.tasks[task] = true
	}
	c.ledger.append(task, c.clock.Now(), claimAnswered)
}

// collect reads them from the state file. Older than a day and an hour they are in no list.
func (c *Claims) collect() error {
	if c.tasks != nil {
		return nil
	}
	tasks := map[string]bool{}
	for rec, err := range recordsSince(c.state, c.clock.Now().Add(-25*time.Hour)) {
		if err != nil {
			return err
		}
		for _, task := range append(rec.Earlier, rec.Task) {
			tasks[task] = true
		}
	}
	delete(tasks, "")
	c.tasks = tasks
	return nil
}

// recordsSince yields the records whose intent is not before a moment. It ends after the first
// error.
func recordsSince(f *state.File, since time.Time) iter.Seq2[state.Record, error] {
	return func(yield func(state.Record, error) bool) {
		for i := range f.Count() {
			rec, err := f.Get(i)
			if err == nil && rec.Intent.Before(since) {
				continue
			}
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

// ClaimedElsewhere reports whether another batch of this user has claimed a task. Both write
// before they read: of two that adopt it at the same moment, at least one sees the other.
func (c *Claims) ClaimedElsewhere(task client.TaskInfo) bool {
	return c.ledger.claimsOfOthers(map[string]client.TaskInfo{task.ID: task})[task.ID] != 0
}

// Reset collects them anew when they are needed next: the state file has got records of its own.
func (c *Claims) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tasks = nil
}

// AgreesWithLedger reports whether the ledger knows this batch and no task of its last day that
// the state file does not.
func (c *Claims) AgreesWithLedger() (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.collect(); err != nil {
		return false, err
	}
	return c.ledger.agrees(c.tasks, c.clock.Now()), nil
}
