package batch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/qwenbatch/qwenbatch/batch/download"
	"github.com/qwenbatch/qwenbatch/batch/halt"
	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/poll"
	"github.com/qwenbatch/qwenbatch/batch/report"
	"github.com/qwenbatch/qwenbatch/batch/settle"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
)

// A run holds the parts of one [Batch.Run], which newRun makes. It goes on with what earlier runs
// have left while it sweeps the task list and, after that, starts what is to be sent, in the
// order of the manifest. One goroutine is one item; item.go moves it through its phases.
type run struct {
	batch         *Batch
	state         *state.File
	clock         *pace.Clock
	paces         *pace.Models
	stops         *halt.Conditions
	ledger        *tasklist.Ledger
	doubts        *tasklist.Doubts
	downloads     *download.Queue
	foundPictures *pictures.Found // of open tasks
	activity      download.Activity
	busy          settle.Busy
	builder       *builder
	sweep         *sweep
	life          *lifecycle
	preflight     *preflight
}

// Run submits, collects and saves what is not finished. It returns nil if everything was tried;
// items that failed or are held are in Progress. An error says why the run stopped before: the
// context's, one of this package or of the disk, or a *client.APIError that concerns the whole
// account. A batch that has nothing to do is not run: neither service nor folder is probed.
func (b *Batch) Run(ctx context.Context) error {
	r := b.newRun()
	b.counts.begin(b.state, b.o.Tell)
	idle, err := b.idle()
	if err == nil && idle {
		return b.noteSeen()
	}
	if err == nil && b.pictures.Hasty() { // what is about to be sent needs sizes and times, too
		err = b.pictures.Look(false)
	}
	if err != nil {
		return err
	}
	defer b.rematch()
	defer r.ledger.Close()
	if err := r.preflight.run(ctx); err != nil {
		return err
	}
	r.sweep.since, r.sweep.lastSentBy = r.preflight.since, r.preflight.lastSentBy
	b.counts.before = r.state.Paid()
	var thumbs report.Thumbnailer
	if b.o.Thumbs {
		thumbs = b.View().StartThumbs(ctx, r.downloads.Idle)
		b.counts.saved = thumbs.Add
	}
	err = r.runPasses(ctx)
	thumbs.Stop()
	complete := err == nil && r.stops.Reason() == nil
	r.paces.Close("")
	if err == nil {
		err = r.stops.Reason()
	}
	if complete {
		b.orphaned, err = r.sweep.leftOver(b.price)
	}
	lookErr := b.pictures.LookAfterRun()
	return errors.Join(err, r.stop(ctx, complete), lookErr)
}

// newRun makes a run: its stop conditions and pace, its polling, the sweep, the lifecycle and the
// preflight.
func (b *Batch) newRun() *run {
	c := pace.NewClock(b.o.Speed)
	r := &run{batch: b, state: b.state, clock: c, ledger: &tasklist.Ledger{},
		doubts: &tasklist.Doubts{}, builder: &builder{batch: b, given: map[int]state.Key{}}}
	tasks := tasklist.NewReader(b.o.Client, c, b.o.QueryRate, b.o.Speed)
	r.paces = pace.NewModels(func(name string) *pace.Model {
		m := b.o.Rules.Live.Model(name)
		return pace.NewModel(m, b.o.Rules.sync(m), b.o.SubmitRate, b.o.Window, b.o.Speed)
	})
	watch := poll.New(poll.Config{Clock: c, Page: tasks.Page, Pace: r.paces.Of, Queue: tasks.Queue,
		Budget: cmp.Or(b.o.QueryRate, tasklist.DefaultRate), Service: meanServiceTime})
	r.stops = halt.New(halt.Config{Items: b.o.Limit, Failures: b.o.MaxFailures, Budget: b.o.Budget,
		Cost: b.fullCost, Clock: c, Paces: r.paces, Open: watch.Open, Show: b.counts.refuse,
		Log: b.o.Log})
	r.newSweep(tasks, &waiter{watch: watch, tasks: tasks, clock: c, log: b.o.Log})
	r.newLife()
	r.preflight = &preflight{batch: b, o: &b.o, state: b.state, clock: c, log: b.o.Log, tasks: tasks,
		own: r.life.own, claims: r.life.claims, ledger: r.ledger, stops: r.stops,
		folder: r.life.folder, foundPictures: r.foundPictures, builder: r.builder}
	return r
}

