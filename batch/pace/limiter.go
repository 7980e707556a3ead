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
	// quotaShare is the share of a quota that is used: requests arrive less evenly than they
	// are sent.
	quotaShare = 0.995
	// minRate is the rate per second below which refusals slow no limiter. A model with a quota
	// of two a minute would else be tried three times an hour.
	minRate = 1.0 / 60
	// slowStartAfter is the pause after which submissions start slower.
	slowStartAfter = time.Minute
	// slowStartRate per second was never refused after a pause: it is the documented quota of
	// most models.
	slowStartRate = 2
	// calmAfter is how many requests are accepted until the rate has grown 3 % beyond its
	// ceiling. A refusal before that says that the ceiling is far too high.
	calmAfter = 90
)

// A Limiter spaces requests evenly, at a rate that falls when the service refuses one for pace
// and rises again while it accepts them. It is safe for concurrent use.
type Limiter struct {
	quota     rate.Limit // times quotaShare and speed
	speed     float64
	slowStart bool // the rate is low after a pause
	waiting   atomic.Int32
	head      chan struct{} // holds a token while a request is at the head of the queue

	mu           sync.Mutex
	limit        rate.Limit // the rate now
	ceiling      rate.Limit // just below the rate that was last refused
	sinceRefusal int        // requests accepted since the last refusal
	notBefore    time.Time  // no request goes before
	previous     time.Time  // when the last request went, or was to go
	near         tally      // answers at more than half of the quota
	far          tally      // answers at less than an eighth of it
}

// NewLimiter returns a limiter with a quota per second of the service's time, which runs speed
// times as fast as the local one. [rate.Inf] is no limit.
func NewLimiter(quota rate.Limit, speed float64) *Limiter {
	if quota != rate.Inf {
		quota *= rate.Limit(quotaShare * speed)
	}
	return &Limiter{quota: quota, limit: quota, ceiling: quota, sinceRefusal: calmAfter,
		speed: speed, head: make(chan struct{}, 1)}
}

// Queue returns how long a request would wait for those that wait already.
func (l *Limiter) Queue() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Duration(float64(l.waiting.Load()) * float64(spacing(l.limit)))
}

// spacing returns the time between two requests.
func spacing(limit rate.Limit) time.Duration {
	return time.Duration(float64(time.Second) / float64(limit))
}

// Wait waits until the next request may go.
func (l *Limiter) Wait(ctx context.Context) error {
	l.waiting.Add(1)
	defer l.waiting.Add(-1)
	_, err := l.admit(ctx, func() bool { return true })
	return err
}

// admit waits until the next request may go, and reports whether it goes: not where may is false
// at that moment, and then nothing of the rate is used up. Only the request at the head of the
// queue waits for the time; it looks again when that has come, since a refusal defers it.
func (l *Limiter) admit(ctx context.Context, may func() bool) (bool, error) {
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case l.head <- struct{}{}:
	}
	defer func() { <-l.head }()
	at := time.Now()
	l.slowAfterPause(at)
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

// next returns when the next request may go.
func (l *Limiter) next() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := l.previous.Add(spacing(l.limit))
	if l.notBefore.After(next) {
		return l.notBefore
	}
	return next
}

// slowAfterPause lowers the rate where no request has gone for a while, since the service's
// growth limit refuses a sudden start.
func (l *Limiter) slowAfterPause(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	pause := time.Duration(float64(slowStartAfter) / l.speed)
	if l.slowStart && l.quota != rate.Inf && now.Sub(l.previous) > pause {
		l.limit = min(l.limit, max(l.quota/4, rate.Limit(slowStartRate*l.speed)))
	}
}

// Observe learns from the answer to a request: from a refusal for pace and from success. Other
// errors tell nothing of the rate.
func (l *Limiter) Observe(err error) {
	switch {
	case client.Throttled(err):
		l.Refused()
	case err == nil:
		l.Accepted()
	}
}

// Refused slows the limiter down after a refusal for pace: to 70 % of the rate, and by a rest of
// two intervals. Refusals during the rest are of requests that were on their way, and count as
// one with the first.
func (l *Limiter) Refused() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count(0)
	switch {
	case l.quota == rate.Inf || time.Now().Before(l.notBefore):
		return
	case l.slowedInVain():
		l.limit = min(l.quota, l.limit/0.7)
		l.ceiling = max(l.ceiling, l.limit)
		return
	}
	below := rate.Limit(0.97)
	if l.sinceRefusal < calmAfter {
		below = 0.85 // the ceiling itself was refused soon
	}
	limit := max(l.limit*0.7, l.quota/20, min(l.quota, rate.Limit(minRate*l.speed)))
	l.ceiling, l.sinceRefusal = max(l.limit*below, limit), 0
	l.limit = limit
	l.notBefore = time.Now().Add(2 * spacing(l.limit))
}

// Accepted raises the rate: by a twentieth of the quota up to the ceiling; beyond it by
// n²/8,000,000 after the n-th accepted request, which makes 3 % after 90 requests and doubles it
// after 255.
func (l *Limiter) Accepted() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sinceRefusal++
	l.count(1)
	switch {
	case l.limit >= l.quota:
		return
	case l.limit < l.ceiling:
		l.limit = min(l.ceiling, l.limit+l.quota/20)
	default:
		l.limit = min(l.quota, l.limit*(1+rate.Limit(l.sinceRefusal*l.sinceRefusal)/8e6))
		l.ceiling = l.limit
	}
}

// count tallies an answer by the rate of now: accepted is 1, or 0 for a refusal. Answers far
// below the quota make those near it count less and less. l.mu is held.
func (l *Limiter) count(accepted float64) {
	switch {
	case l.limit > l.quota/2:
		l.near.add(accepted)
	case l.limit < l.quota/8:
		l.near.fade(0.97)
		l.far.add(accepted)
	}
}

// slowedInVain reports whether refusals have little to do with the rate: far below the quota
// most requests are refused, nearly as many as near it, but not all. Where all are refused, a
// low rate spares the service and loses nothing. l.mu is held.
func (l *Limiter) slowedInVain() bool {
	return l.far.accepted >= 1 && l.far.share() < 0.5 && l.far.share() < 2*l.near.share()
}

// A tally counts answers; each later one weighs more.
type tally struct{ all, accepted float64 }

func (t *tally) add(accepted float64) {
	t.all++
	t.accepted += accepted
	if t.all >= 32 {
		t.fade(0.5)
	}
}

func (t *tally) fade(by float64) { t.all, t.accepted = t.all*by, t.accepted*by }

// share estimates the share of accepted requests; it is a half before any is counted.
func (t *tally) share() float64 { return (t.accepted + 1) / (t.all + 2) }
