package batch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
)

// This file is the life of an item. It moves through the phases of its record:
//
//	ready → intent → open → done | failed | held
//
// Each step starts from what is durable and ends by making its outcome durable, in this order:
//
//	intent (fsync) → POST → task id (fsync) → poll → part + fsync → rename → fsync of the folder → done (fsync)
//
// so that a crash anywhere leaves a record that says what may have been paid for. A step returns an error only where
// going on is pointless for everybody; what happens to the item itself is in its record.

// attempts is how often an item is sent in all when its tasks fail in a way that may pass. Failed tasks cost nothing.
const attempts = 3

// live takes an item as far as it comes. It returns nil, too, where the item has to stay as it is for the next run.
func (r *run) live(ctx context.Context, rec record) error {
	r.flight.items.Add(1)
	defer r.flight.items.Add(-1)
	r.active.begin()
	defer r.active.end()
	defer r.leave(&rec)
	for {
		step := r.step(rec.Phase)
		if step == nil {
			return nil
		}
		before := rec
		err := step(ctx, &rec)
		if errors.Is(err, errLeave) {
			return nil
		}
		if err != nil {
			return err
		}
		r.settled(&rec)
		r.tell(before, rec)
	}
}

// errLeave leaves an item as it stands until the next run.
var errLeave = errors.New("left for the next run")

func (r *run) step(p phase) func(context.Context, *record) error {
	switch p {
	case ready:
		return r.submit
	case intent:
		return func(ctx context.Context, rec *record) error {
			return during(&r.flight.doubting, func() error { return r.resettle(ctx, rec) })
		}
	case open:
		return r.collect
	}
	return nil
}

// submit sends an item once.
func (r *run) submit(ctx context.Context, rec *record) error {
	// Two requests with the same words could not be told apart in the task list, should one of them go unanswered.
	turn := r.words.turn(wordsOf(rec.Sent.Model, rec.Sent.Prompt))
	defer turn.leave()
	if !turn.tryEnter() {
		// Whoever is inside may want a place in the window: nobody waits here while holding one.
		r.leave(rec)
		if err := r.waitTurn(ctx, turn); err != nil {
			return err
		}
	}

	// In here, since a doubt about the same words has the first choice of what was found.
	if err := r.claimOrphan(ctx, rec); err != nil || rec.Phase != ready {
		return err
	}
	if !rec.slot { // it has one when it comes from the producer, which keeps the order of the manifest
		if err := r.pace(rec.Sent.Model).window.enter(ctx); err != nil {
			return err
		}
		rec.slot = true
	}
	err := r.send(ctx, r.pace(rec.Sent.Model), rec)
	if rec.Phase != open {
		r.leave(rec)
	}
	if rec.Phase == intent && err == nil {
		// Inside the turnstile: while this one is in doubt, none with the same words goes out.
		return during(&r.flight.doubting, func() error { return r.settle(ctx, rec, turn) })
	}
	return err
}

// send holds a place in the window; it keeps it if a task was created.
func (r *run) send(ctx context.Context, pace *pace, rec *record) error {
	try, err := r.turn(ctx, pace)
	if err != nil {
		return err
	}
	defer try.unsent() // where it was sent, that is known before
	if err := r.state.astray(); errors.Is(err, ErrReplaced) {
		r.halt("", err) // what is open is collected, and stop puts the state file back
		return errLeave
	} else if err != nil {
		return err
	}
	if err := r.admit(rec); err != nil {
		return err
	}
	if err := r.putAside(rec); err != nil {
		return err
	}
	// A crash up to here has sent nothing: the item is new to the next run.
	rec.Phase, rec.Intent, rec.At = intent, r.clock.now(), r.clock.now()
	rec.Attempt++
	rec.Task, rec.Request, rec.Adopted, rec.Code, rec.Message = "", "", "", "", ""
	rec.Released, rec.SeedUnknown, rec.Succeeded = nil, false, time.Time{}
	rec.Suspects, rec.Answer, rec.Heard, rec.doubt = nil, "", time.Time{}, nil
	if err := r.state.put(*rec, true); err != nil {
		return err
	}
	rec.posted = time.Now()
	if rec.Sent.Sync {
		return r.generate(ctx, pace, try, rec)
	}
	// A crash from here on leaves the intent: the next run asks the task list before it sends anything.
	task, err := r.post(ctx, rec.Sent)
	try.heard(err)
	r.clock.heard(task.Date)
	if err == nil && !r.firstAnswer(task.ID) {
		err = &client.DoubtError{Op: "submit", Cause: errors.New("the answer names the task of another item")}
	}
	if err == nil {
		return r.opened(pace, rec, task)
	}
	return r.refused(ctx, pace, rec, err)
}

