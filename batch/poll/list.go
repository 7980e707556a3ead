package poll

import (
	"cmp"
	"context"
	"math"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
)

// How the list is read.
const (
	// findings is how many ended tasks a page is to show.
	findings = 14
	// listPause is how far apart readings may be: a list that would be read less often pays less
	// than questions.
	listPause = 6 * time.Second
	// lastPause is how far apart they are at most when no task waits in line any more: what is
	// found then may be the end of the batch.
	lastPause = 1500 * time.Millisecond
	// listAway is how long the list is left alone after it was of no use.
	listAway = time.Minute
)

// A listState is what is known of the task list.
type listState struct {
	reading bool
	from    int       // the page on which the last reading found its first, and so where the next begins; 0 is the first page
	pages   int       // that the last reading took
	next    time.Time // not read before
	away    time.Time // of no use before
}

// forever is the pause where the list is not worth reading.
const forever = time.Hour

// pause returns how long to wait between two readings, so that each page shows enough tasks that
// have ended.
func (s *listState) pause(w *Watcher) time.Duration {
	if math.IsInf(w.budget, 1) {
		return forever
	}
	perSecond, running, most := w.load(), 0, w.clock.Local(lastPause)
	longest := w.clock.Local(listPause)
	for _, q := range w.queues {
		running += q.running()
		if q.limit == 0 || len(q.open) > q.limit {
			most = forever
		}
		if len(q.open) > 0 {
			longest = min(longest, q.mean*2/5)
		}
	}
	page := time.Duration(findings / max(perSecond, 1e-3) * float64(time.Second))
	fill := 1 + running/100 // pages, by those that run
	if page*time.Duration(fill) > longest {
		return forever
	}
	// What the last reading took has no say in whether there is a next one: then it would never
	// be known better.
	return min(page*time.Duration(max(fill, s.pages)), longest, most)
}

// pays reports whether the list is the way to learn of a task that has run that long: its pages
// cost fewer queries than the vain ones that they save. A task that is older than any before is
// asked directly, and so is one that the list did not show.
func (s *listState) pays(w *Watcher, t *Watched, age time.Duration, now time.Time) bool {
	if t.unlisted || now.Before(s.away) || age > t.times.most() || s.pause(w) == forever {
		return false
	}
	vain := t.times.queries(usual) - 1
	return 1.0/findings < vain && w.load()*(1+1.0/findings) < w.budget
}

// readList reads pages until all tasks that may have ended are seen.
func (w *Watcher) readList(ctx context.Context) error {
	wanted, from, most := w.wanted()
	first, last := 0, 0
	var err error
	for n := from; n <= most && len(wanted) > 0; n++ {
		var page client.TaskPage
		if page, err = w.page(ctx, n); err != nil {
			break
		}
		if w.rows(page.Tasks, wanted) {
			first, last = cmp.Or(first, n), n
		}
		if n >= page.Pages || len(page.Tasks) == 0 {
			break
		}
	}
	w.read(from, first, last, wanted, err != nil)
	return ctx.Err()
}

// read notes what came of reading the list.
func (w *Watcher) read(from, first, last int, missed map[*Watched]bool, failed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, now := &w.list, time.Now()
	s.reading, s.from, s.pages = false, first, 1
	if first > 0 {
		s.pages = last - first + 1
	}
	s.next = now.Add(min(s.pause(w), w.clock.Local(listPause)))
	if len(missed) > 0 {
		s.from = 1 // they may be on an earlier page
	}
	if failed || first == 0 && from == 1 && len(missed) > 0 {
		s.away = now.Add(w.clock.Local(listAway))
	}
	for t := range missed {
		t.unlisted = from == 1
		t.wake()
	}
}

// wanted are the tasks that may have ended, and the pages to look for them on: one more than they
// fill if nobody else's are between them.
func (w *Watcher) wanted() (all map[*Watched]bool, from, most int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	from = max(1, w.list.from)
	most = from + 1 + len(w.tasks)/100
	all = map[*Watched]bool{}
	now := time.Now()
	for _, l := range w.queues {
		for _, t := range l.open {
			if begun, runs := l.begins(t); runs && now.Sub(begun) >= t.times.least() {
				all[t] = true
			}
		}
	}
	return all, from, most
}

// rows takes a page of the list; it reports whether one of those that were wanted is there.
func (w *Watcher) rows(rows []client.TaskInfo, wanted map[*Watched]bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := len(wanted)
	for _, row := range rows {
		if t := w.tasks[row.ID]; t != nil {
			delete(wanted, t)
			w.learn(t, news{row.Status, row.Created, row.Started, row.Ended})
		}
	}
	return len(wanted) < all
}
