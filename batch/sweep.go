package batch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
)

// This file is what happens before the first submission of a run. A state file that does not
// end with a clean stop may have lost its end: to a crash, to a disk, to a backup that was put
// back. What it does not know may be paid for, so the account's tasks since its last line are
// looked through first, and the pictures that it does not know are taken in.

// orphans are tasks that succeeded, that no record knows and that may be ours, by their words.
type orphans struct {
	mu    sync.Mutex
	tasks map[string]orphanQueue
}

// An orphanQueue is those with the same words, oldest first.
type orphanQueue struct {
	since time.Time // when the first of them was created
	owed  int       // how many of them are in the money already
	rows  []client.TaskInfo
	// crowd is how many there were, where fewer items wanted one: nobody can tell which are
	// theirs. 0 where they sufficed.
	crowd int
}

// sweep finds the tasks that the state should know and does not. Nothing is submitted before it
// ends.
func (r *run) sweep(ctx context.Context) error {
	if r.since.IsZero() || r.swept {
		return nil
	}
	// A last line of tomorrow was written by a clock that was wrong.
	if err := r.clock.Sleep(ctx, min(r.settleTime(),
		r.settleTime()-r.clock.Now().Sub(r.ended))); err != nil {
		return err
	}
	strays, err := r.strays(ctx, r.since.Add(-tasklist.Margin))
	if err != nil {
		return err
	}
	untold := map[string]int{}
	for _, row := range strays {
		told, err := r.adoptable(ctx, row)
		if err != nil {
			return err
		}
		// a doubt may have found it meanwhile
		ours, err := r.claims.Claimed(map[string]client.TaskInfo{row.ID: row})
		if err != nil {
			return err
		}
		if !told && !ours[row.ID] {
			untold[row.Model]++
		}
	}
	if err := r.explain(untold); err != nil {
		return err
	}
	if err := r.findCrowds(); err != nil {
		return err
	}
	r.swept = true
	return r.oweOrphans()
}

// explain stops the models of which there are more tasks that nobody can tell the words of than
// submissions in doubt: one of them may be of an item that the state has lost.
func (r *run) explain(untold map[string]int) error {
	if len(untold) == 0 || r.o.OnDoubt == "resubmit" {
		return nil
	}
	for i, e := range r.state.Entries() {
		if p := e.Phase(); p != state.Intent && p != state.Held {
			continue
		}
		rec, err := r.state.Get(i)
		if err != nil {
			return err
		}
		if rec.Task == "" && !rec.Intent.Before(r.since.Add(-tasklist.Margin)) {
			untold[rec.Sent.Model]--
		}
	}
	for model, n := range untold {
		if n > 0 {
			r.unsure = true
			r.stops.Halt(
				model, fmt.Errorf(
					"the last run did not end cleanly, and %d tasks since then may be of this batch, of which the service does not tell the prompt; --on-doubt resubmit submits all the same", n))
		}
	}
	return nil
}

// oweOrphans counts what the items will cost that are to get an orphan, before others spend the
// budget.
func (r *run) oweOrphans() error {
	if r.o.Budget == 0 || len(r.orphans.tasks) == 0 {
		return nil
	}
	for i, it := range r.b.items() {
		if it.err != nil {
			return it.err
		}
		if it.Skip {
			continue
		}
		rec, due, err := r.due(i, it)
		if err != nil {
			return err
		}
		if due && r.orphans.reserve(tasklist.PromptKey(rec.Sent.Model, rec.Sent.Prompt)) {
			r.stops.Owe(rec.Sent)
		}
	}
	return nil
}

// reserve counts one orphan with these words as paid; false where all are.
func (o *orphans) reserve(words string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	queue := o.tasks[words]
	if queue.crowd > 0 || queue.owed >= len(queue.rows) {
		return false
	}
	queue.owed++
	o.tasks[words] = queue
	return true
}

