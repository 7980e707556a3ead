package pace

import (
	"context"
	"sync"
)

// A Window is a semaphore whose size may change while slots are held. It is safe for concurrent
// use.
type Window struct {
	mu    sync.Mutex
	size  int
	used  int
	freed chan struct{} // closed when a slot may be free; nil while nothing waits
}

// A Slot is one place in a [Window]. It belongs to one goroutine. A nil Slot is a released one.
type Slot struct{ window *Window } // the window is nil once the slot is released

// Acquire waits for a free slot and takes it.
func (w *Window) Acquire(ctx context.Context) (*Slot, error) {
	for {
		w.mu.Lock()
		if w.used < w.size {
			w.used++
			w.mu.Unlock()
			return &Slot{w}, nil
		}
		if w.freed == nil {
			w.freed = make(chan struct{})
		}
		freed := w.freed
		w.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-freed:
		}
	}
}

// Take takes a slot at once, beyond the size if need be: a task of an earlier run is open at
// the service already.
func (w *Window) Take() *Slot {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.used++
	return &Slot{w}
}

// Held reports whether the slot is taken and not released.
func (s *Slot) Held() bool { return s != nil && s.window != nil }

// Release gives the slot back. It may be called again.
func (s *Slot) Release() {
	if s.Held() {
		s.window.change(func(w *Window) { w.used-- })
		s.window = nil
	}
}

// resize sets the size. Slots beyond it stay held until they are released.
func (w *Window) resize(size int) { w.change(func(w *Window) { w.size = size }) }

// change changes the window and wakes those that wait for a slot.
func (w *Window) change(do func(*Window)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	do(w)
	if w.freed != nil {
		close(w.freed)
		w.freed = nil
	}
}

// capacity returns how many slots there are.
func (w *Window) capacity() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.size
}

// full reports whether all slots are held.
func (w *Window) full() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.used >= w.size
}
