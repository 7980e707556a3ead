package state

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

// Compact writes the file anew with one line an item in the given order of entries, and a stop
// mark at its end where the run ended cleanly. Old or new, the file is whole at every moment.
// The state is unusable after an error.
func (f *File) Compact(stop *Mark, order []int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stale == 0 && f.marks <= 2 && !errors.Is(f.Astray(), ErrReplaced) {
		return nil
	}
	return replaceFile(f, stop, order)
}

// replaceFile is Compact without the test whether it pays; stop may be any mark. The caller
// holds f.mu or has f to itself.
func replaceFile(f *File, stop *Mark, order []int) error {
	old, oldHeld := f.journal, f.held
	held, err := durable.ReplaceLocked(f.disk, FileName,
		func(w io.Writer) error { return rewrite(f, w, stop, order) })
	if err != nil {
		return err
	}
	f.held = held
	if err := errors.Join(old.close(), release(oldHeld)); err != nil {
		return err
	}
	fresh, _, err := readState(f.disk, old.size)
	if err != nil {
		return err
	}
	f.journal, f.head, f.entries, f.index = fresh.journal, fresh.head, fresh.entries, fresh.index
	f.marks, f.stale, f.stopped, f.last, f.final = fresh.marks, fresh.stale, fresh.stopped,
		fresh.last, fresh.final
	f.redoes, f.paid = fresh.redoes, fresh.paid
	return nil
}

func rewrite(f *File, w io.Writer, stop *Mark, order []int) error {
	c := copier{from: f.journal, to: w}
	if err := c.header(f.head, f.header); err != nil {
		return err
	}
	for _, i := range order {
		if err := c.copy(f.entries[i].at()); err != nil {
			return err
		}
	}
	if stop == nil {
		return nil
	}
	stop.Redos, stop.Seen = f.final.Redos, f.final.Seen
	line, err := seal(c.seq+1, stop)
	if err == nil {
		_, err = w.Write(line)
	}
	return err
}

// resealed is a line as a JSON object without its sequence number and checksum.
func resealed(line []byte) json.RawMessage {
	object := append(json.RawMessage{}, inside(line)...)
	object[0] = '{'
	return append(object, '}')
}

// A copier copies lines of a journal, each with the next sequence number and all its members
// byte for byte: fields of a newer version survive.
type copier struct {
	from *journal
	to   io.Writer
	seq  int64 // of the last line

	old, new []byte // of the last line, for the next
}

func (c *copier) copy(at span) (err error) {
	if c.old, err = c.from.readInto(c.old, at); err != nil {
		return err
	}
	c.seq++
	c.new = appendSum(append(appendSeq(c.new[:0], c.seq), inside(c.old)...))
	_, err = c.to.Write(c.new)
	return err
}

// header copies the header, or writes one where it was lost.
func (c *copier) header(at span, h Header) error {
	if at.length > 0 {
		return c.copy(at)
	}
	c.seq++
	line, err := seal(c.seq, h)
	if err == nil {
		_, err = c.to.Write(line)
	}
	return err
}
