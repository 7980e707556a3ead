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
// adopts the task that was found, sends the item again, holds it, or leaves it to the next run.
// How the list is judged is in package settle.

// maxVanished is how many submissions of an item may vanish before it is left for the next run.
const maxVanished = 10

// resettle is settle for an item that comes out of the state file, or whose task turned out to
// be another's. As at run time, none with the same words goes out meanwhile: should that one go
// unanswered, too, neither could be told from the other.
func (l *lifecycle) resettle(ctx context.Context, j *job) error {
	turn := j.words
	j.words = nil
	if turn == nil {
		turn = l.prompts.Of(tasklist.PromptKey(j.Sent.Model, j.Sent.Prompt))
	}
	defer turn.Unlock()
	if err := l.waitTurn(ctx, turn); err != nil {
		return err
	}
	return l.settle(ctx, j, turn)
}

// waitTurn waits until no item with the same words is unanswered.
func (l *lifecycle) waitTurn(ctx context.Context, turn *pace.KeyLock) error {
	if turn.TryLock() {
		return nil
	}
	l.busy.End()
	defer l.busy.Begin()
	return turn.Lock(ctx)
}

// settle decides, or waits until it can. Other items go on meanwhile; after the settling time
// those with the same words do, too.
func (l *lifecycle) settle(ctx context.Context, j *job, turn *pace.KeyLock) error {
	if j.Sent.Sync {
		return l.unsettled(ctx, j, "the synchronous interface has no task to find it by")
	}
	l.busy.End()
	defer l.busy.Begin()
	search, doubt := l.finder.Search(&j.Record, j.posted, turn, j.doubt)
	defer search.Close()
	j.doubt = doubt
	search.Refused = statusOf(&j.Record) != 0
	for {
		v, err := search.Decide(ctx)
		if err != nil {
			return err
		}
		switch v.Outcome {
		case settle.Found:
			if again, err := l.take(ctx, j, turn, v); !again || err != nil {
				return err
			}
		case settle.Absent:
			return l.nothing(ctx, j)
		case settle.Unsure:
			return l.unsettled(ctx, j, v.Why)
		default:
			return l.postpone(ctx, j, v.Why)
		}
	}
}

// take adopts the task that was found. Again says that the doubt goes on. A task that was found
// by its prompt alone is taken and collected while the turn of the prompt is held: one that made
// something else may be of an item that waits for that.
func (l *lifecycle) take(ctx context.Context, j *job, turn *pace.KeyLock, v settle.Verdict) (
	again bool, err error) {
	if err := turn.Lock(ctx); err != nil {
		return false, err
	}
	if err := l.adopt(j, v.Task, v.By); err != nil || j.Phase == state.Held {
		return false, err
	}
	if j.Phase != state.Open {
		return true, nil // another item was faster: look again
	}
	if v.By != "prompt" {
		return false, nil
	}
	l.busy.Begin()
	defer l.busy.End()
	err = l.see(ctx, j)
	return j.Phase == state.Intent, err
}

// nothing ends a doubt about a submission that has created nothing, unless a task that was
// given back may be its.
func (l *lifecycle) nothing(ctx context.Context, j *job) error {
	why, err := l.odd(&j.Record)
	switch {
	case err != nil:
		return err
	case why != "":
		return l.unsettled(ctx, j, why)
	}
	return l.absent(ctx, j)
}

// postpone leaves the doubt to the next run, which looks again, unless more of that will not tell.
func (l *lifecycle) postpone(ctx context.Context, j *job, untold string) error {
	why, err := l.odd(&j.Record)
	if err != nil {
		return err
	}
	if why = cmp.Or(why, untold); why != "" || l.resubmit {
		return l.unsettled(ctx, j, why)
	}
	j.At = l.clock.Now()
	if err := l.state.Put(j.Record, true); err != nil {
		return err
	}
	l.counts.postponed()
	return errLeave
}

// adopt takes a task that was found for the item. A crash before it is recorded finds it again.
func (l *lifecycle) adopt(j *job, task client.TaskInfo, by string) error {
	free, err := l.claims.Claim(task.ID)
	if err != nil || !free {
		return err // another item was faster: look again
	}
	if by == "prompt" && !l.resubmit && l.claims.ClaimedElsewhere(task) {
		l.claims.Release(task.ID)
		return l.hold(
			&j.Record, settle.InDoubt,
			"task %s, which has its words, was taken by another batch in another folder",
			task.ID)
	}
	j.SeedUnknown = by == "prompt" // another item, or another client, may have sent the same words
	j.Phase, j.Task, j.Adopted, j.At = state.Open, task.ID, by, l.clock.Now()
	j.Request, j.Code, j.Message = task.RequestID, "", ""
	j.Submitted, j.Suspects = task.Created, nil
	if j.Submitted.IsZero() {
		j.Submitted = j.Intent
	}
	if !j.slot.Held() {
		j.slot = l.paces.Of(j.Sent.Model).InFlight.Take()
	}
	l.own.Add(j.Record)
	return l.state.Put(j.Record, true)
}

// see collects a task that was adopted for its words, under the lock of its prompt: if it made
// something else, it may be of an item with the same words, which must not be sent before. The
// item is in doubt again then.
func (l *lifecycle) see(ctx context.Context, j *job) error {
	l.counts.announce(j.Record)
	return l.collect(ctx, j)
}

