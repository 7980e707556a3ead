package halt

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
)

// ErrLimit says that a run stopped starting items because of a limit of its own. What was open has
// been collected.
var ErrLimit = errors.New("stopped by its own limit")

// ErrBudget is the [ErrLimit] of Config.Budget: the same command would stop at the same place.
var ErrBudget = fmt.Errorf("%w", ErrLimit)

// A Config says what stops a run, and what the conditions ask and tell. The limits are no limits
// where they are 0; all other fields are required.
type Config struct {
	// Items is how many may be started, Failures how many may fail for good.
	Items, Failures int
	// Budget is the most that the batch may cost over the life of its state file.
	Budget client.Money
	// Cost is what a request costs: its pictures, and those that it shows.
	Cost  func(state.Request) client.Money
	Clock *pace.Clock
	// Paces are closed where nothing more is to be submitted.
	Paces *pace.Models
	// Open is how many tasks of a model are open at the service.
	Open func(model string) int
	// Show takes the models that have refused everything for a while.
	Show func([]Refusal)
	Log  *slog.Logger
}

// Conditions stop submissions. What is open at the service is collected all the same.
type Conditions struct {
	o Config

	mu            sync.Mutex
	halted        map[string]error   // why a model, or "" for all, is not submitted to any more
	limit         error              // which limit of the run's own was reached
	deadline      time.Time          // by the service's clock; zero for none
	started       int                // items started
	failures      int                // items that failed for good
	accepted      bool               // the service has taken a submission
	throttled     map[string]Refusal // models that answer with 429 only, from the first such answer
	foreignInARow int                // answers of something before the service, in a row
	itemRefusals  map[string]int     // items refused for good, by code, before one was accepted
	// what the batch has cost or may cost, if all that is open succeeds
	money client.Money
}

// New returns conditions that allow submissions to all models.
func New(o Config) *Conditions {
	return &Conditions{o: o, halted: map[string]error{}, throttled: map[string]Refusal{},
		itemRefusals: map[string]int{}}
}

// SetDeadline says until when items are started, by the service's clock; zero is without end.
func (c *Conditions) SetDeadline(at time.Time) {
	c.mu.Lock()
	c.deadline = at
	c.mu.Unlock()
}

// AddCost counts what the batch has cost, or may have cost, before this run.
func (c *Conditions) AddCost(cost client.Money) {
	c.mu.Lock()
	c.money += cost
	c.mu.Unlock()
}

// Reason is why the run did not try everything: a refusal that concerns all, one of a model, or
// a limit.
func (c *Conditions) Reason() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.halted[""] != nil {
		return c.halted[""]
	}
	for _, model := range slices.Sorted(maps.Keys(c.halted)) {
		return fmt.Errorf("%s: %w", model, c.halted[model])
	}
	return c.limit
}

// Begin counts an item of a model that is started; false where no more may be.
func (c *Conditions) Begin(model string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed(model) {
		return false
	}
	if c.o.Items > 0 && c.started >= c.o.Items {
		c.limit = fmt.Errorf("%w: as many items as allowed were started", ErrLimit)
		return false // those that were started may go on
	}
	c.started++
	return true
}

// closed reports whether no item of a model is started any more; c.mu is held.
func (c *Conditions) closed(model string) bool {
	return c.halted[""] != nil || c.halted[model] != nil || c.limit != nil
}

// Admit has the last word before an intent is written; false leaves the item for the next run. It
// counts the money before anything is sent, so that no crash can make a batch cost more than its
// budget.
func (c *Conditions) Admit(s state.Request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	price := c.cost(s)
	switch {
	case c.halted[""] != nil || c.halted[s.Model] != nil:
		return false
	case !c.deadline.IsZero() && !c.o.Clock.Now().Before(c.deadline):
		return c.reachLimit(fmt.Errorf("%w: the deadline has passed", ErrLimit))
	case c.o.Failures > 0 && c.failures >= c.o.Failures:
		return c.reachLimit(fmt.Errorf("%w: as many items as allowed have failed", ErrLimit))
	case c.o.Budget > 0 && c.money+price > c.o.Budget:
		return c.reachLimit(
			fmt.Errorf(
				"%w: the next picture could bring the batch to ¥%s, above its budget of ¥%s",
				ErrBudget, c.money+price, c.o.Budget))
	}
	c.money += price
	return true
}

// cost is what a request costs.
func (c *Conditions) cost(s state.Request) client.Money {
	return c.o.Cost(s)
}

// Owe counts the money of a task that was not submitted by this run.
func (c *Conditions) Owe(s state.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.money += c.cost(s)
}

// reachLimit notes the first limit that was reached and stops all submissions. It returns false,
// for Admit; c.mu is held.
func (c *Conditions) reachLimit(why error) bool {
	if c.limit == nil {
		c.limit = why
	}
	c.o.Paces.Close("")
	return false
}

// Doubted keeps a submission in the budget that is sent again although it may have been paid for.
func (c *Conditions) Doubted(rec *state.Record) {
	price := c.cost(rec.Sent)
	c.mu.Lock()
	defer c.mu.Unlock()
	rec.Doubted += price
	c.money += price // Settled takes the price of the submission itself back
}

// Settled corrects the money by what is known of a submission after each step of its item: one
// that created no task or failed cost nothing, one that is done what its record says. Of one
// that is open, in doubt or held the full price stays counted.
func (c *Conditions) Settled(rec *state.Record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	price := c.cost(rec.Sent)
	switch rec.Phase {
	case state.Ready:
		c.money -= price
	case state.Failed:
		c.money -= price
	case state.Done:
		c.money += rec.Cost - price
	}
}

// CountFailure counts an item that failed for good.
func (c *Conditions) CountFailure() {
	c.mu.Lock()
	c.failures++
	c.mu.Unlock()
}

// Halt stops submissions of a model, or with "" all of them.
func (c *Conditions) Halt(model string, why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stop(model, why)
}

// stop is Halt with c.mu held.
func (c *Conditions) stop(model string, why error) {
	if c.halted[model] == nil {
		c.halted[model] = why
		c.o.Log.Error("no more submissions", "model", model, "cause", why)
	}
	c.o.Paces.Close(model)
}

// sameRefusals is how many items may be refused for good with one code, before any is accepted,
// until all submissions stop: such refusals are not about the items.
const sameRefusals = 3

// RefusedForGood counts a refusal that speaks of one item.
func (c *Conditions) RefusedForGood(api *client.APIError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.accepted || api.ContentFiltered() {
		return
	}
	if c.itemRefusals[api.Code]++; c.itemRefusals[api.Code] >= sameRefusals {
		c.stop("", fmt.Errorf("the first %d submissions were all refused alike: %w",
			c.itemRefusals[api.Code], api))
	}
}

// Accepted notes that the service takes what it is sent.
func (c *Conditions) Accepted() {
	c.mu.Lock()
	c.accepted = true
	c.mu.Unlock()
}
