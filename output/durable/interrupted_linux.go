package durable

import (
	"io/fs"
	"os"
	"syscall"
)

// A steadyFile is an [os.File] with writes and fsyncs that end, however often they are
// interrupted.
type steadyFile struct{ *os.File }

// steady returns the file with calls that end.
func steady(f *os.File) File { return steadyFile{f} }

// Write writes all of b, or returns how much it has written.
func (f steadyFile) Write(b []byte) (done int, err error) {
	for err == nil && done < len(b) {
		err = f.call("write", func(fd int) error {
			n, err := syscall.Write(fd, b[done:])
			done += max(n, 0)
			return err
		})
	}
	return done, err
}

func (f steadyFile) Sync() error { return f.call("sync", syscall.Fsync) }

func (f steadyFile) call(op string, call func(fd int) error) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	err = retryInterrupted(func() error {
		failed := fs.ErrClosed // the one error of Control
		conn.Control(func(fd uintptr) { failed = call(int(fd)) })
		return failed
	})
	if err != nil {
		return &fs.PathError{Op: op, Path: f.Name(), Err: err}
	}
	return nil
}