// release gives an adopted task back that made something else than was asked for: it is another
// client's, with the same words. The doubt goes on.
func (l *lifecycle) release(rec *state.Record) error {
	l.claims.Release(rec.Task)
	rec.Released = append(rec.Released, rec.Task)
	rec.Phase, rec.Task, rec.Request, rec.Adopted, rec.At = state.Intent, "", "", "", l.clock.Now()
	rec.SeedUnknown = false
	return l.state.Put(*rec, true)
}

// odd says why a task that was released may be the item's all the same: the service made
// another size than it was asked for, which is paid for, too. "" where it is, or may be,
// another item's.
func (l *lifecycle) odd(rec *state.Record) (string, error) {
	rows := map[string]client.TaskInfo{}
	for _, task := range rec.Released {
		rows[task] = client.TaskInfo{}
	}
	ours, err := l.claims.Claimed(rows)
	if err != nil || len(ours) == len(rows) {
		return "", err
	}
	if other, err := l.otherSize(rec.Sent); other || err != nil {
		return "", err
	}
	return fmt.Sprintf("task %s, which has its words, made a picture of another size",
		rec.Released[len(rec.Released)-1]), nil
}

// absent is proof that a submission created nothing. What it was answered with, if that was the
// API's own word, counts.
func (l *lifecycle) absent(ctx context.Context, j *job) error {
	if j.Code != "" {
		return l.judge(ctx, j, &client.APIError{
			Op: "submit", Status: cmp.Or(statusOf(&j.Record), 500),
			Code: j.Code, Message: j.Message, RequestID: j.Request})
	}
	if err := l.back(&j.Record, errors.New("not in the task list")); err != nil {
		return err
	}
	if j.Attempt%maxVanished == 0 {
		return errLeave
	}
	return nil
}

// unsettled ends a doubt that the list cannot settle now.
func (l *lifecycle) unsettled(ctx context.Context, j *job, why string) error {
	if l.resubmit {
		l.stops.Doubted(&j.Record)
		return l.absent(ctx, j)
	}
	if j.Answer != "" {
		return l.hold(
			&j.Record, settle.InDoubt,
			"its submission was answered with %s, which leaves open whether a task was made, and %s", j.Answer, why)
	}
	return l.hold(&j.Record, settle.InDoubt, "its submission was not answered, and %s", why)
}

// claimOrphan gives an item that is about to be sent the task that was made for its words and
// that the state does not know. One whose picture is of another size is left to the next with
// the same words.
func (l *lifecycle) claimOrphan(ctx context.Context, j *job) error {
	if err := l.sweep.wait(ctx); err != nil {
		return err
	}
	words, sync := tasklist.PromptKey(j.Sent.Model, j.Sent.Prompt), j.Sent.Sync
	if n := l.sweep.orphans.Crowd(words); n > 0 {
		return l.holdCrowded(&j.Record, n)
	}
	for {
		one, ok := l.sweep.orphans.Take(words, j.Released)
		if !ok {
			return l.holdOdd(&j.Record)
		}
		if err := l.adoptOrphan(j, one); err != nil {
			return err
		}
		if j.Phase == state.Held {
			return nil
		}
		if j.Phase != state.Open {
			continue // a doubt about the same words has found it first
		}
		if err := l.see(ctx, j); err != nil || j.Phase != state.Intent {
			return err
		}
		l.sweep.orphans.PutBack(words, one)
		j.Attempt, j.Sent.Sync = j.Attempt-1, sync
		if err := l.back(&j.Record,
			errors.New("the task that was found is another's")); err != nil {
			return err
		}
		if !one.Owed {
			l.stops.Settled(&j.Record)
		}
	}
}

// holdOdd holds an item that may have been sent before the state file lost its end, and may
// have got another size then.
func (l *lifecycle) holdOdd(rec *state.Record) error {
	if l.resubmit {
		return nil
	}
	why, err := l.odd(rec)
	if err != nil || why == "" {
		return err
	}
	l.stops.Owe(rec.Sent)
	return l.hold(rec, settle.InDoubt, "the state file has lost its end, and %s", why)
}

// adoptOrphan makes an item open with a task that was found for it, if nobody else has it.
func (l *lifecycle) adoptOrphan(j *job, one settle.Orphan) error {
	if err := l.putAside(&j.Record); err != nil {
		return err
	}
	adopted := *j
	adopted.Intent, adopted.Attempt, adopted.Sent.Sync = one.Since, j.Attempt+1, false
	if one.Since.IsZero() {
		adopted.Intent = l.clock.Now()
	}
	if err := l.adopt(&adopted, one.TaskInfo, "prompt"); err != nil || adopted.Phase == state.Ready {
		return err
	}
	if !one.Owed {
		l.stops.Owe(j.Sent)
	}
	*j = adopted
	return nil
}

// holdCrowded holds an item that one of several tasks may be of.
func (l *lifecycle) holdCrowded(rec *state.Record, n int) error {
	if l.resubmit {
		return nil
	}
	l.stops.Owe(rec.Sent)
	return l.hold(
		rec, settle.InDoubt,
		"the state file has lost its end, and %d tasks with its words were found, of which fewer items want one", n)
}
