package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"sync"
	"syscall"
)

// ErrNoDirSync is the error of [Dir.Durable] on a file system that cannot sync folders. There a
// power cut may undo the last renames, but leaves no part of a file under a final name.
var ErrNoDirSync = errors.New("folders cannot be synced on this file system")

// Dir is an output folder on a real disk. It is confined by an [os.Root]: no name and no link
// leads out of it.
type Dir struct {
	root *os.Root
	path string

	mu   sync.Mutex
	kept map[string]*subfolder // that stay open, by name; guarded by mu
}

// OpenDir opens the folder at path and makes it, and the folders above it, if they do not
// exist. What it makes is durable when it returns. The caller closes the Dir.
func OpenDir(path string) (*Dir, error) {
	if err := makeDir(path); err != nil {
		return nil, fmt.Errorf("open output folder: %w", err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("open output folder: %w", err)
	}
	return newDir(root, path), nil
}

func newDir(root *os.Root, path string) *Dir {
	return &Dir{root: root, path: path, kept: map[string]*subfolder{}}
}

// makeDir is os.MkdirAll which also syncs the parent of each folder that it makes, since a file is
// only as durable as its folder.
func makeDir(path string) error {
	path = filepath.Clean(path)
	if isDir(path) {
		return nil
	}
	parent := filepath.Dir(path)
	if parent != path {
		if err := makeDir(parent); err != nil {
			return err
		}
	}
	// another run may have made it meanwhile
	if err := os.Mkdir(path, 0o755); err != nil && !isDir(path) {
		return err
	}
	return syncParent(parent)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// syncParent syncs a folder that may belong to another user. A folder which may be written but
// not read cannot be opened, and is not synced.
func syncParent(path string) error {
	root, err := os.OpenRoot(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	d := newDir(root, path)
	defer d.Close()
	return d.SyncDir(".")
}

// Path returns the folder's path as it was given to [OpenDir].
func (d *Dir) Path() string { return d.path }

// Close closes the folder. Open files stay open.
func (d *Dir) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.root.Close() // before the rest, so that no subfolder is opened after it
	for _, s := range d.kept {
		err = errors.Join(err, s.close())
	}
	clear(d.kept)
	return err
}

// Create implements [Disk]. O_EXCL does not follow a link that was planted under the name.
func (d *Dir) Create(name string) (File, error) {
	root, base := d.at(name)
	f, err := root.OpenFile(base, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	return opened(f, named(err, name))
}

// Open implements [Disk].
func (d *Dir) Open(name string) (File, error) {
	return opened(d.root.Open(name))
}

// Append implements [Disk].
func (d *Dir) Append(name string) (File, error) {
	f, err := d.root.OpenFile(name, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	return appendable(f, d.root, name), nil
}

// opened keeps a nil *os.File from becoming a File that is not nil.
func opened(f *os.File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return steady(f), nil
}

// Rename implements [Disk].
func (d *Dir) Rename(from, to string) error {
	s := d.folderOf(from)
	if s == nil || !fs.ValidPath(to) || path.Dir(from) != path.Dir(to) {
		return d.root.Rename(from, to)
	}
	return d.renameWithin(s, from, to)
}

// Remove implements [Disk].
func (d *Dir) Remove(name string) error {
	root, base := d.at(name)
	return named(root.Remove(base), name)
}

// Mkdir implements [Disk].
func (d *Dir) Mkdir(name string) error {
	err := d.root.Mkdir(name, 0o755)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, staterr := d.root.Stat(name)
	if staterr != nil {
		return staterr
	}
	if !info.IsDir() {
		return err
	}
	return nil
}

// List implements [Disk]. It stats no file where the file system stores types beside names, as
// most do.
func (d *Dir) List(name string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for entries, err := range d.entries(name, 1000) {
			if err != nil {
				yield("", err)
				return
			}
			for _, e := range entries {
				if e.Type().IsRegular() && !yield(e.Name(), nil) {
					return
				}
			}
		}
	}
}

// entries yields the entries of a folder, at most n at a time. It ends after the first error.
func (d *Dir) entries(name string, n int) iter.Seq2[[]fs.DirEntry, error] {
	return func(yield func([]fs.DirEntry, error) bool) {
		f, err := d.openFolder(name)
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		for {
			entries, err := f.ReadDir(n)
			if len(entries) > 0 && !yield(entries, nil) || err == io.EOF {
				return
			}
			if err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// openFolder opens a folder for reading its names. In a folder that was opened through an
// [os.Root], os.File.ReadDir stats every file (Go 1.26), which takes seconds for a million
// pictures; in the same folder opened by its path it does not.
func (d *Dir) openFolder(name string) (*os.File, error) {
	safe, err := d.root.Open(name)
	if err != nil {
		return nil, err
	}
	fast, err := os.Open(filepath.Join(d.path, name))
	if err != nil {
		return safe, nil
	}
	if !same(safe, fast) { // a link, or the output folder was moved
		fast.Close()
		return safe, nil
	}
	safe.Close()
	return fast, nil
}

func same(f, g *os.File) bool {
	one, err := f.Stat()
	if err != nil {
		return false
	}
	other, err := g.Stat()
	return err == nil && os.SameFile(one, other)
}

// Lstat implements [Disk].
func (d *Dir) Lstat(name string) (fs.FileInfo, error) {
	root, base := d.at(name)
	info, err := root.Lstat(base)
	return info, named(err, name)
}

// SyncDir implements [Disk]. It succeeds on a file system that cannot sync folders, which
// [Dir.Durable] reports.
func (d *Dir) SyncDir(name string) error {
	err := d.syncDir(name)
	if cannotSync(err) {
		return nil
	}
	return err
}

// Durable returns an [ErrNoDirSync] if renames in the folder may not survive a power cut.
// Callers warn of it and go on.
func (d *Dir) Durable() error {
	err := d.syncDir(".")
	if cannotSync(err) {
		return fmt.Errorf("%w: %w", ErrNoDirSync, err)
	}
	return err
}

// cannotSync reports whether err means that the file system cannot sync folders, as some FUSE,
// SMB and overlay ones cannot, rather than that a sync has failed.
func cannotSync(err error) bool {
	return errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported)
}
