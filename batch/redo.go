package batch

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
)

// This file is --redo: pictures that are done and not liked, or gone, are bought again with a
// new seed.
//
// A redo is bought once, however often the command that asks for it is stopped and started
// again. Before anything is sent, a mark notes the wish under a number of its own; every item
// that is sent for it bears the number from its intent on, so that the same command knows what
// is still to do. Up to that intent nothing about an item has changed: it is done, and its
// picture is where it was. When the command has come to its end the wish is struck out
// (EndRedo), and only then the same words ask for another picture.

// RedoMissing in Options.Redo stands for all items whose pictures are gone and cannot be
// fetched again without cost.
const RedoMissing = "missing"

// rowPrefix names all items of a row by the number that results.csv gives it.
const rowPrefix = "row:"

// RedoVersion is, in Options.Redo, between the file of a picture and its SHA-256: the item is
// left alone if it has another picture by now, so that a list of rejected pictures buys each of
// them again once, however often it is given. Several sums are those of several items, of which
// the file is one's.
const RedoVersion = "#sha256:"

// keysKept bounds the keys of all wishes together, since every mark carries them in one line.
const keysKept = 10_000

// A redo is what Options.Redo asks for, joined with manifest and state. Its zero value asks for
// nothing.
type redo struct {
	state.Redo
	begun bool // a mark says so
	// named items, by their place in the manifest; false for one that has another picture than
	// is named (RedoVersion)
	places  map[int]bool
	entries map[state.Key]bool // of the items that are to be made again, or to be counted as such
}

// A RedoPlan says why items that --redo names are not bought again. They are named by id, else
// as row:N.
type RedoPlan struct {
	// Held may be paid for already; Open are at the service; Bought were made again by a run
	// that this one finishes; Newer have another picture than the one that is named.
	Held, Open, Skipped, Bought, Newer []string
}

// An UnknownItemError says that nothing in the manifest is called so.
type UnknownItemError struct{ Name string }

func (e *UnknownItemError) Error() string { return fmt.Sprintf("no item is called %s", e.Name) }

