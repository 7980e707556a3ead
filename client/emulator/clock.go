package emulator

import (
	"context"
	"math"
	"time"
)

// clock is the emulator's time. It began at base, when the machine's clock was at started, and
// runs speed times as fast.
type clock struct {
	base, started time.Time
	speed         float64
	stopped       chan struct{} // closed when the server closes, which ends all waits
}

func (c *clock) now() time.Time {
	return c.base.Add(time.Duration(float64(time.Since(c.started)) * c.speed))
}

// wait waits for d of the emulator's time. It reports false if the context or the clock ends
// first.
func (c *clock) wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(c.real(d))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-c.stopped:
	}
	return false
}

// until waits for a moment of the emulator's time, like wait.
func (c *clock) until(ctx context.Context, at time.Time) bool {
	for {
		left := at.Sub(c.now())
		if left <= 0 {
			return true
		}
		if !c.wait(ctx, left) { // a wait may end early by a rounding error
			return false
		}
	}
}

// real converts a duration of the emulator's time to the machine's, rounded up.
func (c *clock) real(d time.Duration) time.Duration {
	const longest = 1 << 62
	if f := math.Ceil(float64(d) / c.speed); f < longest {
		return time.Duration(f)
	}
	return longest
}
