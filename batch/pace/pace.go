package pace

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
//     where somebody else has a share of the quota, about one in two hundred is refused, and a quota that is whole again is
//     used again. Where a slower rate is refused as often, it has gained nothing and is taken back. The questions about
//     tasks have one such rate for the whole account.
//   - Window: so many tasks are open at the service that it never idles before we know that one has ended: one that waits
//     behind each that runs. More waiting gains nothing, is exposed to a crash, and could fill the service's queue of 500.
//     How many run is learned from the tasks (watch.go).
//   - Breaker: while the service does not answer, one at a time tries whether it does. The others wait in line and use up
//     nothing of the rate.

const (
	// mostWaiting is how many tasks may wait behind those that run: well below the service's queue of 500 (LIM, 2026-11).
	mostWaiting = 200
	// idleTime is the pause after which submissions begin slower.
	idleTime = time.Minute
	// slowest is what no rate sinks below, per second: else a model of two a minute would be tried three times an hour.
	slowest = 1.0 / 60
	// slack is how many items a model may have above its window: those that download, and those that wait to be sent.
	Slack = 64
	// gentle is the rate that no growth limit was seen to mind: the documented one of most models, per second.
	gentle = 2
)

// A Limiter is a rate that gives way when it is refused. It is safe for concurrent use.
type Limiter struct {
	full    rate.Limit // the quota, and a little less
	speed   float64
	ramps   bool // begins slower after a pause
	waiting atomic.Int32
	head    chan struct{} // full while somebody is first in line

	mu      sync.Mutex
	limit   rate.Limit
	ceiling rate.Limit // just below what was last refused
	calm    int        // accepted since then
	resume  time.Time  // nothing goes before
	fast    tally      // answers at more than half of the quota
	slowly  tally      // at less than an eighth
	last    time.Time  // when something went, or was to go
}

// jitter is what a rate stays below the quota: the network does not keep the spacing.
const jitter = 0.995

// NewLimiter takes a rate of the service's time; speed multiplies it.
func NewLimiter(full rate.Limit, speed float64) *Limiter {
	if full != rate.Inf {
		full *= rate.Limit(jitter * speed)
	}
	return &Limiter{full: full, limit: full, ceiling: full, calm: lull, speed: speed, head: make(chan struct{}, 1)}
}

// Queue is how long the next has to wait for those before it.
func (t *Limiter) Queue() time.Duration {
	return time.Duration(float64(t.waiting.Load()) * float64(t.interval()))
}

// interval is how far apart two may go.
func (t *Limiter) interval() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return spacing(t.limit)
}

func spacing(limit rate.Limit) time.Duration {
	return time.Duration(float64(time.Second) / float64(limit))
}

// Wait waits until the next may go.
func (t *Limiter) Wait(ctx context.Context) error {
	t.waiting.Add(1)
	defer t.waiting.Add(-1)
	_, err := t.take(ctx, func() bool { return true })
	return err
}

// take is a turn of what is sent only if it may when the turn has come; else it takes nothing of the rate. Only the first in
// line waits for a moment, and looks again when that has come: a refusal puts it off, too.
func (t *Limiter) take(ctx context.Context, may func() bool) (bool, error) {
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case t.head <- struct{}{}:
	}
	defer func() { <-t.head }()
	at := time.Now()
	t.ramp(at)
	for next := t.next(); next.After(time.Now()); next = t.next() {
		if err := Sleep(ctx, time.Until(next)); err != nil {
			return false, err
		}
		at = next // a timer that is late does not slow the next down
	}
	if ctx.Err() != nil || !may() {
		return false, ctx.Err()
	}
	t.mu.Lock()
	t.last = at
	t.mu.Unlock()
	return true, nil
}

// next is when something may go.
func (t *Limiter) next() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	next := t.last.Add(spacing(t.limit))
	if t.resume.After(next) {
		return t.resume
	}
	return next
}

// ramp slows down after a pause.
func (t *Limiter) ramp(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if idle := time.Duration(float64(idleTime) / t.speed); t.ramps && t.full != rate.Inf && now.Sub(t.last) > idle {
		t.limit = min(t.limit, max(t.full/4, rate.Limit(gentle*t.speed)))
	}
}

