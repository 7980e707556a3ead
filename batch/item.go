package batch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/download"
	"github.com/qwenbatch/qwenbatch/batch/halt"
	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/settle"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
)

// This file moves an item through the phases of its record, ready → intent → open → done |
// failed | held. Each step starts from a durable record and ends with the next one; the package
// comment says in which order, and what a crash leaves. What happens to the item is in its
// record: a step returns an error only if the whole run has to end, and errLeave to leave the
// item as it is.

// attempts is how often an item is sent at most when its tasks fail for a passing reason. Failed
// tasks cost nothing.
const attempts = 3

// A lifecycle moves the items of a run through their phases. All its goroutines share one: what
// it holds is safe for concurrent use, or not written while a pass runs.
type lifecycle struct {
	state       *state.File
	client      *client.Client
	clock       *pace.Clock
	log         *slog.Logger
	paces       *pace.Models
	stops       *halt.Conditions
	waiter      *waiter
	promptLocks pace.KeyedMutex // one submission of a model and prompt is unanswered at a time
	grace       time.Duration   // for answers to submissions, once the run is being stopped
	syncGrace   time.Duration   // the same where they bring the picture
	activity    *download.Activity
	busy        *settle.Busy
	counts      *counts
	request     func(state.Request) client.Request
	cost        func(s state.Request, pictures int) client.Money

	// of submissions that were not answered
	finder    *settle.Finder
	claims    *tasklist.Claims
	own       *tasklist.OwnTasks
	sweep     *sweep
	resubmit  bool // Options.OnDoubt
	otherSize func(state.Request) (bool, error)

	// of pictures
	downloads     *download.Queue
	fetcher       *download.Fetcher
	saver         *download.Saver
	folder        *pictures.Folder
	foundPictures *pictures.Found // of open tasks
}

// runItem takes an item from step to step until it is done, failed or held, or until a step
// leaves it as it is for the next run. It owns the job, and gives its slot back.
func (l *lifecycle) runItem(ctx context.Context, j *job) error {
	l.activity.Items.Add(1)
	defer l.activity.Items.Add(-1)
	l.busy.Begin()
	defer l.busy.End()
	defer func() { j.slot.Release() }()
	for {
		step := l.step(j.Phase)
		if step == nil {
			return nil
		}
		before := j.Record
		err := step(ctx, j)
		if errors.Is(err, errLeave) {
			return nil
		}
		if err != nil {
			return err
		}
		l.stops.Settled(&j.Record)
		l.counts.changed(before, j.Record)
	}
}

// errLeave leaves an item as it stands until the next run.
var errLeave = errors.New("left for the next run")

func (l *lifecycle) step(p state.Phase) func(context.Context, *job) error {
	switch p {
	case state.Ready:
		return l.submit
	case state.Intent:
		return func(ctx context.Context, j *job) error {
			return download.Track(&l.activity.InDoubt, func() error { return l.resettle(ctx, j) })
		}
	case state.Open:
		return l.collect
	}
	return nil
}

// submit adopts an orphan of the item, or sends it once. It holds the lock of the prompt until
// the submission is answered, and if it is not, until the settling time is over.
func (l *lifecycle) submit(ctx context.Context, j *job) error {
	// Two requests with the same prompt could not be told apart in the task list, should one of
	// them go unanswered.
	key := tasklist.PromptKey(j.Sent.Model, j.Sent.Prompt)
	if j.Sent.Sync && client.LookupModel(j.Sent.Model).Async == client.None {
		// The model has no tasks and so no list: items with the same prompt need not wait.
		key = j.Key
	}
	lock := l.promptLocks.Of(key)
	defer lock.Unlock()
	if !lock.TryLock() {
		// The holder of the lock may be waiting for a slot: none is kept while waiting for it.
		j.slot.Release()
		if err := l.lockPrompt(ctx, lock); err != nil {
			return err
		}
	}

	// Under the lock: a doubt about the same prompt comes first in claiming what was found.
	if err := l.claimOrphan(ctx, j); err != nil || j.Phase != state.Ready {
		return err
	}
	// a job from the producer has one already, acquired in the order of the manifest
	if !j.slot.Held() {
		slot, err := l.paces.Of(j.Sent.Model).InFlight.Acquire(ctx)
		if err != nil {
			return err
		}
		j.slot = slot
	}
	err := l.send(ctx, l.paces.Of(j.Sent.Model), j)
	if j.Phase != state.Open {
		j.slot.Release()
	}
	if j.Phase == state.Intent && err == nil {
		// Still under the lock: while this one is in doubt, none with the same prompt is sent.
		return download.Track(&l.activity.InDoubt, func() error { return l.settle(ctx, j, lock) })
	}
	return err
}

