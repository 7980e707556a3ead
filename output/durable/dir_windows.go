package durable

import (
	"errors"
	"os"
	"syscall"
)

// syncDir does nothing: Windows cannot sync folders, and NTFS keeps names in a journal.
func (d *Dir) syncDir(string) error { return nil }

// appended is a file that was opened for appending. Such a handle lacks FILE_WRITE_DATA and cannot
// truncate the file, so Truncate opens another.
type appended struct {
	*os.File
	root *os.Root
	name string
}

func appendable(f *os.File, root *os.Root, name string) File {
	return &appended{File: f, root: root, name: name}
}

// Truncate cuts the file of the name by which a was opened.
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

// inUse reports whether err means that another program has the file open, as Excel has a workbook.
func inUse(err error) bool {
	return errors.Is(err, sharingViolation) || errors.Is(err, lockViolation)
}
