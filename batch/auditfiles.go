package batch

import (
	"cmp"
	"context"

	"github.com/qwenbatch/qwenbatch/batch/state"
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
			verdict, reason := b.pictures.Audit(rec, n)
			if verdict != "" {
				a.Pictures = append(a.Pictures,
					AuditPicture{cmp.Or(ids[i], rec.ID, rec.Key), p.File, verdict, reason})
			}
		}
	}
	return nil
}
