package pictures

import (
	"context"
	"path"
	"slices"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/output/durable"
	"github.com/qwenbatch/qwenbatch/output/filename"
)

// A Folder is where one run puts pictures, and takes them away from. It is safe for concurrent
// use: what looks at a name and then takes or frees it has that name to itself.
type Folder struct {
	disk  durable.Disk
	state *state.File
	names pace.KeyedMutex
}

// NewFolder returns the folder of a state file's pictures.
func NewFolder(disk durable.Disk, s *state.File) *Folder { return &Folder{disk: disk, state: s} }

// Put writes the number-th picture, from 0, of a request whose pictures are called name, and
// returns its path: part, fsync, rename. It takes the next name that is free, see [durable.Put].
// Until Sync has returned, a power cut may take the name away.
func (f *Folder) Put(name string, number int, ext string, body []byte) (file string, err error) {
	base := FileName(name, number, ext)
	err = f.underName(base, func() error {
		used, err := durable.Put(f.disk, ImagesDir, base, body)
		file = path.Join(ImagesDir, used)
		return err
	})
	return file, err
}

// Sync makes the names of the pictures durable.
func (f *Folder) Sync() error { return f.disk.SyncDir(ImagesDir) }

// underName calls do while no other goroutine takes or frees a picture's name. The wait is that
// of a few writes, so it takes no context.
func (f *Folder) underName(file string, do func() error) error {
	lock := f.names.Of(filename.Fold(stem(file)))
	if err := lock.Lock(context.Background()); err != nil {
		return err // unreachable: the context does not end
	}
	defer lock.Unlock()
	return do()
}

// ofAnother reports whether a file is the picture of another item than that of the key, and in
// its item's place. Two records name one file where the state was lost while pictures had
// changed places.
func (f *Folder) ofAnother(file, key string) (bool, error) {
	id, known := ReadIdentity(f.disk, file)
	k, err := state.ParseKey(id.Key)
	if !known || err != nil || id.Key == key {
		return false, nil
	}
	i, known := f.state.Find(k)
	if !known {
		return false, nil
	}
	rec, err := f.state.Get(i)
	if err != nil || rec.Task != id.Task {
		return false, err
	}
	named := slices.ContainsFunc(rec.Pictures,
		func(p state.Picture) bool { return p.File == file })
	return named || isNamed(file, rec.Name, id.Number), nil
}