// newSweep makes the sweep and the finder of tasks that no record knows.
func (r *run) newSweep(tasks *tasklist.Reader, w *waiter) {
	o, c := &r.batch.o, r.clock
	settlingTime := settle.DefaultTime
	if o.Settle > 0 {
		settlingTime = o.Settle
	}
	finder := &settle.Finder{State: r.state, Clock: c, Tasks: tasks,
		Claims: tasklist.NewClaims(r.state, c, r.ledger),
		Own:    tasklist.NewOwnTasks(r.state, c, settlingTime, r.doubts),
		Doubts: r.doubts, Time: settlingTime, Busy: &r.busy}
	r.sweep = &sweep{state: r.state, clock: c, stops: r.stops, waiter: w, finder: finder,
		claims: finder.Claims, models: r.batch.index.models,
		resubmit: o.OnDoubt == "resubmit", budgeted: o.Budget > 0,
		records: func() iter.Seq2[state.Record, error] { return r.builder.records("") },
		prompts: r.batch.wantedPrompts}
}

// newLife makes the lifecycle, which moves items through their phases, and what it downloads and
// saves with.
func (r *run) newLife() {
	o := &r.batch.o
	grace, syncGrace := o.Grace, o.Grace
	if grace == 0 {
		grace, syncGrace = 3*time.Second, time.Minute
	}
	folder, progress := pictures.NewFolder(o.Disk, r.state), &r.batch.counts
	r.foundPictures = pictures.NewFound(folder)
	r.downloads = download.NewQueue(r.clock, &r.activity, func(why error) { r.stops.Halt("", why) })
	r.life = &lifecycle{state: r.state, client: o.Client, clock: r.clock, log: o.Log, paces: r.paces,
		stops: r.stops, waiter: r.sweep.waiter, grace: grace, syncGrace: syncGrace,
		activity: &r.activity, busy: &r.busy, counts: progress,
		request: r.batch.request, cost: r.batch.cost,
		finder: r.sweep.finder, claims: r.sweep.claims, own: r.sweep.finder.Own, sweep: r.sweep,
		resubmit: r.sweep.resubmit, otherSize: r.batch.otherSize,
		downloads: r.downloads, folder: folder, foundPictures: r.foundPictures,
		fetcher: &download.Fetcher{Queue: r.downloads, Client: o.Client, Tasks: r.sweep.waiter.tasks,
			State: r.state, Clock: r.clock, Log: o.Log, OnWait: func() { progress.unfetched(1) }},
		saver: &download.Saver{Folder: folder, Found: r.foundPictures, Price: r.batch.price,
			Tool: o.Tool, NoMetadata: o.NoMetadata}}
}

// maxHurriedCompaction is how large a state file may be to be made small while somebody waits for
// the end: about half a second.
const maxHurriedCompaction = 32 << 20

// stop marks a clean end and compacts the state file. The mark is durable before the file is
// written anew. Complete says that every item of the manifest was tried.
func (r *run) stop(ctx context.Context, complete bool) error {
	end := state.Mark{Run: "stop", At: r.clock.Now(), Tool: r.batch.o.Tool,
		Since: r.sweep.unswept(complete)}
	if err := r.state.Mark(end); err != nil {
		return err
	}
	if ctx.Err() == nil || r.state.Size() < maxHurriedCompaction ||
		errors.Is(r.state.Astray(), state.ErrReplaced) {
		if err := r.state.Compact(&end, r.order()); err != nil {
			return err
		}
	}
	for _, e := range r.state.Entries() {
		if e.Phase().Waiting() {
			return nil // the reserve stays: should the state file vanish, it shows there was one
		}
	}
	return r.state.Unreserve()
}

