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

// This file acts on the verdict of a search of the task list ([settle.Search]) for a submission
// that was not answered: it adopts the task that was found, sends the item again, holds it, or
// leaves it to the next run.

// maxVanished is how many submissions of an item may vanish before it is left for the next run.
const maxVanished = 10

// resettle is settle for a doubt of an earlier run, or one that came back because the adopted
// task was another's. It locks the prompt first, unless unfinished has: a submission with the
// same prompt that went unanswered meanwhile could not be told from this one.
func (l *lifecycle) resettle(ctx context.Context, j *job) error {
	lock := j.promptLock
	j.promptLock = nil
	if lock == nil {
		lock = l.promptLocks.Of(tasklist.PromptKey(j.Sent.Model, j.Sent.Prompt))
	}
	defer lock.Unlock()
	if err := l.lockPrompt(ctx, lock); err != nil {
		return err
	}
	return l.settle(ctx, j, lock)
}

// lockPrompt waits until no other item with the same prompt holds its lock. Meanwhile the job
// does not count as busy, since the holder may be a doubt that waits for a quiet run.
func (l *lifecycle) lockPrompt(ctx context.Context, lock *pace.KeyLock) error {
	if lock.TryLock() {
		return nil
	}
	l.busy.End()
	defer l.busy.Begin()
	return lock.Lock(ctx)
}

// settle searches for the task of a submission that was not answered, until there is a verdict,
// and acts on it. The caller holds the lock of the prompt, which the search gives back after the
// settling time; other items go on all the while. The job does not count as busy here.
func (l *lifecycle) settle(ctx context.Context, j *job, lock *pace.KeyLock) error {
	if j.Sent.Sync {
		return l.concludeUnsettled(ctx, j, "the synchronous interface has no task to find it by")
	}
	l.busy.End()
	defer l.busy.Begin()
	search, doubt := l.finder.Search(&j.Record, j.posted, lock, j.doubt)
	defer search.Close()
	j.doubt = doubt
	search.Refused = gatewayStatus(j.Answer) != 0
	for {
		v, err := search.Decide(ctx)
		if err != nil {
			return err
		}
		switch v.Outcome {
		case settle.Found:
			if inDoubt, err := l.adoptFound(ctx, j, lock, v); !inDoubt || err != nil {
				return err
			}
		case settle.Absent:
			return l.concludeAbsent(ctx, j)
		case settle.Unsure:
			return l.concludeUnsettled(ctx, j, v.Why)
		default:
			return l.postpone(ctx, j, v.Why)
		}
	}
}

// adoptFound adopts the task that was found, and reports whether the item is still in doubt: the
// task was claimed for another item meanwhile, or made something else. A task that was found by
// its prompt alone is collected here, under the lock of the prompt, since it may be of an item
// that waits for that lock.
func (l *lifecycle) adoptFound(ctx context.Context, j *job, lock *pace.KeyLock, v settle.Verdict) (
	inDoubt bool, err error) {
	if err := lock.Lock(ctx); err != nil {
		return false, err
	}
	if err := l.adopt(j, v.Task, v.By); err != nil || j.Phase == state.Held {
		return false, err
	}
	if j.Phase != state.Open {
		return true, nil // claimed for another item since the list was read
	}
	if v.By != "prompt" {
		return false, nil
	}
	l.busy.Begin() // settle has ended it
	defer l.busy.End()
	err = l.collectAdopted(ctx, j)
	return j.Phase == state.Intent, err
}

// concludeAbsent ends a doubt on the proof that no unclaimed task is of the submission, unless
// one that was released may be its all the same.
func (l *lifecycle) concludeAbsent(ctx context.Context, j *job) error {
	why, err := l.releasedMayBeOurs(&j.Record)
	switch {
	case err != nil:
		return err
	case why != "":
		return l.concludeUnsettled(ctx, j, why)
	}
	return l.treatAsAbsent(ctx, j)
}

// postpone leaves the doubt to the next run, which searches again, unless there is a reason,
// here or in the verdict, why that would not settle it either.
func (l *lifecycle) postpone(ctx context.Context, j *job, reason string) error {
	why, err := l.releasedMayBeOurs(&j.Record)
	if err != nil {
		return err
	}
	if why = cmp.Or(why, reason); why != "" || l.resubmit {
		return l.concludeUnsettled(ctx, j, why)
	}
	j.At = l.clock.Now()
	if err := l.state.Put(j.Record, true); err != nil {
		return err
	}
	l.counts.postponed()
	return errLeave
}

