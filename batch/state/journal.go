package state

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

// A journal is an append-only file of JSON lines. Each line carries a sequence number as its
// first member and a CRC-32C over all bytes before it as its last, so that every flipped bit,
// lost line and doubled line is found:
//
//	{"seq":7,"key":…,"sum":"89abcdef"}
//
// A line is one Write. It survives a power cut once sync has returned.
type journal struct {
	disk durable.Disk
	name string

	mu     sync.Mutex // guards the fields below; held for one write at most
	file   durable.File
	seq    int64  // of the last line
	size   int64  // offset behind the last whole line
	broken error  // why nothing can be written any more
	synced int64  // how much is durable
	line   []byte // the array of the last line, for the next
	cut    bool   // when it was opened, its last line did not end in a newline
	spare  string // a file whose removal makes room on a full disk; "" once used
}

// openJournal opens a journal for appending, creating it where missing, and hands every line to
// fold.
//
// What stands behind the last newline is the write that a crash cut: it is kept where its
// checksum fits, else cut off and returned. Everything else that does not fit is a
// *DamageError, also a tail that no cut write can have left.
func openJournal(disk durable.Disk, name string, fold func(line []byte, at span) error) (
	*journal, []byte, error) {
	f, err := disk.Append(name)
	if err != nil {
		return nil, nil, err
	}
	j := &journal{disk: disk, name: name, file: f}
	torn, err := j.load(fold)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return j, torn, nil
}

func (j *journal) load(fold func([]byte, span) error) ([]byte, error) {
	tail, err := j.readLines(fold)
	if err != nil || len(tail) == 0 {
		j.synced = j.size
		return nil, err
	}
	j.cut = true
	if whole := bytes.TrimRight(tail, "\x00"); j.next(whole) {
		return nil, j.endLine(whole, tail, fold)
	}
	if !cutShort(tail) {
		return nil, j.damage("the last line ends in something else than a newline")
	}
	return tail, j.file.Truncate(j.size)
}

// next reports whether a line is the record that is due.
func (j *journal) next(line []byte) bool {
	seq, ok := sealed(line)
	return ok && seq == j.seq+1
}

// endLine takes in a tail that is a whole record: its newline alone was lost, or became zeros,
// of which there may be more.
func (j *journal) endLine(line, tail []byte, fold func([]byte, span) error) error {
	at := span{j.size, len(line)}
	if len(tail) > len(line) {
		if err := j.file.Truncate(j.size + int64(len(line))); err != nil {
			return err
		}
	}
	if _, err := j.file.Write([]byte("\n")); err != nil {
		return err
	}
	j.seq, j.size = j.seq+1, j.size+int64(len(line))+1
	return fold(line, at)
}

// readLines folds every whole line and returns what stands behind the last newline.
func (j *journal) readLines(fold func(line []byte, at span) error) (tail []byte, err error) {
	for l, err := range fileLines(j.file) {
		switch {
		case err != nil:
			return nil, fmt.Errorf("read %s: %w", j.name, err)
		case l.torn:
			return l.text, nil
		case l.damage != nil:
			return nil, j.damage(l.damage.Error())
		case l.seq != j.seq+1:
			return nil, j.damage(fmt.Sprintf("it has number %d where %d is due", l.seq, j.seq+1))
		}
		at := span{j.size, len(l.text)}
		j.seq, j.size = l.seq, j.size+int64(len(l.text))+1
		switch err := fold(l.text, at); {
		case errors.Is(err, ErrOther):
			return nil, err
		case err != nil:
			return nil, j.damage(err.Error())
		}
	}
	return nil, nil
}

func (j *journal) damage(reason string) error {
	return &DamageError{File: j.name, Line: int(j.seq) + 1, Reason: reason}
}

// append writes one record. It is not durable before sync. After a write that failed half-way
// the file is cut back to its last whole line; where that fails too, the journal is broken for
// good.
func (j *journal) append(record any) (span, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken != nil {
		return span{}, j.broken
	}
	line, err := sealInto(j.line, j.seq+1, record)
	if err != nil {
		return span{}, err
	}
	j.line = line
	if err := j.write(line); err != nil {
		return span{}, fmt.Errorf("write %s: %w", j.name, err)
	}
	at := span{j.size, len(line) - 1}
	j.seq, j.size = j.seq+1, j.size+int64(len(line))
	return at, nil
}

// write writes a line whole or not at all. On a full disk the spare file makes room once: the
// ids of tasks that are paid for must still be recorded.
func (j *journal) write(line []byte) error {
	n, err := j.file.Write(line)
	if err == nil && n == len(line) {
		return nil
	}
	if err == nil {
		err = io.ErrShortWrite
	}
	if cut := j.file.Truncate(j.size); cut != nil {
		j.broken = fmt.Errorf("cut back %s: %w", j.name, cut)
		return errors.Join(err, j.broken)
	}
	if j.spare == "" || !noSpace(err) {
		return err
	}
	spare := j.spare
	j.spare = ""
	if j.disk.Remove(spare) != nil {
		return err
	}
	return j.write(line)
}

// sync makes everything durable that was appended before the call. A sync that failed is never
// tried again: the kernel reports lost pages once and forgets them.
func (j *journal) sync() error {
	j.mu.Lock()
	size, synced, err := j.size, j.synced, j.broken
	j.mu.Unlock()
	if synced >= size || err != nil {
		return err
	}
	err = j.file.Sync()
	j.mu.Lock()
	defer j.mu.Unlock()
	if err != nil {
		j.broken = fmt.Errorf("fsync %s: %w", j.name, err)
		return j.broken
	}
	j.synced = max(j.synced, size)
	return nil
}

// read returns a line's bytes.
func (j *journal) read(at span) ([]byte, error) { return j.readInto(nil, at) }

// readInto is read into an array that has had its use.
func (j *journal) readInto(spare []byte, at span) ([]byte, error) {
	line := slices.Grow(spare[:0], at.length)[:at.length]
	if _, err := j.file.ReadAt(line, at.offset); err != nil {
		return nil, fmt.Errorf("read %s: %w", j.name, err)
	}
	return line, j.intact(line, at)
}

// intact returns an error if a line is not what was written there.
func (j *journal) intact(line []byte, at span) error {
	if _, ok := sealed(line); !ok {
		return fmt.Errorf("%w: %s changed while it was in use, at byte %d", ErrDamaged, j.name,
			at.offset)
	}
	return nil
}

func (j *journal) close() error { return j.file.Close() }
