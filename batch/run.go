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

	"github.com/qwenbatch/qwenbatch/output"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// A run takes what is not finished as far as it comes: first what is open at the service, then what was never sent, in
// the order of the manifest. One goroutine is one item; see item.go for its life.
type run struct {
	*Batch
	log       *slog.Logger
	clock     *clock
	grace     time.Duration
	syncGrace time.Duration
	queries   *throttle
	asking    *breaker
	watch     *watch
	backlog   *backlog
	flight    inFlight
	words     turnstile
	names     turnstile
	saved     map[savedPicture]picture // pictures of open tasks that were found on disk; not written after the start
	damaged   map[savedPicture]picture // those that others are to replace; not written after the start
	resumed   map[int32]bool           // entries that resume takes in this pass, and nobody else; not written while it runs
	lister    *lister
	orphans   orphans
	claims    claims
	ledger    ledger
	own       ownTasks
	doubts    doubts
	active    active
	began     time.Time          // the service's clock, when it was first heard
	unmade    chan output.Result // pictures without a thumbnail; nil where none is wanted
	given     map[int]key        // keys of new items by their place in the manifest; guarded by state.mu

	since    time.Time     // tasks since then may be ours and unknown; zero where there are none such
	ended    time.Time     // by then the run before had sent its last
	swept    bool          // they have been looked through
	unsure   bool          // some of them could not be told
	sweeping chan struct{} // closed when they have been, in this pass

	limits limits

	mu    sync.Mutex
	paces map[string]*pace
}

const (
	// parallelDownloads share the line to the picture host; each holds a picture in memory.
	parallelDownloads = 8
	// slack is how many items a model may have above its window: those that download, and those that wait to be sent.
	slack = 64
)

// Run does what is to be done. It ends with nil where everything was tried; what failed or is held is in the counts. The
// error says why it stopped before: the context's, one of the errors of this package, of the disk, or an *client.APIError
// that concerns the whole account.
func (b *Batch) Run(ctx context.Context) error {
	r := b.newRun()
	b.counts.begin(time.Now())
	idle, err := b.idle()
	if err == nil && idle {
		return b.noteSeen()
	}
	if err == nil && b.hurries() {
		b.thorough = true
		err = b.look()
	}
	if err != nil {
		return err
	}
	defer b.rematch()
	defer r.ledger.close()
	if err := r.start(ctx); err != nil {
		return err
	}
	r.counts.paid = r.state.paidSoFar()
	stopThumbs := r.startThumbs(ctx)
	err = r.all(ctx)
	stopThumbs()
	all := err == nil && r.limits.reason() == nil
	r.closePaces("")
	if err == nil {
		err = r.limits.reason()
	}
	if all {
		err = r.leftOver()
	}
	lookErr := r.lookAgain()
	return errors.Join(err, r.stop(ctx, all), lookErr)
}

func (b *Batch) newRun() *run {
	queries := b.o.QueryRate
	if queries == 0 {
		queries = 16
	}
	grace, syncGrace := b.o.Grace, b.o.Grace
	if grace == 0 {
		grace, syncGrace = 3*time.Second, time.Minute
	}
	c := &clock{speed: b.o.Speed}
	r := &run{
		Batch: b, log: b.o.Log, grace: grace, syncGrace: syncGrace,
		clock:   c,
		queries: newThrottle(queries, b.o.Speed),
		asking:  newBreaker(3, b.o.Speed),
		backlog: newBacklog(c),
		saved:   map[savedPicture]picture{},
		damaged: map[savedPicture]picture{},
		paces:   map[string]*pace{},
		given:   map[int]key{},
		lister:  newLister(),
		claims:  claims{answered: map[uint64]bool{}},
		limits:  limits{halted: map[string]error{}, refusals: map[string]int{}, refusing: map[string]Refusal{}},
	}
	r.watch = newWatch(r)
	return r
}

// start proves that the folder can be written and that the service answers, and opens the state file for this run, before
// anything is paid.
func (r *run) start(ctx context.Context) error {
	if err := r.o.Disk.Mkdir(imagesDir); err != nil {
		return err
	}
	if err := durable.Probe(r.o.Disk); err != nil {
		return err
	}
	if err := r.greet(ctx); err != nil {
		return err
	}
	r.began = r.clock.now()
	if err := r.sameAccount(ctx); err != nil {
		return err
	}
	r.limits.deadline = r.clock.deadline(r.o.Deadline)
	since := r.lastKnown(r.clock.now())
	if !r.found {
		if err := r.state.create(r.newHeader(r.clock.now())); err != nil {
			return err
		}
	}
	if err := r.state.reserve(cmp.Or(r.o.reserve, reserveSize)); err != nil {
		return err
	}
	lost, err := r.mayHaveLost()
	if err != nil {
		return err
	}
	unknown, err := r.unknownPictures()
	if err != nil {
		return err
	}
	if lost || len(unknown) > 0 {
		r.since, r.ended = since, r.clock.now()
		// A file that was lost, or is an older one, does not tell when that was.
		if r.found && !r.o.Restored && len(unknown) == 0 {
			r.ended = r.state.lastAt()
		}
	}
	r.ledger.begin()
	// From here on the last line is of this run: what an earlier one has lost must be looked for from where that one ended,
	// also if this one dies before it has done so.
	if err := r.markStart(); err != nil {
		return err
	}
	if err := r.takeIn(unknown); err != nil {
		return err
	}
	return errors.Join(r.beginRedo(), r.countIn(), r.rename(), r.noteFound(), r.reopen(), r.countMoney())
}

