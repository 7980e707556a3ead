package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"time"
)

// Submit creates an async task with one POST and returns it as PENDING.
//
// The error says what became of the POST. [ErrNotSent]: it did not arrive. An *[APIError] that
// is not [ErrInDoubt]: it was refused. In both cases nothing was created. [ErrInDoubt], as a
// *[DoubtError]: a task may exist. The end of the context ends the wait, not the task.
func (c *Client) Submit(ctx context.Context, r Request) (Task, error) {
	model := r.model()
	if model.Async == None {
		return Task{}, fmt.Errorf("submit: %w: %s has no asynchronous interface", ErrNotSent,
			model.Name)
	}
	req, err := c.submission(ctx, "submit", r, model.Async)
	if err != nil {
		return Task{}, err
	}
	a, err := c.post("submit", req, c.config.Timeout)
	if err != nil {
		return Task{}, err
	}
	return a.created()
}

// post sends a submission and reads its answer. What fails before the whole body went out is
// ErrNotSent: JSON that is not complete creates nothing. httptrace's WroteRequest does not
// show that: it is called before the last buffer is flushed.
func (c *Client) post(op string, req *http.Request, timeout time.Duration) (answer, error) {
	streamed, _ := req.Body.(*streamedBody)
	if streamed != nil {
		timeout += uploadTime(streamed.length)
	}
	ctx, cancel := context.WithTimeout(req.Context(), timeout)
	defer cancel()
	p := passage{hooked: c.config.Transport != nil}
	trace := &httptrace.ClientTrace{GetConn: p.ask,
		GotConn: func(info httptrace.GotConnInfo) { p.on(info.Conn) }}
	a, err := c.send(c.submissions, req.WithContext(
		httptrace.WithClientTrace(ctx, trace)))
	switch {
	case err == nil:
		return a, nil
	case a.status == 0 && p.incomplete(int(req.ContentLength)), streamed.broken() != nil &&
		a.status == 0:
		err = cmp.Or(streamed.broken(), err)
		return a, fmt.Errorf("%s: %w: %w", op, ErrNotSent, err)
	}
	return a, &DoubtError{Op: op, RequestID: a.requestID, Cause: err}
}

// uploadTime is what pictures may take beside the answer, at 128 KiB a second.
func uploadTime(length int64) time.Duration {
	return time.Duration(length>>17) * time.Second
}

// created evaluates the answer to a submission. Only a 2xx with a task id proves a task; status,
// envelope and the table of codes prove that there is none; anything else is in doubt.
func (a answer) created() (Task, error) {
	if a.success() {
		e, err := a.envelope()
		if err == nil && isTaskID(e.Output.TaskID) {
			t := e.task()
			t.Status = cmp.Or(t.Status, Pending) // some answers leave it out (wire.md §1)
			t.Date = a.date
			return t, nil
		}
	}
	return Task{}, a.sorted("submit", (*APIError).MayHaveCreated)
}

// sorted returns the error for an answer without a result: an *APIError if nothing was created,
// else a *DoubtError.
func (a answer) sorted(op string, doubtful func(*APIError) bool) error {
	err := a.apiError(op)
	var refusal *APIError
	var foreign *ForeignError
	e, _ := a.envelope()
	switch {
	case isTaskID(e.Output.TaskID): // a refusal does not name a task
	case errors.As(err, &refusal) && !doubtful(refusal):
		return err
	case errors.As(err, &foreign) && foreign.refusal(a.date) != nil:
		return foreign.refusal(a.date)
	}
	return &DoubtError{Op: op, RequestID: a.id(), Cause: err}
}
