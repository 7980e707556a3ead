package batch

import (
	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/manifests"
)

// A done item whose row, or --name, says another name than before gets its pictures renamed,
// without cost.

// noteName keeps what the next item's file is to be called. Most manifests name none.
func (b *Batch) noteName(it *manifests.Item) {
	if b.named == nil && it.Named() {
		b.named = make([]uint64, len(b.idents)-1)
	}
	if b.named != nil {
		b.named = append(b.named, 0)
	}
	if it.Named() {
		b.named[len(b.named)-1] = pictures.FileHash(it.Picture())
	}
}

// misnamed reports whether the pictures of the i-th item, which is done, want other names.
func (b *Batch) misnamed(i int) bool {
	m := b.matches[i]
	if b.named == nil || b.named[i] == 0 || b.skipped[i] || m.Entry < 0 || m.Changed {
		return false
	}
	e := b.state.Entry(int(m.Entry))
	if e.Phase() != state.Done || e.FileHash == 0 || e.FileHash == b.named[i] {
		return false
	}
	rec, err := b.state.Get(int(m.Entry))
	// an error comes back where the record is read to be changed
	return err != nil || pictures.FileHash(rec.Name) != b.named[i]
}

// rename gives all pictures the names that the manifest says now. One that is made again gets it
// then.
func (r *run) rename() error {
	if r.b.named == nil {
		return nil
	}
	var all []pictures.Renaming
	for i, it := range r.b.items() {
		if it.err != nil {
			return it.err
		}
		if !r.b.misnamed(i) || r.b.redoes(r.b.matches[i].Entry) {
			continue
		}
		rec, err := r.state.Get(int(r.b.matches[i].Entry))
		if err != nil {
			return err
		}
		all = append(all, pictures.Renaming{Record: rec, Want: it.Picture()})
	}
	return pictures.Rename(all, r.folder, r.b.pictures, r.clock.Now)
}
