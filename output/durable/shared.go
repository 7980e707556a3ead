package durable

import (
	"errors"
	"fmt"
	"io/fs"
)

// PublishShared is [Publish] into the folder itself while other processes may publish under the
// same name: each picture gets a name of its own, and none replaces another. It makes a hard
// link, which fails if the name exists; where there are no hard links, an empty file reserves
// the name.
func (d *Dir) PublishShared(name string, data []byte) (string, error) {
	err := checkName(name)
	for n := 1; err == nil && n <= maxSuccessors; n++ {
		used := Successor(name, n)
		switch err = d.putNew(used, data); {
		case errors.Is(err, fs.ErrExist):
			err = nil
		case err == nil:
			return used, d.SyncDir(".")
		}
	}
	if err == nil {
		err = fmt.Errorf("%d names like it are taken: %w", maxSuccessors, fs.ErrExist)
	}
	return "", fmt.Errorf("publish %s: %w", name, err)
}

// putNew writes a file under a name that is not taken. It fails with fs.ErrExist if it is.
func (d *Dir) putNew(name string, data []byte) error {
	if _, err := d.Lstat(name); err == nil {
		return fs.ErrExist // before a part is written in vain
	}
	part, err := writePart(d, name, contents(data))
	if err != nil {
		return err
	}
	defer d.Remove(part) // which is the second name of the picture, or is gone
	err = d.root.Link(part, name)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	// No hard links here. An empty file reserves the name; a crash before the rename leaves it.
	f, err := d.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), d.root.Rename(part, name))
}
