package state

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// A File is an open state file. It keeps an [Entry] for every item that was ever seen, in that
// order, with the offset of its last line.
// The records stay on disk; the entries of a million items take 80 MB.
type File struct {
	disk    durable.Disk
	journal *journal
	held    io.Closer // its lock; nil where there is none
	header  Header    // in force: the last one
	head    span      // where its line stands

	length   int64     // of the file when it was opened
	modified time.Time // when it was written last before that

	mu      sync.Mutex // guards the fields below; never held while waiting for the disk's fsync
	entries []Entry
	index   index
	given   map[Key]bool // keys whose first line is not written yet
	marks   int          // lines that are neither header nor item
	stale   int          // lines that a later one has replaced
	paid    client.Money // what the pictures of all items have cost
	stopped bool         // the last line is a clean stop
	last    span         // the last line
	final   Mark         // the last one; its Seen and Redos are what the next is to say
	redoes  int          // the highest number that a wish has had
}

// OpenFile locks the state file and reads it; found is false where there is none yet. Nothing
// is written. Where several goroutines use the file, disk must come from [durable.ShareSyncs]: a sync
// that fails then fails for all that wait for one.
func OpenFile(disk durable.Disk) (s *File, found bool, err error) {
	s = emptyFile(disk)
	info, err := disk.Lstat(FileName)
	if errors.Is(err, fs.ErrNotExist) {
		return s, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	held, err := hold(disk)
	if err != nil {
		return nil, false, err
	}
	s, found, err = readState(disk, info.Size())
	if err != nil {
		return nil, false, errors.Join(err, release(held))
	}
	s.held, s.modified = held, info.ModTime()
	return s, found, nil
}

// readState reads the state file that is there, which has about that size.
func readState(disk durable.Disk, size int64) (s *File, found bool, err error) {
	s = emptyFile(disk)
	if s.length = size; size == 0 {
		return s, false, nil
	}
	var torn []byte
	s.journal, torn, err = openJournal(disk, FileName, s.fold)
	if err != nil {
		return nil, false, err
	}
	if len(torn) > 0 {
		s.stopped = false
		keepTorn(disk, torn)
	}
	if s.header.Version == 0 {
		// The header itself was torn: it is made durable before anything is sent, so nothing was.
		err := s.journal.close()
		return emptyFile(disk), false, err
	}
	return s, true, nil
}

func emptyFile(disk durable.Disk) *File { return &File{disk: disk, given: map[Key]bool{}} }

// keepTorn saves the torn tail of the file for inspection. Errors are ignored: the tail holds
// nothing that a run needs.
func keepTorn(disk durable.Disk, torn []byte) {
	_ = durable.Replace(disk, tornFile, func(w io.Writer) error {
		_, err := w.Write(torn)
		return err
	})
}

// Create writes the header of a first run, durably. A file that is there is empty, since
// [OpenFile] has cut a torn header off; it stays, so that a crash in here does not turn what had
// lost its header into what never was.
func (f *File) Create(h Header) error {
	j, _, err := openJournal(f.disk, FileName, f.fold)
	if err != nil {
		return err
	}
	h.Version = version
	f.journal, f.header = j, h
	if f.held == nil {
		if f.held, err = hold(f.disk); err != nil {
			return err
		}
	}
	if f.head, err = j.append(h); err != nil {
		return err
	}
	if err := j.sync(); err != nil {
		return err
	}
	return f.disk.SyncDir(".")
}

// Amend appends a header that replaces the earlier one, and keeps the members of that which this
// version does not know.
func (f *File) Amend(h Header) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	line, err := f.journal.read(f.head)
	if err != nil {
		return err
	}
	all, err := withUnknown(h, resealed(line))
	if err != nil {
		return err
	}
	at, err := f.journal.append(all)
	if err == nil {
		f.header, f.head = h, at
		f.stale++
	}
	return err
}

// reserveSize is room for the records of 200 tasks that are open when the disk fills up.
const reserveSize = 256 << 10

// Reserve writes a file of size bytes, 0 for 256 KB. When the disk is full it is removed, once, so
// that the ids of paid tasks can still be recorded.
func (f *File) Reserve(size int) error {
	err := durable.Replace(f.disk, reserveFile, func(w io.Writer) error {
		_, err := w.Write(make([]byte, cmp.Or(size, reserveSize)))
		return err
	})
	if err == nil {
		f.journal.spare = reserveFile
	}
	return err
}

// Unreserve removes what Reserve has written, unless a full disk has used it.
func (f *File) Unreserve() error {
	if err := f.disk.Remove(reserveFile); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// ReserveKey returns k, or a key derived from it if another item has k or has reserved it, and
// reserves the result until its first Put.
func (f *File) ReserveKey(k Key) Key {
	f.mu.Lock()
	defer f.mu.Unlock()
	k = freeKey(k, func(k Key) bool {
		_, known := f.index.find(f.entries, k)
		return known || f.given[k]
	})
	f.given[k] = true
	return k
}

// Put appends an item's record. If durable is set, Put returns once the record survives a power
// cut.
func (f *File) Put(r Record, durable bool) error {
	e, err := r.entry()
	if err != nil {
		return err
	}
	f.mu.Lock()
	at, err := f.journal.append(itemLine{e, r})
	if err == nil {
		take(f, e, at)
	}
	f.mu.Unlock()
	if err != nil || !durable {
		return err
	}
	return f.journal.sync()
}

// Mark appends a mark, with the redo requests and the Seen time of the last one, and makes it
// durable.
func (f *File) Mark(m Mark) error {
	f.mu.Lock()
	m.Redos, m.Seen = f.final.Redos, f.final.Seen
	_, err := f.journal.append(m)
	f.marks++
	f.stopped, f.final.Run, f.final.Since = m.Run == "stop", m.Run, m.Since
	f.mu.Unlock()
	if err != nil {
		return err
	}
	return f.journal.sync()
}

// Sync makes everything durable that was appended before the call.
func (f *File) Sync() error { return f.journal.sync() }

// Close closes the file and releases its lock.
func (f *File) Close() error {
	err := release(f.held)
	f.held = nil
	if f.journal == nil {
		return err
	}
	return errors.Join(f.journal.close(), err)
}

func release(held io.Closer) error {
	if held == nil {
		return nil
	}
	return held.Close()
}

// Astray reports whether the state file's name has come to mean another file, or none. What the
// run knows is still all there: in its memory, and in the file that it has open.
func (f *File) Astray() error {
	there, err := f.disk.Lstat(FileName)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrReplaced
	}
	if err != nil {
		return err
	}
	ours, err := f.journal.file.Stat()
	if err != nil {
		return err
	}
	// what a disk in memory tells cannot be compared
	if os.SameFile(ours, ours) && !os.SameFile(ours, there) {
		return ErrReplaced
	}
	return nil
}
