package batch

import (
	"errors"
	"io/fs"
	"slices"
	"time"
)

// A done item whose picture is not in its place any more is missing: paid, and gone. As long as the service keeps its task
// it is fetched again without cost; later only --redo, which pays, brings it back.

// look lists the pictures that are in place. One look at the folder serves a whole run; there is no stat per row.
func (b *Batch) look() error {
	present := make(names, 0, len(b.state.entries))
	for name, err := range b.o.Disk.List(imagesDir) {
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return err
		}
		present = append(present, hashID(imagesDir+"/"+name))
	}
	slices.Sort(present)
	b.present = present
	return nil
}

// names are the hashes of file names, sorted: 8 bytes each, of which a map takes 20.
type names []uint64

func (n names) has(hash uint64) bool {
	_, found := slices.BinarySearch(n, hash)
	return found
}

// missing reports whether the i-th entry is done and a picture of it is gone.
func (b *Batch) missing(i int) bool {
	b.state.mu.Lock()
	e := b.state.entries[i]
	b.state.mu.Unlock()
	if e.phase() != done || e.file == 0 {
		return false
	}
	if e.files == 1 {
		return !b.present.has(e.file)
	}
	rec, err := b.state.get(i)
	if err != nil {
		return false
	}
	for _, p := range rec.Pictures {
		if !b.present.has(hashID(p.File)) {
			return true
		}
	}
	return false
}

// kept is how long the service keeps a task that has ended (the user's document, 2025-09).
const kept = 24 * time.Hour

// fetchable reports whether a missing picture can still be had from its task.
func (b *Batch) fetchable(rec record, now time.Time) bool {
	return rec.Task != "" && !rec.Sent.Sync && now.Sub(rec.Submitted) < kept
}

// reopen makes open items of the missing ones that the service still has. Their record keeps what it knew of the picture,
// should the service have forgotten it after all.
func (r *run) reopen() error {
	for i := range r.state.count() {
		if !r.missing(i) || r.redoes(int32(i)) {
			continue
		}
		rec, err := r.state.get(i)
		if err != nil {
			return err
		}
		if !r.fetchable(rec, r.clock.now()) {
			continue
		}
		rec.Phase, rec.At = open, r.clock.now()
		if err := r.state.put(rec, false); err != nil {
			return err
		}
	}
	return nil
}

// stillMissing puts the record of a missing item back that could not be fetched again. It was paid for once, so nothing
// about it is in doubt.
func (r *run) stillMissing(rec *record, was record) error {
	if rec.Phase != held || len(was.Pictures) == 0 || was.Code != "" && was.Succeeded.IsZero() { // one that was held before has a code
		return nil
	}
	*rec = was
	rec.Phase, rec.At, rec.Lost, rec.slot = done, r.clock.now(), true, false
	rec.Code, rec.Message, rec.Succeeded = "", "", time.Time{}
	return r.state.put(*rec, true)
}
