package durable

import (
	"errors"
	"syscall"
)

// Package os repeats a system call for as long as it returns EINTR. A network or FUSE file
// system that always returns EINTR thus blocks the program for ever, even after Ctrl-C. So
// writes and fsyncs are repeated here, a limited number of times.

// maxInterruptions is how many calls in a row may be interrupted.
const maxInterruptions = 1000

// retryInterrupted calls until a call is not interrupted, and returns the last error when it
// gives up.
func retryInterrupted(call func() error) error {
	for n := 0; ; n++ {
		if err := call(); !errors.Is(err, syscall.EINTR) || n == maxInterruptions {
			return err
		}
	}
}
