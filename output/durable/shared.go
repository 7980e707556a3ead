package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// PublishShared is [Publish] into the folder itself where other processes may publish the same name at
// the same moment: each picture gets a name of its own, and none takes the place of another.
func (d *Dir) PublishShared(name string, data []byte) (string, error) {
	err := checkName(name)
	for n := 1; err == nil && n <= takenNames; n++ {
		used := successor(name, n)
		switch err = d.putNew(used, data); {
		case errors.Is(err, fs.ErrExist):
			err = nil
		case err == nil:
			return used, d.SyncDir(".")
		}
	}
	if err == nil {
		err = fmt.Errorf("%d names like it are taken: %w", takenNames, fs.ErrExist)
	}
	return "", fmt.Errorf("publish %s: %w", name, err)
}

// putNew writes a file whose name nobody has: fs.ErrExist where somebody does.
func (d *Dir) putNew(name string, data []byte) error {
	if _, err := d.Lstat(name); err == nil {
		return fs.ErrExist // without a part of a picture that has no place here
	}
	part, err := writePart(d, name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		return err
	}
	defer d.Remove(part) // a second name of the picture, or of nothing more
	err = d.root.Link(part, name)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	// There are no hard links here. An empty file takes the name; a crash before the rename leaves it.
	f, err := d.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), d.root.Rename(part, name))
}