func (r *run) markStart() error {
	place := r.o.Disk.Place(stateFile)
	return r.state.mark(mark{Run: "start", At: r.clock.now(), Tool: r.o.Tool, Since: r.since, Place: place})
}

// mayHaveLost reports whether tasks may exist that the state file has lost and that no run has looked through.
func (r *run) mayHaveLost() (bool, error) {
	r.openLedger()
	switch {
	case r.o.Restored || r.torn || r.lost != "" || !r.state.since.IsZero():
		return true, nil
	case !r.found || r.state.stopped:
		return false, nil
	case !r.state.undisturbed():
		return true, nil
	}
	// A process was killed on this boot, and nothing that it had written is gone: each intent was durable before its
	// submission went out. Unless the file is an older one that was copied over it.
	r.claims.mu.Lock()
	defer r.claims.mu.Unlock()
	if err := r.collectClaims(); err != nil {
		return true, err
	}
	return !r.ledger.agrees(r.claims.tasks, r.clock.now()), nil
}

// lastKnown is since when tasks may exist that the state does not know, should it turn out to have lost its end. The
// service keeps tasks for a day.
func (b *Batch) lastKnown(now time.Time) time.Time {
	if b.found && b.state.marks > 0 && !b.salvaged { // else no run has got as far as its first mark over this file
		if !b.state.since.IsZero() {
			return b.state.since
		}
		if at := b.state.lastAt(); !at.IsZero() {
			return at
		}
	}
	return now.Add(-listed)
}

// hurry is how large a state file may be to be made small while somebody waits for the end: about half a second.
const hurry = 32 << 20

// stop marks a clean end and makes the state file small. The mark is durable before the file is written anew. All says
// that the run came to the end of the manifest.
func (r *run) stop(ctx context.Context, all bool) error {
	end := mark{Run: "stop", At: r.clock.now(), Tool: r.o.Tool, Since: r.unswept(all)}
	if err := r.state.mark(end); err != nil {
		return err
	}
	if ctx.Err() == nil || r.state.journal.size < hurry || errors.Is(r.state.astray(), ErrReplaced) {
		if err := r.state.compact(&end, r.order()); err != nil {
			return err
		}
	}
	if r.state.waiting() {
		return nil // without a state file it shows that there was one
	}
	if err := r.o.Disk.Remove(reserveFile); !errors.Is(err, fs.ErrNotExist) { // a disk that was full has used it
		return err
	}
	return nil
}

// order is that of the manifest, so that the next run finds the i-th item in the i-th place; items that it has lost come
// behind, in the order in which they were first seen.
func (r *run) order() []int {
	order := make([]int, 0, len(r.state.entries))
	claimed := make([]bool, len(r.state.entries))
	for _, m := range matchItems(r.idents, r.earlier, r.state.entries) {
		if m.entry >= 0 {
			order, claimed[m.entry] = append(order, int(m.entry)), true
		}
	}
	for i := range r.state.entries {
		if !claimed[i] {
			order = append(order, i)
		}
	}
	return order
}

// all makes a pass over state and manifest, and another where a row was changed while its old request was open. A third would
// find nothing that the second has not left as it is.
func (r *run) all(ctx context.Context) error {
	for range 2 {
		r.rematch()
		again, err := r.pass(ctx)
		if err != nil || !again || r.backlog.isOver() {
			return err
		}
	}
	return nil
}

// pass takes every item as far as it comes. Each model has a producer of its own, so that a slow one does not stand in
// the way of a fast one.
func (r *run) pass(ctx context.Context) (again bool, err error) {
	old, again, err := r.unfinished()
	if err != nil {
		return false, err
	}
	r.tally(old)
	r.sweeping = make(chan struct{})
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return r.resume(ctx, old) })
	r.active.begin()
	g.Go(func() error {
		defer r.active.end()
		err := r.sweep(ctx)
		if err == nil {
			close(r.sweeping)
		}
		return err
	})
	for _, model := range r.models {
		g.Go(func() error { return r.produce(ctx, model) })
	}
	return again, g.Wait()
}

