package durable

import (
	"errors"
	"os"
	"syscall"
)

// syncDir does nothing: Windows has no sync of folders, and NTFS keeps its names in a journal.
func (d *Dir) syncDir(string) error { return nil }

// appended is a file that was opened for appending. Such a handle has no FILE_WRITE_DATA and cannot cut
// the file, so Truncate takes one of its own.
type appended struct {
	*os.File
	root *os.Root
	name string
}

func appendable(f *os.File, root *os.Root, name string) File {
	return &appended{File: f, root: root, name: name}
}

// Truncate cuts the file that bears the name that f was opened by.
func (a *appended) Truncate(size int64) error {
	f, err := a.root.OpenFile(a.name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(size), f.Close())
}

// ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION of winerror.h.
const (
	sharingViolation = syscall.Errno(32)
	lockViolation    = syscall.Errno(33)
)

// inUse tells a file that another program holds open, as Excel does with a workbook.
func inUse(err error) bool {
	return errors.Is(err, sharingViolation) || errors.Is(err, lockViolation)
}
