package client

import (
	"context"
	"fmt"
	"slices"
)

// Generate makes pictures over the synchronous interface: one POST, answered when they are made,
// after 15 s or more. The returned Task has SUCCEEDED and no id.
//
// ErrNotSent and every *APIError mean that nothing is billed: an error answer of the service
// itself is unbilled, whatever its status (PRICE, 2026-11). A *DoubtError cannot be settled:
// there is no task id, so what was made is paid and lost.
func (c *Client) Generate(ctx context.Context, r Request) (Task, error) {
	if model := r.model(); !model.Sync {
		return Task{}, fmt.Errorf("generate: %w: %s has no synchronous interface", ErrNotSent,
			model.Name)
	}
	req, err := c.submission(ctx, "generate", r, Multimodal)
	if err != nil {
		return Task{}, err
	}
	a, err := c.post("generate", req, c.config.SyncTimeout)
	if err != nil {
		return Task{}, err
	}
	return a.generated()
}

// generated evaluates a synchronous answer: a picture is a success, whatever else it says. HTTP
// 200 with a listed code and no picture is a refusal, too (wire.md §5).
func (a answer) generated() (Task, error) {
	if e, err := a.envelope(); err == nil && a.success() {
		t := e.task()
		if slices.ContainsFunc(t.Results, func(r Result) bool { return r.URL != "" }) {
			t.ID, t.Status, t.Date = "", Succeeded, a.date
			t.Code, t.Message = "", ""
			return t, nil
		}
	}
	return Task{}, a.sorted("generate", a.mayBill)
}

// mayBill reports whether a synchronous call that failed may be billed. The vendor's price page
// says that a request that failed costs nothing (PRICE, 2026-11): that covers what the service
// itself answers, with any status, if its code is one of failure. It does not cover a gateway's
// word about HTTP 5xx, behind which a picture may have been made.
func (a answer) mayBill(e *APIError) bool {
	_, listed := lookup(e.Code, e.Message)
	if env, err := a.envelope(); err == nil && !env.openAI && (listed || a.status >= 400) {
		return false
	}
	return e.MayHaveCreated()
}
