package batch

import (
	"context"
	"sync"
)

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
