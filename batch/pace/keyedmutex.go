package pace

import (
	"context"
	"sync"
)

// A KeyedMutex is one mutex for each key; its zero value has none locked. A key that is not
// locked takes no memory. It is safe for concurrent use.
type KeyedMutex struct {
	mu     sync.Mutex
	locked map[string]chan struct{} // closed when the key is unlocked
}

// A KeyLock is one goroutine's handle of the mutex of a key. Calls of its methods may be
// repeated.
type KeyLock struct {
	Key   string
	mutex *KeyedMutex
	held  bool
}

// Of returns a handle of the mutex of a key. It does not lock it.
func (m *KeyedMutex) Of(key string) *KeyLock { return &KeyLock{Key: key, mutex: m} }

// TryLock locks the key unless another handle holds it, and reports whether this one does.
func (l *KeyLock) TryLock() bool {
	if !l.held {
		l.held = l.mutex.acquire(l.Key) == nil
	}
	return l.held
}

// Lock waits until this handle holds the mutex, or returns the context's error.
func (l *KeyLock) Lock(ctx context.Context) error {
	for !l.held {
		unlocked := l.mutex.acquire(l.Key)
		if unlocked == nil {
			l.held = true
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-unlocked:
		}
	}
	return nil
}

// Unlock lets another handle lock the key.
func (l *KeyLock) Unlock() {
	if !l.held {
		return
	}
	l.held = false
	l.mutex.mu.Lock()
	defer l.mutex.mu.Unlock()
	close(l.mutex.locked[l.Key])
	delete(l.mutex.locked, l.Key)
}

// HeldByAnother reports whether another handle holds the mutex.
func (l *KeyLock) HeldByAnother() bool {
	l.mutex.mu.Lock()
	defer l.mutex.mu.Unlock()
	return !l.held && l.mutex.locked[l.Key] != nil
}

// acquire locks a key, or returns the channel that is closed when it is unlocked.
func (m *KeyedMutex) acquire(key string) <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if unlocked := m.locked[key]; unlocked != nil {
		return unlocked
	}
	if m.locked == nil {
		m.locked = map[string]chan struct{}{}
	}
	m.locked[key] = make(chan struct{})
	return nil
}
