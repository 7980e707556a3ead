package batch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/download"
	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
)

// A PictureHostError ends a run whose pictures cannot be fetched.
type PictureHostError = download.HostError

// fetch saves the pictures of a task that succeeded. They are paid for: a download is tried as
// long as the service keeps them, and whatever comes whole is saved.
func (l *lifecycle) fetch(ctx context.Context, rec *state.Record, task client.Task) error {
	cost := l.billed(rec.Sent, task)
	f := l.fetcher.Fetch(rec, task, cost)
	missing, err := l.saver.Save(ctx, f, rec, task)
	if len(rec.Pictures) > 0 && (err == nil || errors.Is(err, download.ErrExpired)) {
		// A crash before this loses renames at worst: Found.Find publishes the parts again.
		if err := l.folder.Sync(); err != nil {
			return err
		}
	}
	if f.Reason() != "" && !errors.Is(err, download.ErrLater) {
		defer l.counts.unfetched(-1)
	}
	switch {
	case errors.Is(err, download.ErrExpired):
		rec.Cost = cost
		return l.hold(rec, "Gone",
			"task %s made a picture that the service does not give out any more: %v", rec.Task, err)
	case errors.Is(err, download.ErrForeign):
		return l.releaseTask(rec)
	case errors.Is(err, download.ErrLater):
		return l.leaveOpen(rec, f, cost)
	case err != nil:
		return err
	}
	return l.finish(rec, task, missing)
}

// billed returns what a task that succeeded has cost.
func (l *lifecycle) billed(s state.Request, task client.Task) client.Money {
	made := 0
	for _, result := range task.Results {
		if result.URL != "" {
			made++
		}
	}
	return l.cost(s, max(task.Images, made))
}

// leaveOpen leaves an item to the next run, which fetches its pictures. Without a task no other
// run can.
func (l *lifecycle) leaveOpen(rec *state.Record, f *download.Fetch, cost client.Money) error {
	if rec.Task == "" {
		rec.Cost = cost
		return l.hold(rec, download.CodeNotFetched,
			"its picture is paid for and could not be fetched before the run ended: %s", f.Reason())
	}
	code := download.CodeGone
	if l.stops.Reason() != nil {
		code = download.CodeNotFetched
	}
	if err := f.LeaveOpen(code); err != nil {
		return err
	}
	return errLeave
}

// finish records what was saved. A crash before the record is durable leaves the pictures in
// place, each with its key and task, and the next run finds them there (pictures.Found).
func (l *lifecycle) finish(rec *state.Record, task client.Task, missing client.Result) error {
	rec.At, rec.Finished = l.clock.Now(), l.clock.Now()
	if !task.Ended.IsZero() {
		rec.Finished = task.Ended
	}
	billed := max(task.Images, len(rec.Pictures))
	rec.Cost = l.cost(rec.Sent, billed)
	switch {
	case len(rec.Pictures) == 0 && (task.Images > 0 || len(task.Results) == 0):
		return l.hold(rec, cmp.Or(missing.Code, "NoPicture"),
			"task %s may be billed and gave no picture: %s", rec.Task, missing.Message)
	case len(rec.Pictures) == 0:
		rec.Cost, rec.Code, rec.Message = 0, missing.Code, missing.Message
		return l.fail(rec)
	}
	rec.Phase, rec.Code, rec.Message, rec.Lost, rec.Succeeded = state.Done, "", "", false,
		time.Time{}
	if short := rec.Sent.N - len(rec.Pictures); short > 0 {
		rec.Warnings = append(rec.Warnings, fmt.Sprintf(
			"%d of %d pictures were not made: %s", short, rec.Sent.N, missing.Message))
	}
	return l.state.Put(*rec, true)
}

// putAside moves the pictures that an item made before to images/replaced, where they stay: at
// the last moment, since an item that is not sent after all keeps them. Its record still names
// them until the next intent is written; a crash in between leaves a done item whose picture is
// missing, which fetches it again or says so.
func (l *lifecycle) putAside(rec *state.Record) error {
	if len(rec.Pictures) == 0 {
		return nil
	}
	if err := l.folder.KeepOlder(rec.Key, rec.Pictures); err != nil {
		return err
	}
	rec.Before, rec.Cost, rec.Replaced = rec.Before+rec.Cost, 0, rec.Replaced+len(rec.Pictures)
	rec.Pictures, rec.ActualPrompt, rec.Warnings = nil, "", nil
	return nil
}

// stillMissing puts the record of a missing item back that could not be fetched again. It was
// paid for once, so nothing about it is in doubt.
func (l *lifecycle) stillMissing(j *job, was state.Record) error {
	// an item that was held, and got a task by Resolve, has a code and is held again
	if j.Phase != state.Held || len(was.Pictures) == 0 || was.Code != "" &&
		was.Succeeded.IsZero() {
		return nil
	}
	j.Record = was
	j.Phase, j.At, j.Lost = state.Done, l.clock.Now(), true
	j.Code, j.Message, j.Succeeded = "", "", time.Time{}
	return l.state.Put(j.Record, true)
}

// generate is post, and what follows it, over the synchronous interface, whose answer brings the
// picture: there is no task to poll and nothing in the list. What is under way in a crash is
// paid and lost, and the next run holds the item, as ModelPlan.AtRisk tells beforehand. The
// intent is durable, and stays the record of the item until the picture is in place.
func (l *lifecycle) generate(ctx context.Context, m *pace.Model, try *pace.Permit, j *job) error {
	late, cancel := l.graceContext(ctx, l.syncGrace)
	defer cancel()
	l.activity.AtService.Add(1)
	task, err := l.client.Generate(late, l.request(j.Sent))
	l.activity.AtService.Add(-1)
	try.Observe(err)
	l.clock.Observe(task.Date)
	if err == nil {
		m.Accepted()
		l.stops.Answered(j.Sent.Model)
		l.stops.Accepted()
		j.Request, j.Submitted = task.RequestID, j.Intent
		// A crash before the picture's part is durable loses it; from there on its own text
		// tells whose it is (pictures.Folder.Unknown).
		return l.fetch(late, &j.Record, task)
	}
	var doubt *client.DoubtError
	if errors.As(err, &doubt) {
		j.Request, j.Message = doubt.RequestID, doubt.Cause.Error()
		return l.state.Put(j.Record, false) // the next step is settle, which holds it
	}
	return l.submitFailed(ctx, m, j, err)
}
