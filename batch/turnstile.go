package batch

import (
	"context"
	"sync"
)

// A keyedMutex lets one goroutine at a time pass for each name.
type keyedMutex struct {
	mu   sync.Mutex
	busy map[string]chan struct{}
}

// tryLock goes in if nobody is inside under that name.
func (t *keyedMutex) tryLock(name string) bool {
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

// lock waits until nobody is inside under that name.
func (t *keyedMutex) lock(ctx context.Context, name string) error {
	for !t.tryLock(name) {
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

func (t *keyedMutex) unlock(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.busy[name])
	delete(t.busy, name)
}

// A keyLock is the right to pass under one name. It belongs to one goroutine.
type keyLock struct {
	of     *keyedMutex
	name   string
	held bool
}

func (t *keyedMutex) of(name string) *keyLock { return &keyLock{of: t, name: name} }

// tryLock goes in if nobody is inside, or if the turn is inside already.
func (t *keyLock) tryLock() bool {
	t.held = t.held || t.of.tryLock(t.name)
	return t.held
}

// lock waits until it is inside.
func (t *keyLock) lock(ctx context.Context) error {
	if t.held {
		return nil
	}
	err := t.of.lock(ctx, t.name)
	t.held = err == nil
	return err
}

// unlock lets the next one in. It may be called again.
func (t *keyLock) unlock() {
	if t.held {
		t.held = false
		t.of.unlock(t.name)
	}
}

// lockedByAnother reports whether another one is inside.
func (t *keyedMutex) lockedByAnother(by *keyLock) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !by.held && t.busy[by.name] != nil
}