// order returns the entries of the state file in the order of the manifest, so that the next run
// finds the i-th item in the i-th place. Items whose rows are gone follow, in the order in which
// they were first seen.
func (r *run) order() []int {
	order := make([]int, 0, r.state.Count())
	claimed := make([]bool, r.state.Count())
	for _, m := range r.state.Match(r.batch.index.items, r.batch.index.earlier) {
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

// runPasses makes a pass over state and manifest, and another where a row was changed while its
// old request was open. A third would find nothing that the second has not left as it is.
func (r *run) runPasses(ctx context.Context) error {
	for range 2 {
		r.batch.rematch()
		changed, err := r.pass(ctx)
		if err != nil || !changed || r.downloads.Closed() {
			return err
		}
	}
	return nil
}

// pass takes every item as far as it comes. At once it goes on with what earlier runs have left,
// sweeps the task list, and has a producer for each model, so that a slow model does not delay
// a fast one. No submission, of whatever item, goes out before the sweep has ended. Changed says
// that the row of an item asks for something else than the request that it went on with.
func (r *run) pass(ctx context.Context) (changed bool, err error) {
	old, changed, err := r.unfinished()
	if err != nil {
		return false, err
	}
	r.tally(len(old))
	r.sweep.done = make(chan struct{})
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return r.resume(ctx, old) })
	r.busy.Begin()
	g.Go(func() error {
		defer r.busy.End()
		err := r.sweep.run(ctx)
		if err == nil {
			close(r.sweep.done)
		}
		return err
	})
	for _, model := range r.batch.index.models {
		g.Go(func() error { return r.produce(ctx, model) })
	}
	return changed, g.Wait()
}

// tally sets the counts of the items of the manifest at the start of a pass; open is how many the
// pass goes on with.
func (r *run) tally(open int) {
	items := map[state.Phase]int{state.Open: open}
	for i, m := range r.batch.matches {
		switch {
		case r.batch.index.skipped[i]:
		case r.batch.wanted(i):
			items[state.Ready]++
		case !r.builder.resumed[m.Entry]:
			items[r.state.Entry(int(m.Entry)).Phase()]++
		}
	}
	r.batch.counts.tally(items)
}

// unfinished returns jobs for the items of which the service has, or may have, a task: also
// those whose rows are gone from the manifest, since they are paid for. Open ones come first,
// those that expire first in front. The jobs have what a submission must not take from them:
// open ones a slot, those in doubt the lock of their prompt and their doubt. Changed is true if
// the row of one asks for something else now.
func (r *run) unfinished() (all []*job, changed bool, err error) {
	tasks := map[string]state.Record{}
	r.builder.resumed = map[int32]bool{}
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
		if rec.Phase == state.Held { // the list may settle today what it could not before
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
		if rec.Phase == state.Intent {
			// Of two with the same prompt the first gets the lock here; resettle waits for it.
			j.promptLock = r.life.promptLocks.Of(tasklist.PromptKey(rec.Sent.Model, rec.Sent.Prompt))
			j.promptLock.TryLock()
			if !rec.Sent.Sync {
				j.doubt = r.doubts.Add(j.promptLock.Key, j.Intent, r.clock.Now(), false)
			}
		}
		all = append(all, j)
		r.builder.resumed[int32(i)] = true
	}
	slices.SortStableFunc(all, func(a, b *job) int {
		// "open" before "intent"
		return cmp.Or(cmp.Compare(b.Phase, a.Phase), a.Submitted.Compare(b.Submitted))
	})
	for _, m := range r.batch.matches {
		changed = changed || m.Changed && r.builder.resumed[m.Entry]
	}
	return all, changed, r.foundPictures.Find(tasks)
}

// resumedAtOnce is twice what the service's queue holds (LIM, 2026-11).
const resumedAtOnce = 1000

// resume goes on with the jobs of unfinished, of the open ones with resumedAtOnce at a time. All
// doubts run at once beside them: an open item whose task has failed may wait for the lock of
// its prompt, which a doubt that has not begun would never unlock.
func (r *run) resume(ctx context.Context, old []*job) error {
	open := slices.IndexFunc(old, func(j *job) bool { return j.Phase == state.Intent })
	if open < 0 { // no doubts, which come last
		open = len(old)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return r.runAll(ctx, old[:open], resumedAtOnce) })
	g.Go(func() error { return r.runAll(ctx, old[open:], -1) })
	return g.Wait()
}

// runAll goes on with items, with so many at once; with -1, with all.
func (r *run) runAll(ctx context.Context, all []*job, atOnce int) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, j := range all {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error { return r.runGuarded(ctx, j) })
	}
	return g.Wait()
}

// runGuarded keeps a panic of one item from taking the others' records with it.
func (r *run) runGuarded(ctx context.Context, j *job) error {
	return catchPanic(j.Key, func() error { return r.life.runItem(ctx, j) })
}

// catchPanic makes an error of a panic.
func catchPanic(key string, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("item %s: internal error: %v", key, p)
		}
	}()
	return do()
}
