package pace

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// A Clock tells the service's time, which deadlines and expiry are said in, from the Date headers
// of its answers: the local clock may be wrong by a day. Between answers it advances with the
// local monotonic clock, times speed in a rehearsal. It is safe for concurrent use.
type Clock struct {
	speed float64

	mu   sync.Mutex
	date time.Time // of the last answer, by the service's clock
	at   time.Time // when it came, by the local clock
}

// NewClock returns a clock that goes speed times as fast as the local one.
func NewClock(speed float64) *Clock { return &Clock{speed: speed} }

// Observe sets the clock by the Date header of an answer; a zero date is ignored.
func (c *Clock) Observe(date time.Time) {
	if date.IsZero() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.date, c.at = date, time.Now()
}

// Now returns the service's time, or the local one before the first answer.
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

// Local converts a duration of the service's time to the local one.
func (c *Clock) Local(d time.Duration) time.Duration { return time.Duration(float64(d) / c.speed) }

// Remote converts a local duration to the service's time.
func (c *Clock) Remote(d time.Duration) time.Duration {
	return time.Duration(float64(d) * c.speed)
}

// Deadline returns when a duration of the service's time will have passed, by its clock. It is
// zero for a duration of 0.
func (c *Clock) Deadline(d time.Duration) time.Time {
	if d == 0 {
		return time.Time{}
	}
	return c.Now().Add(d)
}

// Backoff returns how long to wait after the n-th failure in a row, counted from 0: 1 s, 2 s,
// 4 s… up to a minute, shortened at random by up to a half.
func Backoff(n int) time.Duration {
	d := min(time.Minute, time.Second<<min(n, 6))
	return d/2 + rand.N(d/2)
}

// Sleep waits for a local duration, or returns the context's error.
func Sleep(ctx context.Context, d time.Duration) error { return SleepUnless(ctx, d, nil) }

// SleepUnless is a Sleep that ends when wake is closed or sends.
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

// Sooner returns the earlier of two times. A zero a counts as no time.
func Sooner(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// Later returns the later of two times.
func Later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
