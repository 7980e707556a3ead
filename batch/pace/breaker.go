package pace

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
)

// A Breaker lets one request at a time through to a service that does not answer.
type Breaker struct {
	after int // requests in a row without an answer that open it
	speed float64
	first chan struct{} // full while one request is first in the queue

	mu     sync.Mutex
	silent int       // requests in a row without an answer
	probe  *Permit   // the request that is let through now; nil for none
	next   time.Time // no probe goes before
	moved  chan struct{}
}

// NewBreaker returns a breaker that opens after so many requests in a row without an answer.
// Speed divides its pauses.
func NewBreaker(after int, speed float64) *Breaker {
	return &Breaker{after: after, speed: speed, first: make(chan struct{}, 1)}
}

// A Permit is one request that may go. It ends with Observe or Unsent; a call after that
// changes nothing but for a probe's end.
type Permit struct{ breaker *Breaker }

// Pass waits until a request may go through the breaker and the limiter. There is one queue
// before both. The first in it asks the breaker again when the limiter lets it go, since the
// service may have fallen silent meanwhile: only what is sent uses up the rate.
func (b *Breaker) Pass(ctx context.Context, l *Limiter) (*Permit, error) {
	l.waiting.Add(1)
	defer l.waiting.Add(-1)
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case b.first <- struct{}{}:
	}
	defer func() { <-b.first }()
	permit := &Permit{b}
	for {
		if err := b.await(ctx, permit); err != nil {
			return nil, err
		}
		sent, err := l.take(ctx, func() bool { return b.lets(permit) })
		if err != nil {
			permit.Unsent()
			return nil, err
		}
		if sent {
			return permit, nil
		}
	}
}

// await waits until a request may go.
func (b *Breaker) await(ctx context.Context, p *Permit) error {
	for ctx.Err() == nil {
		pause, moved := b.pause(p)
		if moved == nil {
			return nil
		}
		if err := SleepUnless(ctx, pause, moved); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// pause is how long a request waits before it asks again, unless moved is closed before; it may
// go where moved is nil.
func (b *Breaker) pause(p *Permit) (pause time.Duration, moved <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	pause = time.Until(b.next)
	switch {
	case b.silent < b.after:
		return 0, nil
	case b.probe != nil:
		pause = time.Hour
	case pause <= 0:
		b.probe = p
		return 0, nil
	}
	if b.moved == nil {
		b.moved = make(chan struct{})
	}
	return pause, b.moved
}

// lets reports whether a request that has waited for the limiter may still go.
func (b *Breaker) lets(p *Permit) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.silent < b.after || b.probe == p
}

// Observe notes how the request was answered: a status below 500 is an answer.
func (p *Permit) Observe(err error) {
	var api *client.APIError
	if err == nil || errors.As(err, &api) && api.Status < 500 {
		p.answered()
		return
	}
	p.unanswered()
}

// Unsent says that the request was not sent.
func (p *Permit) Unsent() { p.end(func(*Breaker) {}) }

func (p *Permit) answered() { p.end(func(b *Breaker) { b.silent = 0 }) }

// unanswered makes the next probe wait, longer each time.
func (p *Permit) unanswered() {
	p.end(func(b *Breaker) {
		b.silent++
		pause := Backoff(max(0, b.silent-b.after))
		b.next = time.Now().Add(time.Duration(float64(pause) / b.speed))
	})
}

// end notes what became of the request and wakes the first in the queue.
func (p *Permit) end(note func(*Breaker)) {
	b := p.breaker
	b.mu.Lock()
	defer b.mu.Unlock()
	note(b)
	if b.probe == p {
		b.probe = nil
	}
	if b.moved != nil {
		close(b.moved)
		b.moved = nil
	}
}
