package batch

import (
	"context"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
)

// active counts what goes on in a run beside doubts: items that are sent, asked for or saved,
// and producers that are not waiting for those. A doubt that the list cannot settle waits while
// anything does, since every task of ours that the list comes to show may settle it.
type active struct {
	mu    sync.Mutex
	n     int
	since time.Time // when the last one ended, by our clock
}

func (a *active) begin() {
	a.mu.Lock()
	a.n++
	a.mu.Unlock()
}

func (a *active) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.n--; a.n == 0 {
		a.since = time.Now()
	}
}

// quiet is for how long nothing has gone on, by our clock.
func (a *active) quiet() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.n > 0 {
		return 0
	}
	return time.Since(a.since)
}

// acquireMemory waits until another item may be in memory.
func (r *run) acquireMemory(ctx context.Context, m *pace.Model) (*pace.Slot, error) {
	r.active.end() // those that are inside may all be in doubt
	defer r.active.begin()
	return m.InMemory.Acquire(ctx)
}
