// Package probe settles, with one or two pictures, what no document tells of the service: how large
// a page of the task list may be, how long a task takes to show there, in which zone the list's
// filters are, and so on (README, "Limits"). It holds no key and tells none.
package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/png" // pictures of the service
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
)

const (
	// Model makes the pictures: the cheapest one whose sizes are a list with 1472*1104 in it.
	Model = "qwen-image-plus"
	// MaxPictures are bought at most.
	MaxPictures = 2

	oldSize = "1472*1140" // the size of the user's document (2025-09)
	usual   = "1328*1328"
	prompt  = "a small grey stone on a white table"
	// patience bounds the wait for a row of the list.
	patience = 2 * time.Minute
)

// Findings are what was found out. A member that is absent could not be settled; Notes says why.
// Members may be added, never renamed.
type Findings struct {
	Date     string `json:"date"`
	Model    string `json:"model"`
	Pictures int    `json:"pictures_paid"`
	// LargestPage of the task list, at most 1000.
	LargestPage int `json:"largest_list_page,omitempty"`
	// ListLag is how long after its submission the task was in the list, to the second.
	ListLag *float64 `json:"list_lag_seconds,omitempty"`
	// RowsAhead is how far gmt_create is ahead of the Date header of the submission.
	RowsAhead       *float64 `json:"list_times_ahead_seconds,omitempty"`
	FilterZone      string   `json:"list_filter_zone,omitempty"` // "UTC+8", "UTC"
	RequestIDsEqual *bool    `json:"list_has_submit_request_id,omitempty"`
	// UnknownFor is how long queries said UNKNOWN right after the submission; 0 is never.
	UnknownFor *float64 `json:"unknown_after_submit_seconds,omitempty"`
	CRC64      *bool    `json:"picture_has_crc64,omitempty"`
	// ValidFrom is whether the URL's Expires is counted from the "end" of the task or from the
	// "answer" that told it; Valid is how long.
	ValidFrom   string   `json:"url_valid_from,omitempty"`
	Valid       *float64 `json:"url_valid_seconds,omitempty"`
	SignedAgain *bool    `json:"url_signed_again,omitempty"` // by another question
	// OldSize is "made", "made as WxH" or "refused: CODE".
	OldSize string   `json:"size_1472x1140,omitempty"`
	Notes   []string `json:"notes,omitempty"`
}

// A run is one probe. It belongs to one goroutine.
type run struct {
	c     *client.Client
	pause time.Duration
	crc   *crcWatch
	found Findings
}

// Run probes the service that a configuration reaches, with a pause between questions; 0 is 1 s. It
// stops at the first error after which money could be lost, with what was found so far.
func Run(ctx context.Context, config client.Config, pause time.Duration) (Findings, error) {
	r := &run{pause: pause, crc: &crcWatch{}, found: Findings{Model: Model,
		Date: time.Now().UTC().Format(time.DateOnly)}}
	if r.pause == 0 {
		r.pause = time.Second
	}
	config.Transport, config.ReadRetries = r.crc.hook, 3
	c, err := client.New(config)
	if err != nil {
		return r.found, err
	}
	defer c.Close()
	r.c = c
	r.page(ctx)
	task, err := r.buy(ctx)
	if err == nil {
		r.urls(ctx, task)
	}
	return r.found, err
}

func (r *run) note(format string, args ...any) {
	r.found.Notes = append(r.found.Notes, fmt.Sprintf(format, args...))
}

// page finds the largest page that is taken.
func (r *run) page(ctx context.Context) {
	for _, size := range []int{1000, 500, 200, 100} {
		page, err := r.c.TaskPage(ctx, client.Filter{PageSize: size}, 1)
		var refusal *client.APIError
		switch {
		case err == nil:
			if r.found.LargestPage = size; page.Size > 0 {
				r.found.LargestPage = page.Size
			}
			return
		case !errors.As(err, &refusal) || refusal.Status != http.StatusBadRequest:
			r.note("list: %v", err)
			return
		}
	}
}

// buy makes a picture of the old size, and one of a usual size if that is refused.
func (r *run) buy(ctx context.Context) (client.Task, error) {
	task, err := r.make(ctx, oldSize)
	var refusal *client.APIError
	if err == nil {
		r.found.OldSize = "made"
		return task, nil
	}
	if !errors.As(err, &refusal) || errors.Is(err, client.ErrInDoubt) ||
		refusal.Reach() != client.ReachItem {
		return task, err
	}
	r.found.OldSize = "refused: " + refusal.Code
	return r.make(ctx, usual)
}

// make submits and waits, and watches the task in the list and in the first answers.
func (r *run) make(ctx context.Context, size string) (client.Task, error) {
	task, err := r.c.Submit(ctx, client.Request{Model: Model, Prompt: prompt, Size: size,
		PromptExtend: new(false)})
	if err != nil {
		return task, err
	}
	if r.found.ListLag == nil {
		if at := time.Now(); r.unknown(ctx, task, at) {
			r.listed(ctx, task, at)
			r.zone(ctx, task)
		}
	}
	task, err = r.c.Wait(ctx, task)
	r.found.Pictures += task.Images
	return task, err
}

