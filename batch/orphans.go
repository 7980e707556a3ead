package batch

import (
	"cmp"
	"slices"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/settle"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
)

// What becomes of tasks that a sweep has found and that not every item can have: of more tasks
// than items want, nobody can tell which are theirs, and what is left over at the end is told.

// findCrowds marks the words that more tasks were found for than items want one. Another client
// of the account may have made some of them, from the same words and another seed.
func (r *run) findCrowds() error {
	if r.orphans.Empty() {
		return nil
	}
	wanted, err := r.wantedWords()
	if err != nil {
		return err
	}
	return r.orphans.FindCrowds(wanted, r.claims)
}

// usualPrice is what a picture of a model costs at its default size.
func (b *Batch) usualPrice(model string) client.Money {
	s := state.Request{Model: model}
	if sizes := client.LookupModel(model).Sizes; len(sizes) > 0 {
		s.Size = sizes[0].String()
	}
	return b.price(s)
}

// wantedWords counts, by their words, the items that want a task: those that are to be sent,
// and those in doubt.
func (r *run) wantedWords() (map[string]int, error) {
	wanted := map[string]int{}
	for i, e := range r.state.Entries() {
		if e.Phase() != state.Intent {
			continue
		}
		rec, err := r.state.Get(i)
		if err != nil {
			return nil, err
		}
		wanted[tasklist.PromptKey(rec.Sent.Model, rec.Sent.Prompt)]++
	}
	for i, it := range r.b.items() {
		if it.err != nil {
			return nil, it.err
		}
		if !it.Skip && r.b.wanted(i) {
			wanted[tasklist.PromptKey(modelOf(it.Item), it.Prompt)]++
		}
	}
	return wanted, nil
}

// An Orphan is a task that was found where the state file had lost its end, and that no item
// wanted.
type Orphan struct {
	Task, Model string
	Created     time.Time
	// at the size that the model makes by itself; 0 where its price is not known
	Cost client.Money
}

// Orphans are those of the last Run, oldest first. They are paid for, by this batch or by
// another program.
func (b *Batch) Orphans() []Orphan { return b.orphaned }

// leftOver notes the orphans of a run that came to the end of the manifest.
func (r *run) leftOver() error {
	rows, err := r.orphans.Unclaimed(r.claims)
	if err != nil {
		return err
	}
	for _, row := range rows {
		r.b.orphaned = append(r.b.orphaned, Orphan{
			row.ID, row.Model, row.Created, r.b.usualPrice(row.Model)})
	}
	slices.SortFunc(r.b.orphaned, func(a, b Orphan) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Task, b.Task))
	})
	return nil
}

// holdCrowded holds an item that one of several tasks may be of.
func (r *run) holdCrowded(rec *state.Record, n int) error {
	if r.o.OnDoubt == "resubmit" {
		return nil
	}
	r.stops.Owe(rec.Sent)
	return r.hold(
		rec, settle.InDoubt,
		"the state file has lost its end, and %d tasks with its words were found, of which fewer items want one", n)
}
