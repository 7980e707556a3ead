package output

import (
	"errors"
	"syscall"
	"time"
)

// Package os repeats a call that was interrupted for as long as it is interrupted, which a network or FUSE file system that
// answers nothing else makes for ever, with Ctrl-C in vain. So writes and fsyncs are repeated here.

const (
	// interruptions is how many calls in a row may be interrupted.
	interruptions = 100
	// atOnce is how many of them are repeated without a pause.
	atOnce = 10
)

// repeated calls until a call is not interrupted, or gives up with what the last one says.
func repeated(call func() error) error {
	for n := 0; ; n++ {
		err := call()
		if !errors.Is(err, syscall.EINTR) || n == interruptions {
			return err
		}
		if n >= atOnce {
			time.Sleep(time.Millisecond)
		}
	}
}
