package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// Limits are the limits of an account for one model. 0 means unlimited or not known.
type Limits struct {
	Model     string `json:"model"`
	Workspace string `json:"workspace,omitempty"`
	// Submissions in Per are taken: the workspace's where it has its own, else the account's.
	Submissions int           `json:"submissions,omitempty"`
	Per         time.Duration `json:"per,omitempty"`
	Running     int           `json:"running,omitempty"` // async tasks that are worked on at once
	Queue       int           `json:"queue,omitempty"`   // async tasks that may wait
}

// Limits queries the account's limits for a model. Only hosts of a workspace answer it. The
// vendor's pages call it /models/limits (zh, 2026-11) and /quotas (en, 2026-09-28); the second is
// tried if the first is not found. It returns false if the answer does not have the model.
func (c *Client) Limits(ctx context.Context, model string) (Limits, bool, error) {
	query := "?" + url.Values{"model": {model}, "page_no": {"1"}, "page_size": {"20"}}.Encode()
	a, err := c.get(ctx, "limits", "/models/limits"+query)
	var api *APIError
	if err != nil && (errors.Is(err, ErrUnreadable) || errors.As(err, &api) && api.Status == 404) {
		a, err = c.get(ctx, "limits", "/quotas"+query)
	}
	if err != nil {
		return Limits{}, false, err
	}
	return a.limits(model)
}

// A modelLimit is the limit of an account or of a workspace; periods are seconds, null is no
// limit.
type modelLimit struct {
	Requests int `json:"request_limit"`
	Period   int `json:"request_limit_period"`
	Queue    int `json:"async_user_queue_limit"`
	Running  int `json:"async_user_concurrency_limit"`
}

func (a answer) limits(model string) (Limits, bool, error) {
	var body struct {
		Code   string `json:"code"`
		Output struct {
			Quotas []struct {
				Model     string      `json:"model"`
				Workspace string      `json:"workspace_id"`
				Account   modelLimit  `json:"model_limit"`
				Own       *modelLimit `json:"workspace_limit"`
			} `json:"quotas"`
		} `json:"output"`
	}
	if err := json.Unmarshal(a.body, &body); err != nil {
		return Limits{}, false, fmt.Errorf("limits: %w: %s", ErrUnreadable, describe(a.body))
	}
	if body.Code != "" {
		return Limits{}, false, a.apiError("limits")
	}
	for _, q := range body.Output.Quotas {
		if q.Model != model {
			continue
		}
		l := q.Account
		if q.Own != nil {
			l = l.overriddenBy(*q.Own)
		}
		return Limits{q.Model, a.key.plain(q.Workspace), sane(l.Requests),
			time.Duration(sane(l.Period)) * time.Second, sane(l.Running), sane(l.Queue)}, true, nil
	}
	return Limits{}, false, nil
}

// sane replaces an impossible limit by 0, so that nothing computed from it overflows.
func sane(n int) int {
	if n < 0 || n > 1e6 {
		return 0
	}
	return n
}

// overriddenBy returns the limit of an account with what a workspace sets in its place (LIM,
// 2026-09).
func (l modelLimit) overriddenBy(own modelLimit) modelLimit {
	if own.Requests > 0 && own.Period > 0 {
		l.Requests, l.Period = own.Requests, own.Period
	}
	l.Queue, l.Running = cmp.Or(own.Queue, l.Queue), cmp.Or(own.Running, l.Running)
	return l
}
