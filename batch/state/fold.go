package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// fold applies one line to the state.
func (f *File) fold(line []byte, at span) error {
	f.last = at
	if e, ok := entryOf(line); ok && f.header.Version > 0 {
		take(f, e, at)
		return nil
	}
	kind, err := kindOf(line)
	switch {
	case err != nil:
		return err
	case kind.Version > 0:
		return foldHeader(f, line, at)
	case f.header.Version == 0:
		return errors.New("it is no header")
	case kind.Key == "":
		return foldMark(f, line)
	}
	e, err := decodeEntry(line)
	if err == nil {
		take(f, e, at)
	}
	return err
}

// A lineKind tells what a line is: a header has a version, a record a key, a mark neither.
type lineKind struct {
	Version int    `json:"qwenbatch"`
	Key     string `json:"key"`
}

func kindOf(line []byte) (k lineKind, err error) {
	if err := json.Unmarshal(line, &k); err != nil {
		return k, fmt.Errorf("it is not a record: %w", err)
	}
	if k.Version > version {
		return k, fmt.Errorf("%w: it was written by a newer qwenbatch (format %d, this one reads %d)",
			ErrOther, k.Version, version)
	}
	return k, nil
}

// foldHeader takes a header, which may say less than an earlier one.
func foldHeader(f *File, line []byte, at span) error {
	f.head, f.header = at, Header{}
	return json.Unmarshal(line, &f.header)
}

func foldMark(f *File, line []byte) error {
	f.marks++
	f.final = Mark{}
	err := json.Unmarshal(line, &f.final)
	f.stopped = f.final.Run == "stop"
	for _, w := range f.final.Redos {
		f.redoes = max(f.redoes, w.Number)
	}
	return err
}

// take makes e, whose line is at, the newest entry of its item.
func take(f *File, e Entry, at span) {
	f.stopped = false
	f.redoes = max(f.redoes, int(e.redo))
	e.offset, e.length = at.offset, uint32(at.length)
	i, known := f.index.claim(f.entries, e.Key)
	f.paid += e.Paid
	if known {
		f.paid -= f.entries[i].Paid
		f.entries[i] = e
		f.stale++
		return
	}
	if len(f.entries) == cap(f.entries) {
		f.entries = slices.Grow(f.entries, expected(len(f.entries), f.length, at))
	}
	f.entries = append(f.entries, e)
	delete(f.given, e.Key)
}

// expected is how many entries the rest of the file may bring, judged by what stands before a
// line: a slice that merely doubles holds a million of them two or three times. It is 1 once
// the file has been read.
func expected(have int, size int64, at span) int {
	if have < 1000 {
		return 1
	}
	rest := float64(size-at.offset) / float64(at.offset) * float64(have)
	return 1 + int(max(0, 1.05*rest))
}
