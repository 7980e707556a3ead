package settle

import (
	"sync"
	"time"
)

// A Busy counts the goroutines of a run that may still bring tasks of ours into the list: items
// that are sent, polled or saved, and producers. A doubt that the list cannot settle goes on
// being searched for while there are any, since each such task may give the evidence that
// settles it. A goroutine that waits for a doubt, or is one, does not count: it calls End before
// it waits and Begin when it goes on.
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

// quiet is how long the count has been zero, by our clock.
func (a *Busy) quiet() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.n > 0 {
		return 0
	}
	return time.Since(a.since)
}
