package batch

import (
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
)

// claims are the tasks that records of ours know. They are collected from the state file when somebody is first in
// doubt, which is rare, and kept up from then on.
type claims struct {
	mu    sync.Mutex
	tasks map[string]bool // nil until they are needed
	// answered are hashes of the tasks of this run.
	answered map[uint64]bool
}

// claim takes a task for an item; false where another item has it.
func (r *run) claim(task string) (bool, error) {
	r.claims.mu.Lock()
	defer r.claims.mu.Unlock()
	if err := r.collectClaims(); err != nil {
		return false, err
	}
	if r.claims.tasks[task] {
		return false, nil
	}
	r.claims.tasks[task] = true
	r.ledger.note(task, r.clock.Now(), claimAdopted)
	return true, nil
}

// unclaim gives a task back: it may be another item's.
func (r *run) unclaim(task string) {
	r.claims.mu.Lock()
	defer r.claims.mu.Unlock()
	delete(r.claims.tasks, task)
	r.ledger.note(task, r.clock.Now(), claimReleased)
}

// claimed tells which of the rows are known: to a record of ours, or as the answer to another batch of this user.
func (r *run) claimed(rows map[string]client.TaskInfo) (map[string]bool, error) {
	if len(rows) == 0 {
		return nil, nil // without reading a record
	}
	r.claims.mu.Lock()
	defer r.claims.mu.Unlock()
	if err := r.collectClaims(); err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for id, kind := range r.ledger.others(rows) {
		if kind == claimAnswered {
			known[id] = true
		}
	}
	for id := range rows {
		if r.claims.tasks[id] {
			known[id] = true
		}
	}
	return known, nil
}

// firstAnswer notes the task that a submission of this run was answered with; false where another was answered with it,
// which a gateway that mixes up its connections does.
func (r *run) firstAnswer(task string) bool {
	r.claims.mu.Lock()
	defer r.claims.mu.Unlock()
	id := state.Hash(task)
	if r.claims.answered[id] || r.claims.tasks[task] {
		return false
	}
	r.claims.answered[id] = true
	return true
}

// created claims a task that a submission was answered with.
func (r *run) created(task string) {
	r.claims.mu.Lock()
	defer r.claims.mu.Unlock()
	if r.claims.tasks != nil {
		r.claims.tasks[task] = true
	}
	r.ledger.note(task, r.clock.Now(), claimAnswered)
}

// collectClaims reads them from the state file. Older than a day and an hour they are in no list.
func (r *run) collectClaims() error {
	if r.claims.tasks != nil {
		return nil
	}
	tasks := map[string]bool{}
	cutoff := r.clock.Now().Add(-25 * time.Hour)
	for i := range r.state.Count() {
		rec, err := r.state.Get(i)
		if err != nil {
			return err
		}
		if rec.Intent.Before(cutoff) {
			continue
		}
		for _, task := range append(rec.Earlier, rec.Task) {
			tasks[task] = true
		}
	}
	delete(tasks, "")
	r.claims.tasks = tasks
	return nil
}

// takenElsewhere reports whether another batch of this user has claimed a task. Both write before they read: of two that
// adopt it at the same moment, at least one sees the other.
func (r *run) takenElsewhere(task client.TaskInfo) bool {
	return r.ledger.others(map[string]client.TaskInfo{task.ID: task})[task.ID] != 0
}
