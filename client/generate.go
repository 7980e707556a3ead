package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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
	req, err := c.request(ctx, http.MethodPost, Multimodal.path(), r.body(Multimodal))
	if err != nil {
		return Task{}, fmt.Errorf("generate: %w: %w", ErrNotSent, err)
	}
	a, err := c.post(req)
	if err != nil {
		return Task{}, err
	}
	return a.generated()
}

// generated judges a synchronous answer. HTTP 200 with a code and no picture is a refusal, too (wire.md §5).
func (a answer) generated() (Task, error) {
	e, err := parseEnvelope(a.body)
	if err == nil && a.status < 300 && e.Code == "" {
		if t := e.task(); len(t.Results) > 0 {
			t.Status, t.Date = Succeeded, a.date
			return t, nil
		}
	}
	err = a.apiError("generate")
	var refusal *APIError
	if errors.As(err, &refusal) {
		return Task{}, err
	}
	return Task{}, &DoubtError{RequestID: a.requestID, Cause: err}
}