// sweptUp waits until what the state has lost was looked for.
func (r *run) sweptUp(ctx context.Context) error {
	select {
	case <-r.sweeping:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// unswept is since when the next run must look for lost tasks: those that were found are kept
// in memory until an item wants them, and those that could not be told are told no better by a
// clean end. What no item of the whole manifest wanted is not ours.
func (r *run) unswept(all bool) time.Time {
	r.orphans.mu.Lock()
	defer r.orphans.mu.Unlock()
	left := 0
	for _, queue := range r.orphans.tasks {
		left += len(queue.rows)
	}
	if r.swept && !r.unsure && (all || left == 0) {
		return time.Time{}
	}
	return r.since
}

// ErrNoList says that the last run did not end cleanly and that the task list, which could tell
// what it left behind, is not to be had. Nothing was submitted.
var ErrNoList = errors.New("the last run did not end cleanly, and the task list cannot be read")

// adoptable waits until a stray has ended and keeps it for the item that asked for its words;
// told is false where it may be paid for and its words are not to be had.
func (r *run) adoptable(ctx context.Context, row client.TaskInfo) (told bool, err error) {
	task, err := r.await(ctx, askedTask{id: row.ID, sent: state.Request{Model: row.Model},
		submitted: row.Created, foreign: true})
	if err != nil || task.Status == client.Failed || task.Status == client.Canceled {
		return true, err
	}
	words, told := tasklist.OriginalPrompt(task)
	if !told {
		return false, nil
	}
	r.orphans.mu.Lock()
	defer r.orphans.mu.Unlock()
	if r.orphans.tasks == nil {
		r.orphans.tasks = map[string]orphanQueue{}
	}
	key := tasklist.PromptKey(row.Model, words)
	queue := r.orphans.tasks[key]
	if queue.rows == nil {
		queue.since = row.Created
	}
	queue.rows = append(queue.rows, row)
	r.orphans.tasks[key] = queue
	return true, nil
}

// take takes the first orphan with these words that is none of those that were released. Since
// is when the oldest of them was created, owed that the money counts it.
func (o *orphans) take(words string, released []string) (
	row client.TaskInfo, since time.Time, owed, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	queue := o.tasks[words]
	i := slices.IndexFunc(queue.rows, func(row client.TaskInfo) bool {
		return !slices.Contains(released, row.ID)
	})
	if i < 0 {
		return row, since, false, false
	}
	row, owed = queue.rows[i], queue.owed > 0
	queue.rows, queue.owed = slices.Delete(slices.Clone(queue.rows), i, i+1), max(0, queue.owed-1)
	o.tasks[words] = queue
	return row, queue.since, owed, true
}

// putBack gives an orphan back that was not what an item asked for.
func (o *orphans) putBack(words string, row client.TaskInfo, owed bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	queue := o.tasks[words]
	queue.rows = append(queue.rows, row)
	if owed {
		queue.owed++
	}
	o.tasks[words] = queue
}

// claimOrphan gives an item that is about to be sent the task that was made for its words and
// that the state does not know. One whose picture is of another size is left to the next with
// the same words.
func (r *run) claimOrphan(ctx context.Context, j *job) error {
	if err := r.sweptUp(ctx); err != nil {
		return err
	}
	words, sync := tasklist.PromptKey(j.Sent.Model, j.Sent.Prompt), j.Sent.Sync
	if n := r.orphans.crowd(words); n > 0 {
		return r.holdCrowded(&j.Record, n)
	}
	for {
		row, since, owed, ok := r.orphans.take(words, j.Released)
		if !ok {
			return r.holdOdd(&j.Record)
		}
		if err := r.adoptOrphan(j, row, since, owed); err != nil {
			return err
		}
		if j.Phase == state.Held {
			return nil
		}
		if j.Phase != state.Open {
			continue // a doubt about the same words has found it first
		}
		if err := r.see(ctx, j); err != nil || j.Phase != state.Intent {
			return err
		}
		r.orphans.putBack(words, row, owed)
		j.Attempt, j.Sent.Sync = j.Attempt-1, sync
		if err := r.back(&j.Record,
			errors.New("the task that was found is another's")); err != nil {
			return err
		}
		if !owed {
			r.stops.Settled(&j.Record)
		}
	}
}

// holdOdd holds an item that may have been sent before the state file lost its end, and may
// have got another size then.
func (r *run) holdOdd(rec *state.Record) error {
	if r.o.OnDoubt == "resubmit" {
		return nil
	}
	why, err := r.odd(rec)
	if err != nil || why == "" {
		return err
	}
	r.stops.Owe(rec.Sent)
	return r.hold(rec, "InDoubt", "the state file has lost its end, and %s", why)
}

// adoptOrphan makes an item open with a task that was found for it, if nobody else has it.
func (r *run) adoptOrphan(j *job, row client.TaskInfo, since time.Time, owed bool) error {
	if err := r.putAside(&j.Record); err != nil {
		return err
	}
	adopted := *j
	adopted.Intent, adopted.Attempt, adopted.Sent.Sync = since, j.Attempt+1, false
	if since.IsZero() {
		adopted.Intent = r.clock.Now()
	}
	if err := r.adopt(&adopted, row, "prompt"); err != nil || adopted.Phase == state.Ready {
		return err
	}
	if !owed {
		r.stops.Owe(j.Sent)
	}
	*j = adopted
	return nil
}

// takeIn records the pictures that the state file did not know, and finds the manifest's items in it.
func (r *run) takeIn(unknown []state.Record) error {
	if len(unknown) == 0 {
		return nil
	}
	r.claims.Reset() // those of the pictures are to be among them
	defer r.b.rematch()
	for _, rec := range unknown {
		switch saved := len(rec.Pictures); {
		case saved >= rec.Sent.N:
		case rec.Task != "":
			rec.Phase = state.Open // the task has others
		default:
			rec.Cost = rec.Cost / client.Money(saved) * client.Money(rec.Sent.N)
			rec.Warnings = append(rec.Warnings,
				fmt.Sprintf(
					"%d of %d pictures were saved before the run ended; what else was made is paid for and lost", saved, rec.Sent.N))
		}
		if err := r.state.Put(rec, false); err != nil {
			return err
		}
	}
	return r.state.Sync()
}
