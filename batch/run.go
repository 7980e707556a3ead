package batch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"

	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output"
)

// A run takes what is not finished as far as it comes: first what is open at the service, then what was never sent, in
// the order of the manifest. One goroutine is one item; see item.go for its life.
type run struct {
	*Batch
	log       *slog.Logger
	clock     *clock
	grace     time.Duration
	queries   *rate.Limiter
	downloads *semaphore.Weighted
	words     turnstile
	names     turnstile
	saved     map[savedPicture]picture // pictures of open tasks that were found on disk; not written after the start
	resumed   map[int32]bool           // entries that resume takes in this pass, and nobody else; not written while it runs
	lister    *lister
	orphans   orphans
	claims    claims
	given     map[int]key // keys of new items by their place in the manifest; guarded by state.mu

	sweepSince time.Time // tasks since then may be ours and unknown; zero where there are none such

	mu     sync.Mutex
	paces  map[string]*pace
	halted map[string]error // why a model, or "" for all, is not submitted to any more
	begun  int              // items started, for Options.Limit
	away   int              // submissions in a row that did not reach the service
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
	if idle, err := b.idle(); idle || err != nil {
		return err
	}
	if err := r.start(ctx); err != nil {
		return err
	}
	err := r.all(ctx)
	if halt := r.halted[""]; err == nil {
		err = halt
	}
	if stop := r.stop(); err == nil || errors.Is(err, context.Canceled) && stop != nil {
		err = errors.Join(err, stop)
	}
	return err
}

func (b *Batch) newRun() *run {
	queries := b.o.QueryRate
	if queries == 0 {
		queries = 16
	}
	if queries != rate.Inf {
		queries *= rate.Limit(b.o.Speed)
	}
	grace := b.o.Grace
	if grace == 0 {
		grace = 3 * time.Second
	}
	return &run{
		Batch: b, log: b.o.Log, grace: grace,
		clock:     &clock{speed: b.o.Speed},
		queries:   rate.NewLimiter(queries, 1),
		downloads: semaphore.NewWeighted(parallelDownloads),
		saved:     map[savedPicture]picture{},
		paces:     map[string]*pace{},
		halted:    map[string]error{},
		given:     map[int]key{},
		lister:    newLister(),
	}
}

// start proves that the folder can be written and that the service answers, and opens the state file for this run, before
// anything is paid.
func (r *run) start(ctx context.Context) error {
	if err := r.o.Disk.Mkdir(imagesDir); err != nil {
		return err
	}
	if err := output.Probe(r.o.Disk); err != nil {
		return err
	}
	if err := r.greet(ctx); err != nil {
		return err
	}
	since := r.lastKnown()
	if !r.found {
		if err := r.state.create(r.newHeader()); err != nil {
			return err
		}
	}
	if err := r.state.reserve(); err != nil {
		return err
	}
	clean := r.state.stopped || !r.found && !r.torn
	recovered, err := r.recoverPictures()
	if err != nil {
		return err
	}
	if !clean || recovered > 0 {
		r.sweepSince = since
	}
	return r.state.mark(mark{Run: "start", At: r.clock.now(), Tool: r.o.Tool})
}

// lastKnown is since when tasks may exist that the state does not know, should it turn out to have lost its end. The
// service keeps tasks for a day.
func (r *run) lastKnown() time.Time {
	if r.found {
		if at := r.state.lastAt(); !at.IsZero() {
			return at
		}
	}
	return r.clock.now().Add(-listed)
}

// stop marks a clean end and makes the state file small. The mark is durable before the file is written anew.
func (r *run) stop() error {
	end := mark{Run: "stop", At: r.clock.now(), Tool: r.o.Tool}
	if err := r.state.mark(end); err != nil {
		return err
	}
	if err := r.state.compact(&end, r.order()); err != nil {
		return err
	}
	return r.o.Disk.Remove(reserveFile)
}

