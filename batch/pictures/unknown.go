package pictures

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// Unknown returns records of the pictures that the state file does not know, or knows elsewhere:
// it was lost, or an old one was put back. Their identities say which items they are of; those
// in the places of others are the ones that the inventory has found there. Whole parts get their
// names first. The records are as of now, one for each request, and none of them is written.
func (f *Folder) Unknown(v *Inventory, now time.Time) ([]state.Record, error) {
	if err := f.finishLost(); err != nil {
		return nil, err
	}
	known, err := f.known()
	if err != nil {
		return nil, err
	}
	astray, err := v.misplaced()
	if err != nil {
		return nil, err
	}
	var files []string
	for _, m := range astray {
		files = append(files, m.file)
	}
	for name, err := range f.disk.List(ImagesDir) {
		if err != nil {
			return nil, err
		}
		file := ImagesDir + "/" + name
		part := strings.HasPrefix(name, ".") // no picture's name begins so
		if !part && !known.has(state.Hash(file)) {
			files = append(files, file)
		}
	}
	slices.Sort(files) // pictures of one request are in the order of their names
	u := unknowns{folder: f, inventory: v, misplaced: astray, now: now,
		found: map[string]*state.Record{}}
	unmoved, err := u.relocateAll(u.identifyAll(slices.Compact(files)))
	if err != nil {
		return nil, err
	}
	for _, p := range unmoved {
		u.add(p)
	}
	if err := u.vacate(); err != nil {
		return nil, err
	}
	var all []state.Record
	for _, request := range slices.Sorted(maps.Keys(u.found)) {
		all = append(all, *u.found[request])
	}
	return all, nil
}

// The unknowns are the records that pictures make.
type unknowns struct {
	folder    *Folder
	inventory *Inventory
	misplaced []misplaced
	now       time.Time
	found     map[string]*state.Record // by their requests
}

// requestOf names the request of a record, whose pictures make one record.
func requestOf(rec state.Record) string {
	return strings.Join([]string{rec.Key, rec.Task, rec.Request}, " ")
}

// finishLost gives whole parts their names that no open task will ask for: those of the
// synchronous interface, which has no tasks, and of items that the state file does not know.
func (f *Folder) finishLost() error {
	parts, err := durable.Leftovers(f.disk, ImagesDir)
	if err != nil {
		return err
	}
	for _, part := range parts {
		found, whole := identify(f.disk, part)
		id := found.identity
		k, err := state.ParseKey(id.Key)
		if !whole || err != nil {
			continue
		}
		if i, known := f.state.Find(k); known && f.state.Entry(i).Phase() != state.Intent {
			continue
		}
		if _, err := durable.Finish(f.disk, part, ImagesDir,
			FileName(id.Name, id.Number, found.ext)); err != nil {
			return err
		}
	}
	return nil
}

// hashes are those of paths, sorted: 8 bytes each, of which a map takes 20.
type hashes []uint64

func (h hashes) has(hash uint64) bool {
	_, found := slices.BinarySearch(h, hash)
	return found
}

// known returns the hashes of the files that records name.
func (f *Folder) known() (hashes, error) {
	known := make(hashes, 0, f.state.Count())
	for i, e := range f.state.Entries() {
		known = append(known, e.FileHash)
		if e.Pictures < 2 {
			continue
		}
		rec, err := f.state.Get(i)
		if err != nil {
			return nil, err
		}
		for _, p := range rec.Pictures {
			known = append(known, state.Hash(p.File))
		}
	}
	slices.Sort(known)
	return known, nil
}

// identifyAll returns the files that say which item they are of.
func (u *unknowns) identifyAll(files []string) []identified {
	var all []identified
	for _, file := range files {
		p, whole := identify(u.folder.disk, file)
		if _, err := state.ParseKey(p.identity.Key); whole && err == nil {
			all = append(all, p)
		}
	}
	return all
}

// add adds an unknown picture to the record of its request, unless the state file knows better: an
// open task of ours is collected as always, and an item that is done has another picture.
func (u *unknowns) add(p identified) {
	id := p.identity
	request := requestOf(state.Record{Key: id.Key, Task: id.Task, Request: id.Request})
	rec := u.found[request]
	if rec == nil {
		if rec = u.folder.recordFrom(id, u.now); rec == nil {
			return
		}
		u.found[request] = rec
	}
	rec.Pictures = append(rec.Pictures, p.picture)
	rec.Cost += id.Cost
}

// recordFrom returns the record of an item whose picture was found, with what the state file knows
// of its past, and nil where the picture tells nothing new.
func (f *Folder) recordFrom(id Identity, now time.Time) *state.Record {
	rec := state.Record{Key: id.Key, Sent: id.Sent, Attempt: 1}
	k, err := state.ParseKey(id.Key)
	if err != nil {
		return nil // unreachable: it was parsed when the picture was identified
	}
	if i, known := f.state.Find(k); known {
		old, err := f.state.Get(i)
		// a copy out of another batch; the task is not to be forgotten
		another := old.Phase.Waiting() && old.Print != id.Print
		if err != nil || old.Phase == state.Done || another || id.Task != "" &&
			(old.Task == id.Task || slices.Contains(old.Earlier, id.Task)) {
			return nil
		}
		rec = old
		rec.Supersede()
		if old.Print != id.Print {
			rec.Sent = id.Sent
		}
	}
	rec.ID, rec.Print, rec.Name, rec.Phase, rec.At, rec.Intent = id.ID, id.Print, id.Name,
		state.Done, now, id.At
	rec.Task, rec.Request, rec.Submitted, rec.Finished, rec.ActualPrompt = id.Task, id.Request,
		id.At, id.At, id.Actual
	rec.Pictures, rec.Cost, rec.Code, rec.Message = nil, 0, "", ""
	rec.Redo, rec.Adopted, rec.SeedUnknown = max(rec.Redo, id.Redo), id.Adopted, id.SeedUnknown
	rec.Warnings = []string{"taken in from its picture: the state file did not know it"}
	return &rec
}
