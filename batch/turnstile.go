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

// A turn is the right to pass under one name. It belongs to one goroutine.
type turn struct {
	of     *turnstile
	name   string
	inside bool
}

func (t *turnstile) turn(name string) *turn { return &turn{of: t, name: name} }

// tryEnter goes in if nobody is inside, or if the turn is inside already.
func (t *turn) tryEnter() bool {
	t.inside = t.inside || t.of.tryEnter(t.name)
	return t.inside
}

// enter waits until it is inside.
func (t *turn) enter(ctx context.Context) error {
	if t.inside {
		return nil
	}
	err := t.of.enter(ctx, t.name)
	t.inside = err == nil
	return err
}

// leave lets the next one in. It may be called again.
func (t *turn) leave() {
	if t.inside {
		t.inside = false
		t.of.leave(t.name)
	}
}

// taken reports whether another one is inside.
func (t *turnstile) taken(by *turn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !by.inside && t.busy[by.name] != nil
}
