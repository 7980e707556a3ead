package batch

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/report"
	"github.com/qwenbatch/qwenbatch/batch/settle"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// Options say what a batch is and how it may run. Manifest, Disk and Settings are required;
// Client only for Run.
type Options struct {
	Manifest *manifests.Manifest
	// Index returns the index of the manifest; nil reads it. It is called once, while the state
	// file is read, and with its error nothing is changed and nothing kept.
	Index    func() (*Index, error)
	Disk     durable.Disk
	Client   *client.Client
	Settings state.Settings
	Rules    Rules
	Key      client.Key
	// Tool is the version that is written to the state file.
	Tool string
	// Speed is how many times faster than life the service's time runs; 0 is 1. Only a
	// rehearsal has another.
	Speed float64
	// SubmitRate of every model; 0 is the model's own, rate.Inf unlimited.
	SubmitRate rate.Limit
	// QueryRate of all questions together; 0 is 16 a second, four below the account's limit.
	QueryRate rate.Limit
	// Window is how many tasks of a model are held open at the service; 0 is twice what it
	// works on at once.
	Window int
	// Limit is how many items are started at most; 0 is all.
	Limit int
	// Budget is the most that this batch may cost over the life of its state file, in
	// millionths; 0 is no bound. Open, held and doubtful items count in full.
	Budget client.Money
	// Deadline is how long items are started; what is open then is still collected. 0 is
	// without end.
	Deadline time.Duration
	// MaxFailures is how many items may fail for good in this run before no more are started; 0
	// is any number.
	MaxFailures int
	// RetryFailed sends items again that failed for good.
	RetryFailed bool
	// Redo names items whose pictures are bought again with a new seed: by id, row:N, the file
	// of a picture or key, or all that RedoMissing means. Open refuses a name of nothing with
	// an *UnknownItemError.
	Redo []string
	// OnDoubt is what becomes of a submission that cannot be settled: "hold" or, at the risk of
	// paying twice, "resubmit". "" is hold.
	OnDoubt string
	// Settle is how long an unanswered submission may take to show in the task list; 0 is
	// [settle.DefaultTime].
	Settle time.Duration
	// Restored says that the folder was put back from a copy, which may be older than the last
	// run: the account's tasks since its last record, or of the last 24 hours where there is no
	// state file, are looked through before anything is sent. Of a state file that is damaged
	// Open keeps what is whole, and writes it anew; the damaged one becomes state.damaged.
	Restored bool
	// AcceptChanges goes on although much that is finished would be paid anew.
	AcceptChanges bool
	// NoMetadata keeps prompts out of the pictures; key and task stay in.
	NoMetadata bool
	// Thumbs makes thumbnails while a run waits for the service.
	Thumbs bool
	// Grace is how long a stop waits for answers to submissions; 0 is 3 s, and 60 s where they
	// bring the picture.
	Grace time.Duration
	// Hasty leaves sizes and times of pictures unseen, where there are more than 200,000, for a
	// run that has nothing to do: pictures that are damaged or edited are then found by whoever
	// looks without haste, and by hasty looks after that.
	Hasty bool
	// Workbook says whether results.xlsx is written; nil is where the manifest's rows stand in
	// a workbook.
	Workbook *bool
	// Cache is a folder of the user's own, the same for all batches, where the tasks that each
	// has claimed are kept from adoption by the others; nil is none. It is another folder than
	// Disk, and nothing in it need last.
	Cache durable.Disk
	// Tell is called after every change of an item, from many goroutines; nil tells nobody.
	Tell func(Event)
	// Log takes diagnostics; nil takes none.
	Log *slog.Logger

	// reserve is how many bytes are kept free for the last records on a full disk; 0 for the
	// default of [state.File.Reserve]
	reserve int
}

