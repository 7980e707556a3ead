//go:build !windows

package durable

import "os"

// syncDir syncs a folder that is kept open, or else through a handle of its own.
func (d *Dir) syncDir(name string) error {
	if s := d.keep(name); s != nil {
		return steadied(s.file).Sync()
	}
	f, err := d.root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return steadied(f).Sync()
}

// appendable is f: here a file that was opened for appending can also be cut.
func appendable(f *os.File, _ *os.Root, _ string) File { return steadied(f) }

// inUse is never so: here an open file can be replaced.
func inUse(error) bool { return false }
