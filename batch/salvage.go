package batch

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"time"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

// This file is what becomes of a state file that is gone or damaged: a batch that has one is never taken for a first run,
// since what it has open or in doubt would be paid again.

// damagedFile keeps a damaged state file that was written anew from what is whole of it.
const damagedFile = "state.damaged"

// traces is the file that shows that there was a batch in a folder without a state file; "" where none does. A run has
// state.reserve while it lives, and leaves it where it leaves tasks open; a folder images/ alone is anybody's.
func traces(disk durable.Disk) (string, error) {
	for _, name := range []string{reserveFile, damagedFile} {
		if there, err := durable.Exists(disk, name); there || err != nil {
			return name, err
		}
	}
	for file, err := range disk.List(imagesDir) {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return "", nil
		case err != nil:
			return "", err
		}
		name := imagesDir + "/" + file
		if id, ours := readIdentity(disk, name); ours {
			if _, err := parseKey(id.Key); err == nil {
				return name, nil
			}
		}
	}
	return "", nil
}

// salvageState writes a damaged state file anew from what is whole of it, and keeps the damaged one. Of a line that is not, its
// record counts where it can still be read, no later line has another of its item, and the task list does not tell more. What
// else is lost is looked for as after a state file that was lost: the mark at the end says since when. Broken is how many lines
// are lost or doubtful.
func salvageState(disk durable.Disk, h header, m mark) (s *state, broken int, err error) {
	s = emptyState(disk)
	if err := s.hold(); err != nil {
		return nil, 0, err
	}
	if broken, err = s.salvage(h, m); err != nil {
		return nil, 0, errors.Join(err, s.close())
	}
	return s, broken, nil
}

func (s *state) salvage(h header, m mark) (broken int, err error) {
	f, err := s.disk.Append(stateFile)
	if err != nil {
		return 0, err
	}
	whole, err := io.ReadAll(f)
	if err != nil {
		return 0, errors.Join(err, f.Close())
	}
	s.journal = &journal{disk: s.disk, name: stateFile, file: f, size: int64(len(whole))}
	s.journal.syncs = newGroup(s.journal.fsync)
	h.Version, h.KeyPrint = stateVersion, "" // of a header that is lost nobody knows the key
	s.first = h
	bad, err := s.foldWhole(whole)
	if err != nil {
		return 0, err
	}
	if len(s.entries) == 0 && s.head.length == 0 {
		return 0, &DamageError{File: stateFile, Line: 1, Reason: "nothing in it is a record of qwenbatch"}
	}
	err = durable.Replace(s.disk, damagedFile, func(w io.Writer) error {
		_, err := w.Write(whole)
		return err
	})
	if err != nil {
		return 0, err
	}
	order := make([]int, len(s.entries))
	for i := range order {
		order[i] = i
	}
	later := s.missedBy(bad, m.Since)
	if err := s.renew(&m, order); err != nil {
		return 0, err
	}
	for _, rec := range later {
		if err := s.put(rec, false); err != nil {
			return 0, err
		}
	}
	return len(bad), s.journal.sync()
}

// A badLine is a line whose checksum does not fit.
type badLine struct {
	text   []byte
	offset int64
}

// foldWhole takes in the lines that are whole. A newline that became something else does not spoil two.
func (s *state) foldWhole(all []byte) (bad []badLine, err error) {
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
			} else if err := s.fold(text, at); errors.Is(err, ErrOther) {
				return nil, err
			} else if err != nil {
				bad = append(bad, badLine{text, offset})
			}
			rest, offset = rest[n:], offset+int64(n)
		}
	}
	return bad, nil
}

// missedBy are the records of bad lines that can be read and that no later line replaces.
func (s *state) missedBy(bad []badLine, listedSince time.Time) (all []record) {
	for _, line := range bad {
		rec, err := parseRecord(line.text)
		if err != nil || codeOf(rec.Phase) == uint8(len(phases)-1) {
			continue
		}
		if rec.Phase.waiting() && rec.At.After(listedSince) {
			continue // its task is found by its words, not by an id of which a digit may be wrong
		}
		k, err := parseKey(rec.Key)
		if err != nil {
			continue
		}
		if i, known := s.find(k); known && s.entries[i].offset > line.offset {
			continue
		}
		if rec.Phase == done && len(rec.Pictures) > 0 {
			if there, err := durable.Exists(s.disk, rec.Pictures[0].File); there && err == nil {
				continue // the picture itself says whose it is
			}
		}
		rec.Warnings = append(rec.Warnings, "its record stood on a damaged line of the state file")
		all = append(all, rec)
	}
	return all
}
