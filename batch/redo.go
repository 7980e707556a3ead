package batch

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
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
// again. Before anything is sent, a mark notes the request under a number of its own; every item
// that is sent for it bears the number from its intent on, so that the same command knows what
// is still to do. Up to that intent nothing about an item has changed: it is done, and its
// picture is where it was. When the command has come to its end the request is struck out
// (EndRedo), and only then the same command asks for another picture.

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

// keysKept bounds the keys of all requests together, since every mark carries them in one line.
const keysKept = 10_000

// A redoRequest is what Options.Redo asks for, joined with manifest and state. Its zero value asks
// for nothing.
type redoRequest struct {
	state.Redo
	file  *state.File
	begun bool // a mark says so
	// places are the named items, by their place in the manifest; false for one that has another
	// picture than is named (RedoVersion)
	places map[int]bool
	// entries are the keys of the items that this request buys again, or has bought
	entries map[state.Key]bool
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

// redoNames are what is asked for, each once, in an order that the command line does not matter
// for.
func redoNames(all []string) []string {
	var names []string
	for _, name := range all {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// newRedoRequest is a request for what names mean, of which no items are chosen yet: that of
// the last mark where the same command has begun it.
func newRedoRequest(names []string, f *state.File) redoRequest {
	sum := sha256.Sum256([]byte(strings.Join(names, "\x00")))
	r := redoRequest{file: f, Redo: state.Redo{Number: f.LastRedo() + 1,
		Of: hex.EncodeToString(sum[:16])}, places: map[int]bool{}, entries: map[state.Key]bool{}}
	for _, open := range f.LastMark().Redos {
		if open.Of == r.Of {
			r.Redo, r.begun = open, true
		}
	}
	return r
}

// chooseRedo finds what Options.Redo names.
func (b *Batch) chooseRedo() error {
	names := redoNames(b.o.Redo)
	if len(names) == 0 {
		return nil
	}
	b.redo = newRedoRequest(names, b.state)
	items := slices.DeleteFunc(slices.Clone(names),
		func(name string) bool { return name == RedoMissing })
	if err := b.redo.chooseNamed(items, b.items(), b.matches); err != nil {
		return err
	}
	if err := b.redo.chooseBegun(); err != nil || len(items) == len(names) {
		return err
	}
	return b.chooseMissing()
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

// chooseBegun limits a request that an earlier run has begun to the items that it named then.
func (r *redoRequest) chooseBegun() error {
	if len(r.Keys) == 0 {
		return nil
	}
	clear(r.entries)
	for _, text := range r.Keys {
		k, err := state.ParseKey(text)
		if err != nil {
			return err
		}
		r.entries[k] = true
	}
	return nil
}

// chooseNamed takes the items that names mean. What is an id in the manifest is no other name.
func (r *redoRequest) chooseNamed(names []string, items iter.Seq2[int, item],
	matches []state.Match) error {
	if len(names) == 0 {
		return nil
	}
	n := newNaming(names)
	for i, it := range items {
		if it.err != nil {
			return it.err
		}
		if err := n.item(i, it, r.file, matches[i]); err != nil {
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
			if err := r.choose(i, matches[i], name); err != nil {
				return err
			}
		}
	}
	return nil
}

// choose takes the i-th item of the manifest, which a name means, unless the name is that of
// another picture than it has. A request that has begun is about the pictures of its beginning.
func (r *redoRequest) choose(i int, m state.Match, name string) error {
	if _, sums, ok := strings.Cut(name, RedoVersion); ok && m.Entry >= 0 && !r.begun {
		rec, err := r.file.Get(int(m.Entry))
		if err != nil {
			return err
		}
		if len(rec.Pictures) == 0 || !strings.Contains(sums, rec.Pictures[0].SHA256) {
			if !r.places[i] { // else it is meant by another name, too
				r.places[i] = false
			}
			return nil
		}
	}
	r.places[i] = true
	if m.Entry >= 0 {
		r.entries[r.file.Entry(int(m.Entry)).Key] = true
	}
	return nil
}

// A naming joins names that people give with items of the manifest. A name is an id, which means
// all items of its row; the id of one of several (cat-2); row:N; the file of a picture; or a
// key.
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
func (n *naming) item(i int, it item, f *state.File, m state.Match) error {
	if n.names[it.ID] {
		n.ids[it.ID] = append(n.ids[it.ID], i)
	}
	if id := it.RowID(); id != it.ID && n.names[id] {
		n.ids[id] = append(n.ids[id], i)
	}
	n.note(n.rows[it.Row], i)
	if m.Entry < 0 {
		return nil
	}
	e := f.Entry(int(m.Entry))
	n.note(n.keys[e.Key], i)
	if e.Pictures <= 1 {
		n.note(n.files[e.FileHash], i)
		return nil
	}
	rec, err := f.Get(int(m.Entry))
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

// includes reports whether a finished item is to be made again. What this request has sent once it
// does not send again.
func (r *redoRequest) includes(entry int32) bool {
	if len(r.entries) == 0 {
		return false
	}
	e := r.file.Entry(int(entry))
	if !r.entries[e.Key] || e.Phase() != state.Done && e.Phase() != state.Failed &&
		e.Phase() != state.Abandoned {
		return false
	}
	rec, err := r.file.Get(int(entry))
	// an error comes back where the record is read to be sent
	return err != nil || rec.Redo < r.Number
}

// names reports whether the i-th item of the manifest is named, though perhaps by a picture
// that it has no more.
func (r *redoRequest) names(i int) bool {
	_, named := r.places[i]
	return named
}

// explain adds an item that is named and not bought again to the list of the plan that says why.
func (r *redoRequest) explain(p *RedoPlan, i int, it item, m state.Match) {
	if !r.names(i) {
		return
	}
	name := it.ID
	if name == "" {
		name = rowPrefix + strconv.Itoa(it.Row)
	}
	switch {
	case !r.places[i]:
		p.Newer = append(p.Newer, name)
	case it.Skip:
		p.Skipped = append(p.Skipped, name)
	case m.Entry < 0:
	case r.file.Entry(int(m.Entry)).Phase() == state.Held:
		p.Held = append(p.Held, name)
	case r.file.Entry(int(m.Entry)).Phase().Waiting():
		p.Open = append(p.Open, name)
	case r.file.Entry(int(m.Entry)).Phase() != state.Ready && !r.includes(m.Entry):
		p.Bought = append(p.Bought, name)
	}
}

// begin puts the request into the next mark, which the caller writes; begins is false if there is
// no request or an earlier run has begun it. Named items that were never seen get their keys
// here, so begin comes after the pictures that the state did not know were taken in with theirs.
func (r *redoRequest) begin(items iter.Seq2[int, item], keyOf func(int, item) state.Key) (
	begins bool, err error) {
	if r.Number == 0 || r.begun {
		return false, nil
	}
	for i, it := range items {
		if it.err != nil {
			return false, it.err
		}
		if r.places[i] {
			k := keyOf(i, it)
			r.entries[k] = true
			r.Keys = append(r.Keys, k.String())
		}
	}
	kept := len(r.Keys)
	for _, open := range r.file.LastMark().Redos {
		kept += len(open.Keys)
	}
	if kept > keysKept {
		r.Keys = nil
	}
	r.file.AddRedo(r.Redo)
	r.begun = true
	return true, nil
}

// countIn gives the number of the request to items that are ready, in doubt or open as it begins:
// the pictures that they get serve the request, also if the command is interrupted.
func (r *redoRequest) countIn() error {
	if r.Number == 0 {
		return nil
	}
	for i, e := range r.file.Entries() {
		if p := e.Phase(); p != state.Ready && !p.Waiting() {
			continue
		}
		rec, err := r.file.Get(i)
		if err != nil {
			return err
		}
		if rec.Redo >= r.Number {
			continue
		}
		rec.Redo = r.Number
		if err := r.file.Put(rec, false); err != nil {
			return err
		}
	}
	return nil
}

// EndRedo notes that the command which asked for Options.Redo has come to its end: the same
// names are a new request from now on. It is to be called last, when the reports are written,
// since who sees the command die before runs it again. It does nothing where items of the
// manifest are still to be sent or collected.
func (b *Batch) EndRedo() error {
	if !b.redo.begun {
		return nil
	}
	if ended, err := b.finished(); err != nil || !ended {
		return err
	}
	b.state.RemoveRedo(b.redo.Number)
	end := b.stopMark()
	return b.state.Mark(end)
}

// finished reports whether nothing is left to send or to collect.
func (b *Batch) finished() (bool, error) {
	for i, it := range b.items() {
		if it.err != nil {
			return false, it.err
		}
		m := b.matches[i]
		if it.Skip {
			continue
		}
		if m.Entry < 0 || b.redo.includes(m.Entry) {
			return false, nil
		}
		if p := b.state.Entry(int(m.Entry)).Phase(); p == state.Ready || p.Waiting() {
			return false, nil
		}
	}
	return true, nil
}
