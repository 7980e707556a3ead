package batch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
)

// This file is what happens before the first submission of a run. A state file that does not end with a clean stop may
// have lost its end: to a crash, to a disk, to a backup that was put back. What it does not know may be paid for, so the
// account's tasks since its last line are looked through first, and the pictures that it does not know are taken in.

// greet asks for one page of the task list. It proves key, region and base URL without cost, and tells the service's clock,
// which every intent is dated by.
func (r *run) greet(ctx context.Context) error {
	for n := 0; ; n++ {
		_, err := r.page(ctx, 1)
		var api *client.APIError
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &api) && api.Reach() == client.ReachAccount:
			return err
		case errors.As(err, &api) && (api.Reach() != client.ReachRetry || n == 3):
			r.clock.heard(api.Date)
			return nil // the list is not for this key, or not for now; what it cannot settle will be held
		case n == greetings:
			return fmt.Errorf("the service does not answer: %w", err)
		}
		r.trouble(err)
		if err := r.clock.sleep(ctx, backoff(n)); err != nil {
			return err
		}
	}
}

// sameAccount lets another key go on only if it sees a task that is open: keys of one account may change, but with the key
// of another account every open task would look lost.
func (r *run) sameAccount(ctx context.Context) error {
	print := r.o.Key.Fingerprint(r.state.header.Salt)
	if !r.found || r.state.header.KeyPrint == print || r.o.Settings.Rehearsal {
		return r.amend(r.state.header.KeyPrint)
	}
	for i := range r.state.count() {
		if r.state.phaseOf(i) != open {
			continue
		}
		rec, err := r.state.get(i)
		if err != nil {
			return err
		}
		if r.clock.now().Sub(rec.Submitted) > listed {
			continue // no key sees it any more
		}
		task, err := r.ask(ctx, rec.Task)
		if err != nil {
			return err
		}
		if task.Status == client.Unknown {
			return fmt.Errorf("%w: this key does not see its open task %s, so it is of another account", ErrOther, rec.Task)
		}
		break
	}
	return r.amend(print)
}

// amend records a key and the settings of this run where they are not those of the last.
func (r *run) amend(print string) error {
	h := r.state.header
	if !r.found || h.KeyPrint == print && reflect.DeepEqual(h.Settings, r.o.Settings) {
		return nil
	}
	h.KeyPrint, h.Settings = print, r.o.Settings
	return r.state.amend(h)
}

// greetings is how often the service is asked in vain before a run gives up: about four minutes. Once it has answered, a
// run waits for it however long it takes.
const greetings = 9

// orphans are tasks that succeeded, that no record knows and that may be ours, by their words.
type orphans struct {
	mu    sync.Mutex
	tasks map[string][]client.TaskInfo
}

func wordsOf(model, prompt string) string { return model + "\x00" + cutAt(prompt, cutPrompt) }

// sweep finds the tasks that the state should know and does not. Nothing is submitted before it ends.
func (r *run) sweep(ctx context.Context, old []record) error {
	if r.since.IsZero() || r.swept {
		return nil
	}
	if err := r.clock.sleep(ctx, r.settleTime()-r.clock.now().Sub(r.since)); err != nil {
		return err
	}
	strays, err := r.strays(ctx, r.since.Add(-earlier))
	if err != nil {
		return err
	}
	for _, row := range strays {
		if err := r.adoptable(ctx, row); err != nil {
			return err
		}
	}
	r.leaveToDoubts(old)
	r.swept = true
	return nil
}

// unswept is since when the next run must look for lost tasks: those that were found are kept in memory until an item
// wants them. What no item of the whole manifest wanted is not ours.
func (r *run) unswept(all bool) time.Time {
	r.orphans.mu.Lock()
	defer r.orphans.mu.Unlock()
	left := 0
	for _, queue := range r.orphans.tasks {
		left += len(queue)
	}
	if r.swept && (all || left == 0) {
		return time.Time{}
	}
	return r.since
}

// ErrNoList says that the last run did not end cleanly and that the task list, which could tell what it left behind, is not
// to be had. Nothing was submitted.
var ErrNoList = errors.New("the last run did not end cleanly, and the task list cannot be read")

// strays are the unclaimed tasks since a moment, as two whole passes in a row show them.
func (r *run) strays(ctx context.Context, since time.Time) ([]client.TaskInfo, error) {
	s := settling{run: r, rec: &record{Intent: since.Add(earlier)}, began: r.clock.now()}
	for {
		pass, err := r.list(ctx, s.looked)
		s.looked = time.Now()
		s.count(err)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && keyRefused(err):
			return nil, err
		case err != nil && s.refused < 3 && s.hopeless(err) != "":
			return nil, fmt.Errorf("the state file has lost its end, and the task list that could tell what is paid is down: %w", err)
		case err != nil && s.hopeless(err) != "" && r.o.OnDoubt == "resubmit":
			return nil, nil
		case err != nil && s.hopeless(err) != "":
			return nil, fmt.Errorf("%w: %w", ErrNoList, err)
		}
		if err == nil {
			all, err := r.unclaimed(pass, since)
			if err != nil {
				return nil, err
			}
			ids := idsOf(all)
			if pass.whole && s.before != nil && slices.Equal(s.before, ids) {
				return all, nil
			}
			s.before = nil
			if pass.whole {
				s.before = ids
			}
		}
		if err := r.clock.sleep(ctx, time.Second+backoff(s.failures)); err != nil {
			return nil, err
		}
	}
}

