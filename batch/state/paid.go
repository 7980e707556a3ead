package state

import (
	"encoding/json"
	"errors"

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
	for l, err := range fileLines(f) {
		if err != nil {
			return Paid{}, err
		}
		if l.torn {
			break
		}
		if l.damage == nil {
			l.damage = r.read(l.text)
		}
		if errors.Is(l.damage, ErrOther) {
			return Paid{}, l.damage
		}
		if l.damage != nil && r.damage == nil {
			r.damage = &DamageError{File: FileName, Line: l.number, Reason: l.damage.Error()}
		}
		if r.settings.Rehearsal {
			return Paid{Settings: r.settings}, nil
		}
	}
	return r.paid(), nil
}

// A paidReader folds lines into the items that are wanted and paid.
type paidReader struct {
	wanted   map[Fingerprint]bool
	items    map[Key]Fingerprint
	settings Settings
	damage   error
}

func (r *paidReader) read(line []byte) error {
	if e, ok := entryOf(line); ok {
		r.take(e)
		return nil
	}
	kind, err := kindOf(line)
	switch {
	case err != nil:
		return err
	case kind.Version > 0:
		var h Header
		err = json.Unmarshal(line, &h)
		r.settings = h.Settings
	case kind.Key != "":
		var e Entry
		if e, err = decodeEntry(line); err == nil {
			r.take(e)
		}
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