// turn waits until the next submission may go: pictures can be fetched, and the model's pace lets it.
func (r *run) turn(ctx context.Context, pace *pace) (*try, error) {
	for {
		if err := r.unbarred(ctx); err != nil {
			return nil, err
		}
		try, err := pace.wait(ctx)
		if err != nil || r.backlog.bars(r.clock.now()) == nil {
			return try, err
		}
		try.unsent()
	}
}

// post finishes a submission that is on the wire even when the run is being stopped: its answer is worth money. After the
// stop it has the run's grace.
func (r *run) post(ctx context.Context, s sent) (client.Task, error) {
	r.flight.running.Add(1)
	defer r.flight.running.Add(-1)
	wire, cancel := r.wire(ctx, r.grace)
	defer cancel()
	return r.o.Client.Submit(wire, s.request())
}

// wire is a context that outlives ctx by the grace.
func (r *run) wire(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	wire, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	return wire, func() { stop(); cancel() }
}

// opened records a task. A crash before the record is durable leaves the intent, and the task is found in the list.
func (r *run) opened(pace *pace, rec *record, task client.Task) error {
	pace.accepted()
	r.answered(rec.Sent.Model)
	r.wasAccepted()
	r.created(task.ID)
	rec.Phase, rec.Task, rec.Request, rec.At = open, task.ID, task.RequestID, r.clock.now()
	rec.Submitted = r.clock.now()
	if err := r.state.put(*rec, true); err != nil {
		r.log.Error("a task is open and could not be recorded", "task", task.ID, "item", rec.Key)
		return err
	}
	r.created(task.ID) // again: its record may have been read for the claims just before this one
	r.own.add(*rec)
	return nil
}

// refused sorts a submission that was not answered with a task.
func (r *run) refused(ctx context.Context, pace *pace, rec *record, err error) error {
	var api *client.APIError
	var doubt *client.DoubtError
	switch {
	case errors.As(err, &doubt):
		var foreign *client.ForeignError
		if errors.As(err, &foreign) && foreign.Status >= 400 && foreign.Status < 500 {
			r.foreign(foreign)
		}
		rec.Request, rec.Message = doubt.RequestID, doubt.Cause.Error()
		if errors.As(err, &api) {
			rec.Code, rec.Message = api.Code, api.Message
		}
		rec.Answer = answerOf(doubt)
		// The intent is durable already; the request id makes it easier to settle.
		return r.state.put(*rec, false)
	case client.Throttled(err):
		pace.slow()
		errors.As(err, &api)
		r.throttled(rec.Sent.Model, api)
		rec.Attempt--
		return r.back(rec, err)
	case errors.As(err, &api):
		r.answered(rec.Sent.Model)
		if api.Reach() == client.ReachItem {
			r.refusedForGood(api)
		}
		return r.judge(ctx, rec, api)
	}
	// Not sent: nothing reached the service. The network is away; that uses up no attempt.
	rec.Attempt--
	r.trouble(err)
	return r.back(rec, err)
}

// answerOf is what a submission in doubt was answered with; "" where no answer came.
func answerOf(doubt *client.DoubtError) string {
	var api *client.APIError
	switch {
	case errors.As(doubt.Cause, &api):
		return cmp.Or(api.Code, fmt.Sprintf("HTTP %d", api.Status))
	case errors.Is(doubt.Cause, client.ErrUnreadable):
		return "what is not the API's JSON"
	}
	return ""
}

