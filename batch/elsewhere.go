package batch

import (
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/manifests"
)

// Prints are the fingerprints of a manifest's items, by which it is found again in whatever folder
// its batch is: names and paths change with every "final version 2".
type Prints struct {
	items   []state.Item
	earlier []state.Reading
	skipped []bool
}

// ReadPrints reads those of a manifest that was checked.
func ReadPrints(m *manifests.Manifest) (Prints, error) {
	b := Batch{o: Options{Manifest: m}}
	err := b.read()
	return b.Prints(), err
}

// Prints are those of the batch's manifest.
func (b *Batch) Prints() Prints { return Prints{b.idents, b.earlier, b.skipped} }

// Items is how many items are to be made.
func (p Prints) Items() int {
	n := 0
	for _, skipped := range p.skipped {
		if !skipped {
			n++
		}
	}
	return n
}

// Wanted is the set that [state.ReadPaid] looks for.
func (p Prints) Wanted() map[state.Fingerprint]bool {
	wanted := make(map[state.Fingerprint]bool, len(p.items))
	for _, it := range p.items {
		wanted[it.Print] = true
	}
	for _, r := range p.earlier {
		wanted[r.Print] = true
	}
	return wanted
}

// PaidIn is how many of the items another state file holds. It uses up paid.Prints.
func (p Prints) PaidIn(paid state.Paid) int {
	was := make(map[int32]state.Fingerprint, len(p.earlier))
	for _, r := range p.earlier {
		was[r.Item] = r.Print
	}
	n := 0
	for i, it := range p.items {
		for _, print := range []state.Fingerprint{it.Print, was[int32(i)]} {
			if !p.skipped[i] && paid.Prints[print] > 0 {
				paid.Prints[print]--
				n++
				break
			}
		}
	}
	return n
}

// Common is how many items of the manifest the state file holds as they are, and how many items it
// holds.
func (b *Batch) Common() (both, held int) {
	for _, m := range b.matches {
		if m.Entry >= 0 && !m.Changed {
			both++
		}
	}
	return both, b.state.Count()
}

// Foreign reports whether the state file is another manifest's: it is that of one of another name,
// and less than half of the items of either are in the other. A manifest of the same name is the
// same one, edited.
func (b *Batch) Foreign() bool {
	recorded, found := b.Recorded()
	both, held := b.Common()
	named := recorded.Manifest == b.o.Manifest.Name()
	return found && held > 0 && !named && 2*both < min(len(b.matches), held)
}
