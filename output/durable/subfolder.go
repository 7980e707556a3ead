package durable

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"runtime"
)

// An [os.Root] walks to images/ anew for each file in it: it opens the folder and closes it, four times a picture. So a
// subfolder in which something was done stays open. It is looked at again before each use, which is one call that opens
// nothing: where somebody has moved it away or put another in its place, that one is taken, as a walk would have done.

// A subfolder is a folder of a [Dir] that is kept open.
type subfolder struct {
	root *os.Root
	file *os.File    // the same folder, for its fsync
	info fs.FileInfo // what it is known by
}

func openSubfolder(in *os.Root, name string) (*subfolder, error) {
	root, err := in.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	file, err := root.Open(".")
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, root.Close(), file.Close())
	}
	return &subfolder{root, file, info}, nil
}

func (s *subfolder) close() error { return errors.Join(s.root.Close(), s.file.Close()) }

// keep is a subfolder that stays open; nil for the folder itself, and for one that cannot be opened: who then walks to it
// hears why. On Windows nothing is kept, since a look there opens the folder, too.
func (d *Dir) keep(name string) *subfolder {
	if name == "." || runtime.GOOS == "windows" {
		return nil
	}
	now, err := d.root.Stat(name)
	if err != nil || !now.IsDir() {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.kept[name]; s != nil && os.SameFile(s.info, now) {
		return s
	}
	s, err := openSubfolder(d.root, name)
	if err != nil {
		return nil
	}
	d.kept[name] = s // another goroutine may be using the one before: the garbage collector closes it
	return s
}

// folderOf is the subfolder that a file stands in; nil where none is kept.
func (d *Dir) folderOf(name string) *subfolder {
	if !fs.ValidPath(name) { // its ".." would be taken out by its letters, not by the links on its way
		return nil
	}
	return d.keep(path.Dir(name))
}

// at is where a file stands: an open folder, and the file's name in it.
func (d *Dir) at(name string) (*os.Root, string) {
	if s := d.folderOf(name); s != nil {
		return s.root, path.Base(name)
	}
	return d.root, name
}

// told is an error about a file that [Dir.at] has found, with the name that the caller knows.
func told(err error, name string) error {
	var p *fs.PathError
	if errors.As(err, &p) && p.Path == path.Base(name) {
		p.Path = name
	}
	return err
}

// ErrMoved says that a file has got its name in a folder that is not there any more.
var ErrMoved = errors.New("the folder was moved away meanwhile, and the file with it")

// renameWithin is [Dir.Rename] in one folder. It looks afterwards whether that still stands where it stood: a picture in a
// folder that was moved a moment before must not count as saved.
func (d *Dir) renameWithin(s *subfolder, from, to string) error {
	err := s.root.Rename(path.Base(from), path.Base(to))
	if link := new(os.LinkError); errors.As(err, &link) {
		err = link.Err
	}
	if err == nil && d.keep(path.Dir(to)) != s {
		err = ErrMoved
	}
	if err != nil {
		return &os.LinkError{Op: "renameat", Old: from, New: to, Err: err}
	}
	return nil
}
