package batch

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/qwenbatch/qwenbatch/client"
)

// Quotas hold per account and model (RL, 2026-11). Submissions of a model are spaced evenly, one at a time: a burst after
// a pause is what the service's growth limit refuses. The window holds just enough tasks at the service that it never
// idles; what waits in the service's own queue gains nothing and is exposed to a crash. A refusal for pace (HTTP 429)
// slows all submissions of the model by ×0.7 and rests it for two intervals; each accepted one creeps back by a
// twentieth.

// A pace is how fast one model may be used.
type pace struct {
	limiter *rate.Limiter
	full    rate.Limit // the quota
	window  *window
	open    context.Context // ends when nothing more is to be submitted
	close   context.CancelFunc

	mu     sync.Mutex
	resume time.Time // nothing is submitted before
}

// newPace takes the model's documented quota where the options do not say otherwise; speed multiplies rates.
func newPace(m client.Model, sync bool, submit rate.Limit, size int, speed float64) *pace {
	full := submit
	if full == 0 {
		full = rate.Limit(float64(m.Submissions) / m.Per.Seconds())
	}
	if full != rate.Inf {
		full *= rate.Limit(speed)
	}
	if size == 0 {
		size = windowOf(m, sync)
	}
	p := &pace{limiter: rate.NewLimiter(full, 1), full: full, window: &window{size: size}}
	p.open, p.close = context.WithCancel(context.Background())
	return p
}

// windowOf is twice what the service works on at once: one task waits behind each that runs. Where nothing bounds what
// runs, as many as the quota lets in during the longest service time seen, 170 s (community measurements, 2026).
func windowOf(m client.Model, sync bool) int {
	if m.Running > 0 && !sync {
		return 2 * m.Running
	}
	return max(4, int(170*float64(m.Submissions)/m.Per.Seconds()))
}

// wait lets the next submission go; errLeave where there shall be none. At two a minute, whoever is far behind in the line
// would otherwise learn only after an hour that it was closed.
func (p *pace) wait(ctx context.Context) error {
	either, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.open, cancel)()
	err := p.turn(either)
	if err != nil && ctx.Err() == nil && p.open.Err() != nil {
		return errLeave
	}
	return err
}

func (p *pace) turn(ctx context.Context) error {
	for {
		if err := p.limiter.Wait(ctx); err != nil {
			return errors.Join(ctx.Err(), err)
		}
		p.mu.Lock()
		rest := time.Until(p.resume)
		p.mu.Unlock()
		if rest <= 0 {
			return nil
		}
		if err := sleep(ctx, rest); err != nil {
			return err
		}
	}
}

// slow answers a refusal for pace.
func (p *pace) slow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Now().Before(p.resume) || p.limiter.Limit() == rate.Inf {
		return // one refusal counts once, however many submissions were on their way
	}
	limit := max(p.limiter.Limit()*0.7, p.full/20)
	p.limiter.SetLimit(limit)
	p.resume = time.Now().Add(time.Duration(2 / float64(limit) * float64(time.Second)))
}

// accepted creeps back to the quota.
func (p *pace) accepted() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if limit := p.limiter.Limit(); limit < p.full {
		p.limiter.SetLimit(min(p.full, limit+p.full/20))
	}
}

// A window bounds how many tasks are open at the service. Tasks of an earlier run are let in without waiting, since they
// are there already.
type window struct {
	mu    sync.Mutex
	size  int
	used  int
	freed chan struct{} // closed when a place is given back; nil while nobody waits
}

func (w *window) enter(ctx context.Context) error {
	for {
		w.mu.Lock()
		if w.used < w.size {
			w.used++
			w.mu.Unlock()
			return nil
		}
		if w.freed == nil {
			w.freed = make(chan struct{})
		}
		freed := w.freed
		w.mu.Unlock()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-freed:
		}
	}
}

// force counts a task that is open already.
func (w *window) force() {
	w.mu.Lock()
	w.used++
	w.mu.Unlock()
}

func (w *window) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.used--
	if w.freed != nil {
		close(w.freed)
		w.freed = nil
	}
}

// sleep waits, or returns the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// A turnstile lets one goroutine at a time pass for each name.
type turnstile struct {
	mu   sync.Mutex
	busy map[string]chan struct{}
}

// tryEnter goes in if nobody is inside under that name.
func (t *turnstile) tryEnter(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, taken := t.busy[name]; taken {
		return false
	}
	if t.busy == nil {
		t.busy = map[string]chan struct{}{}
	}
	t.busy[name] = make(chan struct{})
	return true
}

// enter waits until nobody is inside under that name.
func (t *turnstile) enter(ctx context.Context, name string) error {
	for !t.tryEnter(name) {
		t.mu.Lock()
		busy := t.busy[name]
		t.mu.Unlock()
		if busy == nil {
			continue // left in between
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-busy:
		}
	}
	return nil
}

func (t *turnstile) leave(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.busy[name])
	delete(t.busy, name)
}