// send makes the intent durable and posts the submission, unless a stop condition leaves the item
// ready. The job has a slot in the window, which it keeps if a task was created.
func (l *lifecycle) send(ctx context.Context, m *pace.Model, j *job) error {
	try, err := l.acquirePermit(ctx, m)
	if err != nil {
		return err
	}
	defer try.Unsent() // has no effect after Observe
	if err := l.state.Astray(); errors.Is(err, state.ErrReplaced) {
		l.stops.Halt("", err) // what is open is collected, and stop puts the state file back
		return errLeave
	} else if err != nil {
		return err
	}
	if !l.stops.Admit(j.Sent) {
		return errLeave
	}
	if err := l.putAside(&j.Record); err != nil {
		return err
	}
	// A crash up to here has sent nothing: the item is new to the next run.
	j.Phase, j.Intent, j.At = state.Intent, l.clock.Now(), l.clock.Now()
	j.Attempt++
	j.Task, j.Request, j.Adopted, j.Code, j.Message = "", "", "", "", ""
	j.Released, j.SeedUnknown, j.Succeeded = nil, false, time.Time{}
	j.Suspects, j.Answer, j.Heard, j.doubt = nil, "", time.Time{}, nil
	if err := l.state.Put(j.Record, true); err != nil {
		return err
	}
	j.posted = time.Now()
	if j.Sent.Sync {
		return l.generate(ctx, m, try, j)
	}
	// A crash from here on leaves the intent: the next run asks the task list before it sends
	// anything.
	task, err := l.post(ctx, j.Sent)
	try.Observe(err)
	l.clock.Observe(task.Date)
	if err == nil && !l.claims.FirstAnswer(task.ID) {
		err = &client.DoubtError{Op: "submit",
			Cause: errors.New("the answer names the task of another item")}
	}
	if err == nil {
		return l.opened(m, j, task)
	}
	return l.submitFailed(ctx, m, j, err)
}

// acquirePermit waits until the next submission to a model may go: the download queue lets more
// be bought, which is asked again after the wait for the model's pace.
func (l *lifecycle) acquirePermit(ctx context.Context, m *pace.Model) (*pace.Permit, error) {
	for {
		if err := l.downloads.WaitToBuy(ctx); errors.Is(err, download.ErrLater) {
			return nil, errLeave
		} else if err != nil {
			return nil, err
		}
		try, err := m.Wait(ctx)
		if errors.Is(err, pace.ErrClosed) {
			return nil, errLeave
		}
		if err != nil || l.downloads.MayBuy(l.clock.Now()) {
			return try, err
		}
		try.Unsent()
	}
}

// post sends a submission. When the run is stopped meanwhile it has the run's grace to be
// answered: without an answer what may be paid is in doubt.
func (l *lifecycle) post(ctx context.Context, s state.Request) (client.Task, error) {
	l.activity.AtService.Add(1)
	defer l.activity.AtService.Add(-1)
	late, cancel := l.graceContext(ctx, l.grace)
	defer cancel()
	return l.client.Submit(late, l.request(s))
}

// graceContext returns a context that is cancelled a grace after ctx is.
func (l *lifecycle) graceContext(ctx context.Context, grace time.Duration) (
	context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	return late, func() { stop(); cancel() }
}

// opened records the task of a submission. A crash before the record is durable leaves the
// intent, and the next run finds the task in the list.
func (l *lifecycle) opened(m *pace.Model, j *job, task client.Task) error {
	m.Accepted()
	l.stops.Answered(j.Sent.Model)
	l.stops.Accepted()
	l.claims.AddAnswer(task.ID)
	j.Phase, j.Task, j.Request, j.At = state.Open, task.ID, task.RequestID, l.clock.Now()
	j.Submitted = l.clock.Now()
	if err := l.state.Put(j.Record, true); err != nil {
		l.log.Error("a task is open and could not be recorded", "task", task.ID, "item", j.Key)
		return err
	}
	// Again: the claims may have been read from the state file in between, without this record.
	l.claims.AddAnswer(task.ID)
	l.own.Add(j.Record)
	return nil
}

// submitFailed records why a submission has no task: it is in doubt, the service is throttling
// the model, it was refused, or it was never sent.
func (l *lifecycle) submitFailed(ctx context.Context, m *pace.Model, j *job, err error) error {
	var api *client.APIError
	var doubt *client.DoubtError
	switch {
	case errors.As(err, &doubt):
		var foreign *client.ForeignError
		if errors.As(err, &foreign) && foreign.Status >= 400 && foreign.Status < 500 {
			l.stops.AnsweredByAnother(foreign)
		}
		j.Request, j.Message = doubt.RequestID, doubt.Cause.Error()
		if errors.As(err, &api) {
			j.Code, j.Message = api.Code, api.Message
		}
		j.Answer = answerOf(doubt)
		// The intent is durable already; the request id makes it easier to settle.
		return l.state.Put(j.Record, false)
	case client.Throttled(err):
		m.Refused()
		errors.As(err, &api)
		l.stops.Throttled(j.Sent.Model, api)
		j.Attempt--
		return l.backToReady(&j.Record, err)
	case errors.As(err, &api):
		l.stops.Answered(j.Sent.Model)
		if api.Reach() == client.ReachItem {
			l.stops.RefusedForGood(api)
		}
		if l.byGateway(j, api) {
			return l.state.Put(j.Record, false)
		}
		return l.judge(ctx, j, api)
	}
	if errors.Is(err, client.ErrImage) {
		j.Code, j.Message = "InputChanged", err.Error()
		return l.fail(&j.Record)
	}
	// Not sent: nothing reached the service. The network is away; that uses up no attempt.
	j.Attempt--
	l.log.Warn("will try again", "cause", err)
	return l.backToReady(&j.Record, err)
}

