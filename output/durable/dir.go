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

// ErrNoDirSync says that a file system cannot sync folders: after a power cut the last renames may
// be missing, though never a part of a file in their place.
var ErrNoDirSync = errors.New("folders cannot be synced on this file system")

// Dir is an output folder on a real disk. It is an [os.Root]: no name and no link leads out of it.
type Dir struct {
	root *os.Root
	path string

	mu   sync.Mutex
	kept map[string]*subfolder
}

// OpenDir opens the folder at path and makes it, and the folders above it, where missing. What it
// makes is durable when it returns. Close it after use.
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

// makeDir is os.MkdirAll that also syncs the folder above each folder that it makes: a state file is
// as durable as the folder that it stands in.
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
	if err := os.Mkdir(path, 0o755); err != nil && !isDir(path) { // another run may have been faster
		return err
	}
	return syncParent(parent)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// syncParent syncs a folder that may not be ours: where we may add to it but not read it, it cannot
// be opened, and that is no reason to refuse the work.
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

// Path is the folder's path as it was given to [OpenDir].
func (d *Dir) Path() string { return d.path }

// Close gives the folder back. Files that are open stay so.
func (d *Dir) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.root.Close() // from here on nothing more is kept
	for _, s := range d.kept {
		err = errors.Join(err, s.close())
	}
	clear(d.kept)
	return err
}

// Create implements [Disk]. O_EXCL does not follow a link that somebody planted under the name.
func (d *Dir) Create(name string) (File, error) {
	root, base := d.at(name)
	f, err := root.OpenFile(base, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	return opened(f, told(err, name))
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
	return steadied(f), nil
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
	return told(root.Remove(base), name)
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

// List implements [Disk]. Where the file system tells what kind a name is of, as most do, no file is looked at.
func (d *Dir) List(name string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		f, err := d.folder(name)
		if err != nil {
			yield("", err)
			return
		}
		defer f.Close()
		for {
			some, err := f.ReadDir(1000)
			for _, e := range some {
				if e.Type().IsRegular() && !yield(e.Name(), nil) {
					return
				}
			}
			if err == io.EOF {
				return
			}
			if err != nil {
				yield("", err)
				return
			}
		}
	}
}

// folder opens a folder for reading its names. Of one that was opened through an [os.Root], os.File.ReadDir looks at
// every file (Go 1.26), which takes seconds for a million pictures; the same folder opened by its path is read without.
func (d *Dir) folder(name string) (*os.File, error) {
	safe, err := d.root.Open(name)
	if err != nil {
		return nil, err
	}
	fast, err := os.Open(filepath.Join(d.path, name))
	if err != nil {
		return safe, nil
	}
	if !same(safe, fast) { // a link, or our own folder was moved
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
	return info, told(err, name)
}

// SyncDir implements [Disk]. On a file system that cannot sync folders it does nothing, as there is
// nothing better to do; [Dir.Durable] tells.
func (d *Dir) SyncDir(name string) error {
	err := d.syncDir(name)
	if cannotSync(err) {
		return nil
	}
	return err
}

// Durable says whether renames in the folder survive a power cut: nil, or an [ErrNoDirSync], which is
// worth a warning and no more.
func (d *Dir) Durable() error {
	err := d.syncDir(".")
	if cannotSync(err) {
		return fmt.Errorf("%w: %w", ErrNoDirSync, err)
	}
	return err
}

// cannotSync tells a file system that has no sync of folders (some FUSE, SMB and overlay ones) from
// one whose sync went wrong.
func cannotSync(err error) bool {
	return errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported)
}
