package batch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/download"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
)

// A PictureHostError ends a run whose pictures cannot be fetched.
type PictureHostError = download.HostError

// fetch saves the pictures of a task that succeeded. They are paid for: a download is tried as
// long as the service keeps them, and whatever comes whole is saved.
func (r *run) fetch(ctx context.Context, rec *state.Record, task client.Task) error {
	cost := r.billed(rec.Sent, task)
	f := r.fetcher.Fetch(rec, task, cost)
	missing, err := r.saver.Save(ctx, f, rec, task)
	if len(rec.Pictures) > 0 && (err == nil || errors.Is(err, download.ErrExpired)) {
		// A crash before this takes names away at worst: Found.Find gives them back.
		if err := r.folder.Sync(); err != nil {
			return err
		}
	}
	if f.Reason() != "" && !errors.Is(err, download.ErrLater) {
		defer r.unfetched(-1)
	}
	switch {
	case errors.Is(err, download.ErrExpired):
		rec.Cost = cost
		return r.hold(rec, "Gone",
			"task %s made a picture that the service does not give out any more: %v", rec.Task, err)
	case errors.Is(err, download.ErrForeign):
		return r.release(rec)
	case errors.Is(err, download.ErrLater):
		return r.leaveOpen(rec, f, cost)
	case err != nil:
		return err
	}
	return r.finish(rec, task, missing)
}

// billed returns what a task that succeeded has cost.
func (r *run) billed(s state.Request, task client.Task) client.Money {
	made := 0
	for _, result := range task.Results {
		if result.URL != "" {
			made++
		}
	}
	return r.b.price(s) * client.Money(max(task.Images, made))
}

// leaveOpen leaves an item to the next run, which fetches its pictures. Without a task no other
// run can.
func (r *run) leaveOpen(rec *state.Record, f *download.Fetch, cost client.Money) error {
	if rec.Task == "" {
		rec.Cost = cost
		return r.hold(rec, download.CodeNotFetched,
			"its picture is paid for and could not be fetched before the run ended: %s", f.Reason())
	}
	code := download.CodeGone
	if r.stops.Reason() != nil {
		code = download.CodeNotFetched
	}
	if err := f.LeaveOpen(code); err != nil {
		return err
	}
	return errLeave
}

// finish records what was saved. A crash before the record is durable leaves the pictures in
// place, each with its key and task, and the next run finds them there (pictures.Found).
func (r *run) finish(rec *state.Record, task client.Task, missing client.Result) error {
	rec.At, rec.Finished = r.clock.Now(), r.clock.Now()
	if !task.Ended.IsZero() {
		rec.Finished = task.Ended
	}
	billed := max(task.Images, len(rec.Pictures))
	rec.Cost = r.b.price(rec.Sent) * client.Money(billed)
	switch {
	case len(rec.Pictures) == 0 && (task.Images > 0 || len(task.Results) == 0):
		return r.hold(rec, cmp.Or(missing.Code, "NoPicture"),
			"task %s may be billed and gave no picture: %s", rec.Task, missing.Message)
	case len(rec.Pictures) == 0:
		rec.Cost, rec.Code, rec.Message = 0, missing.Code, missing.Message
		return r.fail(rec)
	}
	rec.Phase, rec.Code, rec.Message, rec.Lost, rec.Succeeded = state.Done, "", "", false,
		time.Time{}
	if short := rec.Sent.N - len(rec.Pictures); short > 0 {
		rec.Warnings = append(rec.Warnings, fmt.Sprintf(
			"%d of %d pictures were not made: %s", short, rec.Sent.N, missing.Message))
	}
	return r.state.Put(*rec, true)
}
