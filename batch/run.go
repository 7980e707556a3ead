package batch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/qwenbatch/qwenbatch/batch/download"
	"github.com/qwenbatch/qwenbatch/batch/halt"
	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/poll"
	"github.com/qwenbatch/qwenbatch/batch/settle"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/output"
)

// A run takes what is not finished as far as it comes: first what is open at the service, then
// what was never sent, in the order of the manifest. One goroutine is one item; see item.go for
// its life.
type run struct {
	b         *Batch
	o         *Options
	state     *state.File
	log       *slog.Logger
	clock     *pace.Clock
	paces     *pace.Models
	grace     time.Duration
	syncGrace time.Duration
	watch     *poll.Watcher
	downloads *download.Queue
	fetcher   *download.Fetcher
	saver     *download.Saver
	activity  download.Activity
	words     pace.KeyedMutex
	folder    *pictures.Folder
	found     *pictures.Found // of open tasks
	// entries that resume takes in this pass, and nobody else; not written while it runs
	resumed map[int32]bool
	tasks   *tasklist.Reader
	orphans settle.Orphans
	claims  *tasklist.Claims
	ledger  *tasklist.Ledger
	own     *tasklist.OwnTasks
	doubts  *tasklist.Doubts
	busy    settle.Busy
	finder  *settle.Finder
	began   time.Time          // the service's clock, when it was first heard
	unmade  chan output.Result // pictures without a thumbnail; nil where none is wanted
	given   map[int]state.Key  // keys of new items by their place in the manifest; guarded by mu

	// tasks since then may be ours and unknown; zero where there are none such
	since    time.Time
	ended    time.Time     // by then the run before had sent its last
	swept    bool          // they have been looked through
	unsure   bool          // some of them could not be told
	sweeping chan struct{} // closed when they have been, in this pass

	stops *halt.Conditions

	mu sync.Mutex
}

// Run does what is to be done. It ends with nil where everything was tried; what failed or is
// held is in the counts. The error says why it stopped before: the context's, one of the errors
// of this package, of the disk, or an *client.APIError that concerns the whole account.
func (b *Batch) Run(ctx context.Context) error {
	r := b.newRun()
	b.counts.begin(time.Now())
	idle, err := b.idle()
	if err == nil && idle {
		return b.noteSeen()
	}
	if err == nil && b.pictures.Hasty() {
		err = b.pictures.Look(false)
	}
	if err != nil {
		return err
	}
	defer b.rematch()
	defer r.ledger.Close()
	if err := r.start(ctx); err != nil {
		return err
	}
	r.b.counts.paid = r.state.Paid()
	stopThumbs := r.startThumbs(ctx)
	err = r.all(ctx)
	stopThumbs()
	all := err == nil && r.stops.Reason() == nil
	r.paces.Close("")
	if err == nil {
		err = r.stops.Reason()
	}
	if all {
		err = r.leftOver()
	}
	lookErr := r.b.pictures.LookAfterRun()
	return errors.Join(err, r.stop(ctx, all), lookErr)
}

