package poll

import (
	"cmp"
	"context"
	"math"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
)

// When the list is read.
const (
	// pageFinds is how many ended tasks a page is to show.
	pageFinds = 14
	// maxListGap is the longest time between two readings; a list that would be read less often
	// saves no queries.
	maxListGap = 6 * time.Second
	// lastListGap is the longest one when no task waits at the service any more: what is found
	// then may be the end of the batch.
	lastListGap = 1500 * time.Millisecond
	// listBreak is how long the list is not read after it was of no use.
	listBreak = time.Minute
	// forever is the time between two readings where the list is not worth reading.
	forever = time.Hour
)

// A listState is what is known of the task list. The watcher's mutex guards it.
type listState struct {
	reading   bool
	firstPage int       // on which the last reading found something; the next begins there
	pages     int       // from there to the last page on which it did
	next      time.Time // it is not read before
	breakEnds time.Time // nor does it pay before
}

// gap returns the time between two readings in which so many tasks end that each page shows
// enough of them.
func (s *listState) gap(w *Watcher) time.Duration {
	if math.IsInf(w.budget, 1) {
		return forever
	}
	running, last := 0, w.clock.Local(lastListGap)
	longest := w.clock.Local(maxListGap)
	for _, q := range w.queues {
		running += q.running()
		if q.limit == 0 || len(q.open) > q.limit {
			last = forever
		}
		if len(q.open) > 0 {
			longest = min(longest, q.mean*2/5)
		}
	}
	page := time.Duration(pageFinds / max(w.endRate(), 1e-3) * float64(time.Second))
	pages := 1 + running/100
	if page*time.Duration(pages) > longest {
		return forever
	}
	// The pages of the last reading do not decide whether there is a next one, which may need
	// fewer.
	return min(page*time.Duration(max(pages, s.pages)), longest, last)
}

// pays reports whether a task of an age is to be looked for in the list: where pages cost fewer
// queries than the vain ones that they save. A task that is older than any before, or that the
// list did not show, is asked directly.
func (s *listState) pays(w *Watcher, t *Watched, age time.Duration, now time.Time) bool {
	if t.unlisted || now.Before(s.breakEnds) || age > t.times.late() || s.gap(w) == forever {
		return false
	}
	vain := t.times.queries(normal) - 1
	return 1.0/pageFinds < vain && w.endRate()*(1+1.0/pageFinds) < w.budget
}

// readList reads pages until it has seen all tasks that may have ended.
func (w *Watcher) readList(ctx context.Context) error {
	wanted, from, to := w.maybeEnded()
	first, last := 0, 0
	var err error
	for n := from; n <= to && len(wanted) > 0; n++ {
		var page client.TaskPage
		if page, err = w.page(ctx, n); err != nil {
			break
		}
		if w.learnRows(page.Tasks, wanted) {
			first, last = cmp.Or(first, n), n
		}
		if n >= page.Pages || len(page.Tasks) == 0 {
			break
		}
	}
	w.noteReading(from, first, last, wanted, err != nil)
	return ctx.Err()
}

// noteReading records a reading that began at a page, found what was wanted on the pages from
// first to last (0 for none), and has missed some. Those are asked directly if it has read from
// the first page on.
func (w *Watcher) noteReading(from, first, last int, missed map[*Watched]bool, failed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, now := &w.list, time.Now()
	s.reading, s.firstPage, s.pages = false, first, 1
	if first > 0 {
		s.pages = last - first + 1
	}
	s.next = now.Add(min(s.gap(w), w.clock.Local(maxListGap)))
	if len(missed) > 0 {
		s.firstPage = 1 // they may be on an earlier page
	}
	if failed || first == 0 && from == 1 && len(missed) > 0 {
		s.breakEnds = now.Add(w.clock.Local(listBreak))
	}
	for t := range missed {
		t.unlisted = from == 1
		t.wake()
	}
}

// maybeEnded returns the tasks that may have ended and the pages to look for them on: one more
// than all tasks fill where no other client's are among them.
func (w *Watcher) maybeEnded() (all map[*Watched]bool, from, to int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	from = max(1, w.list.firstPage)
	to = from + 1 + len(w.tasks)/100
	all = map[*Watched]bool{}
	now := time.Now()
	for _, q := range w.queues {
		for _, t := range q.open {
			if start, runs := q.start(t); runs && now.Sub(start) >= t.times.early() {
				all[t] = true
			}
		}
	}
	return all, from, to
}

// learnRows learns from a page of the list, and takes the tasks that it shows from those wanted.
// It reports whether there were any.
func (w *Watcher) learnRows(rows []client.TaskInfo, wanted map[*Watched]bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := len(wanted)
	for _, row := range rows {
		if t := w.tasks[row.ID]; t != nil {
			delete(wanted, t)
			w.learn(t, report{row.Status, row.Created, row.Started, row.Ended})
		}
	}
	return len(wanted) < before
}
