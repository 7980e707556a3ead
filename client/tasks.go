package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Task queries one task. A FAILED task is no error here; see [Task.Err]. An answer about another
// task is ErrUnreadable. After any error the query may be repeated later, unless its reach is the
// account.
func (c *Client) Task(ctx context.Context, id string) (Task, error) {
	if !isTaskID(id) {
		return Task{}, fmt.Errorf("query: task id %q is none", oneLine(id))
	}
	a, err := c.get(ctx, "query", "/tasks/"+id)
	if err != nil {
		return Task{}, err
	}
	return a.asked(id)
}

// asked decodes the answer to a query.
func (a answer) asked(id string) (Task, error) {
	e, err := a.envelope()
	switch {
	case err != nil:
		return Task{}, fmt.Errorf("query: %w", err)
	case e.Output.Status == "":
		// 200 with a code and no output is an error, too (wire.md §5)
		return Task{}, a.apiError("query")
	case e.Output.TaskID != id:
		return Task{}, fmt.Errorf("query: %w: it speaks of another task", ErrUnreadable)
	}
	t := e.task()
	t.Date = a.date
	return t, nil
}

// Cancel cancels a task that is PENDING. One that has started cannot be cancelled and will be
// billed: the error is then an *APIError with the code UnsupportedOperation (TASK, 2026-11).
func (c *Client) Cancel(ctx context.Context, id string) error {
	if !isTaskID(id) {
		return fmt.Errorf("cancel: task id %q is none", oneLine(id))
	}
	ctx, stop := context.WithTimeout(ctx, c.config.Timeout)
	defer stop()
	a, err := c.send(c.submissions, c.request(ctx, http.MethodPost, "/tasks/"+id+"/cancel", nil))
	if err != nil {
		return fmt.Errorf("cancel: %w", err)
	}
	e, err := a.envelope()
	// a login page has HTTP 200, too
	if !a.success() || err != nil || e.Code != "" || e.RequestID == "" {
		return a.apiError("cancel")
	}
	return nil
}

// A TaskInfo is a row of the account's task list: no prompt, no picture.
type TaskInfo struct {
	ID        string
	RequestID string // of the submission
	Model     string
	Status    Status
	KeyID     string // which API key submitted it
	Region    string
	// Created is when the submission arrived; Started and Ended are zero where they did not
	// happen yet.
	Created, Started, Ended time.Time
}

// A Filter narrows the task list. The zero value is the service's default: everything of the last
// 24 h.
type Filter struct {
	Model  string
	Status Status
	TaskID string
	// Since and Until are at most 24 h apart; the service's clock, sent in UTC+8 to the second.
	Since, Until time.Time
	// PageSize is how many rows a page asks for; 0 is 100. The largest allowed is not documented.
	PageSize int
}

// A TaskPage is one page of the list.
type TaskPage struct {
	Tasks []TaskInfo
	Page  int // from 1
	Pages int
	Total int
	Size  int       // rows of a full page, as the service says
	Date  time.Time // the service's clock
}

// TaskPage queries one page of the account's tasks, counted from 1. The order of rows is not
// documented (newest first was seen).
func (c *Client) TaskPage(ctx context.Context, f Filter, page int) (TaskPage, error) {
	a, err := c.get(ctx, "list", "/tasks?"+f.query(page).Encode())
	if err != nil {
		return TaskPage{}, err
	}
	p, err := a.page()
	if err == nil && p.Page != page {
		// A cache that answers every page with the first would hide tasks, and what is not in
		// the list is paid again.
		return TaskPage{}, fmt.Errorf("list: %w: asked for page %d, got page %d", ErrUnreadable,
			page, p.Page)
	}
	return p, err
}

// Tasks iterates over the account's tasks, page by page. It ends after the first error.
func (c *Client) Tasks(ctx context.Context, f Filter) iter.Seq2[TaskInfo, error] {
	return func(yield func(TaskInfo, error) bool) {
		for page := 1; ; page++ {
			p, err := c.TaskPage(ctx, f, page)
			if err != nil {
				yield(TaskInfo{}, err)
				return
			}
			for _, t := range p.Tasks {
				if !yield(t, nil) {
					return
				}
			}
			if page >= p.Pages || len(p.Tasks) == 0 {
				return
			}
		}
	}
}

func (f Filter) query(page int) url.Values {
	size := f.PageSize
	if size == 0 {
		size = 100
	}
	q := url.Values{"page_no": {strconv.Itoa(page)}, "page_size": {strconv.Itoa(size)}}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("model_name", f.Model)
	set("status", string(f.Status))
	set("task_id", f.TaskID)
	set("start_time", listTime(f.Since))
	set("end_time", listTime(f.Until))
	return q
}

// listTime writes YYYYMMDDhhmmss. Its zone is not documented; the answers' UTC+8 is assumed
// (api.md §1.2).
func listTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(serviceZone).Format("20060102150405")
}

func (a answer) page() (TaskPage, error) {
	var p struct {
		Code  string            `json:"code"`
		Total int               `json:"total"`
		Pages int               `json:"total_page"`
		Page  int               `json:"page_no"`
		Size  int               `json:"page_size"`
		Data  []json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(a.body, &p); err != nil {
		return TaskPage{}, a.foreign("list", describe(a.body))
	}
	if p.Code != "" {
		return TaskPage{}, a.apiError("list")
	}
	if p.Page == 0 || p.Data == nil && p.Total != 0 {
		return TaskPage{}, fmt.Errorf("list: %w: no list in it", ErrUnreadable)
	}
	page := TaskPage{Page: p.Page, Pages: p.Pages, Total: p.Total, Size: p.Size,
		Date: a.date}
	for _, raw := range p.Data {
		t, err := a.row(raw)
		if err != nil {
			return TaskPage{}, fmt.Errorf("list: %w: a row: %w", ErrUnreadable, a.key.told(err))
		}
		page.Tasks = append(page.Tasks, t)
	}
	return page, nil
}

func (a answer) row(raw []byte) (TaskInfo, error) {
	var r struct {
		ID      string  `json:"task_id"`
		Request string  `json:"request_id"`
		Model   string  `json:"model_name"`
		Status  string  `json:"status"`
		KeyID   string  `json:"api_key_id"`
		Region  string  `json:"region"`
		Created float64 `json:"gmt_create"`
		Started float64 `json:"start_time"`
		Ended   float64 `json:"end_time"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return TaskInfo{}, err
	}
	if !isTaskID(r.ID) {
		return TaskInfo{}, errors.New("no task id")
	}
	return TaskInfo{
		ID: r.ID, RequestID: a.key.plain(r.Request), Model: a.key.plain(r.Model), Status: status(
			r.Status),
		KeyID: a.key.plain(r.KeyID), Region: a.key.plain(r.Region),
		Created: epoch(r.Created), Started: epoch(r.Started), Ended: epoch(r.Ended),
	}, nil
}

// epoch reads milliseconds since 1970, and seconds where the number is too small for them.
func epoch(n float64) time.Time {
	switch {
	case n <= 0 || n > 1e14: // after the year 5000
		return time.Time{}
	case n < 1e11:
		return time.Unix(int64(n), 0)
	}
	return time.UnixMilli(int64(n))
}
