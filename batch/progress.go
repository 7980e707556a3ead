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

type counts struct {
	mu   sync.Mutex
	p    Progress
	paid client.Money // before this run
}

// Progress tells where the batch stands. It may be called while Run runs.
func (b *Batch) Progress() Progress {
	b.counts.mu.Lock()
	defer b.counts.mu.Unlock()
	return b.counts.p
}

func (c *counts) begin(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.p = Progress{Started: now}
}

// tally counts the items of the manifest at the start of a pass, and the unfinished ones that
// it has lost.
func (r *run) tally(old []*job) {
	r.b.counts.mu.Lock()
	defer r.b.counts.mu.Unlock()
	p := &r.b.counts.p
	p.Pending, p.Open, p.Done, p.Failed, p.Held, p.Doubts = 0, len(old), 0, 0, 0, 0
	for i, m := range r.b.matches {
		switch {
		case r.b.index.skipped[i]:
		case r.b.wanted(i):
			p.Pending++
		case !r.resumed[m.Entry]:
			*p.of(r.state.Entry(int(m.Entry)).Phase())++
		}
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

// tell counts a change and passes it on.
func (r *run) tell(before, after state.Record) {
	spent := r.state.Paid() - r.b.counts.paid
	r.b.counts.mu.Lock()
	p := &r.b.counts.p
	*p.of(before.Phase)--
	*p.of(after.Phase)++
	p.Spent = max(p.Spent, spent)
	switch after.Phase {
	case state.Open:
		p.Submitted++
	case state.Done:
		r.wantThumb(after)
		p.Saved += len(after.Pictures)
	}
	r.b.counts.mu.Unlock()
	if before.Phase != after.Phase {
		r.announce(after)
	}
}

// unfetched counts an open item that is paid for and has no picture yet, or, with -1, no more.
func (r *run) unfetched(n int) {
	spent := r.state.Paid() - r.b.counts.paid
	r.b.counts.mu.Lock()
	defer r.b.counts.mu.Unlock()
	r.b.counts.p.Unfetched += n
	r.b.counts.p.Spent = max(r.b.counts.p.Spent, spent)
}

// announce passes a change on without counting it.
func (r *run) announce(rec state.Record) {
	if r.o.Tell != nil {
		r.o.Tell(eventOf(rec))
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