// unfinished are the items that the service has, or may have, a task of: also those whose rows are gone from the
// manifest, since they are paid for. Again is true where one of them has changed.
func (r *run) unfinished() (all []record, again bool, err error) {
	tasks := map[string]record{}
	r.resumed = map[int32]bool{}
	for i, e := range r.state.entries {
		if p := e.phase(); p != intent && p != open && p != held {
			continue
		}
		rec, err := r.state.get(i)
		if err != nil {
			return nil, false, err
		}
		if rec.Phase == held && !reviewable(rec, r.clock.now()) {
			continue
		}
		if rec.Phase == held { // what the list could not tell then it may tell now
			rec.Phase, rec.Code, rec.Message, rec.Finished = intent, "", "", time.Time{}
		}
		if rec.Phase == open {
			tasks[rec.Task] = rec
			if rec.Code == notFetched {
				r.backlog.suspect()
			}
			rec.slot = true
			r.pace(rec.Sent.Model).window.force()
		}
		if rec.Phase == intent { // before anything is submitted; the second of two with the same words waits its turn
			rec.turn = r.words.turn(wordsOf(rec.Sent.Model, rec.Sent.Prompt))
			rec.turn.tryEnter()
			if !rec.Sent.Sync {
				rec.doubt = r.doubts.add(&rec, r.clock.now())
			}
		}
		all = append(all, rec)
		r.resumed[int32(i)] = true
	}
	slices.SortStableFunc(all, func(a, b record) int { // what expires first, first; a doubt may wait long, and keeps nobody
		return cmp.Or(cmp.Compare(b.Phase, a.Phase), a.Submitted.Compare(b.Submitted)) // "open" before "intent"
	})
	for _, m := range r.matches {
		again = again || m.changed && r.resumed[m.entry]
	}
	return all, again, r.findSaved(tasks)
}

func waiting(p phase) bool { return p == intent || p == open }

// resumedAtOnce is twice what the service's queue holds (LIM, 2026-11).
const resumedAtOnce = 1000

// resume goes on with the tasks of earlier runs. Doubts do not count among those that are gone on with at once: they are
// inside the turnstile of their words, where a task that has failed may wait.
func (r *run) resume(ctx context.Context, old []record) error {
	tasks := slices.IndexFunc(old, func(rec record) bool { return rec.Phase == intent }) // which stand behind
	if tasks < 0 {
		tasks = len(old)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return r.liveAll(ctx, old[:tasks], resumedAtOnce) })
	g.Go(func() error { return r.liveAll(ctx, old[tasks:], -1) })
	return g.Wait()
}

// liveAll goes on with items, with so many at once; with -1, with all.
func (r *run) liveAll(ctx context.Context, all []record, atOnce int) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, rec := range all {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error { return r.guarded(ctx, rec) })
	}
	return g.Wait()
}

// produce starts the items of one model that are to be sent, in the order of the manifest. It holds no more of them than
// the model's window and a few.
func (r *run) produce(ctx context.Context, model string) error {
	g, ctx := errgroup.WithContext(ctx)
	next := make(chan record)
	err := during(&r.flight.producing, func() error {
		if err := r.sweptUp(ctx); err != nil {
			return err
		}
		return r.feed(ctx, model, next, func(rec record) {
			g.Go(func() error { return r.work(ctx, rec, next) })
		})
	})
	close(next)
	return errors.Join(g.Wait(), err)
}

// feed hands each item that is to be sent to a worker that waits, or to a new one.
func (r *run) feed(ctx context.Context, model string, next chan<- record, hire func(record)) error {
	r.active.begin()
	defer r.active.end()
	pace := r.pace(model)
	for i, it := range r.items() {
		if it.err != nil {
			return it.err
		}
		if it.Skip || modelOf(it.Item) != model {
			continue
		}
		rec, due, err := r.due(i, it)
		if err != nil {
			return err
		}
		if !due {
			continue
		}
		// Room first: who holds a place in the window must not wait for one who wants it.
		if err := r.enterRoom(ctx, pace); err != nil {
			return err
		}
		if err := pace.window.enter(ctx); err != nil {
			pace.room.leave()
			return err
		}
		rec.slot = true
		if !r.begin(rec) {
			r.leave(&rec)
			pace.room.leave()
			return nil
		}
		select {
		case next <- rec:
		default:
			hire(rec)
		}
	}
	return nil
}

// work takes one item after the other. Goroutines are used again because each has to grow its stack first, by copying, which
// took 6 % of the processor time of an item (BenchmarkThroughput).
func (r *run) work(ctx context.Context, rec record, next <-chan record) error {
	for ok := true; ok; rec, ok = <-next {
		err := r.guarded(ctx, rec)
		r.pace(rec.Sent.Model).room.leave()
		if err != nil {
			return err
		}
	}
	return nil
}

// guarded keeps a panic of one item from taking the others' records with it.
func (r *run) guarded(ctx context.Context, rec record) error {
	return recovered(rec.Key, func() error { return r.live(ctx, rec) })
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

// pace is the model's.
func (r *run) pace(model string) *pace {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.paces[model]
	if p == nil {
		m := r.o.Rules.Live.Model(model)
		p = newPace(m, r.o.Rules.sync(m), r.o.SubmitRate, r.o.Window, r.o.Speed)
		r.paces[model] = p
	}
	return p
}

// closePaces sends away who waits to submit to a model, or with "" to any.
func (r *run) closePaces(model string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, p := range r.paces {
		if model == "" || name == model {
			p.close()
		}
	}
}

// trouble notes what will be tried again.
func (r *run) trouble(err error) { r.log.Warn("will try again", "cause", err) }
