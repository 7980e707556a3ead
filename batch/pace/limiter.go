package pace

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/qwenbatch/qwenbatch/client"
)

const (
	// idleTime is the pause after which submissions begin slower.
	idleTime = time.Minute
	// slowest is the rate below which refusals do not slow a limiter, per second: a model of
	// two a minute would else be tried three times an hour.
	slowest = 1.0 / 60
	// gentle is the rate that no growth limit was seen to mind: the documented one of most
	// models, per second.
	gentle = 2
	// jitter is the share of a quota that is used: the network does not keep the spacing.
	jitter = 0.995
	// lull is after how many accepted requests a rate has grown beyond its ceiling by 3 %.
	lull = 90
)

// A Limiter spaces requests at a rate that gives way when the service refuses it.
type Limiter struct {
	full    rate.Limit // the quota times jitter
	speed   float64
	ramps   bool // begins slower after a pause
	waiting atomic.Int32
	first   chan struct{} // full while one request is first in the queue

	mu       sync.Mutex
	limit    rate.Limit
	ceiling  rate.Limit // just below what was last refused
	calm     int        // accepted since the last refusal
	resume   time.Time  // nothing goes before
	fast     tally      // answers at more than half of the quota
	slow     tally      // answers at less than an eighth
	previous time.Time  // when the last request went, or was to go
}

// NewLimiter returns a limiter of a quota per second of the service's time; speed multiplies
// it. [rate.Inf] is no limit.
func NewLimiter(full rate.Limit, speed float64) *Limiter {
	if full != rate.Inf {
		full *= rate.Limit(jitter * speed)
	}
	return &Limiter{full: full, limit: full, ceiling: full, calm: lull, speed: speed,
		first: make(chan struct{}, 1)}
}

// Queue is how long a request would wait for those that wait already.
func (l *Limiter) Queue() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Duration(float64(l.waiting.Load()) * float64(spacing(l.limit)))
}

func spacing(limit rate.Limit) time.Duration {
	return time.Duration(float64(time.Second) / float64(limit))
}

// Wait waits until the next request may go.
func (l *Limiter) Wait(ctx context.Context) error {
	l.waiting.Add(1)
	defer l.waiting.Add(-1)
	_, err := l.take(ctx, func() bool { return true })
	return err
}

// take waits until the next request may go, and reports whether it goes: only where may says so
// at that moment; else it uses up nothing of the rate. Only the first in the queue waits for a
// moment, and looks again when it has come, since a refusal puts it off.
func (l *Limiter) take(ctx context.Context, may func() bool) (bool, error) {
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case l.first <- struct{}{}:
	}
	defer func() { <-l.first }()
	at := time.Now()
	l.ramp(at)
	for next := l.next(); next.After(time.Now()); next = l.next() {
		if err := Sleep(ctx, time.Until(next)); err != nil {
			return false, err
		}
		at = next // a timer that is late does not slow the next request down
	}
	if ctx.Err() != nil || !may() {
		return false, ctx.Err()
	}
	l.mu.Lock()
	l.previous = at
	l.mu.Unlock()
	return true, nil
}

// next is when a request may go.
func (l *Limiter) next() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := l.previous.Add(spacing(l.limit))
	if l.resume.After(next) {
		return l.resume
	}
	return next
}

// ramp slows the limiter down after a pause.
func (l *Limiter) ramp(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	idle := time.Duration(float64(idleTime) / l.speed)
	if l.ramps && l.full != rate.Inf && now.Sub(l.previous) > idle {
		l.limit = min(l.limit, max(l.full/4, rate.Limit(gentle*l.speed)))
	}
}

// Observe takes the answer to a request that went.
func (l *Limiter) Observe(err error) {
	switch {
	case client.Throttled(err):
		l.Refused()
	case err == nil:
		l.Accepted()
	}
}

// Refused slows the limiter down after a refusal for pace. A ceiling that is refused again
// within a lull is far too high.
func (l *Limiter) Refused() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count(0)
	switch {
	case l.full == rate.Inf || time.Now().Before(l.resume):
		return // one refusal counts once, however many requests were on their way
	case l.slowedInVain():
		l.limit = min(l.full, l.limit/0.7)
		l.ceiling = max(l.ceiling, l.limit)
		return
	}
	below := rate.Limit(0.97)
	if l.calm < lull {
		below = 0.85
	}
	limit := max(l.limit*0.7, l.full/20, min(l.full, rate.Limit(slowest*l.speed)))
	l.ceiling, l.calm = max(l.limit*below, limit), 0
	l.limit = limit
	l.resume = time.Now().Add(2 * spacing(l.limit))
}

// Accepted brings the rate back: by a twentieth of the quota up to the ceiling, from there by
// n²/8,000,000 after the n-th accepted request, which is 3 % after 90 and the double after 255.
func (l *Limiter) Accepted() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calm++
	l.count(1)
	switch {
	case l.limit >= l.full:
		return
	case l.limit < l.ceiling:
		l.limit = min(l.ceiling, l.limit+l.full/20)
	default:
		l.limit = min(l.full, l.limit*(1+rate.Limit(l.calm*l.calm)/8e6))
		l.ceiling = l.limit
	}
}

// count notes an answer at the rate of now. What was learned near the quota is forgotten far
// below it.
func (l *Limiter) count(accepted float64) {
	switch {
	case l.limit > l.full/2:
		l.fast.add(accepted)
	case l.limit < l.full/8:
		l.fast.fade(0.97)
		l.slow.add(accepted)
	}
}

// slowedInVain reports whether refusals have little to do with the rate: far below the quota
// most requests are refused, as are near it, and some are not. Where all are refused, a slow
// rate asks less of the service and loses nothing.
func (l *Limiter) slowedInVain() bool {
	return l.slow.accepted >= 1 && l.slow.share() < 0.5 && l.slow.share() < 2*l.fast.share()
}

// A tally counts answers, the latest most.
type tally struct{ all, accepted float64 }

func (t *tally) add(accepted float64) {
	t.all++
	t.accepted += accepted
	if t.all >= 32 {
		t.fade(0.5)
	}
}

func (t *tally) fade(by float64) { t.all, t.accepted = t.all*by, t.accepted*by }

// share is the share of accepted requests: a half as long as nothing is known.
func (t *tally) share() float64 { return (t.accepted + 1) / (t.all + 2) }
