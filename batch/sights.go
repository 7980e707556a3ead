package batch

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// A sight is what a listing tells of a picture, in 16 bytes: there may be a million of them.
type sight struct {
	file    uint64 // hash of its name
	bytes   uint32
	changed change
}

// A change is what the file system says that happened to a picture since the last look of which
// all was recorded.
type change uint8

const (
	fileUntouched change = iota
	fileMoved            // name or rights, or the folder was copied
	fileRewritten
)

// sights are sorted by file.
type sights []sight

func (s sights) sort() {
	slices.SortFunc(s, func(a, b sight) int { return cmp.Compare(a.file, b.file) })
}

func (s sights) find(file uint64) (sight, bool) {
	i, found := slices.BinarySearchFunc(s, file,
		func(a sight, file uint64) int { return cmp.Compare(a.file, file) })
	if !found {
		return sight{}, false
	}
	return s[i], true
}

// listing yields the files of images/, with sizes and times unless the look hurries.
func (b *Batch) listing() iter.Seq2[sight, error] {
	return func(yield func(sight, error) bool) {
		if b.hurries() {
			for name, err := range b.o.Disk.List(state.ImagesDir) {
				if !yield(sight{file: state.Hash(state.ImagesDir + "/" + name)}, err) {
					return
				}
			}
			return
		}
		for file, err := range b.o.Disk.Sizes(state.ImagesDir) {
			if !yield(b.sightOf(file), err) {
				return
			}
		}
	}
}

// sightOf compares the times of a picture with what was seen of all of them. In a state file
// without that, the time of its last line does as well, but for a run that died between the
// two.
func (b *Batch) sightOf(f durable.FileSize) sight {
	s := sight{file: state.Hash(state.ImagesDir + "/" + f.Name), bytes: state.SmallBytes(f.Size)}
	seen := b.state.Seen()
	switch {
	case b.trusting:
	case f.Modified.After(seen):
		s.changed = fileRewritten
	case f.Touched.After(seen):
		s.changed = fileMoved
	}
	for _, t := range []time.Time{f.Modified, f.Touched} {
		if t.After(b.newest) {
			b.newest = t
		}
	}
	return s
}
