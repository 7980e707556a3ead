package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
)

// An itemLine is what the index needs of an item's line; a line without a key is another kind.
type itemLine struct {
	Key      string       `json:"key"`
	ID       string       `json:"id"`
	Print    Fingerprint  `json:"fp"`
	Phase    Phase        `json:"phase"`
	Pictures []Picture    `json:"pictures"`
	Cost     client.Money `json:"cost_micros"`
	Before   client.Money `json:"cost_before_micros"`
	Run      string       `json:"run"`
	Since    time.Time    `json:"sweep_since"`
	Seen     time.Time    `json:"seen"`
	Place    string       `json:"place"`
	Redo     int          `json:"redo"`
	Redos    []Redo       `json:"redos"`
	Version  int          `json:"qwenbatch"`
}

// line is what the index needs of a record.
func (r *Record) line() itemLine {
	return itemLine{Key: r.Key, ID: r.ID, Print: r.Print, Phase: r.Phase, Pictures: r.Pictures,
		Cost: r.Cost, Before: r.Before}
}

// entry is what is kept of a line in memory, but for its place.
func (l itemLine) entry() (Entry, error) {
	k, err := ParseKey(l.Key)
	e := Entry{Key: k, IDHash: Hash(l.ID), print: l.Print, code: codeOf(l.Phase),
		Paid: l.Cost + l.Before}
	if len(l.Pictures) > 0 {
		e.FileHash, e.Pictures = Hash(l.Pictures[0].File), uint16(
			min(len(l.Pictures), math.MaxUint16))
		e.FileBytes = SmallBytes(l.Pictures[0].Bytes)
	}
	for _, p := range l.Pictures {
		e.Edited, e.Damaged = e.Edited || p.Original != "", e.Damaged || p.Damage != ""
	}
	return e, err
}

func parseRecord(line []byte) (Record, error) {
	var r Record
	err := json.Unmarshal(line, &r)
	return r, err
}

// fold applies one line to the state.
func (f *File) fold(line []byte, at span) error {
	f.last = at
	if e, ok := scanItem(line); ok && f.first.Version > 0 {
		f.take(e, at)
		return nil
	}
	var l itemLine
	if err := json.Unmarshal(line, &l); err != nil {
		return fmt.Errorf("it is not a record: %w", err)
	}
	switch {
	case l.Version > Version:
		return fmt.Errorf("%w: it was written by a newer qwenbatch (format %d, this one reads %d)",
			ErrOther, l.Version, Version)
	case l.Version > 0:
		var h Header // a later one may say less than the first
		err := json.Unmarshal(line, &h)
		f.head, f.first = at, h
		return err
	case f.first.Version == 0:
		return errors.New("it is no header")
	case l.Key == "":
		f.marks++
		f.stopped, f.final = l.Run == "stop", Mark{
			Run: l.Run, Since: l.Since, Seen: l.Seen, Redos: l.Redos, Place: l.Place}
		for _, w := range l.Redos {
			f.redoes = max(f.redoes, w.Number)
		}
		return nil
	}
	e, err := l.entry()
	if err == nil {
		f.take(e, at)
	}
	f.redoes = max(f.redoes, l.Redo)
	return err
}

// take makes e, whose line is at, the newest entry of its item.
func (f *File) take(e Entry, at span) {
	f.stopped = false
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
