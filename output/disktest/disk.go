// Package disktest is a durable.Disk in memory, for tests of what a crash, a power cut or a
// failing disk leaves behind.
//
// A test sets [Disk.Decide] to make an operation fail, be torn, or kill the process, and
// continues with [Disk.After], the disk that the next process finds. Durable are the bytes of a
// file after Sync, and the names in a folder after SyncDir. The disk promises no more than a
// real file system and loses all that one may lose; it does not model permissions, links or
// locks.
//
// One mutex guards the disk. Decide is called with it held and must not call the disk.
package disktest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

// ErrDead is the error of every operation after the process has died.
var ErrDead = errors.New("the process is dead")

// An Op is an operation on the disk, as Decide sees it.
type Op struct {
	N int // from 1
	// Kind is create, open, append, rename, remove, mkdir, readdir, lstat, lock, syncdir,
	// write, read, sync, truncate or close.
	Kind string
	Name string
}

// Changes reports whether the operation changes what is on the disk or how durable it is.
func (o Op) Changes() bool {
	switch o.Kind {
	case "create", "append", "rename", "remove", "mkdir", "syncdir", "write", "sync", "truncate":
		return true
	}
	return false
}

// A Verdict decides what an operation does.
type Verdict struct {
	Err  error // what it returns; nil: it succeeds
	Done bool  // with Err: it takes effect nevertheless
	Torn bool  // with Err, for a write: only the first half is done
	Die  bool  // all later operations fail with ErrDead
}

// A Disk is a durable.Disk. It is safe for concurrent use.
type Disk struct {
	// Decide is called before every operation, with a lock held; if it is nil, all succeed.
	Decide func(Op) Verdict

	mu      sync.Mutex
	n       int
	dead    bool
	names   map[string]*node
	durable map[string]*node
	boot    int // power cuts so far
	made    int // files so far
}

type node struct {
	dir          bool
	data, synced []byte
	modified     time.Time // of its bytes
	touched      time.Time // of its bytes or name
	number       int       // unique on the disk; 0 for a folder
}

// newFile returns a new file with a number of its own. The lock is held.
func (d *Disk) newFile(data, synced []byte) *node {
	d.made++
	n := &node{data: data, synced: synced, number: d.made}
	n.changed()
	return n
}

// changed sets the times of a change of bytes.
func (n *node) changed() { n.modified = time.Now(); n.touched = n.modified }

// New returns an empty disk.
func New() *Disk {
	root := &node{dir: true}
	return &Disk{names: map[string]*node{".": root}, durable: map[string]*node{".": root}}
}

// Kill makes every further operation fail with ErrDead.
func (d *Disk) Kill() {
	d.mu.Lock()
	d.dead = true
	d.mu.Unlock()
}

// Ops returns how many operations there were.
func (d *Disk) Ops() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.n
}

// A Loss is what a crash loses.
type Loss int

const (
	// Killed: the process died and the system goes on. Nothing is lost, and nothing becomes
	// durable.
	Killed Loss = iota
	// PowerCut: unsynced names are lost, and unsynced bytes except for a beginning of them.
	PowerCut
	// NamesFirst: all names are kept, as on a file system that writes them before the bytes;
	// unsynced bytes are lost as in PowerCut.
	NamesFirst
	// Losses is the number of losses.
	Losses
)

// After returns the disk that the next process finds. Random draws how many unsynced bytes are
// left; nil leaves none.
func (d *Disk) After(l Loss, random *rand.Rand) *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	next := New()
	next.boot, next.made = d.boot, d.made
	if l == Killed {
		copies := map[*node]*node{}
		next.names, next.durable = copied(d.names, copies), copied(d.durable, copies)
		return next
	}
	next.boot++
	names := d.durable
	if l == NamesFirst {
		names = d.names
	}
	for name, n := range names {
		kept := slices.Clone(n.synced)
		more := len(n.data) - len(n.synced)
		if random != nil && more > 0 && bytes.HasPrefix(n.data, n.synced) {
			kept = slices.Clone(n.data[:len(n.synced)+random.IntN(more+1)])
		}
		next.names[name] = &node{n.dir, kept, kept, n.modified, n.touched, n.number}
	}
	next.durable = maps.Clone(next.names)
	return next
}

// copied clones names and nodes, so that the open files of a dead process change nothing.
func copied(names map[string]*node, copies map[*node]*node) map[string]*node {
	all := make(map[string]*node, len(names))
	for name, n := range names {
		if copies[n] == nil {
			c := *n
			c.data, c.synced = slices.Clone(n.data), slices.Clone(n.synced)
			copies[n] = &c
		}
		all[name] = copies[n]
	}
	return all
}

// Put makes a durable file.
func (d *Disk) Put(name string, data []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.newFile(slices.Clone(data), slices.Clone(data))
	d.names[name], d.durable[name] = n, n
}

// Rot changes the bytes of a file but not its times, as a failing disk does.
func (d *Disk) Rot(name string, data []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.names[name]
	n.data, n.synced = slices.Clone(data), slices.Clone(data)
}

// Content returns the bytes of a file as a process reads them.
func (d *Disk) Content(name string) ([]byte, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, ok := d.names[name]
	if !ok || n.dir {
		return nil, false
	}
	return slices.Clone(n.data), true
}

// Durable returns the bytes of a file that would survive a power cut, if its name does.
func (d *Disk) Durable(name string) ([]byte, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, ok := d.names[name]
	if !ok || n.dir {
		return nil, false
	}
	return slices.Clone(n.synced), true
}

// Files returns the names of all files, sorted.
func (d *Disk) Files() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var files []string
	for name, n := range d.names {
		if !n.dir {
			files = append(files, name)
		}
	}
	slices.Sort(files)
	return files
}

