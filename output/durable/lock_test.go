//go:build unix

package durable

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestLock takes a file, which is kept from others for as long as it is held, also under another name.
func TestLock(t *testing.T) {
	d := openTemp(t)
	held, err := d.Lock(LockFile)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Lock(LockFile); !errors.Is(err, ErrLocked) {
		t.Errorf("a second Lock = %v, want %v", err, ErrLocked)
	}
	if err := d.Rename(LockFile, "other"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Lock("other"); !errors.Is(err, ErrLocked) {
		t.Errorf("Lock under another name = %v, want %v", err, ErrLocked)
	}
	held.Close()
	if held, err = d.Lock("other"); err != nil {
		t.Fatalf("Lock of what was given back = %v", err)
	}
	held.Close()
}

// TestD19LockMovedFolder does not take a folder that another has taken the place of.
func TestD19LockMovedFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	d, err := OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := errors.Join(os.Rename(path, path+"-moved"), os.Mkdir(path, 0o755)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Lock("."); !errors.Is(err, ErrLocked) {
		t.Errorf("Lock of a folder that was moved away = %v, want %v", err, ErrLocked)
	}
}

// TestD20LockIrregular refuses what is no file of the folder, and makes none elsewhere.
func TestD20LockIrregular(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "victim")
	for name, plant := range map[string]func(path string) error{
		"a link outside":       func(path string) error { return os.Symlink(outside, path) },
		"a link to a file":     func(path string) error { return os.Symlink("picture.png", path) },
		"a link that dangles":  func(path string) error { return os.Symlink("none", path) },
		"a pipe":               func(path string) error { return syscall.Mkfifo(path, 0o644) },
		"a folder":             func(path string) error { return os.Mkdir(path, 0o755) },
		"a link to the folder": func(path string) error { return os.Symlink(".", path) },
	} {
		d := openTemp(t)
		if err := errors.Join(os.WriteFile(filepath.Join(d.Path(), "picture.png"), nil, 0o644), plant(filepath.Join(d.Path(), LockFile))); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Lock(LockFile); !errors.Is(err, errIrregular) {
			t.Errorf("%s: Lock = %v, want %v", name, err, errIrregular)
		}
		if left, _ := os.ReadDir(d.Path()); len(left) != 2 {
			t.Errorf("%s: Lock has made %v", name, left)
		}
	}
	if _, err := os.Lstat(outside); err == nil {
		t.Error("Lock has made a file outside")
	}
}

// TestD21NoLocks tells a file system without locks, or one that cannot lock folders, from a lock that went wrong.
func TestD21NoLocks(t *testing.T) {
	for _, err := range []error{syscall.ENOLCK, syscall.ENOSYS, syscall.EOPNOTSUPP, syscall.EINVAL, syscall.EBADF} {
		if !cannotLock(err) {
			t.Errorf("cannotLock(%v) = false", err)
		}
	}
	if cannotLock(syscall.EIO) || cannotLock(nil) {
		t.Error("cannotLock of a broken disk, or of nothing, is true")
	}
}

// TestD22ReplaceLocked leaves no moment at which the file that bears the name can be locked by another.
func TestD22ReplaceLocked(t *testing.T) {
	d := openTemp(t)
	for range 2 {
		held, err := ReplaceLocked(d, "state.jsonl", func(w io.Writer) error {
			_, err := io.WriteString(w, "whole")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		defer held.Close()
		if _, err := d.Lock("state.jsonl"); !errors.Is(err, ErrLocked) {
			t.Errorf("Lock of what was put in place = %v, want %v", err, ErrLocked)
		}
	}
}
