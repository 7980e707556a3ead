package disktest

import (
	"io"
	"io/fs"
	"slices"
	"time"
)

// A file is an open file of a Disk.
type file struct {
	disk *Disk
	node *node
	name string
	at   int64
}

func (f *file) Read(b []byte) (n int, err error) {
	err = f.disk.op("read", f.name, func(bool) error {
		if f.at >= int64(len(f.node.data)) {
			return io.EOF
		}
		n = copy(b, f.node.data[f.at:])
		f.at += int64(n)
		return nil
	})
	return n, err
}

func (f *file) ReadAt(b []byte, at int64) (n int, err error) {
	err = f.disk.op("read", f.name, func(bool) error {
		if at < int64(len(f.node.data)) {
			n = copy(b, f.node.data[at:])
		}
		if n < len(b) {
			return io.EOF
		}
		return nil
	})
	return n, err
}

func (f *file) Write(b []byte) (n int, err error) {
	err = f.disk.op("write", f.name, func(torn bool) error {
		n = len(b)
		if torn {
			n /= 2
		}
		f.node.data = append(f.node.data, b[:n]...)
		f.node.changed()
		return nil
	})
	return n, err
}

func (f *file) Sync() error {
	return f.disk.op("sync", f.name, func(bool) error {
		f.node.synced = slices.Clone(f.node.data)
		return nil
	})
}

func (f *file) Truncate(size int64) error {
	return f.disk.op("truncate", f.name, func(bool) error {
		f.node.data = slices.Clone(f.node.data[:min(size, int64(len(f.node.data)))])
		f.node.changed()
		return nil
	})
}

func (f *file) Stat() (fs.FileInfo, error) { return f.disk.Lstat(f.name) }

func (f *file) Close() error { return f.disk.op("close", f.name, func(bool) error { return nil }) }

type info struct {
	name     string
	size     int64
	dir      bool
	modified time.Time
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) ModTime() time.Time { return i.modified }
func (i info) IsDir() bool        { return i.dir }
func (i info) Sys() any           { return nil }

func (i info) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}
