package report

import (
	"fmt"
	"iter"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/manifests"
)

// A Failure is an item that wants a person.
type Failure struct {
	Row           int
	ID, Key       string
	Status        string // "failed", "held" or "missing"
	Code, Message string
	Cost          client.Money // what a held one may have cost above what it is known to have
}

// Failures are the items of the manifest that failed or are held, in its order.
func (v View) Failures() iter.Seq2[Failure, error] {
	return func(yield func(Failure, error) bool) {
		left := 0
		for i := range v.Matches {
			if v.ails(i) {
				left++
			}
		}
		if left == 0 {
			return // without reading the manifest
		}
		i := -1
		for it, err := range v.Manifest.Items() {
			if i++; err == nil && !v.ails(i) {
				continue
			}
			var f Failure
			if err == nil {
				f, err = v.failure(it, int(v.Matches[i].Entry))
			}
			if left--; !yield(f, err) || err != nil || left == 0 {
				return
			}
		}
	}
}

// ails reports whether the i-th item failed, is held, or has lost its picture.
func (v View) ails(i int) bool {
	entry := int(v.Matches[i].Entry)
	if entry < 0 || v.Skipped[i] {
		return false
	}
	p := v.State.Entry(entry).Phase()
	return p == state.Failed || p == state.Held || v.Pictures.Missing(entry)
}

func (v View) failure(it *manifests.Item, entry int) (Failure, error) {
	rec, err := v.State.Get(entry)
	if err != nil {
		return Failure{}, fmt.Errorf("row %d: %w", it.Row, err)
	}
	f := Failure{Row: it.Row, ID: it.ID, Key: rec.Key, Status: string(rec.Phase), Code: rec.Code,
		Message: rec.Message}
	switch {
	case rec.Phase == state.Held:
		// what is known to be paid is among the rest
		f.Cost = max(0, v.Cost(rec.Sent)-rec.Cost)
	case rec.Phase == state.Done:
		f.Status, f.Code, f.Message = "missing", "Missing",
			"its picture was paid for and is not in its place any more"
		if rec = v.Pictures.AsFound(rec); rec.Damage() != "" {
			f.Code, f.Message = "Damaged",
				"its picture was paid for, and its file is damaged: "+rec.Damage()
		}
	}
	return f, nil
}