// op counts an operation and does it as Decide wants; do gets whether to do only the first half.
func (d *Disk) op(kind, name string, do func(torn bool) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead {
		return &fs.PathError{Op: kind, Path: name, Err: ErrDead}
	}
	d.n++
	var v Verdict
	if d.Decide != nil {
		v = d.Decide(Op{d.n, kind, name})
	}
	d.dead = v.Die
	if v.Err == nil {
		return wrap(kind, name, do(false))
	}
	if v.Done || v.Torn && kind == "write" {
		do(v.Torn)
	}
	return wrap(kind, name, v.Err)
}

func wrap(kind, name string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &fs.PathError{Op: kind, Path: name, Err: err}
}

func (d *Disk) open(kind, name string, find func() (*node, error)) (durable.File, error) {
	f := &file{disk: d, name: name}
	err := d.op(kind, name, func(bool) (err error) {
		f.node, err = find()
		return err
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Create implements durable.Disk.
func (d *Disk) Create(name string) (durable.File, error) {
	return d.open("create", name, func() (*node, error) {
		if d.names[name] != nil {
			return nil, fs.ErrExist
		}
		return d.make(name)
	})
}

func (d *Disk) make(name string) (*node, error) {
	if d.names[path.Dir(name)] == nil {
		return nil, fs.ErrNotExist
	}
	n := d.newFile(nil, nil)
	d.names[name] = n
	return n, nil
}

// Open implements durable.Disk.
func (d *Disk) Open(name string) (durable.File, error) {
	return d.open("open", name, func() (*node, error) {
		if n := d.names[name]; n != nil {
			return n, nil
		}
		return nil, fs.ErrNotExist
	})
}

// Append implements durable.Disk.
func (d *Disk) Append(name string) (durable.File, error) {
	return d.open("append", name, func() (*node, error) {
		if n := d.names[name]; n != nil {
			return n, nil
		}
		return d.make(name)
	})
}

// Rename implements durable.Disk.
func (d *Disk) Rename(from, to string) error {
	return d.op("rename", to, func(bool) error {
		n := d.names[from]
		if n == nil {
			return fs.ErrNotExist
		}
		delete(d.names, from)
		d.names[to] = n
		n.touched = time.Now()
		return nil
	})
}

// Remove implements durable.Disk.
func (d *Disk) Remove(name string) error {
	return d.op("remove", name, func(bool) error {
		if d.names[name] == nil {
			return fs.ErrNotExist
		}
		delete(d.names, name)
		return nil
	})
}

// Mkdir implements durable.Disk.
func (d *Disk) Mkdir(name string) error {
	return d.op("mkdir", name, func(bool) error {
		if d.names[name] == nil {
			d.names[name] = &node{dir: true}
		}
		return nil
	})
}

// List implements durable.Disk. The names are sorted, so that tests are repeatable.
func (d *Disk) List(name string) iter.Seq2[string, error] {
	var files []string
	err := d.op("readdir", name, func(bool) error {
		if n := d.names[name]; n == nil || !n.dir {
			return fs.ErrNotExist
		}
		for child, n := range d.names {
			if path.Dir(child) == name && !n.dir {
				files = append(files, path.Base(child))
			}
		}
		slices.Sort(files)
		return nil
	})
	return func(yield func(string, error) bool) {
		for _, base := range files {
			if !yield(base, nil) {
				return
			}
		}
		if err != nil {
			yield("", err)
		}
	}
}

// Sizes implements durable.Disk, in the order of List.
func (d *Disk) Sizes(name string) iter.Seq2[durable.FileSize, error] {
	return func(yield func(durable.FileSize, error) bool) {
		for base, err := range d.List(name) {
			size, there := d.sizeOf(path.Join(name, base))
			if (there || err != nil) && !yield(size, err) {
				return
			}
		}
	}
}

func (d *Disk) sizeOf(name string) (size durable.FileSize, there bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, there := d.names[name]
	if !there {
		return size, false
	}
	return durable.FileSize{Name: path.Base(name), Size: int64(len(n.data)),
		Modified: n.modified, Touched: n.touched}, true
}

// Lstat implements durable.Disk.
func (d *Disk) Lstat(name string) (fi fs.FileInfo, err error) {
	err = d.op("lstat", name, func(bool) error {
		n := d.names[name]
		if n == nil {
			return fs.ErrNotExist
		}
		fi = info{path.Base(name), int64(len(n.data)), n.dir, n.modified}
		return nil
	})
	return fi, err
}

// Place implements durable.Disk. After a power cut the boot is another, after Put the file.
func (d *Disk) Place(name string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.names[name]
	if n == nil || n.dir || d.dead {
		return ""
	}
	return fmt.Sprintf("boot %04d file %08d", d.boot, n.number)
}

// Lock implements durable.Disk. It succeeds, since one process has the disk for itself.
func (d *Disk) Lock(name string) (io.Closer, error) {
	return io.NopCloser(nil), d.op("lock", name, func(bool) error { return nil })
}

// SyncDir implements durable.Disk.
func (d *Disk) SyncDir(name string) error {
	return d.op("syncdir", name, func(bool) error {
		in := func(child string) bool { return child != "." && path.Dir(child) == name }
		maps.DeleteFunc(d.durable, func(child string, _ *node) bool { return in(child) })
		for child, n := range d.names {
			if in(child) {
				d.durable[child] = n
			}
		}
		return nil
	})
}

// FailAt is a Decide that gives a verdict to the n-th operation of a kind on a name, and to so
// many in all from that one on.
func FailAt(kind, name string, n, times int, v Verdict) func(Op) Verdict {
	return func(op Op) Verdict {
		if op.Kind != kind || op.Name != name {
			return Verdict{}
		}
		if n--; n > 0 || n <= -times {
			return Verdict{}
		}
		return v
	}
}