// A Batch is a manifest joined with its state file. It is not safe for concurrent use, but for
// Progress during Run.
type Batch struct {
	o         Options
	state     *state.File
	hadState  bool // a state file was there when the batch was opened
	tornState bool // the beginning of one was there, and no more
	// the state file was damaged, and is written anew from what was whole of it
	salvaged  bool
	lostTrace string        // the file that shows that one is gone (pictures.Traces)
	matches   []state.Match // as of the opening, the pass or the end of the last run
	index     *Index
	region    client.Region
	counts    counts
	redo      redoRequest
	orphaned  []Orphan

	pictures *pictures.Inventory
}

// Open reads the state file, where there is one, and matches the manifest with it. Nothing is
// written, but for a torn last line that is cut off. The manifest must have been checked.
func Open(o Options) (*Batch, error) {
	if o.Speed == 0 {
		o.Speed = 1
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Disk = durable.ShareSyncs(o.Disk)
	b := &Batch{o: o}
	b.region, _ = client.LookupRegion(o.Settings.Region)
	index := sync.OnceValues(o.Index)
	if o.Index == nil {
		index = sync.OnceValues(func() (*Index, error) { return ReadIndex(o.Manifest) })
	}
	go index() // meanwhile: of a million rows, manifest and state take seconds each
	err := b.openState(index)
	var mistakes error
	if b.index, mistakes = index(); cmp.Or(mistakes, err) != nil {
		if b.state != nil {
			b.Close()
		}
		return nil, cmp.Or(mistakes, err)
	}
	b.rematch()
	if err := b.chooseRedo(); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// openState reads the state file and looks which pictures are in place. Index is waited for before
// a damaged file is replaced.
func (b *Batch) openState(index func() (*Index, error)) (err error) {
	b.state, b.hadState, err = state.OpenFile(b.o.Disk)
	if errors.Is(err, state.ErrDamaged) && b.o.Restored {
		if _, err := index(); err != nil {
			return err
		}
		b.state, err = b.salvage()
		b.hadState, b.salvaged = err == nil, true
	}
	if err != nil {
		return err
	}
	if !b.hadState {
		if b.tornState, err = durable.Exists(b.o.Disk, state.FileName); err != nil {
			return err
		}
		if b.lostTrace, err = pictures.Traces(b.o.Disk); err != nil {
			return err
		}
	}
	if err := b.checkService(); err != nil {
		return err
	}
	b.pictures = pictures.NewInventory(b.o.Disk, b.state)
	// A hasty look would not find again what an earlier one has found.
	return b.pictures.Look(b.o.Hasty && !report.Noted(b.o.Disk))
}

// Lost names the file that shows that the folder had a state file, which is gone; "" where it
// is there, or where there was none. A run then looks through the account's tasks first, as
// with Options.Restored.
func (b *Batch) Lost() string { return b.lostTrace }

// salvage writes a damaged state file anew from what is whole of it.
func (b *Batch) salvage() (*state.File, error) {
	now := time.Now().UTC()
	s, broken, err := state.Salvage(b.o.Disk, b.newHeader(now),
		state.Mark{Run: "start", At: now, Tool: b.o.Tool, Since: now.Add(-tasklist.Reach)})
	if err == nil {
		b.o.Log.Warn("the state file is damaged: what is whole of it is kept",
			"lines lost or doubtful", broken, "the damaged file", state.DamagedFile)
	}
	return s, err
}

// Close gives the state file back.
func (b *Batch) Close() error { return b.state.Close() }

// Recorded are the settings of the last run, false where there was none.
func (b *Batch) Recorded() (state.Settings, bool) { return b.state.Header().Settings, b.hadState }

// checkService refuses a state file of another service: tasks there cannot be seen here, and would
// be paid again.
func (b *Batch) checkService() error {
	was, is := b.state.Header().Settings, b.o.Settings
	switch {
	case !b.hadState:
		return nil
	case was.Rehearsal && !is.Rehearsal:
		return fmt.Errorf("%w: it is of a rehearsal", state.ErrOther)
	case !was.Rehearsal && is.Rehearsal:
		return fmt.Errorf("%w: it is of a real run", state.ErrOther)
	case was.BaseURL != is.BaseURL && !is.Rehearsal:
		return fmt.Errorf("%w: it is of %s, not of %s", state.ErrOther, was.BaseURL, is.BaseURL)
	case was.Region != is.Region && !is.Rehearsal:
		return fmt.Errorf("%w: it is of the region %s, not of %s", state.ErrOther, was.Region,
			is.Region)
	}
	return nil
}

// rematch finds the manifest's items in the state again, once a run has added to that.
func (b *Batch) rematch() { b.matches = b.state.Match(b.index.items, b.index.earlier) }

// wanted reports whether the i-th item is to be sent.
func (b *Batch) wanted(i int) bool {
	m := b.matches[i]
	return !b.index.skipped[i] && (m.Entry < 0 || b.shouldResubmit(m))
}

// idle reports whether a run has nothing to do.
func (b *Batch) idle() (bool, error) {
	for i, e := range b.state.Entries() {
		if e.Phase().Waiting() {
			return false, nil
		}
		if !b.pictures.Missing(i) && e.Phase() != state.Held {
			continue
		}
		rec, err := b.state.Get(i)
		if err != nil || settle.Reviewable(rec, time.Now()) || b.pictures.Missing(i) &&
			fetchable(rec, time.Now()) {
			return false, err
		}
	}
	for i := range b.matches {
		if b.wanted(i) || b.misnamed(i) {
			return false, nil
		}
	}
	return true, nil
}

// items are the manifest's items, each with its place in it and what it matches.
func (b *Batch) items() iter.Seq2[int, item] {
	return func(yield func(int, item) bool) {
		i := 0
		var first *manifests.Item
		for it, err := range b.o.Manifest.Items() {
			if err == nil && it.Index == 1 {
				first = it
			}
			if !yield(i, item{it, first, err}) || err != nil {
				return
			}
			i++
		}
	}
}

// An item is one of the manifest's, or why it could not be read.
type item struct {
	*manifests.Item
	first *manifests.Item // of its row
	err   error
}

// key is the key that it gets when it is first seen, unless that is taken.
func (it item) key() state.Key {
	return state.NewKey(it.first.ID, it.first.Fingerprint(), it.Index)
}

// View is the batch as the reports read it: as of the opening, or of the end of the last run.
func (b *Batch) View() report.View {
	return report.View{Manifest: b.o.Manifest, State: b.state, Pictures: b.pictures, Disk: b.o.Disk,
		Matches: b.matches, Skipped: b.index.skipped, HasIDs: b.index.hasIDs(), Model: DefaultModel,
		Tool: b.o.Tool, Rehearsal: b.o.Settings.Rehearsal, Workbook: b.o.Workbook, Cost: b.fullCost,
		Log: b.o.Log}
}

// newHeader is the header of a first run.
func (b *Batch) newHeader(now time.Time) state.Header {
	salt := rand.Text()
	return state.Header{Tool: b.o.Tool, Created: now.UTC(), Salt: salt,
		KeyPrint: b.o.Key.Fingerprint(salt), Settings: b.o.Settings}
}

// price is what one picture costs, 0 where that is not known.
func (b *Batch) price(s state.Request) client.Money {
	size, _ := client.ParseSize(s.Size)
	return b.o.Rules.Live.Model(s.Model).Price(b.region, size)
}

// mayCost is what an item has cost, or will have cost if what is open or in doubt succeeds.
func (b *Batch) mayCost(rec state.Record) client.Money {
	sure := rec.Before + rec.Doubted
	switch rec.Phase {
	case state.Intent, state.Open, state.Held:
		return sure + b.cost(rec.Sent, rec.Sent.N)
	}
	return sure + rec.Cost
}

// Progress tells where the batch stands. It may be called while Run runs.
func (b *Batch) Progress() Progress { return b.counts.now() }

// Orphans are those of the last Run, oldest first. They are paid for, by this batch or by
// another program.
func (b *Batch) Orphans() []Orphan { return b.orphaned }
