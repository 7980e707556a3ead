package batch

import (
	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
)

// This file makes records of items that are to be sent: of new ones, and of those that are sent
// again.

// due makes the record of an item that is to be sent in this pass.
func (r *run) due(i int, it item) (state.Record, bool, error) {
	m := r.b.matches[i]
	if m.Entry < 0 {
		rec, err := r.fresh(i, it)
		return rec, true, err
	}
	if r.resumed[m.Entry] || !r.b.again(m) {
		return state.Record{}, false, nil
	}
	redone := r.b.redoes(m.Entry)
	rec, err := r.state.Get(int(m.Entry))
	if err != nil {
		return rec, false, err
	}
	was, seed := rec.Phase, rec.Sent.Seed
	rec, due, err := r.renew(rec, it, m.Changed)
	rec.Redo = max(rec.Redo, r.b.redo.Number)
	if redone {
		r.remake(&rec, was, seed, m.Changed)
	}
	return rec, due, err
}

// again reports whether an item that was seen before is to be sent (again).
func (b *Batch) again(m state.Match) bool {
	p := b.state.Entry(int(m.Entry)).Phase()
	return p == state.Ready || p == state.Failed && b.o.RetryFailed || m.Changed &&
		(p == state.Done || p == state.Failed) || b.redoes(m.Entry)
}

// fresh is the record of an item that was never seen before. It gets its key here, for good.
func (r *run) fresh(i int, it item) (state.Record, error) {
	k := r.give(i, it)
	rec := state.Record{Key: k.String(), ID: it.ID, Print: r.b.index.items[i].Print, Phase: state.Ready,
		Name: pictures.Name(it.Item, k)}
	// named or not: what a wish has bought it does not buy again, also where twins change
	// places
	rec.Redo = r.b.redo.Number
	var err error
	rec.Sent, err = r.o.Rules.sent(it.Item, rec.Key, 0)
	return rec, err
}

// give is the key of the i-th item, which is new.
func (r *run) give(i int, it item) state.Key {
	r.mu.Lock()
	defer r.mu.Unlock()
	k, given := r.given[i]
	if !given {
		k = r.state.ReserveKey(it.key())
		r.given[i] = k
	}
	return k
}

// renew is the record of an item that is sent again. It keeps what the item made before until
// that is put aside.
func (r *run) renew(rec state.Record, it item, changed bool) (state.Record, bool, error) {
	k, err := state.ParseKey(rec.Key)
	if err != nil {
		return rec, false, err
	}
	rec.Supersede()
	// what was refused for now has used up its attempts, also over a restart
	if changed || rec.Phase != state.Ready {
		rec.Attempt = 0
	}
	rec.Phase, rec.ID, rec.Print = state.Ready, it.ID, state.Fingerprint(it.Fingerprint())
	rec.Name = pictures.Name(it.Item, k)
	// of one that was taken in from a picture without metadata nothing is known
	if changed || rec.Sent.Prompt == "" {
		rec.Sent, err = r.o.Rules.sent(it.Item, rec.Key, 0)
		rec.OtherSize = false
	}
	rec.Sent.Sync = r.o.Rules.sync(r.o.Rules.Live.Model(rec.Sent.Model))
	return rec, err == nil, err
}

// putAside moves the pictures that an item made before to images/replaced, where they stay: at
// the last moment, since an item that is not sent after all keeps them. Its record still names
// them until the next intent is written; a crash in between leaves a done item whose picture is
// missing, which fetches it again or says so.
func (r *run) putAside(rec *state.Record) error {
	if len(rec.Pictures) == 0 {
		return nil
	}
	if err := r.folder.KeepOlder(rec.Key, rec.Pictures); err != nil {
		return err
	}
	rec.Before, rec.Cost, rec.Replaced = rec.Before+rec.Cost, 0, rec.Replaced+len(rec.Pictures)
	rec.Pictures, rec.ActualPrompt, rec.Warnings = nil, "", nil
	return nil
}
