package download

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// Codes of open items that are paid for and whose pictures were tried in vain.
const (
	// CodeNotFetched says that the picture was not to be had. The next run doubts the host.
	CodeNotFetched = "NotFetched"
	// CodeGone says that the host did not have the picture while it gave others out.
	CodeGone = "Gone"
)

var (
	// ErrLater says that a picture is left to the next run. It stays paid.
	ErrLater = errors.New("the picture is left to the next run")
	// ErrExpired says that a task's picture cannot be had, and that the service need not keep it
	// any longer.
	ErrExpired = errors.New("the picture is gone")
)

// A Fetcher downloads pictures for a run. All fields are required. It is safe for concurrent
// use.
type Fetcher struct {
	Queue  *Queue
	Client *client.Client
	Tasks  *tasklist.Reader // tells the URL of a picture again
	State  *state.File
	Clock  *pace.Clock
	Log    *slog.Logger
	// OnWait is called once for each task whose pictures are not to be had at once, after that
	// is recorded.
	OnWait func()
}

// A Fetch is the pictures of one task, while one goroutine downloads them: Enter, download for
// each, Leave.
type Fetch struct {
	with     *Fetcher
	rec      *state.Record // the caller's
	recorded state.Record  // as the state file has it
	cost     client.Money  // of the task
	ticket   ticket
	reason   string // why it waits; "" where it does not
	unknown  int    // answers in a row that do not know the task
}

// Fetch begins to fetch the pictures of a task that has succeeded, which the caller's record
// names, and which has cost so much. An item without a task has its key in place of one.
func (f *Fetcher) Fetch(rec *state.Record, task client.Task, cost client.Money) *Fetch {
	return &Fetch{with: f, rec: rec, recorded: *rec, cost: cost, ticket: ticket{
		task: cmp.Or(rec.Task, rec.Key), taskless: rec.Task == "",
		pictures: max(1, len(task.Results)), expires: rec.Submitted.Add(client.TaskLifetime)}}
}

// Enter waits until the pictures may be downloaded. While the host refuses, it records first
// that they wait, since their turn may not come in this run.
func (f *Fetch) Enter(ctx context.Context) error {
	if why := f.with.Queue.refusalCause(); why != "" {
		if err := f.noteWaiting(CodeNotFetched, why); err != nil {
			return err
		}
	}
	return f.with.Queue.acquire(ctx, &f.ticket)
}

// Leave lets others download. Saved says that the pictures are in place. It may be called after
// any error.
func (f *Fetch) Leave(saved bool) { f.with.Queue.release(&f.ticket, saved) }

// download returns the bytes of the i-th picture, which are whole, or the best that the service
// has. It tries until it has them, and asks the task for the URL again after each failure. They
// are valid until the next download or Leave. It returns [ErrLater] where the run ends first,
// and [ErrExpired] where they can never be had.
func (f *Fetch) download(ctx context.Context, i int, url string) (
	[]byte, imagefile.Picture, error) {
	var damaged repeats
	for failures := 0; ; failures++ {
		body, found, err := f.try(ctx, url, &damaged)
		switch {
		case err == nil:
			if f.with.Queue.arrived() {
				f.with.Log.Info("pictures can be fetched again")
			}
			return body, found, nil
		case ctx.Err() != nil:
			return nil, found, ctx.Err()
		}
		if err := f.failed(url, err); err != nil {
			return nil, found, err
		}
		if url, err = f.retry(ctx, i, url, failures, err); err != nil {
			return nil, found, err
		}
	}
}

// try downloads a picture once and looks whether it is one.
func (f *Fetch) try(ctx context.Context, url string, damaged *repeats) (
	[]byte, imagefile.Picture, error) {
	body, err := f.with.Client.DownloadBuffer(ctx, f.ticket.buffer, url)
	if err != nil {
		return nil, imagefile.Picture{}, err
	}
	f.ticket.buffer = body
	found, err := damaged.inspect(body)
	if err != nil {
		err = fmt.Errorf("download from %s: %w", hostOf(url), err)
	}
	return body, found, err
}

