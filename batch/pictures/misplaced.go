package pictures

import (
	"path"

	"github.com/qwenbatch/qwenbatch/batch/state"
)

// A state file that is older than its folder may know a name by another picture than has it now.

// A misplaced picture is one that is damaged, or another item's, in the place of the n-th of an
// entry.
type misplaced struct {
	entry, n int
	file     string
}

// misplaced returns the pictures that the last look has found so.
func (v *Inventory) misplaced() ([]misplaced, error) {
	var all []misplaced
	err := v.eachFound(func(i int, rec state.Record) error {
		for n, p := range rec.Pictures {
			if now, _ := v.InPlace(p); now.Damage != "" {
				all = append(all, misplaced{i, n, p.File})
			}
		}
		return nil
	})
	return all, err
}

// relocateAll notes where the pictures are of items that are done and not where their records say,
// and returns the others. A picture that another item's record names counts only once that item's
// own has been found elsewhere: two that have changed places are misplaced, both.
func (u *unknowns) relocateAll(all []identified) (others []identified, err error) {
	for {
		others = nil
		for _, p := range all {
			moved, err := u.relocate(p)
			if err != nil {
				return nil, err
			}
			if !moved {
				others = append(others, p)
			}
		}
		if len(others) == len(all) {
			return others, nil
		}
		all = others
	}
}

// relocate does so for one picture, and reports whether it has.
func (u *unknowns) relocate(p identified) (moved bool, err error) {
	k, err := state.ParseKey(p.identity.Key)
	i, known := u.folder.state.Find(k)
	if err != nil || !known || u.folder.state.Entry(i).Phase() != state.Done {
		return false, nil
	}
	rec, err := u.record(i)
	if err != nil || rec.Task != p.identity.Task || rec.Request != p.identity.Request {
		return false, err
	}
	if named, err := u.isNamed(p.picture.File); err != nil || named {
		return false, err
	}
	for n, q := range rec.Pictures {
		now, there := u.inventory.InPlace(q)
		if numberOf(*rec, rec.Name, n) == p.identity.Number && (!there || now.Damage != "") {
			rec.Pictures[n] = p.picture
			u.found[requestOf(*rec)] = rec
			return true, nil
		}
	}
	return false, nil
}

// isNamed reports whether a record names a file as that of a picture which is not found elsewhere.
func (u *unknowns) isNamed(file string) (bool, error) {
	for _, m := range u.misplaced {
		if m.file != file {
			continue
		}
		rec, err := u.record(m.entry)
		if err != nil || rec.Pictures[m.n].File == file {
			return true, err
		}
	}
	return false, nil
}

// vacate gives the name of each misplaced picture that was taken in to the item that it is of:
// that of the record which had it becomes one that no file has.
func (u *unknowns) vacate() error {
	taken := map[string]string{}
	for _, rec := range u.found {
		for _, p := range rec.Pictures {
			taken[p.File] = rec.Key
		}
	}
	for _, m := range u.misplaced {
		rec, err := u.record(m.entry)
		if err != nil {
			return err
		}
		p := &rec.Pictures[m.n]
		if key, is := taken[m.file]; !is || key == rec.Key || p.File != m.file {
			continue
		}
		number := numberOf(*rec, rec.Name, m.n)
		p.File, err = freeName(u.folder.disk,
			path.Join(ImagesDir, FileName(rec.Name, number, path.Ext(m.file))))
		if err != nil {
			return err
		}
		u.found[requestOf(*rec)] = rec
	}
	return nil
}

// record returns the record of an entry, with what was found of it.
func (u *unknowns) record(i int) (*state.Record, error) {
	rec, err := u.folder.state.Get(i)
	if found := u.found[requestOf(rec)]; found != nil {
		return found, err
	}
	return &rec, err
}
