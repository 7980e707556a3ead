package pictures

import (
	"cmp"
	"errors"
	"io/fs"
	"iter"
	"slices"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// A sighting is what a listing tells of a file, in 16 bytes: there may be a million of them.
type sighting struct {
	file    uint64 // hash of its path
	bytes   uint32
	changed change
}

// A change is what the file system says that happened to a file since the last look of which
// all was recorded.
type change uint8

const (
	unchanged change = iota
	touched          // name or permissions, or the folder was copied
	rewritten
)

// sightings are sorted by file.
type sightings []sighting

func (s sightings) find(file uint64) (sighting, bool) {
	i, found := slices.BinarySearchFunc(s, file,
		func(a sighting, file uint64) int { return cmp.Compare(a.file, file) })
	if !found {
		return sighting{}, false
	}
	return s[i], true
}

// A lister lists the folder.
type lister struct {
	disk durable.Disk
	// namesOnly leaves sizes and times unseen.
	namesOnly bool
	// seen is the time up to which changes of files are recorded.
	seen time.Time
	// ownWrites says that times tell nothing, since this process has written files itself.
	ownWrites bool
	newest    time.Time // of the files listed so far
}

// list returns all files; capacity is how many are expected. There may be no folder yet,
// or no longer.
func (l *lister) list(capacity int) (sightings, error) {
	all := make(sightings, 0, capacity)
	for s, err := range l.files() {
		if errors.Is(err, fs.ErrNotExist) && len(all) == 0 {
			break
		}
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b sighting) int { return cmp.Compare(a.file, b.file) })
	return all, nil
}

func (l *lister) files() iter.Seq2[sighting, error] {
	return func(yield func(sighting, error) bool) {
		if l.namesOnly {
			for name, err := range l.disk.List(ImagesDir) {
				if !yield(sighting{file: hashIn(name)}, err) {
					return
				}
			}
			return
		}
		for f, err := range l.disk.Sizes(ImagesDir) {
			if !yield(l.sight(f), err) {
				return
			}
		}
	}
}

// sight compares the times of a file with the last that were recorded. A state file of an older
// version has not recorded any; the time of its last line does as well there, unless a run died
// between the two.
func (l *lister) sight(f durable.FileSize) sighting {
	s := sighting{file: hashIn(f.Name), bytes: state.SmallBytes(f.Size)}
	switch {
	case l.ownWrites:
	case f.Modified.After(l.seen):
		s.changed = rewritten
	case f.Touched.After(l.seen):
		s.changed = touched
	}
	for _, t := range []time.Time{f.Modified, f.Touched} {
		if t.After(l.newest) {
			l.newest = t
		}
	}
	return s
}

// hashIn returns the hash of the path of a file in the folder.
func hashIn(name string) uint64 { return state.Hash(ImagesDir + "/" + name) }
