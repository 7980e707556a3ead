package pace

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// A Clock tells the service's time from the Date headers of its answers: the local clock may be
// wrong by a day, and deadlines are the service's. Durations in between are measured by the
// local monotonic clock, times speed in a rehearsal.
type Clock struct {
	speed float64

	mu   sync.Mutex
	date time.Time // the service's time, when it last told it
	at   time.Time // the local time of that moment
}

// NewClock returns a clock that goes speed times as fast as the local one.
func NewClock(speed float64) *Clock { return &Clock{speed: speed} }

// Observe takes the date of an answer; a zero one is ignored.
func (c *Clock) Observe(date time.Time) {
	if date.IsZero() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.date, c.at = date, time.Now()
}

// Now is the service's time, or the local one as long as no answer has told it.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.date.IsZero() {
		return time.Now()
	}
	return c.date.Add(time.Duration(float64(time.Since(c.at)) * c.speed))
}

// Sleep waits for a duration of the service's time.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error { return Sleep(ctx, c.Local(d)) }

// Local is how long a duration of the service's time takes here.
func (c *Clock) Local(d time.Duration) time.Duration { return time.Duration(float64(d) / c.speed) }

// Remote is how long a local duration takes by the service's clock.
func (c *Clock) Remote(d time.Duration) time.Duration {
	return time.Duration(float64(d) * c.speed)
}

// Deadline is when a duration of the service's time will be over, by its clock; zero for none.
func (c *Clock) Deadline(d time.Duration) time.Time {
	if d == 0 {
		return time.Time{}
	}
	return c.Now().Add(d)
}

// Backoff is how long to wait after the n-th failure in a row, from 0: 1 s, 2 s, 4 s… up to a
// minute, half of it by chance.
func Backoff(n int) time.Duration {
	d := min(time.Minute, time.Second<<min(n, 6))
	return d/2 + rand.N(d/2)
}

// Sleep waits for a local duration, or returns the context's error.
func Sleep(ctx context.Context, d time.Duration) error { return SleepUnless(ctx, d, nil) }

// SleepUnless is a Sleep that the closing of wake ends.
func SleepUnless(ctx context.Context, d time.Duration, wake <-chan struct{}) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-wake:
	case <-timer.C:
	}
	return nil
}

// Sooner is the earlier of two moments, of which the first may be none.
func Sooner(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// Later is the later of two moments.
func Later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
