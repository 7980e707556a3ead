//go:build !linux

package cli

// noLocks is of Linux alone.
func noLocks() {}
