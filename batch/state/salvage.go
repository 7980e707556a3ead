package state

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

// This file handles a state file that is gone or damaged. A batch that had one is never taken
// for a first run, since what it has open or in doubt would be paid again.

// Traces returns the file which shows that a folder without a state file had one, "" where none
// does. A run has the reserve file while it lives, and leaves it where it leaves tasks open.
func Traces(disk durable.Disk) (string, error) {
	for _, name := range []string{reserveFile, DamagedFile} {
		if there, err := durable.Exists(disk, name); there || err != nil {
			return name, err
		}
	}
	return "", nil
}

// Salvage writes a damaged state file anew from what is whole of it, and keeps the damaged one.
// Of a line that is not, its record counts where it can still be read, no later line has
// another of its item, and the task list does not tell more. What else is lost is looked for as
// after a state file that was lost: the mark at the end says since when. Broken is how many
// lines are lost or doubtful.
func Salvage(disk durable.Disk, h Header, m Mark) (s *File, broken int, err error) {
	s = emptyFile(disk)
	if s.held, err = hold(disk); err != nil {
		return nil, 0, err
	}
	if broken, err = salvage(s, h, m); err != nil {
		return nil, 0, errors.Join(err, s.Close())
	}
	return s, broken, nil
}

func salvage(f *File, h Header, m Mark) (broken int, err error) {
	damaged, err := f.disk.Append(FileName)
	if err != nil {
		return 0, err
	}
	whole, err := io.ReadAll(damaged)
	if err != nil {
		return 0, errors.Join(err, damaged.Close())
	}
	f.journal = &journal{disk: f.disk, name: FileName, file: damaged, size: int64(len(whole))}
	h.Version, h.KeyPrint = version, "" // the key of a lost header is unknown
	f.header = h
	bad, err := foldWhole(f, whole)
	if err != nil {
		return 0, err
	}
	if len(f.entries) == 0 && f.head.length == 0 {
		return 0, &DamageError{File: FileName, Line: 1,
			Reason: "nothing in it is a record of qwenbatch"}
	}
	err = durable.Replace(f.disk, DamagedFile, func(w io.Writer) error {
		_, err := w.Write(whole)
		return err
	})
	if err != nil {
		return 0, err
	}
	order := make([]int, len(f.entries))
	for i := range order {
		order[i] = i
	}
	later := missedBy(f, bad, m.Since)
	if err := replaceFile(f, &m, order); err != nil {
		return 0, err
	}
	for _, rec := range later {
		if err := f.Put(rec, false); err != nil {
			return 0, err
		}
	}
	return len(bad), f.journal.sync()
}

// A badLine is a line whose checksum does not fit.
type badLine struct {
	text   []byte
	offset int64
}

// foldWhole folds the lines whose checksum fits and returns the others. It finds the start of a
// line also where the newline before it is damaged.
func foldWhole(f *File, all []byte) (bad []badLine, err error) {
	offset := int64(0)
	for line := range bytes.Lines(all) {
		rest := line
		for len(rest) > 0 {
			n := len(rest)
			if next := bytes.Index(rest[1:], []byte(`{"seq":`)); next >= 0 {
				n = next + 1
			}
			text := bytes.TrimRight(rest[:n], "\n\x00")
			if _, ok := sealed(text); !ok && n < len(rest) && len(text) > 0 {
				text = text[:len(text)-1] // what the newline has become
			}
			at := span{offset, len(text)}
			if _, ok := sealed(text); !ok {
				bad = append(bad, badLine{text, offset})
			} else if err := f.fold(text, at); errors.Is(err, ErrOther) {
				return nil, err
			} else if err != nil {
				bad = append(bad, badLine{text, offset})
			}
			rest, offset = rest[n:], offset+int64(n)
		}
	}
	return bad, nil
}

// missedBy returns the records of bad lines which can be read and which no later line replaces.
func missedBy(f *File, bad []badLine, listedSince time.Time) (all []Record) {
	for _, line := range bad {
		rec, err := parseRecord(line.text)
		if err != nil || !slices.Contains(phases[1:], rec.Phase) {
			continue
		}
		if rec.Phase.Waiting() && rec.At.After(listedSince) {
			continue // its task is found by its prompt, not by an id of which a digit may be wrong
		}
		k, err := ParseKey(rec.Key)
		if err != nil {
			continue
		}
		if i, known := f.Find(k); known && f.entries[i].offset > line.offset {
			continue
		}
		if rec.Phase == Done && len(rec.Pictures) > 0 {
			if there, err := durable.Exists(f.disk, rec.Pictures[0].File); there && err == nil {
				continue // the identity in the picture tells the item
			}
		}
		rec.Warnings = append(rec.Warnings, "its record stood on a damaged line of the state file")
		all = append(all, rec)
	}
	return all
}
