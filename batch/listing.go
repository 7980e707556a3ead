package batch

import (
	"context"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/client"
)

// A listing is one pass over the account's tasks of the last 24 h.
type listing struct {
	begun time.Time // our clock
	at    time.Time // the same moment by the service's
	rows  map[string]client.TaskInfo
	// whole says that no row can have slipped between two pages.
	whole bool
}

// newest is when its last row was made, by the list's clock.
func (l listing) newest() time.Time {
	var at time.Time
	for _, row := range l.rows {
		at = pace.Later(at, row.Created)
	}
	return at
}

// A lister makes passes for all who are in doubt at the same time.
type lister struct {
	client  *client.Client
	clock   *pace.Clock
	queries *pace.Limiter
	turn    chan struct{} // holds a token; whoever takes it may make a pass
	last    listing       // belongs to the holder of the token, as does shown
	// shown are the rows of all passes, with their times by the list's clock; those that it shows no more for their age are
	// dropped.
	shown map[string]time.Time
}

// newLister returns a lister that asks within a budget of queries.
func newLister(c *client.Client, clock *pace.Clock, queries *pace.Limiter) *lister {
	l := &lister{client: c, clock: clock, queries: queries, turn: make(chan struct{}, 1), shown: map[string]time.Time{}}
	l.turn <- struct{}{}
	return l
}

// list returns a pass that began after the given moment of our clock: somebody else's if there is one.
func (l *lister) list(ctx context.Context, after time.Time) (listing, error) {
	select {
	case <-ctx.Done():
		return listing{}, ctx.Err()
	case <-l.turn:
	}
	defer func() { l.turn <- struct{}{} }()
	if l.last.begun.After(after) {
		return l.last, nil
	}
	pass, err := l.listAll(ctx)
	if err == nil {
		pass.whole = l.remember(pass) && pass.whole
		l.last = pass
	}
	return pass, err
}

// remember reports whether a pass shows again what earlier ones have shown. A list that does not may leave other rows out, too.
func (l *lister) remember(pass listing) bool {
	var oldest time.Time
	for id, row := range pass.rows {
		if row.Created.IsZero() {
			continue
		}
		l.shown[id] = row.Created
		oldest = pace.Sooner(oldest, row.Created)
	}
	again := true
	for id, created := range l.shown {
		switch _, there := pass.rows[id]; {
		case there:
		case created.Before(oldest):
			delete(l.shown, id)
		default:
			again = false
		}
	}
	return again
}

// maxPages bounds a pass: two submissions a second, the highest quota of a picture model, are 172,800 tasks a day.
const maxPages = 2000

// listAll reads all pages without filters: those of time have no documented zone, and without any the last 24 h come
// (TASK, 2026-11). Rows that arrive meanwhile push others to later pages, where they are seen twice; rows that a page
// left out are found by the count.
func (l *lister) listAll(ctx context.Context) (listing, error) {
	pass := listing{begun: time.Now(), rows: map[string]client.TaskInfo{}}
	least := -1
	for n := 1; n <= maxPages; n++ {
		page, err := l.page(ctx, n)
		if err != nil {
			return pass, err
		}
		for _, row := range page.Tasks {
			pass.rows[row.ID] = row
		}
		if least < 0 || page.Total < least {
			least = page.Total
		}
		if n >= page.Pages || len(page.Tasks) == 0 {
			break
		}
	}
	pass.at = l.clock.Now().Add(-l.clock.Remote(time.Since(pass.begun)))
	pass.whole = len(pass.rows) >= least
	return pass, nil
}

// page reads one page within the account's budget of queries.
func (l *lister) page(ctx context.Context, n int) (client.TaskPage, error) {
	if err := l.queries.Wait(ctx); err != nil {
		return client.TaskPage{}, err
	}
	page, err := l.client.TaskPage(ctx, client.Filter{}, n)
	l.queries.Observe(err)
	l.clock.Observe(page.Date)
	return page, err
}
