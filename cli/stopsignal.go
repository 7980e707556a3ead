package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// A stopSignal is the cause of a context that a signal has cancelled.
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

// code is the exit code that shells expect of a process which a signal has ended.
func (s stopSignal) code() exitCode { return exitCode(128 + int(s.signal)) }

// untilSignal returns a context that the first SIGINT, SIGTERM or SIGHUP cancels, after a call
// of first. The second signal ends the process at once, which is safe since the state file is
// durable at every moment. SIGPIPE is ignored: a reader of stdout or stderr that has gone must
// not stop paid pictures from being saved.
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
