package batch

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/durable"
	"github.com/qwenbatch/qwenbatch/output/filename"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// A picture is opened only where its length is not as recorded, or where the file system says
// that it was changed or moved since they were last looked at. What is found is kept beside the
// state until a run records it, and with it up to which time of a picture all has been seen.

// readsWhole is how many bytes of pictures that kept their lengths one look reads to the end;
// of more of them, as where a folder was copied, only the beginning is read, which says whose
// they are.
const readsWhole = 4 << 30

// examineAll examines the pictures of all items that are done, or are fetched again.
func (b *Batch) examineAll() error {
	budget := int64(readsWhole)
	for i, e := range b.state.Entries() {
		if p := e.Phase(); p != state.Done && p != state.Open || e.FileHash == 0 {
			continue
		}
		if s, there := b.present.find(e.FileHash); e.Pictures == 1 &&
			(!there || s.bytes == e.FileBytes && s.changed == fileUntouched) {
			continue
		}
		rec, err := b.state.Get(i)
		if err != nil {
			return err
		}
		for n := range rec.Pictures {
			b.examine(rec, n, &budget)
		}
	}
	return nil
}

// examine looks at the n-th picture of a record, where there is a reason.
func (b *Batch) examine(rec state.Record, n int, budget *int64) {
	p := rec.Pictures[n]
	s, there := b.present.find(state.Hash(p.File))
	sameLength := s.bytes == state.SmallBytes(p.Bytes)
	if !there || sameLength && s.changed == fileUntouched {
		return
	}
	b.examined++
	if sameLength && p.Damage == "" && (s.changed == fileMoved || *budget < 0) &&
		b.isOf(p.File, &renaming{rec, rec.Name}, n) {
		return
	}
	if sameLength {
		*budget -= p.Bytes
	}
	if now := examinePicture(b.o.Disk, rec, n, int64(s.bytes)); now != p {
		b.standing[state.Hash(p.File)] = now
	}
}

// examinePicture is the n-th picture of a record as it stands on the disk.
func examinePicture(disk durable.Disk, rec state.Record, n int, size int64) state.Picture {
	p := rec.Pictures[n]
	p.Damage = ""
	if size > client.MaxPicture { // none of ours is so long: somebody's work
		sum, err := hashOf(disk, p.File)
		return edition(p, state.Picture{File: p.File, Width: p.Width, Height: p.Height,
			Bytes: size, SHA256: sum, Damage: damageOf(err)})
	}
	body, err := readFile(disk, p.File)
	if err != nil {
		p.Damage = damageOf(err)
		return p
	}
	sum := imagefile.SHA256(body)
	if sum == p.SHA256 {
		return p
	}
	found, err := imagefile.Inspect(body)
	switch {
	case sum == p.Original: // it was put back
	case err != nil:
		p.Damage = damageOf(err)
	case imagefile.Cut(body, found.Ext):
		p.Damage = "it is cut"
	case found.Ext == ".bin" && path.Ext(p.File) != ".bin" && !imagefile.KnownFormat(body):
		p.Damage = "it is no picture"
	default:
		p.Damage = foreignText(disk, rec, n)
	}
	if p.Damage != "" {
		return p
	}
	return edition(p, state.PictureOf(p.File, found, body))
}

// edition is a whole picture that stands in the place of another.
func edition(was, now state.Picture) state.Picture {
	now.Original = cmp.Or(was.Original, was.SHA256)
	if now.Original == now.SHA256 {
		now.Original = ""
	}
	return now
}

func damageOf(err error) string {
	if err == nil {
		return ""
	}
	if reason := new(fs.PathError); errors.As(err, &reason) {
		return "it cannot be read: " + reason.Err.Error()
	}
	return strings.TrimPrefix(err.Error(), imagefile.ErrDamaged.Error()+": ")
}

// foreignText says whose picture a file is that stands in the place of the n-th of a record; ""
// where it is nobody else's. A picture of another task of the same item was put there by
// somebody who wants it.
func foreignText(disk durable.Disk, rec state.Record, n int) string {
	id, told := state.ReadIdentity(disk, rec.Pictures[n].File)
	switch number := (&renaming{rec, rec.Name}).number(n); {
	case !told || id.Key == rec.Key && (id.Task != rec.Task || id.Number == number):
		return ""
	case id.Key == rec.Key:
		return fmt.Sprintf("it holds picture %d of its item", id.Number+1)
	}
	return fmt.Sprintf("it holds the picture of item %s", cmp.Or(id.ID, id.Key))
}

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
	own := filename.Clean(pictureName(rec.Name, id.Number), ".png")
	return named || stem(path.Base(file)) == stem(own), nil
}

func hashOf(disk durable.Disk, name string) (string, error) {
	f, err := disk.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	return hex.EncodeToString(sum.Sum(nil)), err
}

// noteFound records what was found of pictures, so that it is known when their times say
// nothing any more.
func (b *Batch) noteFound() error {
	for i, e := range b.state.Entries() {
		if len(b.standing) == 0 {
			break
		}
		if _, there := b.standing[e.FileHash]; e.FileHash == 0 || e.Pictures == 1 && !there {
			continue
		}
		rec, err := b.state.Get(i)
		if err != nil {
			return err
		}
		if err := b.state.Put(b.asFound(rec), false); err != nil {
			return err
		}
	}
	b.state.SetSeen(b.newest) // with the next mark, which stands behind these lines
	return nil
}

// noteSeen is noteFound for a run that has nothing else to do.
func (b *Batch) noteSeen() error {
	if b.examined == 0 {
		return nil
	}
	if err := b.noteFound(); err != nil {
		return err
	}
	return b.state.Mark(b.stopMark())
}
