package state

import (
	"errors"
	"fmt"
	"syscall"
)

// ErrOther says that a state file belongs to another service, region or kind of run.
var ErrOther = errors.New("the state file belongs to another run")

// ErrDamaged says that the state file cannot be trusted.
var ErrDamaged = errors.New("state file is damaged")

// A DamageError tells which line of a file is damaged. It matches [ErrDamaged].
type DamageError struct {
	File   string
	Line   int
	Reason string
}

func (e *DamageError) Error() string {
	return fmt.Sprintf("%s:%d: %v: %s", e.File, e.Line, ErrDamaged, e.Reason)
}

// Is makes it an ErrDamaged.
func (e *DamageError) Is(target error) bool { return target == ErrDamaged }

// ErrLocked says that another run holds the batch.
var ErrLocked = errors.New("another run holds this batch")

// ErrReplaced says that the name of the state file no longer means the file that this run
// writes.
var ErrReplaced = errors.New(
	"the state file was moved away, deleted or replaced while the run wrote it")

// noSpace reports whether an error says that a disk, quota or inode table is full.
func noSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, errQuota)
}
