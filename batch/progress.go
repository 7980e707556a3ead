package batch

import (
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/halt"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
)

// An Event is a change of one item.
type Event struct {
	Key, ID, Prompt string
	// Phase is "open", "done", "failed" or "held"; "ready" where it will be sent again.
	Phase         string
	Files         []string
	Cost          client.Money
	Code, Message string
	Warnings      []string
}

// Progress is where a batch stands while it runs.
type Progress struct {
	// Started is when the run began; zero before.
	Started time.Time
	// Pending items were not sent yet, Open ones are at the service or being saved.
	Pending, Open, Done, Failed, Held int
	// Unfetched of the open items are paid for, and their pictures were not to be had so far.
	Unfetched int
	// Doubts of the open ones may be at the service or not: the list could not tell, and the
	// next run asks it again.
	Doubts int
	// Submitted, Saved and Spent are of this run alone.
	Submitted, Saved int
	Spent            client.Money
	// Refused are the models that have taken no submission for a while.
	Refused []halt.Refusal
}

// counts are the progress of a run, and the functions that each change is passed on to.
type counts struct {
	mu     sync.Mutex
	p      Progress
	before client.Money // what was paid before this run
	state  *state.File
	tell   func(Event)        // nil tells nobody
	saved  func(state.Record) // takes items whose pictures are in place; nil takes none
}

// now is where the batch stands.
func (c *counts) now() Progress {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.p
}

// begin begins the counts of a run.
func (c *counts) begin(f *state.File, tell func(Event)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.p, c.state, c.tell, c.saved = Progress{Started: time.Now()}, f, tell, nil
}

// tally sets the counts of the items in each phase.
func (c *counts) tally(items map[state.Phase]int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := &c.p
	p.Pending, p.Open, p.Done, p.Failed, p.Held, p.Doubts = 0, 0, 0, 0, 0, 0
	for phase, n := range items {
		*p.of(phase) += n
	}
}

// of is the counter of a phase; abandoned items count as done with.
func (p *Progress) of(ph state.Phase) *int {
	switch ph {
	case state.Ready:
		return &p.Pending
	case state.Intent, state.Open:
		return &p.Open
	case state.Failed:
		return &p.Failed
	case state.Held:
		return &p.Held
	}
	return &p.Done
}

// refuse notes which models take no submission.
func (c *counts) refuse(all []halt.Refusal) {
	c.mu.Lock()
	c.p.Refused = all
	c.mu.Unlock()
}

// postponed counts a doubt that is left to the next run.
func (c *counts) postponed() {
	c.mu.Lock()
	c.p.Doubts++
	c.mu.Unlock()
}

// changed counts a change of an item and passes it on.
func (c *counts) changed(before, after state.Record) {
	c.count(before.Phase, after)
	if before.Phase != after.Phase {
		c.announce(after)
	}
}

func (c *counts) count(before state.Phase, after state.Record) {
	spent := c.spent()
	c.mu.Lock()
	defer c.mu.Unlock()
	*c.p.of(before)--
	*c.p.of(after.Phase)++
	c.p.Spent = max(c.p.Spent, spent)
	switch after.Phase {
	case state.Open:
		c.p.Submitted++
	case state.Done:
		if c.saved != nil {
			c.saved(after)
		}
		c.p.Saved += len(after.Pictures)
	}
}

// spent is what this run has paid.
func (c *counts) spent() client.Money { return c.state.Paid() - c.before }

// unfetched counts an open item that is paid for and has no picture yet, or, with -1, no more.
func (c *counts) unfetched(n int) {
	spent := c.spent()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.p.Unfetched += n
	c.p.Spent = max(c.p.Spent, spent)
}

// announce passes a change on without counting it.
func (c *counts) announce(rec state.Record) {
	if c.tell != nil {
		c.tell(eventOf(rec))
	}
}

func eventOf(rec state.Record) Event {
	e := Event{Key: rec.Key, ID: rec.ID, Prompt: rec.Sent.Prompt, Phase: string(rec.Phase),
		Cost: rec.Cost,
		Code: rec.Code, Message: rec.Message, Warnings: rec.Warnings}
	for _, p := range rec.Pictures {
		e.Files = append(e.Files, p.File)
	}
	return e
}
