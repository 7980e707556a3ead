package batch

import (
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
)

// answerTime is how long a submission has for its answer (client.Config.Timeout): later an earlier run did not send any more,
// unless its disk took long to sync the intent.
const answerTime = time.Minute

// A doubt is when a task of a submission can have been made.
type doubt struct {
	from    time.Time // the intent
	end     time.Time // of the submission, at the latest
	until   time.Time // what is made later is another's; zero as long as that is not known
	thisRun bool      // by the clock of this run
	closed  bool      // it is settled, or given up
	noted   time.Time // our clock: the submission had ended by then
}

// age is how long ago the submission ended, at least.
func (d *doubt) age(c *pace.Clock) time.Duration {
	age := c.Remote(time.Since(d.noted))
	if !d.thisRun {
		age = max(age, c.Now().Sub(d.from.Add(longestPost)))
	}
	return age
}

// doubts are all of this run, and what earlier ones have adopted, by their words.
type doubts struct {
	mu sync.Mutex
	of map[string][]*doubt
}

// add notes a doubt about words that were sent after an intent. Began is when that is, by the service's clock: the submission has
// ended.
func (d *doubts) add(words string, intent, began time.Time, thisRun bool) *doubt {
	one := &doubt{from: intent, end: pace.Sooner(began, intent.Add(longestPost)), thisRun: thisRun, noted: time.Now()}
	if !one.thisRun {
		one.end = intent.Add(answerTime)
	}
	d.put(words, one)
	return one
}

func (d *doubts) put(words string, one *doubt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.of == nil {
		d.of = map[string][]*doubt{}
	}
	d.of[words] = append(d.of[words], one)
}

// heard notes that the service's clock was heard after the end of a submission. One of this run ended at the given moment of
// that clock: what it was dated by before may have stood still while the machine slept.
func (d *doubts) heard(one *doubt, until, ended time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	one.until = until
	if one.thisRun && ended.After(one.end) {
		one.end = ended
	}
}

// close says whether a doubt is settled or given up.
func (d *doubts) close(one *doubt, closed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	one.closed = closed
}

// age is that of the youngest doubt about the same words. One of the others may have taken what was this one's: then its own is
// left for this one, as soon as the list shows it.
func (d *doubts) age(words string, c *pace.Clock) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	age := listed
	for _, one := range d.of[words] {
		age = min(age, one.age(c))
	}
	return age
}

// A place is where a task stands beside a doubt.
type place int

const (
	outside place = iota // it is another's
	near                 // it may be ours
	within               // it was made while the submission was on its way
)

// place is the nearest of a task to any doubt about the same words. Others says that more than one of them is open.
func (d *doubts) place(words string, created time.Time, e evidence) (nearest place, others bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	open := 0
	for _, one := range d.of[words] {
		nearest = max(nearest, one.place(created, e))
		if !one.closed {
			open++
		}
	}
	return nearest, open > 1
}

// place compares a task with one doubt. A bound that needs a difference of clocks that is not known excludes nothing.
func (d *doubt) place(created time.Time, e evidence) place {
	if created.IsZero() {
		return near
	}
	low, high, span := e.offsets(d.thisRun)
	if low.known && created.Add(-low.by).Before(d.from.Add(-earlier)) {
		return outside
	}
	if high.known && !d.until.IsZero() && created.Add(-high.by).After(d.until) {
		return outside
	}
	// Where nothing is known of the offset, one that is none is no accident.
	at := created.Add(-span.by)
	if !span.conflict && !at.Before(d.from.Add(-earlier)) && !at.After(d.end.Add(earlier)) {
		return within
	}
	if d.closed {
		return outside
	}
	return near
}