// lull is after how many accepted submissions a rate has grown beyond its ceiling by 3 %.
const lull = 90

// Refused answers a refusal for pace. A ceiling that is refused again within a lull is far too high.
func (t *Limiter) Refused() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.note(0)
	switch {
	case t.full == rate.Inf || time.Now().Before(t.resume):
		return // one refusal counts once, however many were on their way
	case t.slowedInVain():
		t.limit = min(t.full, t.limit/0.7)
		t.ceiling = max(t.ceiling, t.limit)
		return
	}
	below := rate.Limit(0.97)
	if t.calm < lull {
		below = 0.85
	}
	limit := max(t.limit*0.7, t.full/20, min(t.full, rate.Limit(slowest*t.speed)))
	t.ceiling, t.calm = max(t.limit*below, limit), 0
	t.limit = limit
	t.resume = time.Now().Add(2 * spacing(t.limit))
}

// note takes an answer at the rate of now. What was learned near the quota is forgotten far below it.
func (t *Limiter) note(accepted float64) {
	switch {
	case t.limit > t.full/2:
		t.fast.add(accepted)
	case t.limit < t.full/8:
		t.fast.fade(0.97)
		t.slowly.add(accepted)
	}
}

// slowedInVain reports whether refusals have little to do with the rate: far below the quota most are refused, as are
// near it, and some are not. Where all are refused, a slow rate asks less of the service and loses nothing.
func (t *Limiter) slowedInVain() bool {
	return t.slowly.accepted >= 1 && t.slowly.share() < 0.5 && t.slowly.share() < 2*t.fast.share()
}

// A tally counts answers, the latest most.
type tally struct{ all, accepted float64 }

func (a *tally) add(accepted float64) {
	a.all++
	a.accepted += accepted
	if a.all >= 32 {
		a.fade(0.5)
	}
}

func (a *tally) fade(by float64) { a.all, a.accepted = a.all*by, a.accepted*by }

// share is how many are accepted: a half as long as nothing is known.
func (a *tally) share() float64 { return (a.accepted + 1) / (a.all + 2) }

// Accepted comes back: by a twentieth of the quota up to the ceiling, from there by n²/8,000,000 after the n-th, which is
// 3 % after 90, and the double after 255.
func (t *Limiter) Accepted() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calm++
	t.note(1)
	switch {
	case t.limit >= t.full:
		return
	case t.limit < t.ceiling:
		t.limit = min(t.ceiling, t.limit+t.full/20)
	default:
		t.limit = min(t.full, t.limit*(1+rate.Limit(t.calm*t.calm)/8e6))
		t.ceiling = t.limit
	}
}

// Observe takes the answer to what has had its turn.
func (t *Limiter) Observe(err error) {
	switch {
	case client.Throttled(err):
		t.Refused()
	case err == nil:
		t.Accepted()
	}
}

// A Model is how fast one model may be used.
type Model struct {
	*Limiter
	breaker *Breaker
	Window  *window // tasks open at the service
	Loaded  *window // items in memory: those in the window, and some that download or wait to be sent
	least   int     // what the window does not shrink below
	fixed   bool    // the window is not learned
	open    context.Context
	Close   context.CancelFunc // nothing more is to be submitted
}

// NewModel takes the model's documented quota where the options do not say otherwise; speed multiplies rates.
func NewModel(m client.Model, sync bool, submit rate.Limit, size int, speed float64) *Model {
	if submit == 0 {
		submit = rate.Limit(float64(m.Submissions) / m.Per.Seconds())
	}
	p := &Model{Limiter: NewLimiter(submit, speed), breaker: NewBreaker(1, speed), fixed: size > 0 || sync}
	p.ramps = true
	if size == 0 {
		size = windowOf(m, sync)
	}
	p.least, p.Window, p.Loaded = size, &window{size: size}, &window{size: size + Slack}
	p.open, p.Close = context.WithCancel(context.Background())
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

// ErrClosed says that nothing more is to be submitted to a model.
var ErrClosed = errors.New("no more submissions")

// Wait lets the next submission go; errClosed where there shall be none. At two a minute, whoever is far behind in the line
// would otherwise learn only after an hour that it was closed. What becomes of the try is to be told to the breaker.
func (p *Model) Wait(ctx context.Context) (*Permit, error) {
	either, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.open, cancel)()
	try, err := p.breaker.Pass(either, p.Limiter)
	if err != nil && ctx.Err() == nil && p.open.Err() != nil {
		return nil, ErrClosed
	}
	return try, err
}

