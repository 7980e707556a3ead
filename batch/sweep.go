package batch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/settle"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
)

// This file is what happens before the first submission of a run. A state file that does not
// end with a clean stop may have lost its end: to a crash, to a disk, to a backup that was put
// back. What it does not know may be paid for, so the account's tasks since its last line are
// looked through first, and the pictures that it does not know are taken in.

// sweep finds the tasks that the state should know and does not. Nothing is submitted before it
// ends.
func (r *run) sweep(ctx context.Context) error {
	if r.since.IsZero() || r.swept {
		return nil
	}
	// A last line of tomorrow was written by a clock that was wrong.
	if err := r.clock.Sleep(ctx, min(r.finder.Time,
		r.finder.Time-r.clock.Now().Sub(r.ended))); err != nil {
		return err
	}
	strays, err := r.finder.Strays(ctx, r.since.Add(-tasklist.Margin), r.b.index.models,
		r.o.OnDoubt == "resubmit")
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
	if r.o.Budget == 0 || r.orphans.Empty() {
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
		if due && r.orphans.Reserve(tasklist.PromptKey(rec.Sent.Model, rec.Sent.Prompt)) {
			r.stops.Owe(rec.Sent)
		}
	}
	return nil
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
	if r.swept && !r.unsure && (all || r.orphans.Empty()) {
		return time.Time{}
	}
	return r.since
}

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
	r.orphans.Add(tasklist.PromptKey(row.Model, words), row)
	return true, nil
}

// claimOrphan gives an item that is about to be sent the task that was made for its words and
// that the state does not know. One whose picture is of another size is left to the next with
// the same words.
func (r *run) claimOrphan(ctx context.Context, j *job) error {
	if err := r.sweptUp(ctx); err != nil {
		return err
	}
	words, sync := tasklist.PromptKey(j.Sent.Model, j.Sent.Prompt), j.Sent.Sync
	if n := r.orphans.Crowd(words); n > 0 {
		return r.holdCrowded(&j.Record, n)
	}
	for {
		one, ok := r.orphans.Take(words, j.Released)
		if !ok {
			return r.holdOdd(&j.Record)
		}
		if err := r.adoptOrphan(j, one); err != nil {
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
		r.orphans.PutBack(words, one)
		j.Attempt, j.Sent.Sync = j.Attempt-1, sync
		if err := r.back(&j.Record,
			errors.New("the task that was found is another's")); err != nil {
			return err
		}
		if !one.Owed {
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
	return r.hold(rec, settle.InDoubt, "the state file has lost its end, and %s", why)
}

// adoptOrphan makes an item open with a task that was found for it, if nobody else has it.
func (r *run) adoptOrphan(j *job, one settle.Orphan) error {
	if err := r.putAside(&j.Record); err != nil {
		return err
	}
	adopted := *j
	adopted.Intent, adopted.Attempt, adopted.Sent.Sync = one.Since, j.Attempt+1, false
	if one.Since.IsZero() {
		adopted.Intent = r.clock.Now()
	}
	if err := r.adopt(&adopted, one.TaskInfo, "prompt"); err != nil || adopted.Phase == state.Ready {
		return err
	}
	if !one.Owed {
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
		k, err := state.ParseKey(rec.Key)
		if err != nil {
			return err
		}
		i, known := r.state.Find(k)
		moved := known && r.state.Entry(i).Phase() == state.Done
		switch saved := len(rec.Pictures); {
		case moved || saved >= rec.Sent.N:
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
	if err := r.state.Sync(); err != nil {
		return err
	}
	return r.b.pictures.Look(false) // what it has shown was of other places
}
