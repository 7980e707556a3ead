package batch

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/settle"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
)

// This file does what a search of the task list says of a submission that was not answered: it
// adopts the task that was found, sends the item again, holds it, or leaves it to the next run. How
// the list is judged is in package settle.

// maxVanished is how many submissions of an item may vanish before it is left for the next run.
const maxVanished = 10

// resettle is settle for an item that comes out of the state file, or whose task turned out to
// be another's. As at run time, none with the same words goes out meanwhile: should that one go
// unanswered, too, neither could be told from the other.
func (r *run) resettle(ctx context.Context, j *job) error {
	turn := j.words
	j.words = nil
	if turn == nil {
		turn = r.words.Of(tasklist.PromptKey(j.Sent.Model, j.Sent.Prompt))
	}
	defer turn.Unlock()
	if err := r.waitTurn(ctx, turn); err != nil {
		return err
	}
	return r.settle(ctx, j, turn)
}

// waitTurn waits until no item with the same words is unanswered.
func (r *run) waitTurn(ctx context.Context, turn *pace.KeyLock) error {
	if turn.TryLock() {
		return nil
	}
	r.busy.End()
	defer r.busy.Begin()
	return turn.Lock(ctx)
}

// settle decides, or waits until it can. Other items go on meanwhile; after the settling time
// those with the same words do, too.
func (r *run) settle(ctx context.Context, j *job, turn *pace.KeyLock) error {
	if j.Sent.Sync {
		return r.unsettled(ctx, j, "the synchronous interface has no task to find it by")
	}
	r.busy.End()
	defer r.busy.Begin()
	search, doubt := r.finder.Search(&j.Record, j.posted, turn, j.doubt)
	defer search.Close()
	j.doubt = doubt
	for {
		v, err := search.Decide(ctx)
		if err != nil {
			return err
		}
		switch v.Outcome {
		case settle.Found:
			if again, err := r.take(ctx, j, turn, v); !again || err != nil {
				return err
			}
		case settle.Absent:
			return r.nothing(ctx, j)
		case settle.Unsure:
			return r.unsettled(ctx, j, v.Why)
		default:
			return r.postpone(ctx, j, v.Why)
		}
	}
}

// take adopts the task that was found. Again says that the doubt goes on. A task that was found
// by its prompt alone is taken and collected while the turn of the prompt is held: one that made
// something else may be of an item that waits for that.
func (r *run) take(ctx context.Context, j *job, turn *pace.KeyLock, v settle.Verdict) (
	again bool, err error) {
	if err := turn.Lock(ctx); err != nil {
		return false, err
	}
	if err := r.adopt(j, v.Task, v.By); err != nil || j.Phase == state.Held {
		return false, err
	}
	if j.Phase != state.Open {
		return true, nil // another item was faster: look again
	}
	if v.By != "prompt" {
		return false, nil
	}
	r.busy.Begin()
	defer r.busy.End()
	err = r.see(ctx, j)
	return j.Phase == state.Intent, err
}

// nothing ends a doubt about a submission that has created nothing, unless a task that was
// given back may be its.
func (r *run) nothing(ctx context.Context, j *job) error {
	why, err := r.odd(&j.Record)
	switch {
	case err != nil:
		return err
	case why != "":
		return r.unsettled(ctx, j, why)
	}
	return r.absent(ctx, j)
}

// postpone leaves the doubt to the next run, which looks again, unless more of that will not tell.
func (r *run) postpone(ctx context.Context, j *job, untold string) error {
	why, err := r.odd(&j.Record)
	if err != nil {
		return err
	}
	if why = cmp.Or(why, untold); why != "" || r.o.OnDoubt == "resubmit" {
		return r.unsettled(ctx, j, why)
	}
	j.At = r.clock.Now()
	if err := r.state.Put(j.Record, true); err != nil {
		return err
	}
	r.b.counts.postponed()
	return errLeave
}