// back records that the last submission created nothing.
func (r *run) back(rec *record, cause error) error {
	rec.Phase, rec.At = ready, r.clock.now()
	r.log.Debug("submission created nothing", "item", rec.Key, "cause", cause)
	return r.state.put(*rec, true)
}

// judge does what the error catalogue says of a refusal or of a failed task.
func (r *run) judge(ctx context.Context, rec *record, api *client.APIError) error {
	rec.Code, rec.Message = api.Code, api.Message
	switch api.Reach() {
	case client.ReachAccount:
		r.halt("", api)
		rec.Attempt--
		return r.back(rec, api)
	case client.ReachModel:
		r.halt(rec.Sent.Model, api)
		rec.Attempt--
		return r.back(rec, api)
	case client.ReachRetry:
		if rec.Attempt < attempts {
			if err := r.back(rec, api); err != nil {
				return err
			}
			r.leave(rec)
			return r.clock.sleep(ctx, backoff(rec.Attempt))
		}
	case client.ReachItem:
		if other, ok := client.AlternativeSize(rec.Sent.Size); ok && !rec.OtherSize && speaksOfSize(api) {
			rec.Sent.Size, rec.OtherSize = other, true
			rec.Attempt--
			return r.back(rec, api)
		}
	}
	return r.fail(rec)
}

// speaksOfSize reports whether a refusal is about the size: "The size is not match the allowed size" (ERR, 2026-11).
func speaksOfSize(e *client.APIError) bool {
	return e.Code == "InvalidParameter" && strings.Contains(strings.ToLower(e.Message), "size")
}

// fail ends an item that cost nothing. It is counted before the item gives its place in the window back, so that
// MaxFailures starts no other in it.
func (r *run) fail(rec *record) error {
	r.failedOne()
	rec.Phase, rec.At, rec.Finished = failed, r.clock.now(), r.clock.now()
	return r.state.put(*rec, true)
}

// hold ends an item that may have been paid for, until a person decides.
func (r *run) hold(rec *record, code, format string, args ...any) error {
	rec.Phase, rec.At, rec.Finished = held, r.clock.now(), r.clock.now()
	rec.Code, rec.Message = code, fmt.Sprintf(format, args...)
	return r.state.put(*rec, true)
}

// collect waits for an open task and saves what it made.
func (r *run) collect(ctx context.Context, rec *record) error {
	was := *rec
	if err := r.gather(ctx, rec); err != nil {
		return err
	}
	return r.stillMissing(rec, was)
}

func (r *run) gather(ctx context.Context, rec *record) error {
	r.flight.running.Add(1)
	task, err := r.await(ctx, rec, 0)
	r.flight.running.Add(-1)
	if err != nil {
		return err
	}
	switch task.Status {
	case client.Succeeded:
		r.leave(rec) // the service is free for another before the picture is saved
		return r.fetch(ctx, rec, task)
	case client.Failed:
		rec.supersede()
		return r.judge(ctx, rec, task.Err().(*client.APIError))
	case client.Canceled:
		rec.Code, rec.Message = "Canceled", "the task was cancelled before it started; it costs nothing"
		return r.fail(rec)
	}
	r.leave(rec)
	if saved := len(r.savedOf(rec)); saved > 0 && saved >= len(rec.Pictures) { // else one that was fetched is gone
		return r.fetch(ctx, rec, r.savedTask(rec))
	}
	if !rec.Succeeded.IsZero() && r.clock.now().Sub(rec.Submitted) < kept {
		return errLeave // it was there, and the service keeps it: it knows better another time
	}
	return r.hold(rec, "Expired", "the service does not know task %s any more: what it made is paid for and lost, or it never ran", rec.Task)
}

// leave gives the place in the window back.
func (r *run) leave(rec *record) {
	if rec.slot {
		r.pace(rec.Sent.Model).window.leave()
		rec.slot = false
	}
}
