package batch

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/qwenbatch/qwenbatch/client"
)

// How fast the service is used. Quotas hold per account and model (RL, 2026-11), and others may use the account too, so
// what is documented is where a run begins, and the service's answers are what it goes on with.
//
//   - Rate: submissions of a model are spaced evenly, one at a time, and after a pause they begin slower: a burst is what
//     the service's growth limit refuses. A refusal for pace (HTTP 429) slows all of them by ×0.7 and rests them for two
//     intervals. They come back quickly to just below what was refused, and beyond it ever faster the longer nothing is:
//     where somebody else has a share of the quota, about one in a hundred is refused, and a quota that is whole again is
//     used again. The questions about tasks have one such rate for the whole account.
//   - Window: so many tasks are open at the service that it never idles before we know that one has ended: one that waits
//     behind each that runs. More waiting gains nothing, is exposed to a crash, and could fill the service's queue of 500.
//     How many run is learned from the tasks (watch.go).
//   - Breaker: while the service does not answer, one at a time tries whether it does.

const (
	// mostWaiting is how many tasks may wait behind those that run: well below the service's queue of 500 (LIM, 2026-11).
	mostWaiting = 200
	// idleTime is the pause after which submissions begin slower.
	idleTime = time.Minute
	// gentle is the rate that no growth limit was seen to mind: the documented one of most models, per second.
	gentle = 2
)

// A throttle is a rate that gives way when it is refused. It is safe for concurrent use.
type throttle struct {
	limiter *rate.Limiter
	full    rate.Limit // the quota, and a little less
	speed   float64
	ramps   bool // begins slower after a pause
	waiting atomic.Int32
	next    chan struct{} // holds a token: one at a time waits for the limiter, so that a new rate holds for all at once

	mu      sync.Mutex
	ceiling rate.Limit // just below what was last refused
	calm    int        // accepted since then
	resume  time.Time  // nothing goes before
	last    time.Time  // when something went
}

// jitter is what a rate stays below the quota: the network does not keep the spacing.
const jitter = 0.995

// newThrottle takes a rate of the service's time; speed multiplies it.
func newThrottle(full rate.Limit, speed float64) *throttle {
	if full != rate.Inf {
		full *= rate.Limit(jitter * speed)
	}
	t := &throttle{limiter: rate.NewLimiter(full, 1), full: full, ceiling: full, speed: speed, next: make(chan struct{}, 1)}
	t.next <- struct{}{}
	return t
}

// line is how long the next has to wait for those before it.
func (t *throttle) line() time.Duration {
	return time.Duration(float64(t.waiting.Load()) / float64(t.limiter.Limit()) * float64(time.Second))
}

// turn waits until the next may go.
func (t *throttle) turn(ctx context.Context) error {
	t.waiting.Add(1)
	defer t.waiting.Add(-1)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.next:
	}
	defer func() { t.next <- struct{}{} }()
	t.ramp(time.Now())
	for rest := t.rest(time.Now()); rest > 0; rest = t.rest(time.Now()) {
		if err := sleep(ctx, rest); err != nil {
			return err
		}
	}
	return errors.Join(ctx.Err(), t.limiter.Wait(ctx))
}

// rest is how long nothing goes.
func (t *throttle) rest(now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.resume.Sub(now)
}

// ramp slows down after a pause.
func (t *throttle) ramp(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if idle := time.Duration(float64(idleTime) / t.speed); t.ramps && t.full != rate.Inf && now.Sub(t.last) > idle {
		t.limiter.SetLimit(min(t.limiter.Limit(), max(t.full/4, rate.Limit(gentle*t.speed))))
	}
	t.last = now
}

// slow answers a refusal for pace.
func (t *throttle) slow() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if time.Now().Before(t.resume) || t.full == rate.Inf {
		return // one refusal counts once, however many were on their way
	}
	refused := t.limiter.Limit()
	limit := max(refused*0.7, t.full/20)
	t.ceiling, t.calm = max(refused*0.97, limit), 0
	t.limiter.SetLimit(limit)
	t.resume = time.Now().Add(time.Duration(2 / float64(limit) * float64(time.Second)))
}

// accepted comes back: by a twentieth of the quota up to the ceiling, from there by n²/8,000,000 after the n-th, which is
// 3 % after 90, and the double after 255.
func (t *throttle) accepted() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calm++
	limit := t.limiter.Limit()
	switch {
	case limit >= t.full:
		return
	case limit < t.ceiling:
		limit = min(t.ceiling, limit+t.full/20)
	default:
		limit *= 1 + rate.Limit(t.calm*t.calm)/8e6
		t.ceiling = limit
	}
	t.limiter.SetLimit(min(t.full, limit))
}

// judge takes the answer to what has had its turn.
func (t *throttle) judge(err error) {
	switch {
	case client.Throttled(err):
		t.slow()
	case err == nil:
		t.accepted()
	}
}

