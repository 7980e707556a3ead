package durable

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// A FolderLock holds an output folder for one run. It ends with the process, however that ends, so
// that the files which stay behind mean nothing. What may be deleted, moved or replaced while a
// run lives is not trusted alone; each of these is locked, and the state file, which its owner
// replaces:
//
//   - the file .lock, the one lock that earlier versions know;
//   - the folder itself, which no name leads away from (where the system locks folders: not on
//     Windows);
//   - the folder's path, by a file in the user's cache: a folder that is moved away and made
//     anew at the same place is another folder, and its batch the same.
type FolderLock struct {
	held []io.Closer
	// Unguarded says that the file system locks neither the folder nor a file in it.
	Unguarded bool
}

// LockFolder locks the output folder for one run. It does not wait: if another run holds the
// folder, it fails with [ErrLocked].
func LockFolder(dir *Dir) (*FolderLock, error) {
	l := &FolderLock{Unguarded: true}
	for _, name := range []string{LockFile, "."} {
		if err := l.take(dir, name); err != nil {
			l.Release()
			return nil, err
		}
	}
	if err := l.takePath(dir.Path()); err != nil {
		l.Release()
		return nil, err
	}
	return l, nil
}

func (l *FolderLock) take(dir *Dir, name string) error {
	held, err := dir.Lock(name)
	switch {
	case errors.Is(err, ErrLocked):
		return ErrLocked
	case errors.Is(err, ErrNoLocks):
		return nil
	case err != nil:
		return err
	}
	l.held, l.Unguarded = append(l.held, held), false
	return nil
}

// takePath takes the lock of a path. A user without a cache folder, or with one that cannot be
// locked, goes without.
func (l *FolderLock) takePath(path string) error {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil
	}
	dir, err := OpenDir(filepath.Join(cache, "qwenbatch", "locks"))
	if err != nil {
		return nil
	}
	p := &pathLock{dir: dir, name: pathName(path)}
	p.file, err = dir.Lock(p.name)
	if err != nil {
		dir.Close()
		if errors.Is(err, ErrLocked) {
			return ErrLocked
		}
		return nil
	}
	l.held = append(l.held, p)
	return nil
}

// pathName is the name of a path's lock. A home folder may be shared by machines, each with a
// folder of its own at that path.
func pathName(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	host, _ := os.Hostname()
	sum := sha256.Sum256([]byte(host + "\x00" + path))
	return hex.EncodeToString(sum[:16])
}

// A pathLock is a lock in the user's cache, whose file goes with it: a process that has opened
// the file before sees, once it has the lock, that the name means another, or none.
type pathLock struct {
	dir  *Dir
	name string
	file io.Closer
}

func (p *pathLock) Close() error {
	return errors.Join(p.dir.Remove(p.name), p.file.Close(), p.dir.Close())
}

// Release unlocks the folder. It may be called again.
func (l *FolderLock) Release() (err error) {
	for _, held := range l.held {
		err = errors.Join(err, held.Close())
	}
	l.held = nil
	return err
}
