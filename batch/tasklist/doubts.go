package tasklist

import (
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
)

// submissionTimeout is how long a submission waits for its answer (client.Config.Timeout).
const submissionTimeout = time.Minute

// A Doubt is the time in which a submission that was not answered can have made a task. All times
// are by the service's clock, as it was known then, unless they are called local.
type Doubt struct {
	intent  time.Time // no task of it was made before
	end     time.Time // of the submission, at the latest
	latest  time.Time // a task made later is another's; zero while that is not known
	endedBy time.Time // local: it had ended by then
	ThisRun bool      // it was sent by this run; else the clock may have been another
	closed  bool      // it is settled or given up
}

// age returns how long ago the submission ended, at least.
func (d *Doubt) age(c *pace.Clock) time.Duration {
	age := c.Remote(time.Since(d.endedBy))
	if !d.ThisRun {
		age = max(age, c.Now().Sub(d.intent.Add(LongestSubmission)))
	}
	return age
}

// Doubts are the doubts of a run by the key of their prompts ([PromptKey]), open and closed. Among
// the closed ones are those of earlier runs that have ended with an adoption. They are safe for
// concurrent use; their mutex guards each Doubt.
type Doubts struct {
	mu       sync.Mutex
	byPrompt map[string][]*Doubt // nil while empty
}

// Add adds an open doubt about a submission that was sent after an intent. Ended is now by the
// service's clock: the submission has ended.
func (d *Doubts) Add(key string, intent, ended time.Time, thisRun bool) *Doubt {
	one := &Doubt{intent: intent, end: pace.Sooner(ended, intent.Add(LongestSubmission)),
		ThisRun: thisRun, endedBy: time.Now()}
	if !one.ThisRun { // it was not sent later, unless the fsync of the intent took long
		one.end = intent.Add(submissionTimeout)
	}
	d.put(key, one)
	return one
}

func (d *Doubts) put(key string, one *Doubt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.byPrompt == nil {
		d.byPrompt = map[string][]*Doubt{}
	}
	d.byPrompt[key] = append(d.byPrompt[key], one)
}

// Bound sets the bounds of a doubt once the service has been heard again: no task of the
// submission was made after latest, and one of this run had ended at ended. That may be later
// than it was thought to be, by a clock that stood still while the machine slept.
func (d *Doubts) Bound(one *Doubt, latest, ended time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	one.latest = latest
	if one.ThisRun && ended.After(one.end) {
		one.end = ended
	}
}

// Close says that a doubt is settled or given up. It still says which tasks may be of its
// submission.
func (d *Doubts) Close(one *Doubt) { d.setClosed(one, true) }

// Reopen says that a doubt is not settled after all: its task was another's.
func (d *Doubts) Reopen(one *Doubt) { d.setClosed(one, false) }

func (d *Doubts) setClosed(one *Doubt, closed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	one.closed = closed
}

// YoungestAge returns the age of the youngest doubt about a prompt. An older one has to wait for
// it: the younger may have taken the task of the older, whose submission then has only the task of
// the younger left, which the list shows later.
func (d *Doubts) YoungestAge(key string, c *pace.Clock) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	age := Reach
	for _, one := range d.byPrompt[key] {
		age = min(age, one.age(c))
	}
	return age
}

// A Place says how the time at which a task was made stands to a doubt.
type Place int

const (
	// Outside is a time at which the submission can have made no task.
	Outside Place = iota
	// Near is a time that is not ruled out: clocks may differ by more than is known.
	Near
	// Within is a time between the intent and the end of the submission, and a [Margin].
	Within
)

// Place returns the best place that a task has among the doubts about a prompt: of several, none
// knows which task is its own. Others says that more than one of them is open.
func (d *Doubts) Place(key string, created time.Time, e Evidence) (best Place, others bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	open := 0
	for _, one := range d.byPrompt[key] {
		best = max(best, one.place(created, e))
		if !one.closed {
			open++
		}
	}
	return best, open > 1
}

// place returns the place of a task that was made at a time of the list. A bound excludes nothing
// where the offset of the clocks is not known for it.
func (d *Doubt) place(created time.Time, e Evidence) Place {
	if created.IsZero() {
		return Near
	}
	intent, present, whole := e.Offsets(d.ThisRun)
	if intent.Known && created.Add(-intent.By).Before(d.intent.Add(-Margin)) {
		return Outside
	}
	if present.Known && !d.latest.IsZero() && created.Add(-present.By).After(d.latest) {
		return Outside
	}
	// With an offset that is not known, a task that fits without one is no accident.
	at := created.Add(-whole.By)
	if !whole.Conflict && !at.Before(d.intent.Add(-Margin)) && !at.After(d.end.Add(Margin)) {
		return Within
	}
	if d.closed {
		return Outside
	}
	return Near
}
