package tasklist

import (
	"iter"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
)

// Claims are the tasks that have an item: no task is adopted for two. They are read from the state
// file at the first doubt, which is rare, and kept up from then on; each is written to the ledger,
// too. They are safe for concurrent use.
type Claims struct {
	state  *state.File
	clock  *pace.Clock
	ledger *Ledger

	mu      sync.Mutex
	tasks   map[string]bool // nil until they are needed
	answers map[uint64]bool // hashes of the tasks that submissions of this run were answered with
}

// NewClaims returns the claims of the records of a state file.
func NewClaims(s *state.File, clock *pace.Clock, l *Ledger) *Claims {
	return &Claims{state: s, clock: clock, ledger: l, answers: map[uint64]bool{}}
}

// Claim claims a task for an item that adopts it. It returns false where another item has it.
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

// Release gives up the claim of a task that turned out to be another's.
func (c *Claims) Release(task string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.tasks, task)
	c.ledger.append(task, c.clock.Now(), claimReleased)
}

// Claimed returns which of the rows have an item of this batch, or are known to be the answer to a
// submission of another batch of this user.
func (c *Claims) Claimed(rows map[string]client.TaskInfo) (map[string]bool, error) {
	if len(rows) == 0 {
		return nil, nil // no record needs to be read
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

// FirstAnswer records the task that a submission of this run was answered with. It returns false
// where another submission has that task: a gateway has mixed up its connections.
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

// AddAnswer claims a task for the item whose submission was answered with it. It is called before
// the record is written, so that the ledger knows each task that a record names, and once more
// after it: in between the claims may have been read from the state file, without that task.
func (c *Claims) AddAnswer(task string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tasks != nil {
		c.tasks[task] = true
	}
	c.ledger.append(task, c.clock.Now(), claimAnswered)
}

// collect reads the claims from the state file, unless it has been done; c.mu is held. Tasks that
// are older than a day and an hour are in no list.
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

// recordsSince returns the records with an intent at or after a time. It ends after the first
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

// ClaimedElsewhere reports whether another batch of this user has claimed a task. A batch calls it
// after Claim, so that of two which adopt the same task at the same moment at least one sees the
// other.
func (c *Claims) ClaimedElsewhere(task client.TaskInfo) bool {
	return c.ledger.claimsOfOthers(map[string]client.TaskInfo{task.ID: task})[task.ID] != 0
}

// Reset makes the claims be read again: the state file has got records that were not put into
// it by this run's items.
func (c *Claims) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tasks = nil
}

// AgreesWithLedger reports whether the ledger knows this batch and, of its last day, no task that
// the state file does not: then the file has not lost its end.
func (c *Claims) AgreesWithLedger() (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.collect(); err != nil {
		return false, err
	}
	return c.ledger.agrees(c.tasks, c.clock.Now()), nil
}
