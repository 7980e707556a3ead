package tasklist

import (
	"context"
	"time"

	"golang.org/x/time/rate"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/client"
)

// A Pass is one pass over the account's tasks of the last 24 h.
type Pass struct {
	localStart time.Time // our clock
	start      time.Time // the same moment by the service's
	Rows       map[string]client.TaskInfo
	// whole says that no row can have slipped between two pages.
	Whole bool
}

// Newest is when its last row was made, by the list's clock.
func (l Pass) Newest() time.Time {
	var at time.Time
	for _, row := range l.Rows {
		at = pace.Later(at, row.Created)
	}
	return at
}

// A Reader makes passes for all who are in doubt at the same time.
type Reader struct {
	client  *client.Client
	clock   *pace.Clock
	queries *pace.Limiter
	breaker *pace.Breaker
	token   chan struct{} // holds a token; whoever takes it may make a pass
	last    Pass          // belongs to the holder of the token, as does shown
	// shown are the rows of all passes, with their times by the list's clock; those that it
	// shows no more for their age are dropped.
	shown map[string]time.Time
}

// DefaultRate is how many questions a second are asked, of the 20 that an account has (TASK,
// 2026-11).
const DefaultRate = 16

// ReplicaLag is how long a task that was just made may be UNKNOWN to a replica that lags.
const ReplicaLag = 5 * time.Minute

// NewReader returns a reader that asks so many questions a second of the service's time, of
// which speed is the multiple; 0 is [DefaultRate].
func NewReader(c *client.Client, clock *pace.Clock, questions rate.Limit, speed float64) *Reader {
	if questions == 0 {
		questions = DefaultRate
	}
	l := &Reader{client: c, clock: clock, queries: pace.NewLimiter(questions, speed),
		breaker: pace.NewBreaker(3, speed),
		token:   make(chan struct{}, 1), shown: map[string]time.Time{}}
	l.token <- struct{}{}
	return l
}

// Queue is how long a question would wait for those that wait already.
func (l *Reader) Queue() time.Duration { return l.queries.Queue() }

// Ask asks for one task.
func (l *Reader) Ask(ctx context.Context, id string) (client.Task, error) {
	permit, err := l.breaker.Pass(ctx, l.queries)
	if err != nil {
		return client.Task{}, err
	}
	task, err := l.client.Task(ctx, id)
	if ctx.Err() != nil {
		permit.Unsent()
		return task, err
	}
	permit.Observe(err)
	l.queries.Observe(err)
	l.clock.Observe(task.Date)
	return task, err
}

// MaxUnknown is how often in a row a task that is older than a day must be said to be UNKNOWN
// before it is given up: a single answer may come from a replica that lags, and what it gives
// up is paid for.
const MaxUnknown = 3

// Forgotten reports whether the service has a task no longer, however long it waited and ran (3
// h: TASK, 2026-11).
func Forgotten(submitted, now time.Time) bool {
	return now.Sub(submitted) > client.TaskLifetime+3*time.Hour
}

// Read returns a pass that began after the given moment of our clock: somebody else's if there
// is one.
func (l *Reader) Read(ctx context.Context, after time.Time) (Pass, error) {
	select {
	case <-ctx.Done():
		return Pass{}, ctx.Err()
	case <-l.token:
	}
	defer func() { l.token <- struct{}{} }()
	if l.last.localStart.After(after) {
		return l.last, nil
	}
	pass, err := l.readAll(ctx)
	if err == nil {
		pass.Whole = l.recordShown(pass) && pass.Whole
		l.last = pass
	}
	return pass, err
}

// recordShown reports whether a pass shows again what earlier ones have shown. A list that does
// not may leave other rows out, too.
func (l *Reader) recordShown(pass Pass) bool {
	var oldest time.Time
	for id, row := range pass.Rows {
		if row.Created.IsZero() {
			continue
		}
		l.shown[id] = row.Created
		oldest = pace.Sooner(oldest, row.Created)
	}
	again := true
	for id, created := range l.shown {
		switch _, there := pass.Rows[id]; {
		case there:
		case created.Before(oldest):
			delete(l.shown, id)
		default:
			again = false
		}
	}
	return again
}

// maxPages bounds a pass: two submissions a second, the highest quota of a picture model, are
// 172,800 tasks a day.
const maxPages = 2000

// readAll reads all pages without filters: those of time have no documented zone, and without
// any the last 24 h come (TASK, 2026-11). Rows that arrive meanwhile push others to later
// pages, where they are seen twice; rows that a page left out are found by the count.
func (l *Reader) readAll(ctx context.Context) (Pass, error) {
	pass := Pass{localStart: time.Now(), Rows: map[string]client.TaskInfo{}}
	least := -1
	for n := 1; n <= maxPages; n++ {
		page, err := l.Page(ctx, n)
		if err != nil {
			return pass, err
		}
		for _, row := range page.Tasks {
			pass.Rows[row.ID] = row
		}
		if least < 0 || page.Total < least {
			least = page.Total
		}
		if n >= page.Pages || len(page.Tasks) == 0 {
			break
		}
	}
	pass.start = l.clock.Now().Add(-l.clock.Remote(time.Since(pass.localStart)))
	pass.Whole = len(pass.Rows) >= least
	return pass, nil
}

// Page reads one page within the account's budget of queries.
func (l *Reader) Page(ctx context.Context, n int) (client.TaskPage, error) {
	if err := l.queries.Wait(ctx); err != nil {
		return client.TaskPage{}, err
	}
	page, err := l.client.TaskPage(ctx, client.Filter{}, n)
	l.queries.Observe(err)
	l.clock.Observe(page.Date)
	return page, err
}