// order is that of the manifest, so that the next run finds the i-th item in the i-th place; items that it has lost come
// behind, in the order in which they were first seen.
func (r *run) order() []int {
	order := make([]int, 0, len(r.state.entries))
	claimed := make([]bool, len(r.state.entries))
	for _, m := range matchItems(r.idents, r.state.entries) {
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

// all makes passes over state and manifest until a pass leaves nothing for another. Only a row that was changed while
// its old request was open needs a second.
func (r *run) all(ctx context.Context) error {
	for {
		r.matches = matchItems(r.idents, r.state.entries)
		again, err := r.pass(ctx)
		if err != nil || !again {
			return err
		}
	}
}

// pass takes every item as far as it comes. Each model has a producer of its own, so that a slow one does not stand in
// the way of a fast one.
func (r *run) pass(ctx context.Context) (again bool, err error) {
	old, again, err := r.unfinished()
	if err != nil {
		return false, err
	}
	r.tally(old)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return r.resume(ctx, old) })
	swept := make(chan struct{})
	g.Go(func() error {
		err := r.sweep(ctx, old)
		if err == nil {
			close(swept)
		}
		return err
	})
	for _, model := range r.models {
		g.Go(func() error {
			select {
			case <-swept:
				return r.produce(ctx, model)
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}
	return again, g.Wait()
}

// unfinished are the items that the service has, or may have, a task of: also those whose rows are gone from the
// manifest, since they are paid for. Again is true where one of them has changed.
func (r *run) unfinished() (all []record, again bool, err error) {
	tasks := map[string]record{}
	r.resumed = map[int32]bool{}
	for i, e := range r.state.entries {
		if e.phase != intent && e.phase != open {
			continue
		}
		rec, err := r.state.get(i)
		if err != nil {
			return nil, false, err
		}
		if rec.Phase == open {
			tasks[rec.Task] = rec
			rec.slot = true
			r.pace(rec.Sent.Model).window.force()
		}
		all = append(all, rec)
		r.resumed[int32(i)] = true
	}
	for _, m := range r.matches {
		again = again || m.changed && waiting(r.state.entries[m.entry].phase)
	}
	return all, again, r.findSaved(tasks)
}

func waiting(p phase) bool { return p == intent || p == open }

// resume goes on with the tasks of earlier runs.
func (r *run) resume(ctx context.Context, old []record) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(1000) // twice what the service's queue holds (LIM, 2026-11)
	for _, rec := range old {
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
	g.SetLimit(r.pace(model).window.size + slack)
	for i, it := range r.items() {
		if it.err != nil {
			return it.err
		}
		if it.Skip || modelOf(it.Item) != model {
			continue
		}
		rec, due, err := r.due(i, it)
		if err != nil {
			return errors.Join(err, g.Wait())
		}
		if !due {
			continue
		}
		if ctx.Err() != nil {
			return errors.Join(g.Wait(), ctx.Err())
		}
		if err := r.pace(model).window.enter(ctx); err != nil {
			return errors.Join(g.Wait(), err)
		}
		rec.slot = true
		if err := r.claimOrphan(&rec); err != nil {
			return errors.Join(g.Wait(), err)
		}
		if !r.begin(model) {
			r.leave(&rec)
			break
		}
		g.Go(func() error { return r.guarded(ctx, rec) })
	}
	return g.Wait()
}

// due makes the record of an item that is to be sent in this pass.
func (r *run) due(i int, it item) (record, bool, error) {
	m := r.matches[i]
	if m.entry < 0 {
		rec, err := r.fresh(i, it)
		return rec, true, err
	}
	if r.resumed[m.entry] || !r.again(m) {
		return record{}, false, nil
	}
	rec, err := r.state.get(int(m.entry))
	if err != nil {
		return rec, false, err
	}
	return r.renew(rec, it, m.changed)
}

// again reports whether an item that was seen before is to be sent (again).
func (b *Batch) again(m match) bool {
	p := b.state.phaseOf(int(m.entry))
	return p == ready || p == failed && b.o.RetryFailed || m.changed && (p == done || p == failed)
}

// fresh is the record of an item that was never seen before. It gets its key here, for good.
func (r *run) fresh(i int, it item) (record, error) {
	k := r.give(i)
	rec := record{Key: k.String(), ID: it.ID, Print: r.idents[i].print, Phase: ready, Name: nameOf(it, k)}
	var err error
	rec.Sent, err = r.o.Rules.sent(it.Item, rec.Key, 0)
	return rec, err
}

// give is the key of the i-th item, which is new.
func (r *run) give(i int) key {
	r.state.mu.Lock()
	defer r.state.mu.Unlock()
	k, given := r.given[i]
	if !given {
		k = freeKey(r.idents[i].base, r.idents[i].number, r.state.index)
		r.state.index[k] = -1
		r.given[i] = k
	}
	return k
}

// renew is the record of an item that is sent again. What a changed row made before is put aside.
func (r *run) renew(rec record, it item, changed bool) (record, bool, error) {
	if changed && len(rec.Pictures) > 0 {
		if err := r.putAside(&rec); err != nil {
			return rec, false, err
		}
	}
	k, err := parseKey(rec.Key)
	if err != nil {
		return rec, false, err
	}
	if rec.Task != "" && !slices.Contains(rec.Earlier, rec.Task) {
		rec.Earlier = append(rec.Earlier, rec.Task)
	}
	rec.Phase, rec.Attempt, rec.ID, rec.Print = ready, 0, it.ID, fingerprint(it.Fingerprint())
	rec.Name = nameOf(it, k)
	if changed || rec.Sent == (sent{}) {
		rec.Sent, err = r.o.Rules.sent(it.Item, rec.Key, 0)
	}
	return rec, err == nil, err
}

const replacedDir = imagesDir + "/replaced"

// putAside moves the pictures of an item to images/replaced, where they stay. Its record still names them until the next
// intent is written; a crash in between leaves a done item whose picture is missing, which fetches it again or says so.
func (r *run) putAside(rec *record) error {
	if err := r.o.Disk.Mkdir(replacedDir); err != nil {
		return err
	}
	for _, p := range rec.Pictures {
		there, err := exists(r.o.Disk, p.File)
		if err != nil {
			return err
		}
		if !there {
			continue
		}
		name := path.Base(p.File)
		for n := 2; ; n++ {
			taken, err := exists(r.o.Disk, path.Join(replacedDir, name))
			if err != nil {
				return err
			}
			if !taken {
				break
			}
			ext := path.Ext(p.File)
			name = fmt.Sprintf("%s~%d%s", stem(path.Base(p.File)), n, ext)
		}
		if err := r.o.Disk.Rename(p.File, path.Join(replacedDir, name)); err != nil {
			return err
		}
	}
	if err := errors.Join(r.o.Disk.SyncDir(replacedDir), r.o.Disk.SyncDir(imagesDir)); err != nil {
		return err
	}
	rec.Before, rec.Cost, rec.Replaced = rec.Before+rec.Cost, 0, rec.Replaced+len(rec.Pictures)
	rec.Pictures, rec.ActualPrompt, rec.Warnings = nil, "", nil
	return nil
}

// nameOf is what an item's picture shall be called: as its row says, else its id, else the beginning of its prompt with
// the first half of its key.
func nameOf(it item, k key) string {
	number := ""
	if it.Index > 1 {
		number = fmt.Sprintf("-%d", it.Index)
	}
	switch {
	case it.File != "":
		return stemOf(it.File) + number
	case it.ID != "":
		return it.ID
	}
	return fmt.Sprintf("%s-%08x%s", output.Slug(it.Prompt), k.base>>32, number)
}

// stemOf is a file name without an extension of pictures.
func stemOf(name string) string {
	switch path.Ext(name) {
	case ".png", ".jpg", ".jpeg", ".webp", ".gif", ".PNG", ".JPG":
		return name[:len(name)-len(path.Ext(name))]
	}
	return name
}

// guarded keeps a panic of one item from taking the others' records with it.
func (r *run) guarded(ctx context.Context, rec record) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("item %s: internal error: %v", rec.Key, p)
		}
	}()
	return r.live(ctx, rec)
}