// unknown asks until the service knows the task.
func (r *run) unknown(ctx context.Context, task client.Task, at time.Time) bool {
	for {
		got, err := r.c.Task(ctx, task.ID)
		switch {
		case err != nil:
			r.note("query: %v", err)
			return false
		case got.Status != client.Unknown:
			if r.found.UnknownFor == nil {
				r.found.UnknownFor = new(0.0)
			}
			return true
		}
		r.found.UnknownFor = since(at)
		if time.Since(at) > patience || !r.rest(ctx) {
			r.note("the task stays UNKNOWN")
			return false
		}
	}
}

// listed asks for the list until it shows the task.
func (r *run) listed(ctx context.Context, task client.Task, at time.Time) {
	for {
		row, there, err := r.row(ctx, client.Filter{}, task.ID)
		switch {
		case err != nil:
			r.note("list: %v", err)
			return
		case there:
			r.found.ListLag = since(at)
			r.found.RequestIDsEqual = new(row.RequestID == task.RequestID)
			if !task.Date.IsZero() && !row.Created.IsZero() {
				r.found.RowsAhead = seconds(row.Created.Sub(task.Date))
			}
			return
		case time.Since(at) > patience || !r.rest(ctx):
			r.note("the list does not show the task")
			return
		}
	}
}

// zone finds the zone of the list's filters: those of this package's client are sent in UTC+8.
func (r *run) zone(ctx context.Context, task client.Task) {
	const hours = 8 * time.Hour
	if r.found.ListLag == nil || task.Date.IsZero() {
		return
	}
	for shift, name := range map[time.Duration]string{0: "UTC+8", -hours: "UTC"} {
		_, there, err := r.row(ctx, client.Filter{Since: task.Date.Add(shift - time.Hour),
			Until: task.Date.Add(shift + time.Hour)}, task.ID)
		if err != nil {
			r.note("list with times: %v", err)
			return
		}
		if there {
			r.found.FilterZone = name
		}
	}
}

// row looks for a task on the first page of the list.
func (r *run) row(ctx context.Context, f client.Filter, id string) (client.TaskInfo, bool, error) {
	page, err := r.c.TaskPage(ctx, f, 1)
	i := slices.IndexFunc(page.Tasks, func(t client.TaskInfo) bool { return t.ID == id })
	if err != nil || i < 0 {
		return client.TaskInfo{}, false, err
	}
	return page.Tasks[i], true, nil
}

// rest waits before the next question; false where the context ends first.
func (r *run) rest(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(r.pause):
		return true
	}
}

// urls looks at the signature of the picture, and at the picture.
func (r *run) urls(ctx context.Context, task client.Task) {
	for range 2 {
		if !r.rest(ctx) {
			return
		}
	}
	again, err := r.c.Task(ctx, task.ID)
	if err != nil {
		r.note("query: %v", err)
		return
	}
	for i, u := range again.URLs() {
		if before := task.URLs(); i < len(before) {
			r.found.SignedAgain = new(before[i] != u)
		}
		r.expiry(again, u)
		body, err := r.c.Download(ctx, u)
		if err != nil {
			r.note("download: %v", err)
			return
		}
		r.found.CRC64 = new(r.crc.came())
		made, _, err := image.DecodeConfig(bytes.NewReader(body))
		if size := fmt.Sprintf("%d*%d", made.Width, made.Height); err == nil &&
			r.found.OldSize == "made" && size != oldSize {
			r.found.OldSize = "made as " + size
		}
	}
}

// expiry finds from when on the URL is valid: the end of the task or the answer, whichever its
// Expires is a round number of hours after.
func (r *run) expiry(task client.Task, raw string) {
	u, err := url.Parse(raw)
	if err != nil {
		return
	}
	unix, err := strconv.ParseInt(u.Query().Get("Expires"), 10, 64)
	if err != nil || task.Ended.IsZero() || task.Date.IsZero() {
		r.note("the URL of the picture tells no end")
		return
	}
	fromEnd := time.Unix(unix, 0).Sub(task.Ended)
	fromAnswer := time.Unix(unix, 0).Sub(task.Date)
	r.found.ValidFrom, r.found.Valid = "end", seconds(fromEnd)
	if off(fromAnswer) < off(fromEnd) {
		r.found.ValidFrom, r.found.Valid = "answer", seconds(fromAnswer)
	}
}

// off is how far a duration is from whole hours.
func off(d time.Duration) time.Duration { return (d - d.Round(time.Hour)).Abs() }

func since(at time.Time) *float64 { return seconds(time.Since(at)) }

func seconds(d time.Duration) *float64 { return new(d.Round(100 * time.Millisecond).Seconds()) }

// A crcWatch notes whether an answer had the store's checksum.
type crcWatch struct {
	mu   sync.Mutex
	seen bool
}

func (w *crcWatch) hook(base *http.Transport) http.RoundTripper {
	return watched{base, w}
}

func (w *crcWatch) came() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen
}

type watched struct {
	*http.Transport
	watch *crcWatch
}

func (t watched) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.Transport.RoundTrip(req)
	if err == nil && resp.Header.Get("X-Oss-Hash-Crc64ecma") != "" {
		t.watch.mu.Lock()
		t.watch.seen = true
		t.watch.mu.Unlock()
	}
	return resp, err
}
