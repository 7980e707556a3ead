package batch

import (
	"iter"
	"sync"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
)

// A builder makes the records of items that are to be sent: of new ones, and of those that are
// sent again.
type builder struct {
	batch   *Batch
	resumed map[int32]bool // entries that are gone on with in this pass; not written while it runs

	mu    sync.Mutex
	given map[int]state.Key // keys of new items by their place in the manifest
}

// records yields the records of the items of a model that are to be sent in this pass, or with
// "" of all models, in the order of the manifest. It ends after the first error.
func (n *builder) records(model string) iter.Seq2[state.Record, error] {
	return func(yield func(state.Record, error) bool) {
		for i, it := range n.batch.items() {
			if it.err != nil {
				yield(state.Record{}, it.err)
				return
			}
			if it.Skip || model != "" && modelOf(it.Item) != model {
				continue
			}
			rec, wanted, err := n.build(i, it)
			if err == nil && !wanted {
				continue
			}
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

// build makes the record of the i-th item; wanted is false if it is not to be sent in this pass.
func (n *builder) build(i int, it item) (rec state.Record, wanted bool, err error) {
	m := n.batch.matches[i]
	if m.Entry < 0 {
		rec, err := n.fresh(i, it)
		return rec, true, err
	}
	if n.resumed[m.Entry] || !n.batch.shouldResubmit(m) {
		return state.Record{}, false, nil
	}
	redone := n.batch.redo.includes(m.Entry)
	rec, err = n.batch.state.Get(int(m.Entry))
	if err != nil {
		return rec, false, err
	}
	was, seed := rec.Phase, rec.Sent.Seed
	rec, wanted, err = n.resubmission(rec, it, m.Changed)
	rec.Redo = max(rec.Redo, n.batch.redo.Number)
	if redone {
		reseed(&rec, was, seed, m.Changed)
	}
	return rec, wanted, err
}

// fresh is the record of an item that was never seen before. It gets its key here, for good.
func (n *builder) fresh(i int, it item) (state.Record, error) {
	k := n.give(i, it)
	rec := state.Record{Key: k.String(), ID: it.ID, Print: n.batch.index.items[i].Print,
		Phase: state.Ready, Name: pictures.Name(it.Item, k)}
	// Named or not: if rows with the same prompt change places, what this --redo has bought for one
	// is not bought again for the other.
	rec.Redo = n.batch.redo.Number
	var err error
	rec.Sent, err = n.batch.o.Rules.newRequest(it.Item, rec.Key, 0)
	return rec, err
}

// give is the key of the i-th item, which is new.
func (n *builder) give(i int, it item) state.Key {
	n.mu.Lock()
	defer n.mu.Unlock()
	k, given := n.given[i]
	if !given {
		k = n.batch.state.ReserveKey(it.key())
		n.given[i] = k
	}
	return k
}

// keyOf is the key of the i-th item, which it is given here if it is new.
func (n *builder) keyOf(i int, it item) state.Key {
	if m := n.batch.matches[i]; m.Entry >= 0 {
		return n.batch.state.Entry(int(m.Entry)).Key
	}
	return n.give(i, it)
}

// resubmission makes the record of an item that is sent again. It names the pictures that the
// item has until putAside moves them.
func (n *builder) resubmission(rec state.Record, it item, changed bool) (
	state.Record, bool, error) {
	k, err := state.ParseKey(rec.Key)
	if err != nil {
		return rec, false, err
	}
	rec.Supersede()
	// a ready item was refused for now: its attempts count on, also over a restart
	if changed || rec.Phase != state.Ready {
		rec.Attempt = 0
	}
	rec.Phase, rec.ID, rec.Print = state.Ready, it.ID, state.Fingerprint(it.Fingerprint())
	rec.Name = pictures.Name(it.Item, k)
	// the request of an item that was taken in from a picture without metadata is not known
	if changed || rec.Sent.Prompt == "" {
		rec.Sent, err = n.batch.o.Rules.newRequest(it.Item, rec.Key, 0)
		rec.OtherSize = false
	}
	rec.Sent.Sync = n.batch.o.Rules.sync(n.batch.o.Rules.Live.Model(rec.Sent.Model))
	return rec, err == nil, err
}

// reseed gives the record of an item that is made again a new seed, also where its row fixes
// one: the same seed would give the same picture. What has failed made no picture with its
// seed, and a row that has changed asks for another picture anyway: they keep what they say.
func reseed(rec *state.Record, was state.Phase, seed int64, changed bool) {
	if changed || was == state.Failed {
		return
	}
	for rec.Sent.Seed = seed; rec.Sent.Seed == seed; {
		rec.Redone++
		rec.Sent.Seed = drawnSeed(rec.Key, rec.Redone)
	}
}
