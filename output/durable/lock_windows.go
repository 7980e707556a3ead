package durable

import (
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// lockFile locks an open file until it is closed. Windows locks bytes, which no other process
// can then read or write: here one far beyond the end of any file, but in [LockFile] the first,
// as earlier versions do. A folder has no bytes and cannot be locked.
func lockFile(f *os.File, first bool) error {
	at := &windows.Overlapped{OffsetHigh: 1 << 30}
	if first {
		at = &windows.Overlapped{}
	}
	const how = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, at)
	switch err {
	case windows.ERROR_LOCK_VIOLATION, windows.ERROR_IO_PENDING:
		return ErrLocked
	case windows.ERROR_INVALID_FUNCTION, windows.ERROR_INVALID_PARAMETER,
		windows.ERROR_NOT_SUPPORTED,
		windows.ERROR_ACCESS_DENIED:
		return fmt.Errorf("%w: %w", ErrNoLocks, err)
	}
	return err
}