// ObserveRunning fits the window to the tasks that run at once. Waited says that others wait behind them: else more may run.
func (p *Model) ObserveRunning(n int, waited bool) {
	if p.fixed {
		return
	}
	size := max(p.least, n+min(n, mostWaiting))
	if !waited {
		size = max(size, p.Window.bound())
	}
	p.Window.resize(size)
	p.Loaded.resize(size + Slack)
}

// A Breaker lets one at a time try a service that has fallen silent.
type Breaker struct {
	after int // tries in a row without an answer that make it silent
	speed float64
	head  chan struct{} // full while somebody is first in line

	mu     sync.Mutex
	silent int       // tries in a row without an answer
	probe  *Permit   // the one that is made now
	next   time.Time // nobody tries before
	moved  chan struct{}
}

func NewBreaker(after int, speed float64) *Breaker {
	return &Breaker{after: after, speed: speed, head: make(chan struct{}, 1)}
}

// A Permit is one request that was let through.
type Permit struct{ of *Breaker }

// Pass goes through the breaker and the throttle. There is one line before both. Whoever is first in it asks the breaker
// again when its turn at the throttle has come, since the service may have fallen silent meanwhile: the rate is spent on
// what is sent.
func (b *Breaker) Pass(ctx context.Context, t *Limiter) (*Permit, error) {
	t.waiting.Add(1)
	defer t.waiting.Add(-1)
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case b.head <- struct{}{}:
	}
	defer func() { <-b.head }()
	try := &Permit{b}
	for {
		if err := b.enter(ctx, try); err != nil {
			return nil, err
		}
		sent, err := t.take(ctx, func() bool { return b.lets(try) })
		if err != nil {
			try.Unsent()
			return nil, err
		}
		if sent {
			return try, nil
		}
	}
}

// enter waits until it may be tried.
func (b *Breaker) enter(ctx context.Context, t *Permit) error {
	for ctx.Err() == nil {
		rest, moved := b.rest(t)
		if moved == nil {
			return nil
		}
		if err := SleepUnless(ctx, rest, moved); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// rest is how long to wait before the next look, unless something moves; no channel means that the try may be made.
func (b *Breaker) rest(t *Permit) (time.Duration, <-chan struct{}) {
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
func (b *Breaker) lets(t *Permit) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.silent < b.after || b.probe == t
}

// Observe notes how the request that was tried was answered.
func (t *Permit) Observe(err error) {
	var api *client.APIError
	if err == nil || errors.As(err, &api) && api.Status < 500 {
		t.answered()
		return
	}
	t.silence()
}

// Unsent says that the try was not made.
func (t *Permit) Unsent() { t.end(func(*Breaker) {}) }

// answered says that the service is there.
func (t *Permit) answered() { t.end(func(b *Breaker) { b.silent = 0 }) }

// silence says that it did not answer. The next try waits longer each time.
func (t *Permit) silence() {
	t.end(func(b *Breaker) {
		b.silent++
		pause := Backoff(max(0, b.silent-b.after))
		b.next = time.Now().Add(time.Duration(float64(pause) / b.speed))
	})
}

// end notes what became of the try and lets the next one look.
func (t *Permit) end(note func(*Breaker)) {
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

func (w *window) Acquire(ctx context.Context) error {
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

// Force counts a task that is open already.
func (w *window) Force() {
	w.mu.Lock()
	w.used++
	w.mu.Unlock()
}

func (w *window) Release() { w.change(func() { w.used-- }) }

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

// AtLimit reports whether that many open tasks fill a window that could grow.
func (p *Model) AtLimit(open int) bool { return !p.fixed && open >= p.Window.bound() }
