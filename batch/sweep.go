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

// A state file that does not end with a clean stop may have lost its end: to a crash, to a disk,
// to a backup that was put back. Tasks that it does not know may be paid for, so before the first
// submission of a run this file reads the account's tasks since the last line that is left.

// A sweep finds the tasks that a state file has lost with its end, and keeps them as orphans for
// the items with the same prompts.
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

	// since is from when tasks may be ours and unknown to the state; zero if there are none. It is
	// not written once the sweep runs, nor is lastSentBy.
	since        time.Time
	lastSentBy   time.Time // the last submission of the run before was sent by then
	orphans      settle.Orphans
	swept        bool          // the strays have been looked through
	unidentified bool          // the prompts of some strays are not known
	done         chan struct{} // closed when run has ended without an error in this pass
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
	unidentified := map[string]int{} // strays by model
	for _, row := range strays {
		known, err := s.keepStray(ctx, row)
		if err != nil {
			return err
		}
		// a doubt may have claimed it while it was waited for
		ours, err := s.claims.Claimed(map[string]client.TaskInfo{row.ID: row})
		if err != nil {
			return err
		}
		if !known && !ours[row.ID] {
			unidentified[row.Model]++
		}
	}
	if err := s.haltUnidentified(unidentified); err != nil {
		return err
	}
	if err := s.findCrowds(); err != nil {
		return err
	}
	s.swept = true
	return s.budgetOrphans()
}

// haltUnidentified halts a model when the list shows more strays of unknown prompts than there
// are submissions in doubt: one of them may be of an item that the state has lost.
func (s *sweep) haltUnidentified(strays map[string]int) error {
	if len(strays) == 0 || s.resubmit {
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
			strays[rec.Sent.Model]--
		}
	}
	for model, n := range strays {
		if n > 0 {
			s.unidentified = true
			s.stops.Halt(
				model, fmt.Errorf(
					"the last run did not end cleanly, and %d tasks since then may be of this batch, of which the service does not tell the prompt; --on-doubt resubmit submits all the same", n))
		}
	}
	return nil
}

// budgetOrphans counts in the budget what the items cost that are to adopt an orphan, before
// submissions of others use it up.
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

// wait waits until the sweep of this pass has ended.
func (s *sweep) wait(ctx context.Context) error {
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// unswept returns since when the next run must sweep again, zero if it need not. It must if the
// sweep has not ended, if strays are unidentified, or if orphans, which are in memory only, were
// left by a run that did not try every item. Those that a complete run leaves are not ours.
func (s *sweep) unswept(complete bool) time.Time {
	if s.swept && !s.unidentified && (complete || s.orphans.Empty()) {
		return time.Time{}
	}
	return s.since
}

// keepStray waits until a stray has ended and, if it succeeded, keeps it as an orphan under its
// prompt. Known is false if it may be paid for and the service does not tell its prompt.
func (s *sweep) keepStray(ctx context.Context, row client.TaskInfo) (known bool, err error) {
	task, err := s.waiter.await(ctx, askedTask{id: row.ID, sent: state.Request{Model: row.Model},
		submitted: row.Created, foreign: true})
	if err != nil || task.Status == client.Failed || task.Status == client.Canceled {
		return true, err
	}
	prompt, known := tasklist.OriginalPrompt(task)
	if !known {
		return false, nil
	}
	s.orphans.Add(tasklist.PromptKey(row.Model, prompt), row)
	return true, nil
}

// findCrowds marks the prompts of which there are more orphans than items that want one; see
// [settle.Orphans.FindCrowds].
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

// wantedByPrompt counts the items that want a task, by prompt key: those that are to be sent, and
// those in doubt.
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
