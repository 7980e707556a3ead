package batch

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/halt"
	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/settle"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
)

// This file is what happens before the first submission of a run. A state file that does not
// end with a clean stop may have lost its end: to a crash, to a disk, to a backup that was put
// back. What it does not know may be paid for, so the account's tasks since its last line are
// looked through first, and the pictures that it does not know are taken in.

// A sweep looks for the tasks that a state file has lost with its end, and keeps them for the
// items that want them.
type sweep struct {
	state    *state.File
	clock    *pace.Clock
	stops    *halt.Conditions
	waiter   *waiter
	finder   *settle.Finder
	claims   *tasklist.Claims
	models   []string
	resubmit bool // Options.OnDoubt
	budgeted bool // Options.Budget
	// records are those of the items that are to be sent, prompts the keys of their prompts
	records func() iter.Seq2[state.Record, error]
	prompts func() iter.Seq2[string, error]

	// tasks since then may be ours and unknown; zero where there are none such. Not written once
	// the sweep runs, like ended.
	since        time.Time
	lastSentBy   time.Time // by then the run before had sent its last
	orphans      settle.Orphans
	swept        bool          // they have been looked through
	unidentified bool          // some of them could not be told
	done         chan struct{} // closed when they have been, in this pass
}

// run finds the tasks that the state should know and does not. Nothing is submitted before it
// ends.
func (s *sweep) run(ctx context.Context) error {
	if s.since.IsZero() || s.swept {
		return nil
	}
	// A last line of tomorrow was written by a clock that was wrong.
	if err := s.clock.Sleep(ctx, min(s.finder.Time,
		s.finder.Time-s.clock.Now().Sub(s.lastSentBy))); err != nil {
		return err
	}
	strays, err := s.finder.Strays(ctx, s.since.Add(-tasklist.Margin), s.models,
		s.resubmit)
	if err != nil {
		return err
	}
	untold := map[string]int{}
	for _, row := range strays {
		told, err := s.keepStray(ctx, row)
		if err != nil {
			return err
		}
		// a doubt may have found it meanwhile
		ours, err := s.claims.Claimed(map[string]client.TaskInfo{row.ID: row})
		if err != nil {
			return err
		}
		if !told && !ours[row.ID] {
			untold[row.Model]++
		}
	}
	if err := s.haltUnidentified(untold); err != nil {
		return err
	}
	if err := s.findCrowds(); err != nil {
		return err
	}
	s.swept = true
	return s.budgetOrphans()
}

// haltUnidentified stops the models of which there are more tasks that nobody can tell the words
// of than submissions in doubt: one of them may be of an item that the state has lost.
func (s *sweep) haltUnidentified(untold map[string]int) error {
	if len(untold) == 0 || s.resubmit {
		return nil
	}
	for i, e := range s.state.Entries() {
		if p := e.Phase(); p != state.Intent && p != state.Held {
			continue
		}
		rec, err := s.state.Get(i)
		if err != nil {
			return err
		}
		if rec.Task == "" && !rec.Intent.Before(s.since.Add(-tasklist.Margin)) {
			untold[rec.Sent.Model]--
		}
	}
	for model, n := range untold {
		if n > 0 {
			s.unidentified = true
			s.stops.Halt(
				model, fmt.Errorf(
					"the last run did not end cleanly, and %d tasks since then may be of this batch, of which the service does not tell the prompt; --on-doubt resubmit submits all the same", n))
		}
	}
	return nil
}

// budgetOrphans counts what the items will cost that are to get an orphan, before others spend the
// budget.
func (s *sweep) budgetOrphans() error {
	if !s.budgeted || s.orphans.Empty() {
		return nil
	}
	for rec, err := range s.records() {
		if err != nil {
			return err
		}
		if s.orphans.Reserve(tasklist.PromptKey(rec.Sent.Model, rec.Sent.Prompt)) {
			s.stops.Owe(rec.Sent)
		}
	}
	return nil
}

// wait waits until what the state has lost was looked for.
func (s *sweep) wait(ctx context.Context) error {
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// unswept is since when the next run must look for lost tasks: those that were found are kept
// in memory until an item wants them, and those that could not be told are told no better by a
// clean end. What no item of the whole manifest wanted is not ours.
func (s *sweep) unswept(all bool) time.Time {
	if s.swept && !s.unidentified && (all || s.orphans.Empty()) {
		return time.Time{}
	}
	return s.since
}

// keepStray waits until a stray has ended and keeps it for the item that asked for its words;
// told is false where it may be paid for and its words are not to be had.
func (s *sweep) keepStray(ctx context.Context, row client.TaskInfo) (told bool, err error) {
	task, err := s.waiter.await(ctx, askedTask{id: row.ID, sent: state.Request{Model: row.Model},
		submitted: row.Created, foreign: true})
	if err != nil || task.Status == client.Failed || task.Status == client.Canceled {
		return true, err
	}
	words, told := tasklist.OriginalPrompt(task)
	if !told {
		return false, nil
	}
	s.orphans.Add(tasklist.PromptKey(row.Model, words), row)
	return true, nil
}

// findCrowds marks the words that more tasks were found for than items want one. Another client
// of the account may have made some of them, from the same words and another seed.
func (s *sweep) findCrowds() error {
	if s.orphans.Empty() {
		return nil
	}
	wanted, err := s.wantedByPrompt()
	if err != nil {
		return err
	}
	return s.orphans.FindCrowds(wanted, s.claims)
}

// wantedByPrompt counts, by their words, the items that want a task: those that are to be sent,
// and those in doubt.
func (s *sweep) wantedByPrompt() (map[string]int, error) {
	wanted := map[string]int{}
	for i, e := range s.state.Entries() {
		if e.Phase() != state.Intent {
			continue
		}
		rec, err := s.state.Get(i)
		if err != nil {
			return nil, err
		}
		wanted[tasklist.PromptKey(rec.Sent.Model, rec.Sent.Prompt)]++
	}
	for prompt, err := range s.prompts() {
		if err != nil {
			return nil, err
		}
		wanted[prompt]++
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

// leftOver are the orphans of a run that came to the end of the manifest, oldest first.
func (s *sweep) leftOver(price func(state.Request) client.Money) ([]Orphan, error) {
	rows, err := s.orphans.Unclaimed(s.claims)
	if err != nil {
		return nil, err
	}
	var all []Orphan
	for _, row := range rows {
		all = append(all, Orphan{row.ID, row.Model, row.Created, price(usualRequest(row.Model))})
	}
	slices.SortFunc(all, func(a, b Orphan) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Task, b.Task))
	})
	return all, nil
}

// usualRequest asks for a picture of a model at its default size.
func usualRequest(model string) state.Request {
	r := state.Request{Model: model}
	if sizes := client.LookupModel(model).Sizes; len(sizes) > 0 {
		r.Size = sizes[0].String()
	}
	return r
}