// adopt takes a task that was found for the item. A crash before it is recorded finds it again.
func (r *run) adopt(j *job, task client.TaskInfo, by string) error {
	free, err := r.claims.Claim(task.ID)
	if err != nil || !free {
		return err // another item was faster: look again
	}
	if by == "prompt" && r.o.OnDoubt != "resubmit" && r.claims.ClaimedElsewhere(task) {
		r.claims.Release(task.ID)
		return r.hold(
			&j.Record, settle.InDoubt,
			"task %s, which has its words, was taken by another batch in another folder",
			task.ID)
	}
	j.SeedUnknown = by == "prompt" // another item, or another client, may have sent the same words
	j.Phase, j.Task, j.Adopted, j.At = state.Open, task.ID, by, r.clock.Now()
	j.Request, j.Code, j.Message = task.RequestID, "", ""
	j.Submitted, j.Suspects = task.Created, nil
	if j.Submitted.IsZero() {
		j.Submitted = j.Intent
	}
	if !j.slot.Held() {
		j.slot = r.paces.Of(j.Sent.Model).InFlight.Take()
	}
	r.own.Add(j.Record)
	return r.state.Put(j.Record, true)
}

// see collects a task that was adopted for its words, under the lock of its prompt: if it made
// something else, it may be of an item with the same words, which must not be sent before. The
// item is in doubt again then.
func (r *run) see(ctx context.Context, j *job) error {
	r.announce(j.Record)
	return r.collect(ctx, j)
}

// release gives an adopted task back that made something else than was asked for: it is another
// client's, with the same words. The doubt goes on.
func (r *run) release(rec *state.Record) error {
	r.claims.Release(rec.Task)
	rec.Released = append(rec.Released, rec.Task)
	rec.Phase, rec.Task, rec.Request, rec.Adopted, rec.At = state.Intent, "", "", "", r.clock.Now()
	rec.SeedUnknown = false
	return r.state.Put(*rec, true)
}

// odd says why a task that was released may be the item's all the same: the service made
// another size than it was asked for, which is paid for, too. "" where it is, or may be,
// another item's.
func (r *run) odd(rec *state.Record) (string, error) {
	rows := map[string]client.TaskInfo{}
	for _, task := range rec.Released {
		rows[task] = client.TaskInfo{}
	}
	ours, err := r.claims.Claimed(rows)
	if err != nil || len(ours) == len(rows) {
		return "", err
	}
	words := tasklist.PromptKey(rec.Sent.Model, rec.Sent.Prompt)
	for _, it := range r.b.items() {
		if it.err != nil {
			return "", it.err
		}
		if it.Skip || tasklist.PromptKey(modelOf(it.Item), it.Prompt) != words {
			continue
		}
		if s, err := r.o.Rules.sent(it.Item, "", 0); err != nil || s.Size != rec.Sent.Size {
			return "", err
		}
	}
	return fmt.Sprintf("task %s, which has its words, made a picture of another size",
		rec.Released[len(rec.Released)-1]), nil
}

// absent is proof that a submission created nothing. What it was answered with, if that was the
// API's own word, counts.
func (r *run) absent(ctx context.Context, j *job) error {
	if j.Code != "" {
		return r.judge(ctx, j, &client.APIError{
			Op: "submit", Status: 500, Code: j.Code, Message: j.Message, RequestID: j.Request})
	}
	if err := r.back(&j.Record, errors.New("not in the task list")); err != nil {
		return err
	}
	if j.Attempt%maxVanished == 0 {
		return errLeave
	}
	return nil
}

// unsettled ends a doubt that the list cannot settle now.
func (r *run) unsettled(ctx context.Context, j *job, why string) error {
	if r.o.OnDoubt == "resubmit" {
		r.stops.Doubted(&j.Record)
		return r.absent(ctx, j)
	}
	if j.Answer != "" {
		return r.hold(
			&j.Record, settle.InDoubt,
			"its submission was answered with %s, which leaves open whether a task was made, and %s", j.Answer, why)
	}
	return r.hold(&j.Record, settle.InDoubt, "its submission was not answered, and %s", why)
}
