package batch

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/poll"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
)

// ErrLimit says that a run stopped starting items because of a limit of its own: Limit, Budget,
// Deadline or MaxFailures. What was open has been collected.
var ErrLimit = errors.New("stopped by its own limit")

// ErrBudget is the [ErrLimit] of Options.Budget: the same command would stop at the same place.
var ErrBudget = fmt.Errorf("%w", ErrLimit)

// limits are what stops submissions. What is open at the service is collected all the same.
type limits struct {
	o     *Options
	price func(state.Request) client.Money // of one picture
	clock *pace.Clock
	paces *pace.Models // which are closed where nothing more is to be submitted
	watch *poll.Watcher
	show  func([]Refusal) // puts models that refuse into the progress

	mu       sync.Mutex
	halted   map[string]error   // why a model, or "" for all, is not submitted to any more
	limit    error              // which limit of the run's own was reached
	deadline time.Time          // by the service's clock; zero for none
	begun    int                // items started
	failures int                // items that failed for good
	accepted bool               // the service has taken a submission
	refusing map[string]Refusal // models that refuse for pace, from the first refusal on
	strange  int                // answers of something before the service, in a row
	refusals map[string]int     // items refused for good by code, before anything was accepted
	// what the batch has cost or may cost, if all that is open succeeds
	money client.Money
}

func newLimits(b *Batch, clock *pace.Clock, paces *pace.Models, watch *poll.Watcher) *limits {
	return &limits{o: &b.o, price: b.price, clock: clock, paces: paces, watch: watch,
		show:   b.counts.refuse,
		halted: map[string]error{}, refusing: map[string]Refusal{}, refusals: map[string]int{}}
}

// reason is why the run did not try everything: a refusal that concerns all, one of a model, or
// a limit.
func (l *limits) reason() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.halted[""] != nil {
		return l.halted[""]
	}
	for _, model := range slices.Sorted(maps.Keys(l.halted)) {
		return fmt.Errorf("%s: %w", model, l.halted[model])
	}
	return l.limit
}

// begin counts an item that is started; false where no more may be.
func (l *limits) begin(rec state.Record) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed(rec.Sent.Model) {
		return false
	}
	if l.o.Limit > 0 && l.begun >= l.o.Limit {
		l.limit = fmt.Errorf("%w: as many items as allowed were started", ErrLimit)
		return false // those that were started may go on
	}
	l.begun++
	return true
}

func (l *limits) closed(model string) bool {
	return l.halted[""] != nil || l.halted[model] != nil || l.limit != nil
}

// admit has the last word before an intent is written. It counts the money before anything is
// sent, so that no crash can make a batch cost more than its budget.
func (l *limits) admit(rec *state.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	price := l.price(rec.Sent) * client.Money(rec.Sent.N)
	switch {
	case l.halted[""] != nil || l.halted[rec.Sent.Model] != nil:
		return errLeave
	case !l.deadline.IsZero() && !l.clock.Now().Before(l.deadline):
		return l.enough(fmt.Errorf("%w: the deadline has passed", ErrLimit))
	case l.o.MaxFailures > 0 && l.failures >= l.o.MaxFailures:
		return l.enough(fmt.Errorf("%w: as many items as allowed have failed", ErrLimit))
	case l.o.Budget > 0 && l.money+price > l.o.Budget:
		return l.enough(
			fmt.Errorf(
				"%w: the next picture could bring the batch to ¥%s, above its budget of ¥%s",
				ErrBudget, l.money+price, l.o.Budget))
	}
	l.money += price
	return nil
}

// owe counts the money of a task that was not submitted by this run.
func (l *limits) owe(rec *state.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.money += l.price(rec.Sent) * client.Money(rec.Sent.N)
}

// enough notes which limit was reached; limits.mu is held.
func (l *limits) enough(why error) error {
	if l.limit == nil {
		l.limit = why
	}
	l.paces.Close("")
	return errLeave
}

// doubted keeps a submission in the budget that is sent again although it may have been paid for.
func (l *limits) doubted(rec *state.Record) {
	price := l.price(rec.Sent) * client.Money(rec.Sent.N)
	l.mu.Lock()
	defer l.mu.Unlock()
	rec.Doubted += price
	l.money += price // settled takes the price of the submission itself back
}

// settled corrects the money when it is known what a submission cost.
func (l *limits) settled(rec *state.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	price := l.price(rec.Sent) * client.Money(rec.Sent.N)
	switch rec.Phase {
	case state.Ready:
		l.money -= price
	case state.Failed:
		l.money -= price
	case state.Done:
		l.money += rec.Cost - price
	}
}

// failedOne counts an item that failed for good.
func (l *limits) failedOne() {
	l.mu.Lock()
	l.failures++
	l.mu.Unlock()
}

// halt stops submissions of a model, or with "" all of them.
func (l *limits) halt(model string, why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stop(model, why)
}

// stop is halt for one that holds l.mu.
func (l *limits) stop(model string, why error) {
	if l.halted[model] == nil {
		l.halted[model] = why
		l.o.Log.Error("no more submissions", "model", model, "cause", why)
	}
	l.paces.Close(model)
}

// sameRefusals is how many items may be refused for good with one code before anything is
// accepted: then it is not the items, and the quota is better kept.
const sameRefusals = 3

// refusedForGood counts a refusal that speaks of one item.
func (l *limits) refusedForGood(api *client.APIError) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.accepted || api.ContentFiltered() {
		return
	}
	if l.refusals[api.Code]++; l.refusals[api.Code] >= sameRefusals {
		l.stop("", fmt.Errorf("the first %d submissions were all refused alike: %w",
			l.refusals[api.Code], api))
	}
}

// wasAccepted notes that the service takes what it is sent.
func (l *limits) wasAccepted() {
	l.mu.Lock()
	l.accepted = true
	l.mu.Unlock()
}