// adopt claims a task that was found for the item and makes the item open with it. The item
// stays as it is if the task is claimed already, and is held if another batch of this machine
// claimed it. The claim is in memory until the record is durable; after a crash before that the
// next run finds the task again.
func (l *lifecycle) adopt(j *job, task client.TaskInfo, by string) error {
	free, err := l.claims.Claim(task.ID)
	if err != nil || !free {
		return err // free is false: claimed for another item since the list was read
	}
	if by == "prompt" && !l.resubmit && l.claims.ClaimedElsewhere(task) {
		l.claims.Release(task.ID)
		return l.hold(
			&j.Record, settle.InDoubt,
			"task %s, which has its words, was taken by another batch in another folder",
			task.ID)
	}
	// another item, or another client, may have sent the same prompt with another seed
	j.SeedUnknown = by == "prompt"
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

// collectAdopted collects a task that was adopted by its prompt alone, while the caller holds the
// lock of that prompt: if the picture is not what the item asked for, the task is released and
// the item is in doubt again. An item with the same prompt, whose the task may be, is not sent
// before that.
func (l *lifecycle) collectAdopted(ctx context.Context, j *job) error {
	l.counts.announce(j.Record)
	return l.collect(ctx, j)
}

// releaseTask gives up an adopted task that made something else than was asked for: it is
// another item's or another client's, with the same prompt. The item is in doubt again.
func (l *lifecycle) releaseTask(rec *state.Record) error {
	l.claims.Release(rec.Task)
	rec.Released = append(rec.Released, rec.Task)
	rec.Phase, rec.Task, rec.Request, rec.Adopted, rec.At = state.Intent, "", "", "", l.clock.Now()
	rec.SeedUnknown = false
	return l.state.Put(*rec, true)
}

// releasedMayBeOurs says why a task that was released may be the item's all the same, in which
// case the service made, and billed, another size than it was asked for. It returns "" if all
// released tasks were claimed for other items since, or if another item asks for another size.
func (l *lifecycle) releasedMayBeOurs(rec *state.Record) (string, error) {
	rows := map[string]client.TaskInfo{}
	for _, task := range rec.Released {
		rows[task] = client.TaskInfo{}
	}
	claimed, err := l.claims.Claimed(rows)
	if err != nil || len(claimed) == len(rows) {
		return "", err
	}
	if other, err := l.otherSize(rec.Sent); other || err != nil {
		return "", err
	}
	return fmt.Sprintf("task %s, which has its words, made a picture of another size",
		rec.Released[len(rec.Released)-1]), nil
}

// treatAsAbsent goes on as if the submission had created no task: because the list proves it, or
// because --on-doubt resubmit takes the risk of paying twice. If the API answered it with an
// error of its own, that is judged; else the item is ready to be sent again.
func (l *lifecycle) treatAsAbsent(ctx context.Context, j *job) error {
	if j.Code != "" {
		return l.judge(ctx, j, &client.APIError{
			Op: "submit", Status: cmp.Or(gatewayStatus(j.Answer), 500),
			Code: j.Code, Message: j.Message, RequestID: j.Request})
	}
	if err := l.backToReady(&j.Record, errors.New("not in the task list")); err != nil {
		return err
	}
	if j.Attempt%maxVanished == 0 {
		return errLeave
	}
	return nil
}

// concludeUnsettled ends a doubt that the list cannot settle: the item is held, or with
// --on-doubt resubmit sent again, while its first price stays counted.
func (l *lifecycle) concludeUnsettled(ctx context.Context, j *job, why string) error {
	if l.resubmit {
		l.stops.Doubted(&j.Record)
		return l.treatAsAbsent(ctx, j)
	}
	if j.Answer != "" {
		return l.hold(
			&j.Record, settle.InDoubt,
			"its submission was answered with %s, which leaves open whether a task was made, and %s", j.Answer, why)
	}
	return l.hold(&j.Record, settle.InDoubt, "its submission was not answered, and %s", why)
}

// claimOrphan waits for the sweep and adopts an orphan with the item's prompt, if there is one,
// instead of sending the item. An orphan whose picture is of another size is put back for the
// next item with the same prompt. The item stays ready if there is none for it.
func (l *lifecycle) claimOrphan(ctx context.Context, j *job) error {
	if err := l.sweep.wait(ctx); err != nil {
		return err
	}
	prompt, sync := tasklist.PromptKey(j.Sent.Model, j.Sent.Prompt), j.Sent.Sync
	if n := l.sweep.orphans.Crowd(prompt); n > 0 {
		return l.holdCrowded(&j.Record, n)
	}
	for {
		one, ok := l.sweep.orphans.Take(prompt, j.Released)
		if !ok {
			return l.holdReleased(&j.Record)
		}
		if err := l.adoptOrphan(j, one); err != nil {
			return err
		}
		if j.Phase == state.Held {
			return nil
		}
		if j.Phase != state.Open {
			continue // a doubt about the same prompt has claimed it
		}
		if err := l.collectAdopted(ctx, j); err != nil || j.Phase != state.Intent {
			return err
		}
		l.sweep.orphans.PutBack(prompt, one)
		j.Attempt, j.Sent.Sync = j.Attempt-1, sync
		if err := l.backToReady(&j.Record,
			errors.New("the task that was found is another's")); err != nil {
			return err
		}
		if !one.Owed {
			l.stops.Settled(&j.Record)
		}
	}
}

// holdReleased holds an item if an orphan that it released may be its all the same: it was sent
// before the state file lost its end, and the service made another size.
func (l *lifecycle) holdReleased(rec *state.Record) error {
	if l.resubmit {
		return nil
	}
	why, err := l.releasedMayBeOurs(rec)
	if err != nil || why == "" {
		return err
	}
	l.stops.Owe(rec.Sent)
	return l.hold(rec, settle.InDoubt, "the state file has lost its end, and %s", why)
}

// adoptOrphan makes an item open with an orphan, unless that is claimed already. It works on a
// copy, since a job that stays ready must keep the attempt and the interface that it had.
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

// holdCrowded holds an item if there are more orphans with its prompt than items that want one:
// which of them are the batch's cannot be told.
func (l *lifecycle) holdCrowded(rec *state.Record, n int) error {
	if l.resubmit {
		return nil
	}
	l.stops.Owe(rec.Sent)
	return l.hold(
		rec, settle.InDoubt,
		"the state file has lost its end, and %d tasks with its words were found, of which fewer items want one", n)
}
