package batch

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// A done item is missing where a picture of it is not in its place any more, or is damaged
// there: paid, and gone. As long as the service keeps its task it is fetched again without
// cost; later only --redo, which pays, brings it back. A picture that is whole and not as it
// was saved is somebody's work: its item stays done, and nothing replaces it.

// look lists the pictures that are in place and examines those that are not as their records
// say. One look at the folder serves a whole run. After an error nothing may be said of
// pictures, see Report.
func (b *Batch) look() error {
	b.standing, b.examined, b.newest = map[uint64]state.Picture{}, 0, time.Time{}
	b.present, b.blind = b.scan()
	if b.blind == nil && !b.hurries() {
		b.blind = b.examineAll()
	}
	return b.blind
}

// lookAgain is look at the end of a run, which has written pictures itself: their times say
// nothing then, and lengths do.
func (b *Batch) lookAgain() error {
	b.trusting = true
	err := b.look()
	if err == nil {
		b.state.SetSeen(b.newest)
	}
	return err
}

// manyPictures is from which number on a hasty look leaves sizes and times unseen: a look at a
// million files takes longer than all else that a run does which has nothing to do.
const manyPictures = 200_000

// hurries reports whether a look sees names alone. Where an earlier one has found something, it
// does not.
func (b *Batch) hurries() bool {
	return b.o.Hasty && !b.thorough && b.state.Count() > manyPictures && b.reported() == ""
}

// scan lists the pictures, sorted.
func (b *Batch) scan() (sights, error) {
	present := make(sights, 0, b.state.Count())
	for seen, err := range b.listing() {
		if errors.Is(err, fs.ErrNotExist) && len(present) == 0 {
			break // there is no folder yet, or no longer
		}
		if err != nil {
			return nil, err
		}
		present = append(present, seen)
	}
	present.sort()
	return present, nil
}

// pictureGone reports whether a picture of a record is not in its place, or damaged there.
func (b *Batch) pictureGone(p state.Picture) bool {
	file := state.Hash(p.File)
	if _, there := b.present.find(file); !there {
		return true
	}
	if now, examined := b.standing[file]; examined {
		p = now
	}
	return p.Damage != ""
}

// missing reports whether the i-th entry is done and a picture of it is gone.
func (b *Batch) missing(i int) bool {
	e := b.state.Entry(i)
	if e.Phase() != state.Done || e.FileHash == 0 {
		return false
	}
	if e.Pictures == 1 {
		p, examined := b.standing[e.FileHash]
		_, there := b.present.find(e.FileHash)
		return !there || examined && p.Damage != "" || !examined && e.Damaged
	}
	rec, err := b.state.Get(i)
	if err != nil {
		return false
	}
	for _, p := range rec.Pictures {
		if b.pictureGone(p) {
			return true
		}
	}
	return false
}

// edited reports whether the i-th entry is done and somebody has worked on a picture of it.
func (b *Batch) edited(i int) bool {
	e := b.state.Entry(i)
	if e.Phase() != state.Done || e.FileHash == 0 || !e.Edited && len(b.standing) == 0 {
		return false
	}
	if e.Pictures == 1 {
		if p, examined := b.standing[e.FileHash]; examined {
			return p.Original != ""
		}
		return e.Edited
	}
	rec, err := b.state.Get(i)
	return err == nil && b.asFound(rec).Edited()
}

// asFound is a record with its pictures as they were found. Those of the record stay as they are.
func (b *Batch) asFound(rec state.Record) state.Record {
	if len(b.standing) == 0 {
		return rec
	}
	pictures := make([]state.Picture, len(rec.Pictures))
	for i, p := range rec.Pictures {
		if now, examined := b.standing[state.Hash(p.File)]; examined {
			p = now
		}
		pictures[i] = p
	}
	rec.Pictures = pictures
	return rec
}

// Missing is how many items of the manifest are done and have lost a picture.
func (b *Batch) Missing() int {
	n := 0
	for i, m := range b.matches {
		if m.Entry >= 0 && !b.skipped[i] && !m.Changed && b.missing(int(m.Entry)) {
			n++
		}
	}
	return n
}

// keptFor is how long the service keeps a task that has ended (the user's document, 2025-09).
const keptFor = 24 * time.Hour

// fetchable reports whether a missing picture can still be had from its task.
func (b *Batch) fetchable(rec state.Record, now time.Time) bool {
	return rec.Task != "" && !rec.Sent.Sync && now.Sub(rec.Submitted) < keptFor
}

// reopen makes open items of the missing ones that the service still has. Their record keeps
// what it knew of the pictures, should the service have forgotten them after all; those that
// are whole are not fetched again.
func (r *run) reopen() error {
	for i, e := range r.state.Entries() {
		halfway := e.Phase() == state.Open && e.FileHash != 0 // by a run that died
		if !halfway && !r.b.missing(i) || r.b.redoes(int32(i)) {
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
	rec = r.b.asFound(rec)
	n := renaming{rec, rec.Name}
	for i, p := range rec.Pictures {
		at := savedPicture{rec.Task, n.number(i)}
		switch _, there := r.b.present.find(state.Hash(p.File)); {
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
		whole = examinePicture(r.o.Disk, was, n, info.Size())
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