func (b *Batch) newRun() *run {
	grace, syncGrace := b.o.Grace, b.o.Grace
	if grace == 0 {
		grace, syncGrace = 3*time.Second, time.Minute
	}
	c := pace.NewClock(b.o.Speed)
	r := &run{
		b: b, o: &b.o, state: b.state, log: b.o.Log, grace: grace, syncGrace: syncGrace,
		clock:  c,
		folder: pictures.NewFolder(b.o.Disk, b.state),
		given:  map[int]state.Key{},
	}
	r.found = pictures.NewFound(r.folder)
	r.tasks = tasklist.NewReader(b.o.Client, c, b.o.QueryRate, b.o.Speed)
	r.ledger, r.doubts = &tasklist.Ledger{}, &tasklist.Doubts{}
	r.claims = tasklist.NewClaims(b.state, c, r.ledger)
	settleTime := settle.DefaultTime
	if b.o.Settle > 0 {
		settleTime = b.o.Settle
	}
	r.own = tasklist.NewOwnTasks(b.state, c, settleTime, r.doubts)
	r.finder = &settle.Finder{State: b.state, Clock: c, Tasks: r.tasks, Claims: r.claims, Own: r.own,
		Doubts: r.doubts, Time: settleTime, Busy: &r.busy}
	r.paces = pace.NewModels(func(name string) *pace.Model {
		m := b.o.Rules.Live.Model(name)
		return pace.NewModel(m, b.o.Rules.sync(m), b.o.SubmitRate, b.o.Window, b.o.Speed)
	})
	r.watch = poll.New(poll.Config{Clock: c, Page: r.tasks.Page, Pace: r.paces.Of, Queue: r.tasks.Queue,
		Budget: cmp.Or(b.o.QueryRate, tasklist.DefaultRate), Service: service})
	r.stops = halt.New(halt.Config{Items: b.o.Limit, Failures: b.o.MaxFailures, Budget: b.o.Budget,
		Price: b.price, Clock: c, Paces: r.paces, Open: r.watch.Open, Show: b.counts.refuse,
		Log: b.o.Log})
	r.downloads = download.NewQueue(c, &r.activity, func(why error) { r.stops.Halt("", why) })
	r.saver = &download.Saver{Folder: r.folder, Found: r.found, Price: b.price, Tool: b.o.Tool,
		NoMetadata: b.o.NoMetadata}
	r.fetcher = &download.Fetcher{Queue: r.downloads, Client: b.o.Client, Tasks: r.tasks,
		State: b.state, Clock: c, Log: b.o.Log, Waits: func() { r.unfetched(1) }}
	return r
}

// hurry is how large a state file may be to be made small while somebody waits for the end:
// about half a second.
const hurry = 32 << 20

// stop marks a clean end and makes the state file small. The mark is durable before the file is
// written anew. All says that the run came to the end of the manifest.
func (r *run) stop(ctx context.Context, all bool) error {
	end := state.Mark{Run: "stop", At: r.clock.Now(), Tool: r.o.Tool, Since: r.unswept(all)}
	if err := r.state.Mark(end); err != nil {
		return err
	}
	if ctx.Err() == nil || r.state.Size() < hurry ||
		errors.Is(r.state.Astray(), state.ErrReplaced) {
		if err := r.state.Compact(&end, r.order()); err != nil {
			return err
		}
	}
	for _, e := range r.state.Entries() {
		if e.Phase().Waiting() {
			return nil // without a state file it shows that there was one
		}
	}
	// a disk that was full has used it
	if err := r.o.Disk.Remove(state.ReserveFile); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// order is that of the manifest, so that the next run finds the i-th item in the i-th place;
// items that it has lost come behind, in the order in which they were first seen.
func (r *run) order() []int {
	order := make([]int, 0, r.state.Count())
	claimed := make([]bool, r.state.Count())
	for _, m := range r.state.Match(r.b.index.items, r.b.index.earlier) {
		if m.Entry >= 0 {
			order, claimed[m.Entry] = append(order, int(m.Entry)), true
		}
	}
	for i := range r.state.Count() {
		if !claimed[i] {
			order = append(order, i)
		}
	}
	return order
}

// all makes a pass over state and manifest, and another where a row was changed while its old
// request was open. A third would find nothing that the second has not left as it is.
func (r *run) all(ctx context.Context) error {
	for range 2 {
		r.b.rematch()
		again, err := r.pass(ctx)
		if err != nil || !again || r.downloads.Closed() {
			return err
		}
	}
	return nil
}

// pass takes every item as far as it comes. Each model has a producer of its own, so that a
// slow one does not stand in the way of a fast one.
func (r *run) pass(ctx context.Context) (again bool, err error) {
	old, again, err := r.unfinished()
	if err != nil {
		return false, err
	}
	r.tally(old)
	r.sweeping = make(chan struct{})
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return r.resume(ctx, old) })
	r.busy.Begin()
	g.Go(func() error {
		defer r.busy.End()
		err := r.sweep(ctx)
		if err == nil {
			close(r.sweeping)
		}
		return err
	})
	for _, model := range r.b.index.models {
		g.Go(func() error { return r.produce(ctx, model) })
	}
	return again, g.Wait()
}

