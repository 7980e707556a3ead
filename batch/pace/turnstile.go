package pace

import (
	"context"
	"sync"
)

// A KeyedMutex lets one goroutine at a time pass for each name.
type KeyedMutex struct {
	mu   sync.Mutex
	busy map[string]chan struct{}
}

// tryLock goes in if nobody is inside under that name.
func (t *KeyedMutex) tryLock(name string) bool {
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

// Lock waits until nobody is inside under that name.
func (t *KeyedMutex) Lock(ctx context.Context, name string) error {
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

func (t *KeyedMutex) Unlock(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.busy[name])
	delete(t.busy, name)
}

// A KeyLock is the right to pass under one name. It belongs to one goroutine.
type KeyLock struct {
	of   *KeyedMutex
	Name string
	held bool
}

func (t *KeyedMutex) Of(name string) *KeyLock { return &KeyLock{of: t, Name: name} }

// TryLock goes in if nobody is inside, or if the turn is inside already.
func (t *KeyLock) TryLock() bool {
	t.held = t.held || t.of.tryLock(t.Name)
	return t.held
}

// Lock waits until it is inside.
func (t *KeyLock) Lock(ctx context.Context) error {
	if t.held {
		return nil
	}
	err := t.of.Lock(ctx, t.Name)
	t.held = err == nil
	return err
}

// Unlock lets the next one in. It may be called again.
func (t *KeyLock) Unlock() {
	if t.held {
		t.held = false
		t.of.Unlock(t.Name)
	}
}

// LockedByAnother reports whether another one is inside.
func (t *KeyedMutex) LockedByAnother(by *KeyLock) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !by.held && t.busy[by.Name] != nil
}
