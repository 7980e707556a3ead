package settle

import (
	"sync"
	"time"
)

// A Busy counts what goes on in a run beside doubts: items that are sent, asked for or saved,
// and producers that are not waiting for those. A doubt that the list cannot settle waits while
// anything does, since every task of ours that the list comes to show may settle it.
type Busy struct {
	mu    sync.Mutex
	n     int
	since time.Time // when the last one ended, by our clock
}

// Begin counts one more.
func (a *Busy) Begin() {
	a.mu.Lock()
	a.n++
	a.mu.Unlock()
}

// End counts one less.
func (a *Busy) End() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.n--; a.n == 0 {
		a.since = time.Now()
	}
}

// quiet is for how long nothing has gone on, by our clock.
func (a *Busy) quiet() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.n > 0 {
		return 0
	}
	return time.Since(a.since)
}
