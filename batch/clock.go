package batch

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// A clock tells the service's time from the dates of its answers: our own may be wrong by a day, the deadlines are the
// service's. Durations in between are measured by our monotonic clock, times speed in a rehearsal.
type clock struct {
	speed float64

	mu   sync.Mutex
	date time.Time // the service's, when it last told it
	at   time.Time // ours, at that moment
}

func newClock(speed float64) *clock { return &clock{speed: speed} }

// observe takes the date of an answer; a zero one is ignored.
func (c *clock) observe(date time.Time) {
	if date.IsZero() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.date, c.at = date, time.Now()
}

// now is the service's time, or ours as long as it has not told its own.
func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.date.IsZero() {
		return time.Now()
	}
	return c.date.Add(time.Duration(float64(time.Since(c.at)) * c.speed))
}

// sleep waits for a duration of the service's time.
func (c *clock) sleep(ctx context.Context, d time.Duration) error { return sleep(ctx, c.local(d)) }

// local is how long a duration of the service's time takes here.
func (c *clock) local(d time.Duration) time.Duration { return time.Duration(float64(d) / c.speed) }

// remote is how long a duration of ours takes by the service's clock.
func (c *clock) remote(d time.Duration) time.Duration { return time.Duration(float64(d) * c.speed) }

// deadline is when a duration of the service's time will be over, by its clock; zero for none.
func (c *clock) deadline(d time.Duration) time.Time {
	if d == 0 {
		return time.Time{}
	}
	return c.now().Add(d)
}

// backoff is how long to wait after the n-th failure in a row, from 0: 1 s, 2 s, 4 s… up to a minute, half of it by chance.
func backoff(n int) time.Duration {
	d := min(time.Minute, time.Second<<min(n, 6))
	return d/2 + rand.N(d/2)
}

// sleep waits, or returns the context's error.
func sleep(ctx context.Context, d time.Duration) error { return sleepUnless(ctx, d, nil) }

// sleepUnless is a sleep that wake ends.
func sleepUnless(ctx context.Context, d time.Duration, wake <-chan struct{}) error {
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
