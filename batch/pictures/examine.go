package pictures

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/durable"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// A file is opened only where its length is not as recorded, or where the file system says that
// it was changed or moved since the last look.

// readsWhole is how many bytes of files that kept their lengths one look reads to the end. Of
// more of them, as where a folder was copied, it reads the beginning, which says whose they are.
const readsWhole = 4 << 30

// examineAll examines the pictures of all items that are done, or are fetched again.
func (v *Inventory) examineAll() error {
	budget := int64(readsWhole)
	for i, e := range v.state.Entries() {
		if p := e.Phase(); p != state.Done && p != state.Open || e.FileHash == 0 {
			continue
		}
		if s, there := v.present.find(e.FileHash); e.Pictures == 1 &&
			(!there || s.bytes == e.FileBytes && s.changed == unchanged) {
			continue
		}
		rec, err := v.state.Get(i)
		if err != nil {
			return err
		}
		for n := range rec.Pictures {
			v.examine(rec, n, &budget)
		}
	}
	return nil
}

// examine looks at the n-th picture of a record, where there is a reason.
func (v *Inventory) examine(rec state.Record, n int, budget *int64) {
	p := rec.Pictures[n]
	s, there := v.present.find(state.Hash(p.File))
	sameLength := s.bytes == state.SmallBytes(p.Bytes)
	if !there || sameLength && s.changed == unchanged {
		return
	}
	v.opened++
	if sameLength && p.Damage == "" && (s.changed == touched || *budget < 0) &&
		isOf(v.disk, p.File, rec, rec.Name, n) {
		return
	}
	if sameLength {
		*budget -= p.Bytes
	}
	if now := examine(v.disk, rec, n, int64(s.bytes)); now != p {
		v.found[state.Hash(p.File)] = now
	}
}

// examine returns the n-th picture of a record as its file is, which has so many bytes: the same
// if it is what was saved, with Original if it is whole and another, else with Damage.
func examine(disk durable.Disk, rec state.Record, n int, size int64) state.Picture {
	p := rec.Pictures[n]
	p.Damage = ""
	if size > client.MaxPicture { // none of ours is so long: somebody's work
		sum, err := fileSum(disk, p.File)
		return edition(p, state.Picture{File: p.File, Width: p.Width, Height: p.Height,
			Bytes: size, SHA256: sum, Damage: damageOf(err)})
	}
	body, err := read(disk, p.File)
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
	return edition(p, PictureOf(p.File, found, body))
}

// edition returns a whole picture that stands in the place of another.
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

// foreignText says whose picture a file is that stands in the place of the n-th of a record, ""
// if it is nobody else's. A picture of another task of the same item was put there by somebody
// who wants it.
func foreignText(disk durable.Disk, rec state.Record, n int) string {
	id, known := ReadIdentity(disk, rec.Pictures[n].File)
	switch number := numberOf(rec, rec.Name, n); {
	case !known || id.Key == rec.Key && (id.Task != rec.Task || id.Number == number):
		return ""
	case id.Key == rec.Key:
		return fmt.Sprintf("it holds picture %d of its item", id.Number+1)
	}
	return fmt.Sprintf("it holds the picture of item %s", cmp.Or(id.ID, id.Key))
}

func fileSum(disk durable.Disk, name string) (string, error) {
	f, err := disk.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	return hex.EncodeToString(sum.Sum(nil)), err
}

// Audit reads the n-th picture of a record whole and judges it: "edited" is whole, and another
// than was saved; "damaged" is cut, unreadable or another item's; "missing" is gone; and
// "undecodable" is as it was saved, and broken inside. "" is none of these.
func (v *Inventory) Audit(rec state.Record, n int) (verdict, reason string) {
	s, there := v.present.find(state.Hash(rec.Pictures[n].File))
	if !there {
		return "missing", ""
	}
	now := examine(v.disk, rec, n, int64(s.bytes))
	if now.Damage != "" {
		return "damaged", now.Damage
	}
	if body, err := read(v.disk, now.File); err == nil {
		if err := imagefile.Readable(body); err != nil {
			return "undecodable", err.Error()
		}
	}
	if now.Original != "" {
		return "edited", ""
	}
	return "", ""
}
