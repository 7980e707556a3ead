package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// A stopSignal is why a context ended.
type stopSignal struct{ signal syscall.Signal }

func (s stopSignal) Error() string { return "stopped by " + s.name() }

func (s stopSignal) name() string {
	switch s.signal {
	case syscall.SIGINT:
		return "Ctrl-C"
	case syscall.SIGTERM:
		return "SIGTERM"
	case syscall.SIGHUP:
		return "SIGHUP"
	}
	return fmt.Sprintf("signal %d", int(s.signal))
}

// code is what shells expect of a process that a signal ended.
func (s stopSignal) code() exitCode { return exitCode(128 + int(s.signal)) }

// untilSignal returns a context that the first SIGINT, SIGTERM or SIGHUP ends, after first was
// called. The second ends the process at once: the state file is good at every moment. A reader
// of stdout or stderr that has gone (SIGPIPE) stops nothing, since paid pictures are on their
// way.
func untilSignal(parent context.Context, first func(stopSignal)) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	caught := make(chan os.Signal, 2)
	signal.Ignore(syscall.SIGPIPE)
	signal.Notify(caught, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	done := make(chan struct{})
	go func() {
		for stopping := false; ; stopping = true {
			select {
			case <-done:
				return
			case s := <-caught:
				why := stopSignal{s.(syscall.Signal)}
				if stopping {
					os.Exit(int(why.code()))
				}
				first(why)
				cancel(why)
			}
		}
	}()
	return ctx, func() { signal.Stop(caught); close(done); cancel(nil) }
}