// names are what is asked for, each once, in an order that the command line does not matter for.
func (o Options) redoNames() []string {
	var names []string
	for _, name := range o.Redo {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// choose finds what Options.Redo names.
func (b *Batch) choose() error {
	names := b.o.redoNames()
	if len(names) == 0 {
		return nil
	}
	sum := sha256.Sum256([]byte(strings.Join(names, "\x00")))
	b.redo = redo{Redo: state.Redo{Number: b.state.LastRedo() + 1,
		Of: hex.EncodeToString(sum[:16])}, places: map[int]bool{}, entries: map[state.Key]bool{}}
	for _, w := range b.state.LastMark().Redos {
		if w.Of == b.redo.Of {
			b.redo.Redo, b.redo.begun = w, true
		}
	}
	if err := b.chooseNamed(slices.DeleteFunc(names,
		func(name string) bool { return name == RedoMissing })); err != nil {
		return err
	}
	if err := b.chooseBegun(); err != nil {
		return err
	}
	if slices.Contains(b.o.redoNames(), RedoMissing) {
		return b.chooseMissing()
	}
	return nil
}

// chooseBegun holds a wish that has begun to the items that it meant then.
func (b *Batch) chooseBegun() error {
	if len(b.redo.Keys) == 0 {
		return nil
	}
	clear(b.redo.entries)
	for _, text := range b.redo.Keys {
		k, err := state.ParseKey(text)
		if err != nil {
			return err
		}
		b.redo.entries[k] = true
	}
	return nil
}

// chooseMissing takes the items of the manifest whose pictures are gone for good.
func (b *Batch) chooseMissing() error {
	for i, m := range b.matches {
		// one that was half renamed is not gone
		if m.Entry < 0 || !b.pictures.Missing(int(m.Entry)) || b.misnamed(i) {
			continue
		}
		rec, err := b.state.Get(int(m.Entry))
		if err != nil {
			return err
		}
		if rec.Lost || !fetchable(rec, time.Now()) {
			b.redo.entries[b.state.Entry(int(m.Entry)).Key] = true
		}
	}
	return nil
}

// chooseNamed takes the items that names mean. What is an id in the manifest is no other name.
func (b *Batch) chooseNamed(names []string) error {
	if len(names) == 0 {
		return nil
	}
	n := newNaming(names)
	for i, it := range b.items() {
		if it.err != nil {
			return it.err
		}
		if err := n.item(b, i, it); err != nil {
			return err
		}
	}
	for _, name := range names {
		found := n.ids[name]
		if len(found) == 0 {
			found = n.others[name]
		}
		if len(found) == 0 {
			name, _, _ = strings.Cut(name, RedoVersion)
			return &UnknownItemError{name}
		}
		for _, i := range found {
			if err := b.chooseItem(i, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// chooseItem takes the i-th item of the manifest, which a name means, unless the name is that
// of another picture than it has. A wish that has begun is about the pictures of its beginning.
func (b *Batch) chooseItem(i int, name string) error {
	m := b.matches[i]
	if _, sums, ok := strings.Cut(name, RedoVersion); ok && m.Entry >= 0 && !b.redo.begun {
		rec, err := b.state.Get(int(m.Entry))
		if err != nil {
			return err
		}
		if len(rec.Pictures) == 0 || !strings.Contains(sums, rec.Pictures[0].SHA256) {
			if !b.redo.places[i] { // else it is meant by another name, too
				b.redo.places[i] = false
			}
			return nil
		}
	}
	b.redo.places[i] = true
	if m.Entry >= 0 {
		b.redo.entries[b.state.Entry(int(m.Entry)).Key] = true
	}
	return nil
}

// A naming finds items by what people call them: an id, which means all items of its row; the
// id of one of several (cat-2); row:N; the file of a picture; a key.
type naming struct {
	names       map[string]bool
	rows        map[int][]string // the names that mean a row
	keys        map[state.Key][]string
	files       map[uint64][]string // by the hash of a picture's name below the output folder
	ids, others map[string][]int    // places in the manifest, by name
}

func newNaming(names []string) *naming {
	n := &naming{map[string]bool{}, map[int][]string{}, map[state.Key][]string{},
		map[uint64][]string{}, map[string][]int{}, map[string][]int{}}
	for _, name := range names {
		n.names[name] = true
		called, _, _ := strings.Cut(name, RedoVersion)
		file := pictures.HashOf(called)
		n.files[file] = append(n.files[file], name)
		if k, err := state.ParseKey(name); err == nil {
			n.keys[k] = append(n.keys[k], name)
		}
		if number, ok := strings.CutPrefix(name, rowPrefix); ok {
			if row, err := strconv.Atoi(number); err == nil {
				n.rows[row] = append(n.rows[row], name)
			}
		}
	}
	return n
}

// item notes all names that mean the i-th item of the manifest.
func (n *naming) item(b *Batch, i int, it item) error {
	if n.names[it.ID] {
		n.ids[it.ID] = append(n.ids[it.ID], i)
	}
	if id := it.RowID(); id != it.ID && n.names[id] {
		n.ids[id] = append(n.ids[id], i)
	}
	n.note(n.rows[it.Row], i)
	m := b.matches[i]
	if m.Entry < 0 {
		return nil
	}
	e := b.state.Entry(int(m.Entry))
	n.note(n.keys[e.Key], i)
	if e.Pictures <= 1 {
		n.note(n.files[e.FileHash], i)
		return nil
	}
	rec, err := b.state.Get(int(m.Entry))
	for _, p := range rec.Pictures {
		n.note(n.files[state.Hash(p.File)], i)
	}
	return err
}

func (n *naming) note(names []string, i int) {
	for _, name := range names {
		n.others[name] = append(n.others[name], i)
	}
}

// redoes reports whether a finished item is to be made again. What this wish has sent once it
// does not send again.
func (b *Batch) redoes(entry int32) bool {
	if len(b.redo.entries) == 0 {
		return false
	}
	e := b.state.Entry(int(entry))
	if !b.redo.entries[e.Key] || e.Phase() != state.Done && e.Phase() != state.Failed &&
		e.Phase() != state.Abandoned {
		return false
	}
	rec, err := b.state.Get(int(entry))
	// an error comes back where the record is read to be sent
	return err != nil || rec.Redo < b.redo.Number
}

// names reports whether the i-th item of the manifest is named, though perhaps by a picture
// that it has no more.
func (r redo) names(i int) bool {
	_, named := r.places[i]
	return named
}

// planRedo notes what becomes of an item that is named, where it is not bought again.
func (b *Batch) planRedo(p *RedoPlan, i int, it item) {
	if !b.redo.names(i) {
		return
	}
	name := it.ID
	if name == "" {
		name = rowPrefix + strconv.Itoa(it.Row)
	}
	m := b.matches[i]
	switch {
	case !b.redo.places[i]:
		p.Newer = append(p.Newer, name)
	case it.Skip:
		p.Skipped = append(p.Skipped, name)
	case m.Entry < 0:
	case b.state.Entry(int(m.Entry)).Phase() == state.Held:
		p.Held = append(p.Held, name)
	case b.state.Entry(int(m.Entry)).Phase().Waiting():
		p.Open = append(p.Open, name)
	case b.state.Entry(int(m.Entry)).Phase() != state.Ready && !b.redoes(m.Entry):
		p.Bought = append(p.Bought, name)
	}
}

// beginRedo notes the wish in the next mark; begins is false where that is done, or none. Items that
// were never seen get their keys here: after the pictures that the state did not know were taken in,
// which have theirs.
func (b *Batch) beginRedo(keyOf func(i int, it item) state.Key) (begins bool, err error) {
	if b.redo.Number == 0 || b.redo.begun {
		return false, nil
	}
	for i, it := range b.items() {
		if it.err != nil {
			return false, it.err
		}
		if b.redo.places[i] {
			k := keyOf(i, it)
			b.redo.entries[k] = true
			b.redo.Keys = append(b.redo.Keys, k.String())
		}
	}
	kept := len(b.redo.Keys)
	for _, w := range b.state.LastMark().Redos {
		kept += len(w.Keys)
	}
	if kept > keysKept {
		b.redo.Keys = nil
	}
	b.state.AddRedo(b.redo.Redo)
	b.redo.begun = true
	return true, nil
}

// countIn gives items that are on their way anyway the number of the wish: whoever comes back
// after an interruption finds them served.
func (b *Batch) countIn() error {
	if b.redo.Number == 0 {
		return nil
	}
	for i, e := range b.state.Entries() {
		if p := e.Phase(); p != state.Ready && !p.Waiting() {
			continue
		}
		rec, err := b.state.Get(i)
		if err != nil {
			return err
		}
		if rec.Redo >= b.redo.Number {
			continue
		}
		rec.Redo = b.redo.Number
		if err := b.state.Put(rec, false); err != nil {
			return err
		}
	}
	return nil
}

// EndRedo notes that the command which asked for Options.Redo has come to its end: the same
// words are a new wish from now on. It is to be called last, when the reports are written,
// since who sees the command die before runs it again. It does nothing where items of the
// manifest are still to be sent or collected.
func (b *Batch) EndRedo() error {
	if !b.redo.begun {
		return nil
	}
	if ended, err := b.ended(); err != nil || !ended {
		return err
	}
	b.state.RemoveRedo(b.redo.Number)
	end := b.stopMark()
	return b.state.Mark(end)
}

// ended reports whether nothing is left to send or to collect.
func (b *Batch) ended() (bool, error) {
	for i, it := range b.items() {
		if it.err != nil {
			return false, it.err
		}
		m := b.matches[i]
		if it.Skip {
			continue
		}
		if m.Entry < 0 || b.redoes(m.Entry) {
			return false, nil
		}
		if p := b.state.Entry(int(m.Entry)).Phase(); p == state.Ready || p.Waiting() {
			return false, nil
		}
	}
	return true, nil
}
