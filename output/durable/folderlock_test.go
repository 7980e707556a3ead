package durable_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

// TestD17LockOutlivesItsFile deletes the lock file, and moves the folder away, while a run holds it: no other gets it, nor
// another folder at its path, until it is given back.
func TestD17LockOutlivesItsFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a folder in which files are open is not moved here")
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	path := filepath.Join(t.TempDir(), "out")
	lock := func() (*durable.FolderLock, error) {
		dir, err := durable.OpenDir(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { dir.Close() })
		return durable.LockFolder(dir)
	}
	held, err := lock()
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name   string
		meddle func() error
	}{
		{"the lock file is deleted", func() error { return os.Remove(filepath.Join(path, durable.LockFile)) }},
		{"the folder is moved away", func() error { return os.Rename(path, path+"-moved") }},
		{"a copy is in its place", func() error { return os.RemoveAll(filepath.Join(path, durable.LockFile)) }},
		{"the first comes back", func() error { return errors.Join(os.RemoveAll(path), os.Rename(path+"-moved", path)) }},
	} {
		if err := step.meddle(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if _, err := lock(); !errors.Is(err, durable.ErrLocked) {
			t.Errorf("%s: LockFolder = %v, want %v", step.name, err, durable.ErrLocked)
		}
	}
	if err := held.Release(); err != nil {
		t.Errorf("Release = %v", err)
	}
	held, err = lock()
	if err != nil {
		t.Fatalf("LockFolder of what was given back = %v", err)
	}
	held.Release()
}