// begin counts an item that is started; false where no more may be.
func (r *run) begin(model string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.halted[""] != nil || r.halted[model] != nil || r.o.Limit > 0 && r.begun >= r.o.Limit {
		return false
	}
	r.begun++
	return true
}

// admit has the last word before an intent is written.
func (r *run) admit(rec *record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.halted[""] != nil || r.halted[rec.Sent.Model] != nil {
		return errLeave
	}
	return nil
}

// halt stops submissions of a model, or with "" all of them. What is open is still collected.
func (r *run) halt(model string, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.halted[model] == nil {
		r.halted[model] = why
		r.log.Error("no more submissions", "model", model, "cause", why)
	}
}

// pace is the model's.
func (r *run) pace(model string) *pace {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.paces[model]
	if p == nil {
		p = newPace(client.LookupModel(model), r.o.SubmitRate, r.o.Window, r.o.Speed)
		r.paces[model] = p
	}
	return p
}

// offline waits longer the longer the service cannot be reached.
func (r *run) offline(ctx context.Context, cause error) error {
	r.mu.Lock()
	n := r.away
	r.away++
	r.mu.Unlock()
	r.trouble(cause)
	return r.clock.sleep(ctx, backoff(n))
}

// online forgets that the service could not be reached.
func (r *run) online() {
	r.mu.Lock()
	r.away = 0
	r.mu.Unlock()
}

// trouble notes what will be tried again.
func (r *run) trouble(err error) { r.log.Warn("will try again", "cause", err) }
