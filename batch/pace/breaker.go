package pace

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
)

// A Breaker is a circuit breaker: while the service gives no answers, it lets one request at a
// time through, in growing pauses. It is safe for concurrent use.
type Breaker struct {
	threshold int // unanswered requests in a row that open it
	speed     float64
	head      chan struct{} // holds a token while a request is at the head of the queue

	mu         sync.Mutex
	unanswered int           // requests in a row
	probe      *Permit       // the request that goes while the breaker is open; or nil
	nextProbe  time.Time     // no probe goes before
	changed    chan struct{} // closed when a permit has ended; nil while nothing waits for that
}

// NewBreaker returns a breaker that opens after so many requests in a row without an answer.
// Its pauses are of the service's time, which runs speed times as fast as the local one.
func NewBreaker(threshold int, speed float64) *Breaker {
	return &Breaker{threshold: threshold, speed: speed, head: make(chan struct{}, 1)}
}

// A Permit lets one request go, and belongs to one goroutine. It ends with Observe or Unsent.
// Unsent after Observe changes nothing, so that it may be deferred.
type Permit struct{ breaker *Breaker }

// Pass waits until a request may go through the breaker and the limiter. One queue leads to
// both. The request at its head asks the breaker again when the limiter lets it go, since the
// service may have fallen silent meanwhile; only a request that goes uses up the rate.
func (b *Breaker) Pass(ctx context.Context, l *Limiter) (*Permit, error) {
	l.waiting.Add(1)
	defer l.waiting.Add(-1)
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case b.head <- struct{}{}:
	}
	defer func() { <-b.head }()
	permit := &Permit{b}
	for {
		if err := b.await(ctx, permit); err != nil {
			return nil, err
		}
		goes, err := l.admit(ctx, func() bool { return b.allows(permit) })
		if err != nil {
			permit.Unsent()
			return nil, err
		}
		if goes {
			return permit, nil
		}
	}
}

// await waits until the breaker lets a request through.
func (b *Breaker) await(ctx context.Context, p *Permit) error {
	for ctx.Err() == nil {
		delay, changed := b.delay(p)
		if changed == nil {
			return nil
		}
		if err := SleepUnless(ctx, delay, changed); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// delay returns how long a request waits before it asks again, unless changed is closed before.
// Where changed is nil the request may go, as the probe if the breaker is open.
func (b *Breaker) delay(p *Permit) (delay time.Duration, changed <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delay = time.Until(b.nextProbe)
	switch {
	case !b.isOpen():
		return 0, nil
	case b.probe != nil:
		delay = time.Hour
	case delay <= 0:
		b.probe = p
		return 0, nil
	}
	if b.changed == nil {
		b.changed = make(chan struct{})
	}
	return delay, b.changed
}

// isOpen reports whether the service gives no answers; b.mu is held.
func (b *Breaker) isOpen() bool { return b.unanswered >= b.threshold }

// allows reports whether a request that has waited for the limiter may still go.
func (b *Breaker) allows(p *Permit) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.isOpen() || b.probe == p
}

// Observe records what became of the request: an HTTP status below 500 is an answer. After each
// request without one the next probe waits longer.
func (p *Permit) Observe(err error) {
	var api *client.APIError
	answered := err == nil || errors.As(err, &api) && api.Status < 500
	p.end(func(b *Breaker) {
		if answered {
			b.unanswered = 0
			return
		}
		b.unanswered++
		pause := Backoff(max(0, b.unanswered-b.threshold))
		b.nextProbe = time.Now().Add(time.Duration(float64(pause) / b.speed))
	})
}

// Unsent says that the request was not sent.
func (p *Permit) Unsent() { p.end(func(*Breaker) {}) }

// end records what became of a request and wakes the head of the queue.
func (p *Permit) end(record func(*Breaker)) {
	b := p.breaker
	b.mu.Lock()
	defer b.mu.Unlock()
	record(b)
	if b.probe == p {
		b.probe = nil
	}
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}
