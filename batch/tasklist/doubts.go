package tasklist

import (
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
)

// submissionTimeout is how long a submission has for its answer (client.Config.Timeout): later an
// earlier run did not send any more, unless its disk took long to sync the intent.
const submissionTimeout = time.Minute

// A Doubt is when a task of a submission can have been made.
type Doubt struct {
	intent  time.Time // the intent
	end     time.Time // of the submission, at the latest
	latest  time.Time // what is made later is another's; zero as long as that is not known
	ThisRun bool      // by the clock of this run
	closed  bool      // it is settled, or given up
	endedBy time.Time // our clock: the submission had ended by then
}

// age is how long ago the submission ended, at least.
func (d *Doubt) age(c *pace.Clock) time.Duration {
	age := c.Remote(time.Since(d.endedBy))
	if !d.ThisRun {
		age = max(age, c.Now().Sub(d.intent.Add(LongestSubmission)))
	}
	return age
}

// Doubts are all of this run, and what earlier ones have adopted, by their words.
type Doubts struct {
	mu       sync.Mutex
	byPrompt map[string][]*Doubt
}

// Add notes a doubt about words that were sent after an intent. Began is when that is, by the
// service's clock: the submission has ended.
func (d *Doubts) Add(words string, intent, began time.Time, thisRun bool) *Doubt {
	one := &Doubt{intent: intent, end: pace.Sooner(began, intent.Add(LongestSubmission)),
		ThisRun: thisRun, endedBy: time.Now()}
	if !one.ThisRun {
		one.end = intent.Add(submissionTimeout)
	}
	d.put(words, one)
	return one
}

func (d *Doubts) put(words string, one *Doubt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.byPrompt == nil {
		d.byPrompt = map[string][]*Doubt{}
	}
	d.byPrompt[words] = append(d.byPrompt[words], one)
}

// Bound notes that the service's clock was heard after the end of a submission. One of this run
// ended at the given moment of that clock: what it was dated by before may have stood still
// while the machine slept.
func (d *Doubts) Bound(one *Doubt, until, ended time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	one.latest = until
	if one.ThisRun && ended.After(one.end) {
		one.end = ended
	}
}

// Close says whether a doubt is settled or given up.
func (d *Doubts) Close(one *Doubt, closed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	one.closed = closed
}

// YoungestAge is that of the youngest doubt about the same words. One of the others may have taken what
// was this one's: then its own is left for this one, as soon as the list shows it.
func (d *Doubts) YoungestAge(words string, c *pace.Clock) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	age := Reach
	for _, one := range d.byPrompt[words] {
		age = min(age, one.age(c))
	}
	return age
}

// A Place is where a task stands beside a doubt.
type Place int

const (
	Outside Place = iota // it is another's
	Near                 // it may be ours
	Within               // it was made while the submission was on its way
)

// Place is the nearest of a task to any doubt about the same words. Others says that more than
// one of them is open.
func (d *Doubts) Place(words string, created time.Time, e Evidence) (nearest Place, others bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	open := 0
	for _, one := range d.byPrompt[words] {
		nearest = max(nearest, one.place(created, e))
		if !one.closed {
			open++
		}
	}
	return nearest, open > 1
}

// place compares a task with one doubt. A bound that needs a difference of clocks that is not
// known excludes nothing.
func (d *Doubt) place(created time.Time, e Evidence) Place {
	if created.IsZero() {
		return Near
	}
	low, high, span := e.Offsets(d.ThisRun)
	if low.Known && created.Add(-low.By).Before(d.intent.Add(-Margin)) {
		return Outside
	}
	if high.Known && !d.latest.IsZero() && created.Add(-high.By).After(d.latest) {
		return Outside
	}
	// Where nothing is known of the offset, one that is none is no accident.
	at := created.Add(-span.By)
	if !span.Conflict && !at.Before(d.intent.Add(-Margin)) && !at.After(d.end.Add(Margin)) {
		return Within
	}
	if d.closed {
		return Outside
	}
	return Near
}
