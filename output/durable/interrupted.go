package durable

import (
	"errors"
	"syscall"
)

// Package os repeats a call that was interrupted for as long as it is interrupted, which a network or FUSE file system that
// answers nothing else makes for ever, with Ctrl-C in vain. So writes and fsyncs are repeated here.

// interruptions is how many calls in a row may be interrupted.
const interruptions = 1000

// repeated calls until a call is not interrupted, or gives up with what the last one says.
func repeated(call func() error) error {
	for n := 0; ; n++ {
		if err := call(); !errors.Is(err, syscall.EINTR) || n == interruptions {
			return err
		}
	}
}
