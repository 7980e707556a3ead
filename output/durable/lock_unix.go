//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package durable

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lockFile locks an open file or folder until it is closed.
func lockFile(f *os.File, _ bool) error {
	var err error
	for range maxIdleWrites {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != syscall.EINTR {
			break
		}
	}
	switch {
	case err == syscall.EWOULDBLOCK:
		return ErrLocked
	case cannotLock(err):
		return fmt.Errorf("%w: %w", ErrNoLocks, err)
	}
	return err
}

// cannotLock reports whether err means that the file system has no locks, rather than that a
// lock has failed. NFS returns EBADF for a folder, which cannot be opened for writing.
func cannotLock(err error) bool {
	switch err {
	case syscall.ENOLCK, syscall.EINVAL, syscall.EBADF:
		return true
	}
	return errors.Is(err, errors.ErrUnsupported)
}
