package tasklist

import (
	"context"
	"time"

	"golang.org/x/time/rate"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/client"
)

// A Pass is what one pass over the list has shown: the account's tasks of the last 24 h.
type Pass struct {
	localStart time.Time // when it began, by the local clock
	start      time.Time // the same moment by the service's clock
	Rows       map[string]client.TaskInfo
	// Whole says that no row can have slipped between two pages, and that the pass shows what
	// earlier ones have shown.
	Whole bool
}

// Newest returns when the newest row was made, by the list's clock.
func (p Pass) Newest() time.Time {
	var at time.Time
	for _, row := range p.Rows {
		at = pace.Later(at, row.Created)
	}
	return at
}

// A Reader asks about tasks, within the account's budget of queries: for single ones and for
// pages of the list. Its passes over the list are shared by all doubts of a run. It is safe for
// concurrent use.
type Reader struct {
	client  *client.Client
	clock   *pace.Clock
	queries *pace.Limiter
	breaker *pace.Breaker

	token chan struct{} // has one value, which is held while a pass is made; guards the rest
	last  Pass
	shown map[string]time.Time // when each row of any pass was made, by the list's clock
}

// DefaultRate is how many queries a second are sent, of the 20 that an account has (TASK,
// 2026-11).
const DefaultRate = 16

// ReplicaLag is how long a task that was just made may be UNKNOWN to a replica that lags.
const ReplicaLag = 5 * time.Minute

// NewReader returns a reader that sends so many queries in a second of the service's time, which
// runs speed times as fast as the local one; 0 is [DefaultRate].
func NewReader(c *client.Client, clock *pace.Clock, limit rate.Limit, speed float64) *Reader {
	if limit == 0 {
		limit = DefaultRate
	}
	r := &Reader{client: c, clock: clock, queries: pace.NewLimiter(limit, speed),
		breaker: pace.NewBreaker(3, speed),
		token:   make(chan struct{}, 1), shown: map[string]time.Time{}}
	r.token <- struct{}{}
	return r
}

// Queue returns how long a query would wait for those that wait already.
func (r *Reader) Queue() time.Duration { return r.queries.Queue() }

// Ask asks for one task.
func (r *Reader) Ask(ctx context.Context, id string) (client.Task, error) {
	permit, err := r.breaker.Pass(ctx, r.queries)
	if err != nil {
		return client.Task{}, err
	}
	task, err := r.client.Task(ctx, id)
	if ctx.Err() != nil {
		permit.Unsent()
		return task, err
	}
	permit.Observe(err)
	r.queries.Observe(err)
	r.clock.Observe(task.Date)
	return task, err
}

// MaxUnknown is how many answers in a row must say that a task is UNKNOWN before it is given up: a
// single one may come from a replica that lags, and what is given up is paid for.
const MaxUnknown = 3

// Forgotten reports whether the service has a task no longer, however long that has waited and
// run (3 h: TASK, 2026-11).
func Forgotten(submitted, now time.Time) bool {
	return now.Sub(submitted) > client.TaskLifetime+3*time.Hour
}

// Read returns a pass that began after a moment of the local clock. Of callers at the same time
// one makes it, and the others get the same.
func (r *Reader) Read(ctx context.Context, after time.Time) (Pass, error) {
	select {
	case <-ctx.Done():
		return Pass{}, ctx.Err()
	case <-r.token:
	}
	defer func() { r.token <- struct{}{} }()
	if r.last.localStart.After(after) {
		return r.last, nil
	}
	pass, err := r.readAll(ctx)
	if err == nil {
		pass.Whole = r.recordShown(pass) && pass.Whole
		r.last = pass
	}
	return pass, err
}

// recordShown adds a pass to what was shown, and reports whether it shows again all of that which
// is not too old for it. A list that omits such a row may omit others, too.
func (r *Reader) recordShown(pass Pass) bool {
	var oldest time.Time
	for id, row := range pass.Rows {
		if row.Created.IsZero() {
			continue
		}
		r.shown[id] = row.Created
		oldest = pace.Sooner(oldest, row.Created)
	}
	all := true
	for id, created := range r.shown {
		switch _, there := pass.Rows[id]; {
		case there:
		case created.Before(oldest):
			delete(r.shown, id)
		default:
			all = false
		}
	}
	return all
}

// maxPages bounds a pass: two submissions a second, the highest quota of a picture model, are
// 172,800 tasks a day.
const maxPages = 2000

// readAll reads all pages. It sets no filters: filters of time have no documented zone, and
// without any the last 24 h are listed (TASK, 2026-11). Rows that arrive meanwhile push others to
// later pages, where they are seen twice; that a page has omitted rows shows in their number.
func (r *Reader) readAll(ctx context.Context) (Pass, error) {
	pass := Pass{localStart: time.Now(), Rows: map[string]client.TaskInfo{}}
	total := -1 // the smallest that any page tells
	for n := 1; n <= maxPages; n++ {
		page, err := r.Page(ctx, n)
		if err != nil {
			return pass, err
		}
		for _, row := range page.Tasks {
			pass.Rows[row.ID] = row
		}
		if total < 0 || page.Total < total {
			total = page.Total
		}
		if n >= page.Pages || len(page.Tasks) == 0 {
			break
		}
	}
	pass.start = r.clock.Now().Add(-r.clock.Remote(time.Since(pass.localStart)))
	pass.Whole = len(pass.Rows) >= total
	return pass, nil
}

// Page reads one page of the list.
func (r *Reader) Page(ctx context.Context, n int) (client.TaskPage, error) {
	if err := r.queries.Wait(ctx); err != nil {
		return client.TaskPage{}, err
	}
	page, err := r.client.TaskPage(ctx, client.Filter{}, n)
	r.queries.Observe(err)
	r.clock.Observe(page.Date)
	return page, err
}
