package pictures

import (
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/manifests"
)

// Wanted are the files that a manifest names for the first pictures of its items, in its order.
// It takes 8 bytes an item, and nothing where the manifest names none.
type Wanted struct {
	items  int
	hashes []uint64 // 0 for an item that is not named; nil while none is
}

// Add takes the next item of the manifest.
func (w *Wanted) Add(it *manifests.Item) {
	w.items++
	if w.hashes == nil && !it.Named() {
		return
	}
	for len(w.hashes) < w.items {
		w.hashes = append(w.hashes, 0)
	}
	if it.Named() {
		w.hashes[w.items-1] = fileHash(it.Picture())
	}
}

// Any reports whether the manifest names any picture.
func (w *Wanted) Any() bool { return w.hashes != nil }

// Renames reports whether the i-th item of the manifest wants another name for its pictures than
// they have, where it is that entry of the state file and done. An error in reading the record
// counts as a yes: it comes back where the record is read to be changed.
func (w *Wanted) Renames(i int, s *state.File, entry int) bool {
	if w.hashes == nil || w.hashes[i] == 0 {
		return false
	}
	e := s.Entry(entry)
	if e.Phase() != state.Done || e.FileHash == 0 || e.FileHash == w.hashes[i] {
		return false
	}
	rec, err := s.Get(entry)
	return err != nil || fileHash(rec.Name) != w.hashes[i]
}
