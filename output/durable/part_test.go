package durable

import (
	"errors"
	"strings"
	"syscall"
	"testing"
)

type stuck struct{}

func (stuck) Write([]byte) (int, error) { return 0, syscall.EINTR }

func TestD6WriteWithoutProgressEnds(t *testing.T) {
	if _, err := (steadyWriter{stuck{}}).Write([]byte("x")); !errors.Is(err, syscall.EINTR) {
		t.Errorf("Write = %v, want EINTR", err)
	}
}

func TestPartNamesFitEveryFileSystem(t *testing.T) {
	for _, name := range []string{"a", strings.Repeat("图", 85), strings.Repeat("a", 255)} {
		if part := partOf(name); len(part) > 255 || !partPattern.MatchString(part) {
			t.Errorf("partOf(%q) = %q, %d bytes", name, part, len(part))
		}
	}
}
