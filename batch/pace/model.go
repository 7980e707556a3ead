package pace

import (
	"context"
	"errors"

	"golang.org/x/time/rate"

	"github.com/qwenbatch/qwenbatch/client"
)

const (
	// maxQueued is how many tasks may wait at the service behind those that run: well below
	// its queue of 500 (LIM, 2026-11).
	maxQueued = 200
	// Slack is how many items of a model may be in memory beyond those in flight: they wait to
	// be sent, or their pictures are being saved.
	Slack = 64
)

// A Model is the pace of submissions to one model: a [Limiter] for when, and windows for how
// many.
type Model struct {
	*Limiter
	InFlight *Window // tasks that are open at the service
	InMemory *Window // items that the run works on; larger by Slack

	breaker *Breaker
	minSize int  // InFlight never becomes smaller
	fixed   bool // InFlight keeps its size
	closed  context.Context
	close   context.CancelFunc
}

// NewModel returns the pace of a model. Submit is the quota per second and size that of the
// window; where they are 0, the documented quota counts and the window learns its size. Sync
// says that the synchronous interface is used, which has no tasks. The service's time runs speed
// times as fast as the local one.
func NewModel(m client.Model, sync bool, submit rate.Limit, size int, speed float64) *Model {
	if submit == 0 {
		submit = rate.Limit(float64(m.Submissions) / m.Per.Seconds())
	}
	p := &Model{Limiter: NewLimiter(submit, speed), breaker: NewBreaker(1, speed),
		fixed: size > 0 || sync}
	p.slowStart = true
	if size == 0 {
		size = windowSize(m, sync)
	}
	p.minSize, p.InFlight, p.InMemory = size, &Window{size: size}, &Window{size: size + Slack}
	p.closed, p.close = context.WithCancel(context.Background())
	return p
}

// windowSize returns twice the number of tasks that the service runs at once: one waits behind
// each that runs. Where that number is not bounded, it is the number that the quota lets in
// during the longest service time seen, 170 s (community measurements, 2026).
func windowSize(m client.Model, sync bool) int {
	if m.Running > 0 && !sync {
		return 2 * m.Running
	}
	return max(4, int(170*float64(m.Submissions)/m.Per.Seconds()))
}

// ErrClosed says that nothing more is to be submitted to a model.
var ErrClosed = errors.New("no more submissions")

// Close ends every Wait, now and later, with [ErrClosed]. At two submissions a minute the last
// item of a long queue would otherwise wait for an hour to learn it.
func (p *Model) Close() { p.close() }

// Wait waits until the next submission may go. It returns [ErrClosed] after Close.
func (p *Model) Wait(ctx context.Context) (*Permit, error) {
	either, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.closed, cancel)()
	permit, err := p.breaker.Pass(either, p.Limiter)
	if err != nil && ctx.Err() == nil && p.closed.Err() != nil {
		return nil, ErrClosed
	}
	return permit, err
}

// ObserveRunning sizes the windows by how many tasks run at once. Queued says that others wait
// behind them, so that no more can run; without it the windows only grow.
func (p *Model) ObserveRunning(n int, queued bool) {
	if p.fixed {
		return
	}
	size := max(p.minSize, n+min(n, maxQueued))
	if !queued {
		size = max(size, p.InFlight.capacity())
	}
	p.InFlight.resize(size)
	p.InMemory.resize(size + Slack)
}

// AtLimit reports whether so many open tasks fill a window that may still grow.
func (p *Model) AtLimit(open int) bool { return !p.fixed && open >= p.InFlight.capacity() }

// Idle reports whether no submission waits, neither for its turn nor for a slot in flight: as far
// as is known, nothing more is to be sent.
func (p *Model) Idle() bool { return p.waiting.Load() == 0 && !p.InFlight.full() }

// Starved reports whether the next submission waits for an open task to end, and not for its
// turn.
func (p *Model) Starved() bool { return p.waiting.Load() == 0 && p.InFlight.full() }