// unfinished are the items that the service has, or may have, a task of: also those whose rows
// are gone from the manifest, since they are paid for. Again is true where one of them has
// changed.
func (r *run) unfinished() (all []*job, again bool, err error) {
	tasks := map[string]state.Record{}
	r.resumed = map[int32]bool{}
	for i, e := range r.state.Entries() {
		if p := e.Phase(); p != state.Intent && p != state.Open && p != state.Held {
			continue
		}
		rec, err := r.state.Get(i)
		if err != nil {
			return nil, false, err
		}
		if rec.Phase == state.Held && !settle.Reviewable(rec, r.clock.Now()) {
			continue
		}
		if rec.Phase == state.Held { // what the list could not tell then it may tell now
			rec.Phase, rec.Code, rec.Message, rec.Finished = state.Intent, "", "", time.Time{}
		}
		j := &job{Record: rec}
		if rec.Phase == state.Open {
			tasks[rec.Task] = rec
			if rec.Code == download.CodeNotFetched {
				r.downloads.Suspect()
			}
			j.slot = r.paces.Of(rec.Sent.Model).InFlight.Take()
		}
		// before anything is submitted; the second of two with the same words waits its turn
		if rec.Phase == state.Intent {
			j.words = r.words.Of(tasklist.PromptKey(rec.Sent.Model, rec.Sent.Prompt))
			j.words.TryLock()
			if !rec.Sent.Sync {
				j.doubt = r.doubts.Add(j.words.Key, j.Intent, r.clock.Now(), false)
			}
		}
		all = append(all, j)
		r.resumed[int32(i)] = true
	}
	// what expires first, first; a doubt may wait long, and keeps nobody
	slices.SortStableFunc(all, func(a, b *job) int {
		// "open" before "intent"
		return cmp.Or(cmp.Compare(b.Phase, a.Phase), a.Submitted.Compare(b.Submitted))
	})
	for _, m := range r.b.matches {
		again = again || m.Changed && r.resumed[m.Entry]
	}
	return all, again, r.found.Find(tasks)
}

// resumedAtOnce is twice what the service's queue holds (LIM, 2026-11).
const resumedAtOnce = 1000

// resume goes on with the tasks of earlier runs. Doubts do not count among those that are gone
// on with at once: they hold the lock of their prompt, which a task that has failed may wait
// for.
func (r *run) resume(ctx context.Context, old []*job) error {
	// which stand behind
	tasks := slices.IndexFunc(old, func(j *job) bool { return j.Phase == state.Intent })
	if tasks < 0 {
		tasks = len(old)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return r.liveAll(ctx, old[:tasks], resumedAtOnce) })
	g.Go(func() error { return r.liveAll(ctx, old[tasks:], -1) })
	return g.Wait()
}

// liveAll goes on with items, with so many at once; with -1, with all.
func (r *run) liveAll(ctx context.Context, all []*job, atOnce int) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, j := range all {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error { return r.guarded(ctx, j) })
	}
	return g.Wait()
}

// guarded keeps a panic of one item from taking the others' records with it.
func (r *run) guarded(ctx context.Context, j *job) error {
	return recovered(j.Key, func() error { return r.live(ctx, j) })
}

// recovered makes an error of a panic.
func recovered(key string, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("item %s: internal error: %v", key, p)
		}
	}()
	return do()
}

// trouble notes what will be tried again.
func (r *run) trouble(err error) { r.log.Warn("will try again", "cause", err) }
