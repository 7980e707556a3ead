package pictures

import (
	"bytes"
	"io"
	"path"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// replacedDir keeps what had to make room, for good.
const replacedDir = ImagesDir + "/replaced"

// KeepOlder moves pictures that an item has made before to images/replaced, but for files that
// are another item's. A crash leaves each of them in its place, or copied, or moved; the next
// call makes no second copy.
func (f *Folder) KeepOlder(key string, older []state.Picture) error {
	if err := f.disk.Mkdir(replacedDir); err != nil {
		return err
	}
	for _, p := range older {
		err := f.underName(p.File, func() error {
			if another, err := f.ofAnother(p.File, key); err != nil || another {
				return err
			}
			return f.replace(p.File)
		})
		if err != nil {
			return err
		}
	}
	return f.Sync()
}

// replace copies a file to images/replaced, durably, before it removes it from its place. A rename
// from folder to folder could be lost with a power cut that keeps its first half: what another
// item syncs is one of the two folders.
func (f *Folder) replace(file string) error {
	there, err := durable.Exists(f.disk, file)
	if err != nil || !there {
		return err
	}
	// Whole: somebody may have put a larger file in its place.
	body, err := readWhole(f.disk, file)
	if err != nil {
		return err
	}
	kept, err := readWhole(f.disk, path.Join(replacedDir, path.Base(file)))
	if err != nil || !bytes.Equal(kept, body) {
		if _, err := durable.Publish(f.disk, replacedDir, path.Base(file), body); err != nil {
			return err
		}
	}
	// Also the copy of a run that died before it had synced it.
	if err := f.disk.SyncDir(replacedDir); err != nil {
		return err
	}
	return f.disk.Remove(file)
}

// replaceDamaged moves a damaged file to images/replaced. One that cannot be read is not copied.
func (f *Folder) replaceDamaged(file string) error {
	if err := f.disk.Mkdir(replacedDir); err != nil {
		return err
	}
	if err := f.replace(file); err == nil {
		return nil
	}
	aside, err := freeName(f.disk, path.Join(replacedDir, path.Base(file)))
	if err != nil {
		return err
	}
	return f.disk.Rename(file, aside)
}

// freeName returns a path that no file has: the wanted one, or one beside it.
func freeName(disk durable.Disk, wanted string) (string, error) {
	for n := 1; ; n++ {
		free := durable.Successor(wanted, n)
		if there, err := durable.Exists(disk, free); err != nil || !there {
			return free, err
		}
	}
}

func readWhole(disk durable.Disk, file string) ([]byte, error) {
	f, err := disk.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}