// answerOf says what a submission in doubt was answered with, "" if it was not answered.
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

// backToReady records that the last submission created no task and that the item may be sent
// again.
func (l *lifecycle) backToReady(rec *state.Record, cause error) error {
	rec.Phase, rec.At = state.Ready, l.clock.Now()
	l.log.Debug("submission created nothing", "item", rec.Key, "cause", cause)
	return l.state.Put(*rec, true)
}

// judge acts on a refusal or a failed task by its reach in the error catalogue: it stops the
// account or the model, sends the item again, or fails it.
func (l *lifecycle) judge(ctx context.Context, j *job, api *client.APIError) error {
	j.Code, j.Message = api.Code, api.Message
	switch api.Reach() {
	case client.ReachAccount:
		l.stops.Halt("", api)
		j.Attempt--
		return l.backToReady(&j.Record, api)
	case client.ReachModel:
		l.stops.Halt(j.Sent.Model, api)
		j.Attempt--
		return l.backToReady(&j.Record, api)
	case client.ReachRetry:
		if j.Attempt < attempts {
			if err := l.backToReady(&j.Record, api); err != nil {
				return err
			}
			j.slot.Release()
			return l.clock.Sleep(ctx, pace.Backoff(j.Attempt))
		}
	case client.ReachItem:
		if other, ok := client.AlternativeSize(j.Sent.Size); ok && !j.OtherSize &&
			speaksOfSize(api) {
			j.Sent.Size, j.OtherSize = other, true
			j.Attempt--
			return l.backToReady(&j.Record, api)
		}
	}
	return l.fail(&j.Record)
}

// speaksOfSize reports whether a refusal is about the size: "The size is not match the allowed
// size" (ERR, 2026-11).
func speaksOfSize(e *client.APIError) bool {
	return e.Code == "InvalidParameter" && strings.Contains(strings.ToLower(e.Message), "size")
}

// fail ends an item that cost nothing. The failure is counted before the item gives its slot
// back, so that MaxFailures starts no other item in that.
func (l *lifecycle) fail(rec *state.Record) error {
	l.stops.CountFailure()
	rec.Phase, rec.At, rec.Finished = state.Failed, l.clock.Now(), l.clock.Now()
	return l.state.Put(*rec, true)
}

// hold ends an item that may have been paid for, until a person decides.
func (l *lifecycle) hold(rec *state.Record, code, format string, args ...any) error {
	rec.Phase, rec.At, rec.Finished = state.Held, l.clock.Now(), l.clock.Now()
	rec.Code, rec.Message = code, fmt.Sprintf(format, args...)
	return l.state.Put(*rec, true)
}

// collect waits for the item's task and saves its pictures. An item that was done before, and
// whose pictures are gone at the service too, is done again as a missing one.
func (l *lifecycle) collect(ctx context.Context, j *job) error {
	was := j.Record
	if err := l.gather(ctx, j); err != nil {
		return err
	}
	return l.stillMissing(j, was)
}

// gather is collect without that. The slot is given back before pictures are fetched.
func (l *lifecycle) gather(ctx context.Context, j *job) error {
	l.activity.AtService.Add(1)
	task, err := l.waiter.await(ctx, j.asked())
	l.activity.AtService.Add(-1)
	if err != nil {
		return err
	}
	switch task.Status {
	case client.Succeeded:
		j.slot.Release() // the service is free for another before the picture is saved
		return l.fetch(ctx, &j.Record, task)
	case client.Failed:
		j.Supersede()
		return l.judge(ctx, j, task.Err().(*client.APIError))
	case client.Canceled:
		j.Code, j.Message = "Canceled",
			"the task was cancelled before it started; it costs nothing"
		return l.fail(&j.Record)
	}
	j.slot.Release()
	// The service does not know the task; its pictures may all be in the folder.
	if n := l.foundPictures.Count(j.Record); n > 0 && n >= len(j.Pictures) {
		return l.fetch(ctx, &j.Record, l.foundPictures.Task(j.Record))
	}
	if !j.Succeeded.IsZero() && l.clock.Now().Sub(j.Submitted) < client.TaskLifetime {
		return errLeave // it succeeded less than TaskLifetime ago: the answer is not believed
	}
	return l.hold(
		&j.Record, "Expired",
		"the service does not know task %s any more: what it made is paid for and lost, or it never ran", j.Task)
}
