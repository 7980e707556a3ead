package pictures

import (
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// An Inventory says which pictures of a state file are in their places, and which of those are
// not as their records say. It is what the last look has shown: Look once before anything else is
// asked. It is for one goroutine at a time while it looks, and for any number in between.
//
// An item that is done is missing a picture where the file is gone or damaged: paid, and lost. A
// file that is whole and not what was saved is somebody's work: its item is edited, and nothing
// replaces it.
type Inventory struct {
	disk    durable.Disk
	state   *state.File
	present sightings
	// found are pictures that are not as their records say, by the hashes of their paths.
	found     map[uint64]state.Picture
	opened    int       // how many files were examined
	newest    time.Time // of the files
	err       error
	namesOnly bool
	ownWrites bool
}

// NewInventory returns the inventory of a state file's pictures. It has looked at none yet.
func NewInventory(disk durable.Disk, s *state.File) *Inventory {
	return &Inventory{disk: disk, state: s}
}

// manyItems is from which number of items on a hasty look leaves sizes and times unseen: a look
// at a million files takes longer than all else that a run does which has nothing to do.
const manyItems = 200_000

// Look lists the files and examines those that are not as their records say. A hasty look sees
// the names alone where there are very many. After an error nothing can be said of pictures.
func (v *Inventory) Look(hasty bool) error {
	v.namesOnly = hasty && v.state.Count() > manyItems
	v.found, v.opened, v.newest = map[uint64]state.Picture{}, 0, time.Time{}
	l := lister{disk: v.disk, namesOnly: v.namesOnly, seen: v.state.Seen(), ownWrites: v.ownWrites}
	v.present, v.err = l.list(v.state.Count())
	v.newest = l.newest
	if v.err == nil && !v.namesOnly {
		v.err = v.examineAll()
	}
	return v.err
}

// LookAfterRun is Look at the end of a run, which has written pictures itself: their times say
// nothing from now on, and lengths do. The next mark of the state file records up to which time
// all was seen.
func (v *Inventory) LookAfterRun() error {
	v.ownWrites = true
	err := v.Look(false)
	if err == nil {
		v.state.SetSeen(v.newest)
	}
	return err
}

// Hasty reports whether the last look has seen names alone.
func (v *Inventory) Hasty() bool { return v.namesOnly }

// Err returns why the last look has failed, nil if it has not.
func (v *Inventory) Err() error { return v.err }

// Examined reports whether the last look has opened any file.
func (v *Inventory) Examined() bool { return v.opened > 0 }

// Record puts what was found into the state file, so that it is known when the times of files say
// nothing any more, and then, with the next mark, up to which time all was seen.
func (v *Inventory) Record() error {
	err := v.eachFound(func(_ int, rec state.Record) error {
		return v.state.Put(v.AsFound(rec), false)
	})
	if err == nil {
		v.state.SetSeen(v.newest)
	}
	return err
}

// eachFound calls do for each entry of which the last look may have found something, with its
// number and its record, until do fails.
func (v *Inventory) eachFound(do func(i int, rec state.Record) error) error {
	if len(v.found) == 0 {
		return nil
	}
	for i, e := range v.state.Entries() {
		if _, there := v.found[e.FileHash]; e.FileHash == 0 || e.Pictures == 1 && !there {
			continue
		}
		rec, err := v.state.Get(i)
		if err == nil {
			err = do(i, rec)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// InPlace returns a picture of a record as it was found; false where its file is gone.
func (v *Inventory) InPlace(p state.Picture) (state.Picture, bool) {
	hash := state.Hash(p.File)
	if now, changed := v.found[hash]; changed {
		p = now
	}
	_, there := v.present.find(hash)
	return p, there
}

// AsFound returns a record with its pictures as they were found. Those of rec stay as they are.
func (v *Inventory) AsFound(rec state.Record) state.Record {
	if len(v.found) == 0 {
		return rec
	}
	pictures := make([]state.Picture, len(rec.Pictures))
	for i, p := range rec.Pictures {
		pictures[i], _ = v.InPlace(p)
	}
	rec.Pictures = pictures
	return rec
}

// Missing reports whether the i-th entry is done and a picture of it is gone or damaged.
func (v *Inventory) Missing(i int) bool {
	e := v.state.Entry(i)
	if e.Phase() != state.Done || e.FileHash == 0 {
		return false
	}
	if e.Pictures == 1 {
		p, changed := v.found[e.FileHash]
		_, there := v.present.find(e.FileHash)
		return !there || changed && p.Damage != "" || !changed && e.Damaged
	}
	rec, err := v.state.Get(i)
	if err != nil {
		return false
	}
	for _, p := range rec.Pictures {
		if now, there := v.InPlace(p); !there || now.Damage != "" {
			return true
		}
	}
	return false
}

// Edited reports whether the i-th entry is done and somebody has worked on a picture of it.
func (v *Inventory) Edited(i int) bool {
	e := v.state.Entry(i)
	if e.Phase() != state.Done || e.FileHash == 0 || !e.Edited && len(v.found) == 0 {
		return false
	}
	if e.Pictures == 1 {
		if p, changed := v.found[e.FileHash]; changed {
			return p.Original != ""
		}
		return e.Edited
	}
	rec, err := v.state.Get(i)
	return err == nil && v.AsFound(rec).Edited()
}