// A pace is how fast one model may be used.
type pace struct {
	*throttle
	breaker *breaker
	window  *window // tasks open at the service
	room    *window // items in memory: those in the window, and some that download or wait to be sent
	least   int     // what the window does not shrink below
	fixed   bool    // the window is not learned
	open    context.Context
	close   context.CancelFunc // nothing more is to be submitted
}

// newPace takes the model's documented quota where the options do not say otherwise; speed multiplies rates.
func newPace(m client.Model, sync bool, submit rate.Limit, size int, speed float64) *pace {
	if submit == 0 {
		submit = rate.Limit(float64(m.Submissions) / m.Per.Seconds())
	}
	p := &pace{throttle: newThrottle(submit, speed), breaker: &breaker{after: 1, speed: speed}, fixed: size > 0 || sync}
	p.ramps = true
	if size == 0 {
		size = windowOf(m, sync)
	}
	p.least, p.window, p.room = size, &window{size: size}, &window{size: size + slack}
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
// would otherwise learn only after an hour that it was closed. What becomes of the try is to be told to the breaker.
func (p *pace) wait(ctx context.Context) (*try, error) {
	either, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.open, cancel)()
	try, err := p.breaker.pass(either, p.throttle)
	if err != nil && ctx.Err() == nil && p.open.Err() != nil {
		return nil, errLeave
	}
	return try, err
}

// runs fits the window to the tasks that run at once. Waited says that others wait behind them: else more may run.
func (p *pace) runs(n int, waited bool) {
	if p.fixed {
		return
	}
	size := max(p.least, n+min(n, mostWaiting))
	if !waited {
		size = max(size, p.window.bound())
	}
	p.window.resize(size)
	p.room.resize(size + slack)
}

// A breaker lets one at a time try a service that has fallen silent.
type breaker struct {
	after int // tries in a row without an answer that make it silent
	speed float64

	mu     sync.Mutex
	silent int       // tries in a row without an answer
	probe  *try      // the one that is made now
	next   time.Time // nobody tries before
	moved  chan struct{}
}

// A try is one request that was let through.
type try struct{ of *breaker }

// pass goes through the breaker and the throttle. The service may fall silent while one waits for the other.
func (b *breaker) pass(ctx context.Context, t *throttle) (*try, error) {
	for {
		try := &try{b}
		if err := b.enter(ctx, try); err != nil {
			return nil, err
		}
		if err := t.turn(ctx); err != nil {
			try.unsent()
			return nil, err
		}
		if b.lets(try) {
			return try, nil
		}
	}
}

// enter waits until it may be tried.
func (b *breaker) enter(ctx context.Context, t *try) error {
	for ctx.Err() == nil {
		rest, moved := b.rest(t)
		if moved == nil {
			return nil
		}
		if err := sleepOr(ctx, rest, moved); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// rest is how long to wait before the next look, unless something moves; no channel means that the try may be made.
func (b *breaker) rest(t *try) (time.Duration, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	rest := time.Until(b.next)
	switch {
	case b.silent < b.after:
		return 0, nil
	case b.probe != nil:
		rest = time.Hour
	case rest <= 0:
		b.probe = t
		return 0, nil
	}
	if b.moved == nil {
		b.moved = make(chan struct{})
	}
	return rest, b.moved
}

// lets reports whether a try that has waited may still be made.
func (b *breaker) lets(t *try) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.silent < b.after || b.probe == t
}

// heard notes how the request that was tried was answered.
func (t *try) heard(err error) {
	var api *client.APIError
	if err == nil || errors.As(err, &api) && api.Status < 500 {
		t.answered()
		return
	}
	t.silence()
}

// unsent says that the try was not made.
func (t *try) unsent() { t.end(func(*breaker) {}) }

// answered says that the service is there.
func (t *try) answered() { t.end(func(b *breaker) { b.silent = 0 }) }

// silence says that it did not answer. The next try waits longer each time.
func (t *try) silence() {
	t.end(func(b *breaker) {
		b.silent++
		pause := backoff(max(0, b.silent-b.after))
		b.next = time.Now().Add(time.Duration(float64(pause) / b.speed))
	})
}

// end notes what became of the try and lets the next one look.
func (t *try) end(note func(*breaker)) {
	b := t.of
	b.mu.Lock()
	defer b.mu.Unlock()
	note(b)
	if b.probe == t {
		b.probe = nil
	}
	if b.moved != nil {
		close(b.moved)
		b.moved = nil
	}
}

// A window bounds how many tasks are open at the service. Tasks of an earlier run are let in without waiting, since they
// are there already.
type window struct {
	mu    sync.Mutex
	size  int
	used  int
	freed chan struct{} // closed when there may be a place; nil while nobody waits
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

func (w *window) leave() { w.change(func() { w.used-- }) }

// resize takes effect as places are given back.
func (w *window) resize(size int) { w.change(func() { w.size = size }) }

func (w *window) change(do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	do()
	if w.freed != nil {
		close(w.freed)
		w.freed = nil
	}
}

// bound is how many may be inside.
func (w *window) bound() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.size
}

// binds reports whether that many open tasks fill a window that could grow.
func (p *pace) binds(open int) bool { return !p.fixed && open >= p.window.bound() }
