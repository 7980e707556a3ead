package batch

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
)

// ErrLimit says that a run stopped starting items because of a limit of its own: Limit, Budget, Deadline or MaxFailures.
// What was open has been collected.
var ErrLimit = errors.New("stopped by its own limit")

// ErrBudget is the [ErrLimit] of Options.Budget: the same command would stop at the same place.
var ErrBudget = fmt.Errorf("%w", ErrLimit)

// limits are what stops submissions. What is open at the service is collected all the same.
type limits struct {
	mu       sync.Mutex
	halted   map[string]error   // why a model, or "" for all, is not submitted to any more
	limit    error              // which limit of the run's own was reached
	deadline time.Time          // by the service's clock; zero for none
	begun    int                // items started
	failures int                // items that failed for good
	accepted bool               // the service has taken a submission
	refusing map[string]Refusal // models that refuse for pace, from the first refusal on
	foreign  int                // answers of something before the service, in a row
	refusals map[string]int     // items refused for good by code, before anything was accepted
	money    client.Money       // what the batch has cost or may cost, if all that is open succeeds
}

// reason is why the run did not try everything: a refusal that concerns all, one of a model, or a limit.
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
func (r *run) begin(rec state.Record) bool {
	l := &r.limits
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed(rec.Sent.Model) {
		return false
	}
	if r.o.Limit > 0 && l.begun >= r.o.Limit {
		l.limit = fmt.Errorf("%w: as many items as allowed were started", ErrLimit)
		return false // those that were started may go on
	}
	l.begun++
	return true
}

func (l *limits) closed(model string) bool {
	return l.halted[""] != nil || l.halted[model] != nil || l.limit != nil
}

// admit has the last word before an intent is written. It counts the money before anything is sent, so that no crash can
// make a batch cost more than its budget.
func (r *run) admit(rec *state.Record) error {
	l := &r.limits
	l.mu.Lock()
	defer l.mu.Unlock()
	price := r.price(rec.Sent) * client.Money(rec.Sent.N)
	switch {
	case l.halted[""] != nil || l.halted[rec.Sent.Model] != nil:
		return errLeave
	case !l.deadline.IsZero() && !r.clock.Now().Before(l.deadline):
		return r.enough(fmt.Errorf("%w: the deadline has passed", ErrLimit))
	case r.o.MaxFailures > 0 && l.failures >= r.o.MaxFailures:
		return r.enough(fmt.Errorf("%w: as many items as allowed have failed", ErrLimit))
	case r.o.Budget > 0 && l.money+price > r.o.Budget:
		return r.enough(fmt.Errorf("%w: the next picture could bring the batch to ¥%s, above its budget of ¥%s", ErrBudget, l.money+price, r.o.Budget))
	}
	l.money += price
	return nil
}

// owe counts the money of a task that was not submitted by this run.
func (r *run) owe(rec *state.Record) {
	r.limits.mu.Lock()
	defer r.limits.mu.Unlock()
	r.limits.money += r.price(rec.Sent) * client.Money(rec.Sent.N)
}

// enough notes which limit was reached; limits.mu is held.
func (r *run) enough(why error) error {
	if r.limits.limit == nil {
		r.limits.limit = why
	}
	r.closePaces("")
	return errLeave
}

// countMoney adds up what the batch has cost so far or may have cost.
func (r *run) countMoney() error {
	if r.o.Budget == 0 {
		return nil
	}
	for i := range r.state.Count() {
		rec, err := r.state.Get(i)
		if err != nil {
			return err
		}
		r.limits.money += r.mayCost(rec)
	}
	return nil
}

// mayCost is what an item has cost, or will have cost if what is open or in doubt succeeds.
func (b *Batch) mayCost(rec state.Record) client.Money {
	sure := rec.Before + rec.Doubted
	switch rec.Phase {
	case state.Intent, state.Open, state.Held:
		return sure + b.price(rec.Sent)*client.Money(rec.Sent.N)
	}
	return sure + rec.Cost
}

// doubted keeps a submission in the budget that is sent again although it may have been paid for.
func (r *run) doubted(rec *state.Record) {
	price := r.price(rec.Sent) * client.Money(rec.Sent.N)
	r.limits.mu.Lock()
	defer r.limits.mu.Unlock()
	rec.Doubted += price
	r.limits.money += price // settled takes the price of the submission itself back
}

// settled corrects the money when it is known what a submission cost.
func (r *run) settled(rec *state.Record) {
	l := &r.limits
	l.mu.Lock()
	defer l.mu.Unlock()
	price := r.price(rec.Sent) * client.Money(rec.Sent.N)
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
func (r *run) failedOne() {
	l := &r.limits
	l.mu.Lock()
	l.failures++
	l.mu.Unlock()
}

// halt stops submissions of a model, or with "" all of them.
func (r *run) halt(model string, why error) {
	r.limits.mu.Lock()
	defer r.limits.mu.Unlock()
	r.limits.halt(r, model, why)
}

func (l *limits) halt(r *run, model string, why error) {
	if l.halted[model] == nil {
		l.halted[model] = why
		r.log.Error("no more submissions", "model", model, "cause", why)
	}
	r.closePaces(model)
}

// sameRefusals is how many items may be refused for good with one code before anything is accepted: then it is not the
// items, and the quota is better kept.
const sameRefusals = 3

// refusedForGood counts a refusal that speaks of one item.
func (r *run) refusedForGood(api *client.APIError) {
	l := &r.limits
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.accepted || api.ContentFiltered() {
		return
	}
	if l.refusals[api.Code]++; l.refusals[api.Code] >= sameRefusals {
		l.halt(r, "", fmt.Errorf("the first %d submissions were all refused alike: %w", l.refusals[api.Code], api))
	}
}

// wasAccepted notes that the service takes what it is sent.
func (r *run) wasAccepted() {
	r.limits.mu.Lock()
	r.limits.accepted = true
	r.limits.mu.Unlock()
}
