package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

var (
	// ErrLocked says that another process has the lock.
	ErrLocked = errors.New("locked by another process")
	// ErrNoLocks says that the file system, or the system, has no locks.
	ErrNoLocks = errors.New("nothing can be locked on this file system")

	errIrregular = errors.New("it is no regular file")
)

// LockFile is the file whose lock a version holds that knows no other.
const LockFile = ".lock"

// lockTries is how often a name is locked under which another file has been put meanwhile.
const lockTries = 10

// Lock implements [Disk].
func (d *Dir) Lock(name string) (io.Closer, error) {
	for range lockTries {
		f, err := d.openToLock(name)
		if err != nil {
			return nil, err
		}
		if err := lockFile(f, name == LockFile); err != nil {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", name, err)
		}
		if d.bears(name, f) {
			return f, nil
		}
		f.Close()
	}
	return nil, fmt.Errorf("lock %s: %w: it is replaced all the time", name, ErrLocked)
}

// openToLock opens a regular file, which it makes where missing, or the folder itself. It is opened
// for writing, since NFS locks nothing else.
func (d *Dir) openToLock(name string) (*os.File, error) {
	if name == "." {
		return d.root.Open(name)
	}
	info, err := d.root.Lstat(name)
	if err == nil && !info.Mode().IsRegular() { // opening a FIFO may wait for ever
		return nil, &fs.PathError{Op: "lock", Path: name, Err: errIrregular}
	}
	return d.root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
}

// bears reports whether a name still means the file that was opened by it.
func (d *Dir) bears(name string, f *os.File) bool {
	locked, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := d.root.Lstat(name)
	if name == "." {
		there, err = os.Stat(d.path)
	}
	return err == nil && os.SameFile(locked, there)
}

// ReplaceLocked is [Replace] by a file that is locked before it gets its name, so that there is no
// moment at which another process could lock the one that is there.
func ReplaceLocked(d Disk, name string, write func(io.Writer) error) (io.Closer, error) {
	part, err := writeReport(d, name, write)
	if err != nil {
		return nil, fmt.Errorf("replace %s: %w", name, err)
	}
	lock, err := d.Lock(part)
	if err != nil && !errors.Is(err, ErrNoLocks) {
		d.Remove(part)
		return nil, fmt.Errorf("replace %s: %w", name, err)
	}
	if err := install(d, part, name); err != nil {
		if lock != nil {
			lock.Close()
		}
		return nil, fmt.Errorf("replace %s: %w", name, err)
	}
	return lock, nil
}
