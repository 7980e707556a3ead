package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// Generate makes pictures over the synchronous interface: one POST that is answered when they are there, after 15 s and
// more. The Task that comes back has SUCCEEDED and no id.
//
// ErrNotSent and every *APIError mean that nothing is billed: a complete error answer is unbilled, whatever its status
// (PRICE, 2026-11). A *DoubtError cannot be settled: there is no task id, so what was made is paid and lost.
func (c *Client) Generate(ctx context.Context, r Request) (Task, error) {
	if !LookupModel(r.Model).Sync {
		return Task{}, fmt.Errorf("generate: %w: %s has no synchronous interface", ErrNotSent, r.Model)
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.SyncTimeout)
	defer cancel()
	a, err := c.post("generate", c.request(ctx, http.MethodPost, Multimodal.path(), r.body(Multimodal)))
	if err != nil {
		return Task{}, err
	}
	return a.generated()
}

// generated judges a synchronous answer: a picture is a success, whatever stands beside it. HTTP 200 with a code and no
// picture is a refusal, too (wire.md §5).
func (a answer) generated() (Task, error) {
	if e, err := a.envelope(); err == nil && a.success() {
		t := e.task()
		if slices.ContainsFunc(t.Results, func(r Result) bool { return r.URL != "" }) {
			t.ID, t.Status, t.Date = "", Succeeded, a.date
			t.Code, t.Message = "", ""
			return t, nil
		}
	}
	err := a.apiError("generate")
	var refusal *APIError
	if errors.As(err, &refusal) {
		return Task{}, err
	}
	return Task{}, &DoubtError{Op: "generate", RequestID: a.id(), Cause: err}
}
