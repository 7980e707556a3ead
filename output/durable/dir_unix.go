//go:build !windows

package durable

import "os"

// syncDir syncs a folder through the handle that is kept open, if there is one, else through a
// new one.
func (d *Dir) syncDir(name string) error {
	if s := d.keep(name); s != nil {
		return steady(s.file).Sync()
	}
	f, err := d.root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return steady(f).Sync()
}

// appendable returns f: on Unix a file that was opened for appending can also be truncated.
func appendable(f *os.File, _ *os.Root, _ string) File { return steady(f) }

// inUse returns false: on Unix an open file can be replaced.
func inUse(error) bool { return false }
