package emulator

import (
	"cmp"
	"net/http"
	"strings"
	"time"
)

// defaultWorkspace is the answer to a call without a workspace.
const defaultWorkspace = "llm-rehearsal0000000"

type wireLimits struct {
	Code      *string         `json:"code"`
	Message   *string         `json:"message"`
	Success   bool            `json:"success"`
	Output    wireLimitOutput `json:"output"`
	RequestID string          `json:"request_id"`
}

type wireLimitOutput struct {
	Total    int         `json:"total"`
	PageNo   int         `json:"page_no"`
	PageSize int         `json:"page_size"`
	Quotas   []wireQuota `json:"quotas"`
}

type wireQuota struct {
	Model          string     `json:"model"`
	WorkspaceID    string     `json:"workspace_id"`
	ModelLimit     wireLimit  `json:"model_limit"`
	WorkspaceLimit *wireLimit `json:"workspace_limit"`
}

// wireLimit has null for what is unlimited. Periods are in seconds.
type wireLimit struct {
	RequestLimit     *int    `json:"request_limit"`
	RequestPeriod    *int    `json:"request_limit_period"`
	UsageLimit       *int    `json:"usage_limit"`
	UsageField       *string `json:"usage_limit_field"`
	UsagePeriod      *int    `json:"usage_limit_period"`
	AsyncQueue       *int    `json:"async_user_queue_limit"`
	AsyncConcurrency *int    `json:"async_user_concurrency_limit"`
}

// limits answers GET models/limits, which the English page calls quotas (LIM, 2026-09-28), with
// the present limits of the account.
func (c *call) limits() answer {
	if r := c.authenticate(); r != nil {
		return c.refuse(r)
	}
	q := c.r.URL.Query()
	p, bad := readPaging(q, 20, maxPage)
	if bad != nil {
		return c.refuse(bad)
	}
	workspace := cmp.Or(c.entry.Workspace, defaultWorkspace)
	var all []wireQuota
	for i := range table() {
		m := &table()[i]
		if strings.Contains(m.name, q.Get("name")) &&
			(q.Get("model") == "" || q.Get("model") == m.name) {
			all = append(all, newWireQuota(m.name, workspace, c.server.opts.quotaOf(m.name)))
		}
	}
	from, to := p.bounds(len(all))
	return c.json(http.StatusOK, wireLimits{Success: true, RequestID: c.requestID,
		Output: wireLimitOutput{
			Total: len(all), PageNo: p.page, PageSize: p.size, Quotas: append(
				[]wireQuota{}, all[from:to]...),
		}})
}

func newWireQuota(model, workspace string, q Quota) wireQuota {
	l := wireLimit{RequestLimit: unlessZero(q.Submissions),
		AsyncQueue: unlessZero(q.Queue), AsyncConcurrency: unlessZero(q.Running)}
	if l.RequestLimit != nil {
		l.RequestPeriod = unlessZero(int(q.Per / time.Second))
	}
	return wireQuota{Model: model, WorkspaceID: workspace, ModelLimit: l}
}

func unlessZero(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}
