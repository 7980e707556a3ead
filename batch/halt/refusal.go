package halt

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
)

// This file watches a service that goes on answering and takes nothing: HTTP 429 without end,
// which the limiter alone would wait out for ever, and answers of something that stands before
// the service.

const (
	// shownAfter is how long a model refuses before anybody is told: less is the limiter
	// finding its rate.
	shownAfter = 30 * time.Second
	// refusedFor is how long a model refuses before nothing more is submitted to it.
	refusedFor = 15 * time.Minute
	// refusedTimes is how many refusals that takes at least, since a machine may have slept
	// between two.
	refusedTimes = 5
	// foreignAnswers in a row, with nothing accepted between them, stop all submissions.
	maxForeignAnswers = 3
)

// A Refusal is a model that takes no submission.
type Refusal struct {
	Model string
	// Since is when the first was refused after the last that was accepted, by the service's
	// clock.
	Since time.Time
	// Times is how many were refused since then.
	Times int
	Cause *client.APIError
}

// A RefusedError says that nothing more is submitted to a model, since it has refused
// everything for long and no task of it is open. Its items are left as they are.
type RefusedError struct {
	Refusal
	For time.Duration // the service's time
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("all %d submissions were refused since %s, for %v: %v",
		e.Times, e.Since.Local().Format(time.TimeOnly), e.For.Round(time.Minute), e.Cause)
}

// Unwrap gives the last refusal.
func (e *RefusedError) Unwrap() error { return e.Cause }

// Throttled notes that a submission was refused for pace, and stops those to its model where
// that has no end. A task that is open may be what fills the quota.
func (c *Conditions) Throttled(model string, api *client.APIError) {
	c.o.Clock.Observe(api.Date)
	now, atService := c.o.Clock.Now(), c.o.Open(model)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.foreignInARow = 0
	f := c.throttled[model]
	if f.Times == 0 {
		f = Refusal{Model: model, Since: now}
	}
	f.Times++
	f.Cause = api
	c.throttled[model] = f
	lasted := now.Sub(f.Since)
	if lasted >= shownAfter {
		c.showRefusals()
	}
	if lasted >= refusedFor && f.Times >= refusedTimes && atService == 0 {
		c.stop(model, &RefusedError{f, lasted})
	}
}

// Answered notes that the service itself has answered a submission with something else than a
// refusal for pace.
func (c *Conditions) Answered(model string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.foreignInARow = 0
	if _, refused := c.throttled[model]; refused {
		delete(c.throttled, model)
		c.showRefusals()
	}
}

// showRefusals puts the models that refuse into the progress; c.mu is held.
func (c *Conditions) showRefusals() {
	var all []Refusal
	for _, model := range slices.Sorted(maps.Keys(c.throttled)) {
		if f := c.throttled[model]; c.o.Clock.Now().Sub(f.Since) >= shownAfter {
			all = append(all, f)
		}
	}
	c.o.Show(all)
}

// AnsweredByAnother counts an answer with HTTP 4xx that came from something before the service.
// Each leaves a doubt, so several in a row stop all submissions.
func (c *Conditions) AnsweredByAnother(answer *client.ForeignError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.foreignInARow++; c.foreignInARow >= maxForeignAnswers {
		c.stop("",
			fmt.Errorf(
				"%d submissions in a row were answered by something else than the service: %w: %q",
				c.foreignInARow, answer, answer.Body))
	}
}
