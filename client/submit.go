package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
)

// A Request asks for pictures. Unset fields are sent with our defaults, so that a changed default
// of the service has no effect.
type Request struct {
	Model          string
	Prompt         string
	NegativePrompt string
	// Size as the API writes it: "1328*1328"; "" is the model's default. Model.Size makes it from
	// what people write.
	Size string
	// Seed from 0 to 2147483647; nil lets the service draw one, which it does not report.
	Seed *int64
	// N pictures; 0 is 1.
	N            int
	PromptExtend bool
	Watermark    bool
}

// Submit creates an async task with one POST and returns it as PENDING.
//
// The error says what became of the POST. [ErrNotSent]: it did not arrive. An *[APIError] that
// is not [ErrInDoubt]: it was refused. In both cases nothing was created. [ErrInDoubt], as a
// *[DoubtError]: a task may exist. The end of the context ends the wait, not the task.
func (c *Client) Submit(ctx context.Context, r Request) (Task, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	model := LookupModel(r.Model)
	if model.Async == None {
		return Task{}, fmt.Errorf("submit: %w: %s has no asynchronous interface", ErrNotSent,
			r.Model)
	}
	req := c.request(ctx, http.MethodPost, model.Async.path(), r.body(model.Async))
	req.Header.Set("X-DashScope-Async", "enable")
	a, err := c.post("submit", req)
	if err != nil {
		return Task{}, err
	}
	return a.created()
}

// post sends a submission and reads its answer. What fails before the whole body went out is
// ErrNotSent: JSON that is not complete creates nothing. httptrace's WroteRequest does not
// show that: it is called before the last buffer is flushed.
func (c *Client) post(op string, req *http.Request) (answer, error) {
	var p passage
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { p.on(info.Conn) }}
	a, err := c.send(c.submissions, req.WithContext(
		httptrace.WithClientTrace(req.Context(), trace)))
	switch {
	case err == nil:
		return a, nil
	case a.status == 0 && p.incomplete(int(req.ContentLength)):
		return a, fmt.Errorf("%s: %w: %w", op, ErrNotSent, err)
	}
	return a, &DoubtError{Op: op, RequestID: a.requestID, Cause: err}
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

func (a answer) success() bool { return a.status >= 200 && a.status < 300 }

type parameters struct {
	NegativePrompt *string `json:"negative_prompt,omitempty"`
	Size           string  `json:"size"`
	N              int     `json:"n"`
	Seed           *int64  `json:"seed,omitempty"`
	PromptExtend   bool    `json:"prompt_extend"`
	Watermark      bool    `json:"watermark"`
}

// body encodes the request for an endpoint. The async text2image body carries
// negative_prompt under input (the user's document, 2025-09), the messages bodies under
// parameters.
func (r Request) body(e Endpoint) []byte {
	type content struct {
		Text string `json:"text"`
	}
	type message struct {
		Role    string    `json:"role"`
		Content []content `json:"content"`
	}
	type input struct {
		Prompt         string    `json:"prompt,omitempty"`
		NegativePrompt string    `json:"negative_prompt,omitempty"`
		Messages       []message `json:"messages,omitempty"`
	}
	size := cmp.Or(r.Size, LookupModel(r.Model).Default().String())
	body := struct {
		Model      string     `json:"model"`
		Input      input      `json:"input"`
		Parameters parameters `json:"parameters"`
	}{r.Model, input{}, parameters{Size: size, N: max(1, r.N), Seed: r.Seed,
		PromptExtend: r.PromptExtend, Watermark: r.Watermark}}
	if e == TextToImage {
		body.Input.Prompt, body.Input.NegativePrompt = r.Prompt, r.NegativePrompt
	} else {
		body.Input.Messages = []message{{Role: "user", Content: []content{{Text: r.Prompt}}}}
		if r.NegativePrompt != "" {
			body.Parameters.NegativePrompt = &r.NegativePrompt
		}
	}
	b, err := json.Marshal(body)
	if err != nil {
		panic(err) // unreachable unless a field above cannot be JSON
	}
	return b
}
