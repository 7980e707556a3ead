//go:build !windows

package output

import "os"

// syncDir syncs a folder through a handle of its own.
func (d *Dir) syncDir(name string) error {
	f, err := d.root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// appendable is f: here a file that was opened for appending can also be cut.
func appendable(f *os.File, _ *os.Root, _ string) File { return f }

// inUse is never so: here an open file can be replaced.
func inUse(error) bool { return false }
