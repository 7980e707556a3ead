package durable

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestD32Interrupted is failure mode D32: a call that is interrupted is repeated, and not for ever.
func TestD32Interrupted(t *testing.T) {
	for _, c := range []struct{ interrupted, calls int }{{0, 1}, {1, 2}, {50, 51}, {1 << 30, maxInterruptions + 1}} {
		calls := 0
		err := retryInterrupted(func() error {
			if calls++; calls <= c.interrupted {
				return &os.PathError{Op: "write", Path: "x", Err: syscall.EINTR}
			}
			return nil
		})
		if gives := c.interrupted > maxInterruptions; calls != c.calls || errors.Is(err, syscall.EINTR) != gives {
			t.Errorf("interrupted %d times: %d calls, %v, want %d", c.interrupted, calls, err, c.calls)
		}
	}
}

// TestD32Files writes and syncs real files through the calls that end.
func TestD32Files(t *testing.T) {
	f, err := os.OpenFile(filepath.Join(t.TempDir(), "x"), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	s, text := steady(f), strings.Repeat("a line\n", 1<<16)
	for range 2 {
		if n, err := s.Write([]byte(text)); n != len(text) || err != nil {
			t.Fatalf("Write = %d, %v, want %d", n, err, len(text))
		}
	}
	if err := s.Sync(); err != nil {
		t.Errorf("Sync = %v", err)
	}
	if b, _ := os.ReadFile(f.Name()); string(b) != text+text {
		t.Errorf("%d bytes, want %d", len(b), 2*len(text))
	}
	s.Close()
	if _, err := s.Write([]byte("x")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Write of a closed file = %v", err)
	}
	if err := s.Sync(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Sync of a closed file = %v", err)
	}
}
