package output

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing/fstest"
)

// simDisk is a disk in memory that fails, dies and loses power on demand. It knows what is durable: the
// bytes of a file after its Sync, the names in a folder after SyncDir.
type simDisk struct {
	mu      sync.Mutex
	names   map[string]*simNode
	durable map[string]*simNode
	ops     []string // what was done so far, as "op name"

	failAt int   // number of the operation that fails, from 1; 0 is none
	done   bool  // it is done all the same
	err    error // and this is its error
	dies   bool  // and after it nothing works any more

	shortWrites bool // a write takes one byte and says EINTR
}

type simNode struct {
	dir          bool
	data, synced []byte
}

var errDead = errors.New("the process is dead")

func newSimDisk() *simDisk {
	root := &simNode{dir: true}
	return &simDisk{names: map[string]*simNode{".": root}, durable: map[string]*simNode{".": root}}
}

// op counts an operation and does it, unless it is to fail or comes after death.
func (d *simDisk) op(kind, name string, do func() error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ops = append(d.ops, kind+" "+name)
	n := len(d.ops)
	if d.dies && d.failAt > 0 && n > d.failAt {
		return errDead
	}
	if n != d.failAt {
		return do()
	}
	if d.done {
		do()
	}
	return &fs.PathError{Op: kind, Path: name, Err: d.err}
}

type loss string

const (
	killed    loss = "killed"     // the process died, the system lives: nothing is lost, and nothing is more durable
	lostAll   loss = "lost all"   // names and bytes that were not synced are gone
	lostBytes loss = "lost bytes" // the file system wrote the names earlier than the bytes
	tornBytes loss = "torn bytes" // and half of the bytes
)

// after is the disk that the next run finds.
func (d *simDisk) after(l loss) *simDisk {
	next := newSimDisk()
	if l == killed {
		next.names, next.durable = maps.Clone(d.names), maps.Clone(d.durable)
		return next
	}
	names := d.names
	if l == lostAll {
		names = d.durable
	}
	for name, n := range names {
		data := n.synced
		if l == tornBytes && len(n.synced) < len(n.data) {
			data = n.data[:len(n.data)/2]
		}
		next.names[name] = &simNode{dir: n.dir, data: data, synced: data}
	}
	next.durable = maps.Clone(next.names)
	return next
}

func (d *simDisk) put(name string, data string) {
	d.names[name] = &simNode{data: []byte(data), synced: []byte(data)}
	d.durable[name] = d.names[name]
}

func (d *simDisk) content(name string) (string, bool) {
	n, ok := d.names[name]
	if !ok {
		return "", false
	}
	return string(n.data), true
}

func (d *simDisk) files() []string {
	var files []string
	for name, n := range d.names {
		if !n.dir {
			files = append(files, name)
		}
	}
	return slices.Sorted(slices.Values(files))
}

func (d *simDisk) open(kind, name string, get func() (*simNode, error)) (File, error) {
	var f *simFile
	err := d.op(kind, name, func() error {
		n, err := get()
		if err != nil {
			return &fs.PathError{Op: kind, Path: name, Err: err}
		}
		f = &simFile{d: d, node: n, name: name}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (d *simDisk) Create(name string) (File, error) {
	return d.open("create", name, func() (*simNode, error) {
		if d.names[name] != nil {
			return nil, fs.ErrExist
		}
		if d.names[path.Dir(name)] == nil {
			return nil, fs.ErrNotExist
		}
		d.names[name] = &simNode{}
		return d.names[name], nil
	})
}

func (d *simDisk) Open(name string) (File, error) {
	return d.open("open", name, func() (*simNode, error) {
		if n := d.names[name]; n != nil {
			return n, nil
		}
		return nil, fs.ErrNotExist
	})
}

func (d *simDisk) Append(name string) (File, error) {
	return d.open("append", name, func() (*simNode, error) {
		if d.names[name] == nil {
			d.names[name] = &simNode{}
		}
		return d.names[name], nil
	})
}

func (d *simDisk) Rename(from, to string) error {
	return d.op("rename", to, func() error {
		n := d.names[from]
		if n == nil {
			return fmt.Errorf("rename %s: %w", from, fs.ErrNotExist)
		}
		delete(d.names, from)
		d.names[to] = n
		return nil
	})
}

func (d *simDisk) Remove(name string) error {
	return d.op("remove", name, func() error {
		if d.names[name] == nil {
			return fs.ErrNotExist
		}
		delete(d.names, name)
		return nil
	})
}

func (d *simDisk) Mkdir(name string) error {
	return d.op("mkdir", name, func() error {
		if d.names[name] == nil {
			d.names[name] = &simNode{dir: true}
		}
		return nil
	})
}

func (d *simDisk) List(name string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if d.names[name] == nil {
			yield("", fs.ErrNotExist)
			return
		}
		for _, file := range slices.Sorted(maps.Keys(d.names)) {
			if path.Dir(file) == name && !d.names[file].dir && !yield(path.Base(file), nil) {
				return
			}
		}
	}
}

func (d *simDisk) Lstat(name string) (info fs.FileInfo, err error) {
	err = d.op("lstat", name, func() error {
		n := d.names[name]
		if n == nil {
			return fs.ErrNotExist
		}
		info, err = (fstest.MapFS{"x": &fstest.MapFile{Data: n.data}}).Stat("x")
		return err
	})
	return info, err
}

func (d *simDisk) SyncDir(name string) error {
	return d.op("syncdir", name, func() error {
		in := func(file string) bool { return path.Dir(file) == name }
		maps.DeleteFunc(d.durable, func(file string, _ *simNode) bool { return in(file) && file != "." })
		for file, n := range d.names {
			if in(file) {
				d.durable[file] = n
			}
		}
		return nil
	})
}

type simFile struct {
	d    *simDisk
	node *simNode
	name string
	at   int64
}

func (f *simFile) Read(b []byte) (int, error) {
	n, err := f.ReadAt(b, f.at)
	f.at += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

func (f *simFile) ReadAt(b []byte, at int64) (int, error) {
	return strings.NewReader(string(f.node.data)).ReadAt(b, at)
}

func (f *simFile) Write(b []byte) (n int, err error) {
	if f.d.shortWrites && len(b) > 1 {
		f.node.data = append(f.node.data, b[0])
		return 1, syscall.EINTR
	}
	err = f.d.op("write", f.name, func() error {
		f.node.data = append(f.node.data, b...)
		n = len(b)
		return nil
	})
	if err != nil && n == 0 { // a full disk takes what still fits
		f.node.data = append(f.node.data, b[:len(b)/3]...)
		n = len(b) / 3
	}
	return n, err
}

func (f *simFile) Sync() error {
	return f.d.op("sync", f.name, func() error {
		f.node.synced = slices.Clone(f.node.data)
		return nil
	})
}

func (f *simFile) Truncate(size int64) error {
	return f.d.op("truncate", f.name, func() error {
		f.node.data = f.node.data[:size]
		return nil
	})
}

func (f *simFile) Stat() (fs.FileInfo, error) { return f.d.Lstat(f.name) }

func (f *simFile) Close() error { return f.d.op("close", f.name, func() error { return nil }) }
