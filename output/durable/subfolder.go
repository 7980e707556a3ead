package durable

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"runtime"
)

// An [os.Root] opens and closes images/ for each operation in it, four times a picture. So a
// subfolder stays open after its first use. Each later use first stats its name, which opens
// nothing; if another folder has taken the name meanwhile, that one is opened instead.

// A subfolder is a folder of a [Dir] that is kept open.
type subfolder struct {
	root *os.Root
	file *os.File    // the same folder, for its fsync
	info fs.FileInfo // its identity, for os.SameFile
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

// keep returns the open subfolder of that name. It returns nil for the output folder itself and
// for a subfolder that cannot be opened; the caller then uses the whole path and gets the
// error. On Windows it always returns nil, since a stat there opens the folder, too.
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
	// another goroutine may use the one before, which the garbage collector closes
	d.kept[name] = s
	return s
}

// folderOf returns the open subfolder that a file is in, or nil.
func (d *Dir) folderOf(name string) *subfolder {
	if !fs.ValidPath(name) { // path.Dir would resolve ".." without regard to links
		return nil
	}
	return d.keep(path.Dir(name))
}

// at returns an open folder and the file's name relative to it.
func (d *Dir) at(name string) (*os.Root, string) {
	if s := d.folderOf(name); s != nil {
		return s.root, path.Base(name)
	}
	return d.root, name
}

// named puts the name that the caller used into an error about a file that [Dir.at] has found.
func named(err error, name string) error {
	var p *fs.PathError
	if errors.As(err, &p) && p.Path == path.Base(name) {
		p.Path = name
	}
	return err
}

// ErrMoved is the error of a rename in a folder that was moved or replaced meanwhile.
var ErrMoved = errors.New("the folder was moved away meanwhile, and the file with it")

// renameWithin is [Dir.Rename] within one folder. It checks afterwards that the folder still
// has its name: a picture in a folder that was moved away must not count as saved.
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
