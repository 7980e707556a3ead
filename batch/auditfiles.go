package batch

import (
	"cmp"
	"context"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// An AuditPicture is a picture of a done item that is not on the disk as it was saved.
type AuditPicture struct {
	Item, File string
	// Verdict is "edited" (whole, and another than was saved), "damaged" (cut, unreadable or
	// another item's), "missing", or "undecodable" (as it was saved, and broken inside).
	Verdict, Reason string
}

// auditPictures compares every picture of a done item with its hash and inflates it.
func (b *Batch) auditPictures(ctx context.Context, a *Audit) error {
	ids, err := b.sheetIDs()
	if err != nil {
		return err
	}
	for i, e := range b.state.Entries() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if e.Phase() != state.Done {
			continue
		}
		rec, err := b.state.Get(i)
		if err != nil {
			return err
		}
		for n, p := range rec.Pictures {
			a.Compared++
			verdict, reason := b.auditPicture(rec, n)
			if verdict != "" {
				a.Pictures = append(a.Pictures,
					AuditPicture{cmp.Or(ids[i], rec.ID, rec.Key), p.File, verdict, reason})
			}
		}
	}
	return nil
}

// auditPicture judges the n-th picture of a record; "" is as it was saved, and whole inside.
func (b *Batch) auditPicture(rec state.Record, n int) (verdict, reason string) {
	s, there := b.present.find(state.Hash(rec.Pictures[n].File))
	if !there {
		return "missing", ""
	}
	now := examinePicture(b.o.Disk, rec, n, int64(s.bytes))
	if now.Damage != "" {
		return "damaged", now.Damage
	}
	if body, err := readFile(b.o.Disk, now.File); err == nil {
		if err := imagefile.Readable(body); err != nil {
			return "undecodable", err.Error()
		}
	}
	if now.Original != "" {
		return "edited", ""
	}
	return "", ""
}
