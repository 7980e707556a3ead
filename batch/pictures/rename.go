package pictures

import (
	"errors"
	"path"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/output/durable"
	"github.com/qwenbatch/qwenbatch/output/filename"
)

// A Renaming is an item that is done and whose pictures want another name.
type Renaming struct {
	Record state.Record
	Want   string // as in [FileName]
}

// A renamer takes pictures from name to name.
type renamer struct {
	folder    *Folder
	inventory *Inventory
	now       func() time.Time
}

// Rename gives pictures the names that they want, or one beside it where that is somebody else's,
// and looks at the folder again. It sends nothing and downloads nothing.
//
// Names may go round in a circle, so there are three rounds: first the pictures whose names are
// free; then what stands in another's way goes to a name beside the one it wants; then that one
// gets it too. A round takes no name that was taken when it began, and ends with durable records:
// so whatever a crash leaves, the old name in a record is its picture's or nobody's, and a
// picture under its new name, or beside it, says itself whose it is.
func Rename(all []Renaming, f *Folder, v *Inventory, now func() time.Time) error {
	if len(all) == 0 {
		return nil
	}
	r := renamer{f, v, now}
	blocked, err := r.round(all, false)
	if err != nil || len(blocked) == 0 {
		return err
	}
	if _, err := r.round(blocked, true); err != nil {
		return err
	}
	others, err := r.round(blocked, false)
	for _, n := range others { // the name is somebody else's
		n.Record.Name = n.Want
		err = errors.Join(err, f.state.Put(n.Record, false))
	}
	return errors.Join(err, f.state.Sync())
}

// round renames those whose names are free, or with aside gives each the next free name beside
// it. It returns the others.
func (r *renamer) round(all []Renaming, aside bool) (blocked []Renaming, err error) {
	names, err := r.taken(all)
	if err != nil {
		return nil, err
	}
	var done []state.Record
	for i := range all {
		to, free, err := r.targets(all[i], names, aside)
		if err != nil {
			return nil, err
		}
		if !free {
			blocked = append(blocked, all[i])
			continue
		}
		if err := r.move(&all[i], to); err != nil {
			return nil, err
		}
		if !aside { // else it still wants another
			all[i].Record.Name = all[i].Want
		}
		for _, file := range to {
			names.add(file)
		}
		done = append(done, all[i].Record)
	}
	if err := r.folder.Sync(); err != nil {
		return nil, err
	}
	for _, rec := range done {
		if err := r.folder.state.Put(rec, false); err != nil {
			return nil, err
		}
	}
	return blocked, errors.Join(r.folder.state.Sync(), r.inventory.Look(false))
}

// takenNames are paths by what some file systems take for one.
type takenNames map[string][]string

func (t takenNames) add(file string) {
	folded := filename.Fold(file)
	t[folded] = append(t[folded], file)
}

// taken returns the files of the folder, and those that the records name.
func (r *renamer) taken(all []Renaming) (takenNames, error) {
	names := takenNames{}
	for name, err := range r.folder.disk.List(ImagesDir) {
		if err != nil {
			return nil, err
		}
		names.add(path.Join(ImagesDir, name))
	}
	for _, n := range all {
		for _, p := range n.Record.Pictures {
			names.add(p.File)
		}
	}
	return names, nil
}

// targets returns the files that an item's pictures want, in their order, or with aside free ones
// beside them; free is false where one is another picture's.
func (r *renamer) targets(n Renaming, names takenNames, aside bool) (
	to []string, free bool, err error) {
	for i, p := range n.Record.Pictures {
		wanted := path.Join(ImagesDir,
			FileName(n.Want, numberOf(n.Record, n.Want, i), path.Ext(p.File)))
		file := wanted
		taken, err := r.isTaken(file, names, n, i)
		for again := 2; err == nil && taken && aside; again++ {
			file = durable.Successor(wanted, again)
			taken, err = r.isTaken(file, names, n, i)
		}
		if err != nil || taken {
			return nil, false, err
		}
		to = append(to, file)
	}
	return to, true, nil
}

// isTaken reports whether a file is another than the i-th picture of an item. A link, say, is none
// of the files.
func (r *renamer) isTaken(file string, names takenNames, n Renaming, i int) (bool, error) {
	same := names[filename.Fold(file)]
	for _, other := range same {
		if other == n.Record.Pictures[i].File {
			continue
		}
		if arrived, err := r.arrived(other, n, i); err != nil || !arrived {
			return true, err
		}
	}
	if len(same) > 0 {
		return false, nil
	}
	return durable.Exists(r.folder.disk, file)
}

// arrived reports whether a run that died had given the i-th picture of an item that name: the
// file says itself whose it is. Where the old name still stands, that is a copy which somebody may
// have worked on.
func (r *renamer) arrived(file string, n Renaming, i int) (bool, error) {
	there, err := durable.Exists(r.folder.disk, n.Record.Pictures[i].File)
	return err == nil && !there && r.isOf(file, n, i), err
}

func (r *renamer) isOf(file string, n Renaming, i int) bool {
	return isOf(r.folder.disk, file, n.Record, n.Want, i)
}

// move renames the pictures of an item and notes it in its record, which the caller makes durable.
func (r *renamer) move(n *Renaming, to []string) error {
	rec := n.Record
	rec.Pictures = nil
	for i, p := range n.Record.Pictures {
		from, err := r.whereabouts(*n, i, to[i])
		if err == nil && from != "" && from != to[i] {
			err = r.folder.disk.Rename(from, to[i])
		}
		if err != nil {
			return err
		}
		p.File = to[i]
		rec.Pictures = append(rec.Pictures, p)
	}
	rec.At = r.now()
	n.Record = rec
	return nil
}

// whereabouts returns where the i-th picture of an item is: in its place, or where a run that died
// has left it on its way to another; "" where it is gone.
func (r *renamer) whereabouts(n Renaming, i int, to string) (string, error) {
	file := n.Record.Pictures[i].File
	there, err := durable.Exists(r.folder.disk, file)
	if err == nil && there {
		var another bool
		if another, err = r.folder.ofAnother(file, n.Record.Key); err == nil && !another {
			return file, nil
		}
	}
	for again := 1; err == nil; again++ {
		switch {
		case there && r.isOf(file, n, i):
			return file, nil
		case !there && again > 2:
			return "", nil
		}
		file = durable.Successor(to, again)
		there, err = durable.Exists(r.folder.disk, file)
	}
	return "", err
}
