package state

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

// Paid is what a state file tells of some items without being opened as a batch.
type Paid struct {
	Settings Settings
	// Prints are how many of its items have each fingerprint and are paid, or may be.
	Prints map[Fingerprint]int
	// Damage is the first line that cannot be read, nil for none. What the others say is in Prints.
	Damage error
}

// ReadPaid reads which items of the given fingerprints a state file holds as paid, or as perhaps
// paid. It reads the beginning of each line and no record, takes no lock, changes nothing, and may
// be called while a run writes the file.
func ReadPaid(disk durable.Disk, wanted map[Fingerprint]bool) (Paid, error) {
	f, err := disk.Open(FileName)
	if err != nil {
		return Paid{}, err
	}
	defer f.Close()
	r := paidReader{wanted: wanted, items: map[Key]Fingerprint{}}
	in := bufio.NewReaderSize(f, 1<<18)
	for n := 1; ; n++ {
		line, err := readLine(in)
		switch {
		case errors.Is(err, io.EOF):
			return r.paid(), nil // what stands behind the last newline is on its way, or torn
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return Paid{}, err
		case err == nil:
			err = r.read(line[:len(line)-1])
		}
		if errors.Is(err, ErrOther) {
			return Paid{}, err
		}
		if err != nil && r.damage == nil {
			r.damage = &DamageError{File: FileName, Line: n, Reason: err.Error()}
		}
		if r.settings.Rehearsal {
			return Paid{Settings: r.settings}, nil
		}
	}
}

// A paidReader folds lines into the items that are wanted and paid.
type paidReader struct {
	wanted   map[Fingerprint]bool
	items    map[Key]Fingerprint
	settings Settings
	damage   error
}

func (r *paidReader) read(line []byte) error {
	if _, whole := sealed(line); !whole {
		return errors.New("its checksum does not fit")
	}
	if e, ok := entryOf(line); ok {
		r.take(e)
		return nil
	}
	var kind struct {
		Version  int      `json:"qwenbatch"`
		Key      string   `json:"key"`
		Settings Settings `json:"settings"`
	}
	if err := json.Unmarshal(line, &kind); err != nil {
		return err
	}
	switch {
	case kind.Version > Version:
		return fmt.Errorf("%w: it was written by a newer qwenbatch", ErrOther)
	case kind.Version > 0:
		r.settings = kind.Settings
	case kind.Key != "":
		return r.readRecord(line)
	}
	return nil
}

// readRecord reads a record of a version that wrote no entries.
func (r *paidReader) readRecord(line []byte) error {
	rec, err := parseRecord(line)
	if err != nil {
		return err
	}
	e, err := rec.entry()
	if err == nil {
		r.take(e)
	}
	return err
}

// take notes an item's newest line.
func (r *paidReader) take(e Entry) {
	switch e.Phase() {
	case Done, Open, Intent, Held:
		if r.wanted[e.print] {
			r.items[e.Key] = e.print
			return
		}
	}
	delete(r.items, e.Key)
}

func (r *paidReader) paid() Paid {
	p := Paid{Settings: r.settings, Prints: map[Fingerprint]int{}, Damage: r.damage}
	for _, print := range r.items {
		p.Prints[print]++
	}
	return p
}