// failed records a failure: for the other downloads, and in the state file, so that the next run
// knows that the item is paid for.
func (f *Fetch) failed(url string, cause error) error {
	f.with.Log.Warn("will try again", "cause", cause)
	if f.with.Queue.failed(&f.ticket, url, cause) {
		f.with.Log.Error("nothing is bought until a picture can be fetched", "host", hostOf(url),
			"cause", cause)
	}
	code := CodeNotFetched
	if f.with.Queue.isolated(cause) {
		code = CodeGone
	}
	return f.noteWaiting(code, cause.Error())
}

// retry waits until a picture may be tried again after so many failures before this one, and
// returns its URL.
func (f *Fetch) retry(ctx context.Context, i int, url string, failures int, cause error) (
	string, error) {
	fresh, answered := f.freshURL(ctx, i)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case answered && f.expired():
		return "", fmt.Errorf("%w: %w", ErrExpired, cause)
	case failures > 0 && errors.Is(cause, client.ErrPictureURL):
		return "", ErrLater // the task was asked for another URL, which is no better
	case answered:
		f.with.Queue.closeIfStuck(f.with.Clock.Now())
	case tasklist.Forgotten(f.rec.Submitted, f.with.Clock.Now()):
		return "", ErrLater
	}
	if err := f.with.Queue.pause(ctx, pace.Backoff(failures), nil); err != nil {
		return "", err
	}
	return cmp.Or(fresh, url), f.with.Queue.wait(ctx, &f.ticket)
}

// freshURL asks the task for the URL of its i-th picture, which is "" where it tells none.
// Answered is false where the API gives no answer.
func (f *Fetch) freshURL(ctx context.Context, i int) (url string, answered bool) {
	if f.rec.Task == "" {
		return "", true
	}
	task, err := f.with.Tasks.Ask(ctx, f.rec.Task)
	switch {
	case err != nil:
		return "", false
	case task.Status == client.Unknown:
		f.unknown++
		return "", true
	}
	f.unknown = 0
	if i >= len(task.Results) {
		return "", true
	}
	return task.Results[i].URL, true
}

// expired reports whether the service need not keep the task any longer: a day has passed since
// it was first known to have succeeded; or one since it was submitted, and it is said to be
// unknown several times in a row.
func (f *Fetch) expired() bool {
	now := f.with.Clock.Now()
	succeeded := pace.Later(f.rec.Submitted, f.rec.Succeeded)
	return now.Sub(succeeded) >= client.TaskLifetime ||
		f.unknown >= tasklist.MaxUnknown && now.Sub(f.rec.Submitted) >= client.TaskLifetime
}

// Reason is why the pictures were not to be had so far; "" where none was tried in vain.
func (f *Fetch) Reason() string { return f.reason }

// LeaveOpen records under a code that the pictures are left to the next run.
func (f *Fetch) LeaveOpen(code string) error {
	return f.noteWaiting(code, cmp.Or(f.reason, f.with.Queue.refusalCause()))
}

// noteWaiting records that the item is paid for and has no picture yet, unless its record says just
// that. An item without a task is not recorded, since no other run can fetch its picture.
func (f *Fetch) noteWaiting(code, why string) error {
	first := f.reason == ""
	f.reason = why
	if f.rec.Task != "" && (first || code != f.recorded.Code || why != f.recorded.Message) {
		if err := f.record(code, why); err != nil {
			return err
		}
	}
	if first {
		f.with.OnWait()
	}
	return nil
}

// record writes to the state file why the item has no picture yet. The pictures that its record
// names stay, in case the run ends before there are others.
func (f *Fetch) record(code, why string) error {
	now, rec := f.with.Clock.Now(), f.recorded
	rec.Code, rec.Message, rec.At, rec.Cost = code, why, now, f.cost
	if rec.Succeeded.IsZero() {
		rec.Succeeded = now
	}
	f.recorded, f.rec.Succeeded = rec, rec.Succeeded
	return f.with.State.Put(rec, false)
}
