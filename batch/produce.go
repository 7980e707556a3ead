package batch

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"github.com/qwenbatch/qwenbatch/batch/download"
	"github.com/qwenbatch/qwenbatch/batch/pace"
)

// produce starts the items of one model that are to be sent, in the order of the manifest, once
// the sweep has ended. There are no more of them in memory than InMemory has slots. It returns
// when all that it started have come as far as they can.
func (r *run) produce(ctx context.Context, model string) error {
	g, ctx := errgroup.WithContext(ctx)
	next := make(chan produced)
	err := download.Track(&r.activity.Producers, func() error {
		if err := r.sweep.wait(ctx); err != nil {
			return err
		}
		return r.feed(ctx, model, next, func(p produced) {
			g.Go(func() error { return r.work(ctx, p, next) })
		})
	})
	close(next)
	return errors.Join(g.Wait(), err)
}

// A produced job has a slot among those in memory, which it keeps to its end.
type produced struct {
	*job
	memory *pace.Slot
}

// feed hands each item that is to be sent to a worker that waits on next, or calls hire to start
// one. The producer counts as busy while it has items left.
func (r *run) feed(ctx context.Context, model string, next chan<- produced,
	hire func(produced)) error {
	r.busy.Begin()
	defer r.busy.End()
	m := r.paces.Of(model)
	for rec, err := range r.builder.records(model) {
		if err != nil {
			return err
		}
		// The slot in memory comes first: a job that holds one in flight must not wait for
		// another that wants it.
		memory, err := r.acquireMemory(ctx, m)
		if err != nil {
			return err
		}
		slot, err := m.InFlight.Acquire(ctx)
		if err != nil {
			memory.Release()
			return err
		}
		if !r.stops.Begin(model) {
			slot.Release()
			memory.Release()
			return nil
		}
		p := produced{&job{Record: rec, slot: slot}, memory}
		select {
		case next <- p:
		default:
			hire(p)
		}
	}
	return nil
}

// work takes one item after the other. Goroutines are used again because each has to grow its
// stack first, by copying, which took 6 % of the processor time of an item
// (BenchmarkThroughput).
func (r *run) work(ctx context.Context, p produced, next <-chan produced) error {
	for ok := true; ok; p, ok = <-next {
		err := r.runGuarded(ctx, p.job)
		p.memory.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// acquireMemory waits until another item may be in memory.
func (r *run) acquireMemory(ctx context.Context, m *pace.Model) (*pace.Slot, error) {
	r.busy.End() // all slots may be held by doubts, which wait for a quiet run
	defer r.busy.Begin()
	return m.InMemory.Acquire(ctx)
}
