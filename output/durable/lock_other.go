//go:build !darwin && !dragonfly && !freebsd && !linux && !netbsd && !openbsd && !windows

package durable

import "os"

// lockFile knows no lock here.
func lockFile(*os.File, bool) error { return ErrNoLocks }
