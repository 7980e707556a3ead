package batch

import (
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
)

// A done item is missing where a picture of it is not in its place any more, or is damaged
// there: paid, and gone. As long as the service keeps its task it is fetched again without
// cost; later only --redo, which pays, brings it back. A picture that is whole and not as it
// was saved is somebody's work: its item stays done, and nothing replaces it.

// Missing is how many items of the manifest are done and have lost a picture.
func (b *Batch) Missing() int {
	n := 0
	for i, m := range b.matches {
		if m.Entry >= 0 && !b.index.skipped[i] && !m.Changed && b.pictures.Missing(int(m.Entry)) {
			n++
		}
	}
	return n
}

// fetchable reports whether a missing picture can still be had from its task.
func (b *Batch) fetchable(rec state.Record, now time.Time) bool {
	return rec.Task != "" && !rec.Sent.Sync && now.Sub(rec.Submitted) < client.TaskLifetime
}

// reopen makes open items of the missing ones that the service still has. Their record keeps
// what it knew of the pictures, should the service have forgotten them after all; those that
// are whole are not fetched again.
func (r *run) reopen() error {
	for i, e := range r.state.Entries() {
		halfway := e.Phase() == state.Open && e.FileHash != 0 // by a run that died
		if !halfway && !r.b.pictures.Missing(i) || r.b.redoes(int32(i)) {
			continue
		}
		rec, err := r.state.Get(i)
		if err != nil {
			return err
		}
		if !halfway && !r.b.fetchable(rec, r.clock.Now()) {
			continue
		}
		r.found.Add(rec, r.b.pictures)
		if halfway {
			continue
		}
		rec.Phase, rec.At = state.Open, r.clock.Now()
		if err := r.state.Put(rec, false); err != nil {
			return err
		}
	}
	return nil
}

// stillMissing puts the record of a missing item back that could not be fetched again. It was
// paid for once, so nothing about it is in doubt.
func (r *run) stillMissing(j *job, was state.Record) error {
	// one that was held before has a code
	if j.Phase != state.Held || len(was.Pictures) == 0 || was.Code != "" &&
		was.Succeeded.IsZero() {
		return nil
	}
	j.Record = was
	j.Phase, j.At, j.Lost = state.Done, r.clock.Now(), true
	j.Code, j.Message, j.Succeeded = "", "", time.Time{}
	return r.state.Put(j.Record, true)
}

// noteSeen records what was found of pictures, for a run that has nothing else to do.
func (b *Batch) noteSeen() error {
	if !b.pictures.Examined() {
		return nil
	}
	if err := b.pictures.Record(); err != nil {
		return err
	}
	return b.state.Mark(b.stopMark())
}

// misnamed reports whether the pictures of the i-th item, which is done, want other names.
func (b *Batch) misnamed(i int) bool {
	m := b.matches[i]
	return !b.index.skipped[i] && m.Entry >= 0 && !m.Changed &&
		b.index.names.Renames(i, b.state, int(m.Entry))
}

// rename gives all pictures the names that the manifest says now. One that is made again gets it
// then.
func (r *run) rename() error {
	if !r.b.index.names.Any() {
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
