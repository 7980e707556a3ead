package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

var (
	// ErrLocked is the error of [Disk.Lock] while another process has the lock.
	ErrLocked = errors.New("locked by another process")
	// ErrNoLocks is the error of [Disk.Lock] where the file system or the system has no locks.
	ErrNoLocks = errors.New("nothing can be locked on this file system")

	errIrregular = errors.New("it is no regular file")
)

// LockFile is the only file that earlier versions lock.
const LockFile = ".lock"

// lockTries is how often Lock starts again because the file was replaced meanwhile.
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
		if d.isStill(name, f) {
			return f, nil
		}
		f.Close()
	}
	return nil, fmt.Errorf("lock %s: %w: it is replaced all the time", name, ErrLocked)
}

// openToLock opens a regular file, which it creates if it does not exist, or the folder itself.
// The file is opened for writing, since NFS locks no other.
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

// isStill reports whether name still refers to the file that was opened by it.
func (d *Dir) isStill(name string, f *os.File) bool {
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

// ReplaceLocked is [Replace] with a file that is locked before it gets its name, so that at no
// moment another process can lock the file of that name. The lock is held until the result is
// closed; the result is nil where there are no locks.
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
	if err := installOver(d, part, name); err != nil {
		if lock != nil {
			lock.Close()
		}
		return nil, fmt.Errorf("replace %s: %w", name, err)
	}
	return lock, nil
}
