package batch

import (
	"fmt"
	"math/rand/v2"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/manifests"
)

// A simWish is a --redo that is given from some run on, until it has come to its end.
type simWish struct {
	*sim
	manifest string
	names    []string
	from     int             // the run
	named    map[string]bool // keys of the named items that the state knew when it began
	was      map[string]bool // of those, the ones that were done
	begun    bool
	cuts     int // of the power, before it began
}

// drawWish names some rows, in one of three stories. Its luck is its own, so that a seed tells the same story as before
// there were wishes, but for them.
func (s *sim) drawWish(of *world) *simWish {
	random := rand.New(rand.NewPCG(of.seed, 1))
	w := &simWish{sim: s, manifest: of.sheet.whole, from: random.IntN(6), named: map[string]bool{}, was: map[string]bool{}}
	if random.IntN(3) > 0 || of.lost > 0 { // the state file remembers what it has bought
		return w
	}
	for i := range of.sheet.rows {
		if random.IntN(2) == 0 {
			w.names = append(w.names, fmt.Sprint(rowPrefix, i+2))
		}
	}
	return w
}

// begin gives the wish to the n-th run, if that is the first to have it.
func (w *simWish) begin(n int) {
	if n != w.from || w.begun || len(w.names) == 0 {
		return
	}
	w.begun, w.options.Redo, w.cuts = true, w.names, w.powerCuts
	w.disk.Decide = nil
	m, err := manifests.Open(w.manifest, manifests.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	defer m.Close()
	b, err := Open(Options{Manifest: m, Disk: w.disk, Redo: w.names, Settings: state.Settings{BaseURL: "http://api.test/api/v1", Region: "beijing"}})
	if err != nil {
		w.t.Fatal(err)
	}
	defer b.Close()
	for _, e := range b.state.Entries() {
		if b.redo.entries[e.Key] {
			w.named[e.Key.String()] = true
			w.was[e.Key.String()] = e.Phase() == state.Done
		}
	}
}

// check wants what was done and named made again once, and nothing else. A power cut may take back that it was done: then it
// was made for the wish. It may take back, too, that it was on its way when the wish began.
func (w *simWish) check() {
	synchronous := map[string]bool{} // what was lost is held, and a wish makes it again
	for _, rec := range w.finals {
		synchronous[rec.Key] = rec.Sent.Sync
	}
	for key, n := range w.redone {
		if synchronous[key] && n <= 1 {
			continue
		}
		undone := (n == 0 || w.named[key]) && w.powerCuts > w.cuts
		if once := n == 1; n > 1 || once != w.was[key] && !undone {
			w.t.Errorf("%s was made again %d times; done and named it was: %v", key, n, w.was[key])
		}
	}
}
