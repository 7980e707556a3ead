package batch

import (
	"slices"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/manifests"
)

// An Index is what is kept in memory of a manifest's items, some 40 bytes for each: by their
// fingerprints they are found again in whatever folder their batch is, since names and paths
// change with every "final version 2". It does not change once it has been read.
type Index struct {
	items   []state.Item
	earlier []state.Reading
	skipped []bool // by the manifest, item by item
	names   pictures.Wanted
	models  []string // of the items that are to be made, in order of appearance
}

// ReadIndex reads the index of a manifest that was checked.
func ReadIndex(m *manifests.Manifest) (*Index, error) {
	x := &Index{}
	for it, err := range m.Items() {
		if err != nil {
			return nil, err
		}
		x.Add(it)
	}
	return x, nil
}

// Add takes the next item of the manifest.
func (x *Index) Add(it *manifests.Item) {
	if was, other := it.EarlierFingerprint(); other {
		x.earlier = append(x.earlier, state.Reading{Item: int32(len(x.items)), Print: was})
	}
	x.items = append(x.items, state.Item{IDHash: state.Hash(it.ID), Print: it.Fingerprint()})
	x.skipped = append(x.skipped, it.Skip)
	x.names.Add(it)
	if m := modelOf(it); !it.Skip && !slices.Contains(x.models, m) {
		x.models = append(x.models, m)
	}
}

// hasIDs reports whether some item has an id.
func (x *Index) hasIDs() bool {
	return slices.ContainsFunc(x.items, func(i state.Item) bool { return i.IDHash != 0 })
}

// Index is that of the batch's manifest.
func (b *Batch) Index() *Index { return b.index }

// Items is how many items are to be made.
func (x *Index) Items() int {
	n := 0
	for _, skipped := range x.skipped {
		if !skipped {
			n++
		}
	}
	return n
}

// Wanted is the set that [state.ReadPaid] looks for.
func (x *Index) Wanted() map[state.Fingerprint]bool {
	wanted := make(map[state.Fingerprint]bool, len(x.items))
	for _, it := range x.items {
		wanted[it.Print] = true
	}
	for _, r := range x.earlier {
		wanted[r.Print] = true
	}
	return wanted
}

// PaidIn is how many of the items another state file holds. It uses up paid.Prints.
func (x *Index) PaidIn(paid state.Paid) int {
	was := make(map[int32]state.Fingerprint, len(x.earlier))
	for _, r := range x.earlier {
		was[r.Item] = r.Print
	}
	n := 0
	for i, it := range x.items {
		for _, print := range []state.Fingerprint{it.Print, was[int32(i)]} {
			if !x.skipped[i] && paid.Prints[print] > 0 {
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
