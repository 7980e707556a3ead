package batch

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/report"
	"github.com/qwenbatch/qwenbatch/batch/state"
)

// A Resolution is what a person decides about a held item.
type Resolution struct {
	// Adopt is the id of the task that is the item's; "" for none.
	Adopt string
	// Resubmit sends the item again, at the risk of paying twice. Abandon gives it up. Exactly
	// one of the three is set.
	Resubmit, Abandon bool
}

// what the service's task ids look like
var taskPattern = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// Resolve settles held items by hand. Items are named by id or by key. Nothing is sent and
// nothing changes unless all names are those of held items; the next run goes on with them. It
// wants the batch's lock.
func (b *Batch) Resolve(names []string, how Resolution) error {
	if how.Adopt != "" && (len(names) != 1 || !taskPattern.MatchString(how.Adopt)) {
		return fmt.Errorf("adopt: want one item and one task id, not %d items and %q", len(names),
			how.Adopt)
	}
	ids, err := b.sheetIDs()
	if err != nil {
		return err
	}
	var all []state.Record
	for _, name := range names {
		rec, err := b.heldItem(name, ids)
		if err != nil {
			return err
		}
		all = append(all, rec)
	}
	if err := b.checkUnclaimed(how.Adopt); err != nil {
		return err
	}
	end := b.stopMark()
	if !end.Since.IsZero() {
		if err := b.state.Mark(end); err != nil {
			return err
		}
	}
	for _, rec := range all {
		if how.Adopt == "" { // whatever becomes of it now, it may have been paid for
			rec.Doubted += max(0, b.cost(rec.Sent, rec.Sent.N)-rec.Cost)
		}
		how.apply(&rec)
		if err := b.state.Put(rec, false); err != nil {
			return err
		}
	}
	if err := b.state.Sync(); err != nil {
		return err
	}
	return b.state.Mark(end)
}

// checkUnclaimed refuses a task that an item has: two items would show one picture, and one of
// them be never made.
func (b *Batch) checkUnclaimed(task string) error {
	for i := range b.state.Count() {
		rec, err := b.state.Get(i)
		if err != nil {
			return err
		}
		if task != "" && rec.Phase != state.Held &&
			(rec.Task == task || slices.Contains(rec.Earlier, task)) {
			return fmt.Errorf("adopt: task %s is that of %s", task, cmp.Or(rec.ID, rec.Key))
		}
	}
	return nil
}

// apply writes the decision into a record.
func (h Resolution) apply(rec *state.Record) {
	rec.At = time.Now().UTC()
	if !h.Abandon && h.Adopt != rec.Task { // what it is known to have cost stays paid
		rec.Before, rec.Cost, rec.Succeeded = rec.Before+rec.Cost, 0, time.Time{}
	}
	switch {
	case h.Adopt != "":
		if rec.Task != "" && rec.Task != h.Adopt { // still ours: no other item is to take it
			rec.Supersede()
		}
		rec.Phase, rec.Task, rec.Adopted, rec.Submitted = state.Open, h.Adopt, "hand", rec.Intent
	case h.Resubmit:
		rec.Phase = state.Ready
	case h.Abandon:
		rec.Phase = state.Abandoned
	}
}

// heldItem finds a held item by its name. Another with the same name, whose row is gone, does
// not stand in its way.
func (b *Batch) heldItem(name string, ids map[int]string) (state.Record, error) {
	all, err := b.recordsNamed(name, ids)
	if err != nil {
		return state.Record{}, err
	}
	var helds []state.Record
	var keys []string
	for _, rec := range all {
		if rec.Phase == state.Held {
			helds, keys = append(helds, rec), append(keys, rec.Key)
		}
	}
	switch {
	case len(helds) == 1:
		return helds[0], nil
	case len(helds) > 1:
		return state.Record{}, fmt.Errorf("%d held items are called %s; name one by its key: %s",
			len(helds), name, strings.Join(keys, ", "))
	case len(all) > 0:
		return all[0], fmt.Errorf("%s is not held, it is %s", name, report.Status(all[0].Phase))
	}
	return state.Record{},
		fmt.Errorf("no item is called %s; status lists the held ones by id or key", name)
}

// recordsNamed are the items with a name: their key, the id that the sheet gives them now, or,
// where it gives them none, the id that they were first seen with.
func (b *Batch) recordsNamed(name string, ids map[int]string) ([]state.Record, error) {
	id := state.Hash(name)
	k, keyErr := state.ParseKey(name)
	var all []state.Record
	for i, e := range b.state.Entries() {
		now := ids[i]
		if now != name && (keyErr != nil || e.Key != k) && (now != "" || e.IDHash != id) {
			continue
		}
		rec, err := b.state.Get(i)
		if err != nil {
			return nil, err
		}
		if now == name || rec.Key == name || rec.ID == name { // else two ids with one hash
			all = append(all, rec)
		}
	}
	return all, nil
}

// sheetIDs are the ids that the sheet gives the entries of the state now: people move and
// renumber rows.
func (b *Batch) sheetIDs() (map[int]string, error) {
	ids := map[int]string{}
	for i, it := range b.items() {
		if it.err != nil {
			return nil, it.err
		}
		if m := b.matches[i]; m.Entry >= 0 && it.ID != "" {
			ids[int(m.Entry)] = it.ID
		}
	}
	return ids, nil
}

// OpenTasks are the tasks that the state file knows to be open at the service, in the order in
// which their items were first seen.
func (b *Batch) OpenTasks() ([]string, error) {
	var tasks []string
	for i, e := range b.state.Entries() {
		if e.Phase() != state.Open {
			continue
		}
		rec, err := b.state.Get(i)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, rec.Task)
	}
	return tasks, nil
}
