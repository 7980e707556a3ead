package batch

import (
	"slices"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
)

// ofAnother reports whether a file is the picture of another item than that of the key, and stands
// in its item's place. The state may have been lost while pictures had changed places: two records
// name one file then.
func (r *run) ofAnother(file, key string) (bool, error) {
	id, told := state.ReadIdentity(r.o.Disk, file)
	k, err := state.ParseKey(id.Key)
	if !told || err != nil || id.Key == key {
		return false, nil
	}
	i, known := r.state.Find(k)
	if !known {
		return false, nil
	}
	rec, err := r.state.Get(i)
	if err != nil || rec.Task != id.Task {
		return false, err
	}
	named := slices.ContainsFunc(rec.Pictures,
		func(p state.Picture) bool { return p.File == file })
	return named || pictures.IsNamed(file, rec.Name, id.Number), nil
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
