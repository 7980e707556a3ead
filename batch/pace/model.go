package pace

import (
	"context"
	"errors"

	"golang.org/x/time/rate"

	"github.com/qwenbatch/qwenbatch/client"
)

const (
	// mostWaiting is how many tasks may wait behind those that run: well below the service's
	// queue of 500 (LIM, 2026-11).
	mostWaiting = 200
	// Slack is how many items a model may have in memory above its window: those that download,
	// and those that wait to be sent.
	Slack = 64
)

// A Model is how fast submissions to one model may go.
type Model struct {
	*Limiter
	InFlight *Window // tasks that are open at the service
	// items that the run works on: those in flight, and up to Slack that download or wait to be
	// sent
	InMemory *Window

	breaker *Breaker
	least   int  // what the size of InFlight does not sink below
	fixed   bool // InFlight is not learned
	open    context.Context
	close   context.CancelFunc
}

// NewModel takes the documented quota of a model where submit, per second, or size, in tasks,
// are 0; speed multiplies rates.
func NewModel(m client.Model, sync bool, submit rate.Limit, size int, speed float64) *Model {
	if submit == 0 {
		submit = rate.Limit(float64(m.Submissions) / m.Per.Seconds())
	}
	p := &Model{Limiter: NewLimiter(submit, speed), breaker: NewBreaker(1, speed),
		fixed: size > 0 || sync}
	p.ramps = true
	if size == 0 {
		size = windowOf(m, sync)
	}
	p.least, p.InFlight, p.InMemory = size, &Window{size: size}, &Window{size: size + Slack}
	p.open, p.close = context.WithCancel(context.Background())
	return p
}

// windowOf is twice what the service works on at once: one task waits behind each that runs.
// Where nothing bounds what runs, it is what the quota lets in during the longest service time
// seen, 170 s (community measurements, 2026).
func windowOf(m client.Model, sync bool) int {
	if m.Running > 0 && !sync {
		return 2 * m.Running
	}
	return max(4, int(170*float64(m.Submissions)/m.Per.Seconds()))
}

// ErrClosed says that nothing more is to be submitted to a model.
var ErrClosed = errors.New("no more submissions")

// Close ends every Wait, now and later, with [ErrClosed]. At two submissions a minute the last
// of a long queue would otherwise learn only after an hour that nothing more is to be
// submitted.
func (p *Model) Close() { p.close() }

// Wait waits until the next submission may go; [ErrClosed] after Close.
func (p *Model) Wait(ctx context.Context) (*Permit, error) {
	either, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.open, cancel)()
	permit, err := p.breaker.Pass(either, p.Limiter)
	if err != nil && ctx.Err() == nil && p.open.Err() != nil {
		return nil, ErrClosed
	}
	return permit, err
}

// ObserveRunning fits the windows to the number of tasks that run at once. Waited says that
// others wait behind them: else more may run.
func (p *Model) ObserveRunning(n int, waited bool) {
	if p.fixed {
		return
	}
	size := max(p.least, n+min(n, mostWaiting))
	if !waited {
		size = max(size, p.InFlight.limit())
	}
	p.InFlight.resize(size)
	p.InMemory.resize(size + Slack)
}

// AtLimit reports whether so many open tasks fill a window that could grow.
func (p *Model) AtLimit(open int) bool { return !p.fixed && open >= p.InFlight.limit() }

// Idle reports whether no submission waits for its turn or for a free slot: nothing more is to be
// sent, as far as is known.
func (p *Model) Idle() bool { return p.waiting.Load() == 0 && !p.InFlight.full() }

// Starved reports whether the next submission waits for one of the open tasks to end, and not for
// its turn.
func (p *Model) Starved() bool { return p.waiting.Load() == 0 && p.InFlight.full() }