// unclaimed are the rows of our models since a moment that no record knows.
func (r *run) unclaimed(pass listing, since time.Time) ([]client.TaskInfo, error) {
	ours, err := r.claimed(pass.rows)
	if err != nil {
		return nil, err
	}
	var all []client.TaskInfo
	for id, row := range pass.rows {
		late := row.Created.IsZero() || !row.Created.Before(since)
		if !ours[id] && late && slices.Contains(r.models, row.Model) {
			all = append(all, row)
		}
	}
	slices.SortFunc(all, func(a, b client.TaskInfo) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return slices.Compare([]byte(a.ID), []byte(b.ID))
	})
	return all, nil
}

func idsOf(rows []client.TaskInfo) []string {
	ids := make([]string, 0, len(rows))
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	return ids
}

// adoptable waits until a stray has ended and keeps it for the item that asked for its words.
func (r *run) adoptable(ctx context.Context, row client.TaskInfo) error {
	rec := record{Task: row.ID, Submitted: row.Created}
	task, err := r.await(ctx, &rec)
	if err != nil || task.Status != client.Succeeded {
		return err
	}
	words, told := origPrompt(task)
	if !told {
		if r.o.OnDoubt != "resubmit" {
			r.halt(row.Model, fmt.Errorf("task %s may be of this batch, its answer does not tell its prompt, and the state file has lost its end", row.ID))
		}
		return nil
	}
	r.orphans.mu.Lock()
	defer r.orphans.mu.Unlock()
	if r.orphans.tasks == nil {
		r.orphans.tasks = map[string][]client.TaskInfo{}
	}
	key := wordsOf(row.Model, words)
	r.orphans.tasks[key] = append(r.orphans.tasks[key], row)
	return nil
}

// leaveToDoubts takes an orphan back for every item whose own submission is in doubt: settle finds it there.
func (r *run) leaveToDoubts(old []record) {
	for _, rec := range old {
		if rec.Phase == intent {
			r.orphan(rec.Sent)
		}
	}
}

// orphan takes the first orphan with an item's words.
func (r *run) orphan(s sent) (client.TaskInfo, bool) {
	r.orphans.mu.Lock()
	defer r.orphans.mu.Unlock()
	key := wordsOf(s.Model, s.Prompt)
	queue := r.orphans.tasks[key]
	if len(queue) == 0 {
		return client.TaskInfo{}, false
	}
	r.orphans.tasks[key] = queue[1:]
	return queue[0], true
}

// claimOrphan gives an item that was never sent, as far as the state knows, the task that was made for its words.
func (r *run) claimOrphan(rec *record) error {
	row, ok := r.orphan(rec.Sent)
	if !ok {
		return nil
	}
	r.leave(rec) // adopt counts it
	adopted := *rec
	adopted.Intent, adopted.Attempt = row.Created, rec.Attempt+1
	if err := r.adopt(&adopted, row, "prompt"); err != nil || adopted.Phase != open {
		return err
	}
	r.tell(*rec, adopted)
	*rec = adopted
	return nil
}

// unknownPictures makes records of the pictures that the state does not know: it was lost, or an old one was put back.
// Their own texts say which item they are of.
func (r *run) unknownPictures() ([]*record, error) {
	entries, err := r.o.Disk.ReadDir(imagesDir)
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	known := map[uint64]bool{}
	for i, e := range r.state.entries {
		known[e.file] = true
		if e.files > 1 {
			rec, err := r.state.get(i)
			if err != nil {
				return nil, err
			}
			for _, p := range rec.Pictures {
				known[hashID(p.File)] = true
			}
		}
	}
	found := map[string]*record{}
	for _, e := range entries {
		name := imagesDir + "/" + e.Name()
		if e.Type().IsRegular() && !known[hashID(name)] {
			r.recoverPicture(name, found)
		}
	}
	var all []*record
	for _, task := range slices.Sorted(maps.Keys(found)) {
		all = append(all, found[task])
	}
	return all, nil
}

// takeIn records what unknownPictures has found.
func (r *run) takeIn(unknown []*record) error {
	for _, rec := range unknown {
		if err := r.state.put(*rec, false); err != nil {
			return err
		}
	}
	return r.state.journal.sync()
}

// recoverPicture adds an unknown picture to the record of its item, unless the state knows better: an open task of ours
// is collected as always, and an item that is done has another picture.
func (r *run) recoverPicture(name string, found map[string]*record) {
	id, p, whole := r.inspect(name)
	k, err := parseKey(id.Key)
	if !whole || err != nil {
		return
	}
	rec := found[id.Task+id.Request]
	if rec == nil {
		if i, known := r.state.index[k]; known {
			old, err := r.state.get(i)
			if err != nil || old.Phase == done || id.Task != "" && (old.Task == id.Task || slices.Contains(old.Earlier, id.Task)) {
				return
			}
		}
		rec = &record{Key: id.Key, ID: id.ID, Print: id.Print, Phase: done, At: r.clock.now(), Intent: id.At, Name: id.Name,
			Sent: id.Sent, Attempt: 1, Task: id.Task, Request: id.Request, Submitted: id.At, Finished: id.At, ActualPrompt: id.Actual,
			Warnings: []string{"taken in from its picture: the state file did not know it"}}
		found[id.Task+id.Request] = rec
	}
	rec.Pictures = append(rec.Pictures, picture{name, p.Width, p.Height, p.Bytes, p.SHA256})
	rec.Cost += id.Cost
}
