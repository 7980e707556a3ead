//go:build !darwin && !dragonfly && !freebsd && !linux && !netbsd && !openbsd && !windows

package durable

import "os"

// lockFile fails: these systems have no locks that Go knows.
func lockFile(*os.File, bool) error { return ErrNoLocks }
