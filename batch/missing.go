package batch

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// A done item is missing where a picture of it is not in its place any more, or is damaged
// there: paid, and gone. As long as the service keeps its task it is fetched again without
// cost; later only --redo, which pays, brings it back. A picture that is whole and not as it
// was saved is somebody's work: its item stays done, and nothing replaces it.

// Missing is how many items of the manifest are done and have lost a picture.
func (b *Batch) Missing() int {
	n := 0
	for i, m := range b.matches {
		if m.Entry >= 0 && !b.skipped[i] && !m.Changed && b.pictures.Missing(int(m.Entry)) {
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
		r.sortPictures(rec)
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

// sortPictures notes which pictures of an item whose task is asked again are whole, and which
// are to be set aside when others come in their places.
func (r *run) sortPictures(rec state.Record) {
	for i, p := range rec.Pictures {
		at := savedPicture{rec.Task, pictures.Number(rec, rec.Name, i)}
		switch p, there := r.b.pictures.InPlace(p); {
		case !there:
		case p.Damage != "":
			r.damaged[at] = p
		default:
			r.saved[at] = p
		}
	}
}

// setAside makes room for a picture whose file was damaged when the run began: the file moves
// to images/replaced. It is looked at again before, since a download may have waited for hours:
// a file that is whole by now stays and is returned, and another item's stays.
func (r *run) setAside(was state.Record, number int) (whole state.Picture, is bool, err error) {
	p, damaged := r.damaged[savedPicture{was.Task, number}]
	n := slices.IndexFunc(was.Pictures, func(q state.Picture) bool { return q.File == p.File })
	if !damaged || n < 0 {
		return state.Picture{}, false, nil
	}
	err = r.underName(p.File, func() error {
		info, err := r.o.Disk.Lstat(p.File)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		whole = pictures.Examine(r.o.Disk, was, n, info.Size())
		if is = whole.Damage == ""; is {
			return nil
		}
		if another, err := r.ofAnother(p.File, was.Key); err != nil || another {
			return err
		}
		return r.moveAside(p)
	})
	return whole, is, err
}

// moveAside moves a damaged file to images/replaced.
func (r *run) moveAside(p state.Picture) error {
	if err := r.o.Disk.Mkdir(replacedDir); err != nil {
		return err
	}
	if err := r.toReplaced(p); err == nil {
		return nil
	}
	aside, err := freeIn(r.o.Disk, replacedDir, path.Base(p.File))
	if err != nil {
		return err
	}
	return r.o.Disk.Rename(p.File, aside) // it cannot be read, and so not copied
}

// freeIn is a name in a folder that nothing bears.
func freeIn(disk durable.Disk, dir, name string) (string, error) {
	free := path.Join(dir, name)
	for n := 2; ; n++ {
		there, err := durable.Exists(disk, free)
		if err != nil || !there {
			return free, err
		}
		free = besideName(path.Join(dir, name), n)
	}
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
