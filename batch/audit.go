package batch

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
)

// An Audit joins the account's own task list with the state file.
type Audit struct {
	// Listed are the tasks of the last 24 h, of all models and programs; Whole says that the
	// list was read without gaps.
	Listed int
	Whole  bool
	// Rows are the held items, then the tasks that were or may be charged and are ours or look
	// like ours, oldest first.
	Rows []AuditRow
	// Saved, Open, Superseded, Abandoned, Duplicates, Orphans, Untold and Held count them.
	Saved, Open, Superseded, Abandoned, Duplicates, Orphans, Untold, Held int
	// Charged is what the tasks of all rows that have succeeded were charged, as far as prices
	// are known.
	Charged client.Money
	// Compared is how many pictures on the disk were compared with what was saved; Pictures are
	// those that differ.
	Compared int
	Pictures []AuditPicture
}

// An AuditRow is one task, or one held item without a task.
type AuditRow struct {
	Task, Item string
	// Verdict is "saved", "open", "superseded" (an older task of an item that was made anew),
	// "abandoned" (of an item that was given up), "duplicate" (charged, unknown to us, with the
	// prompt of an item), "orphan" (charged, with the prompt of no item), "untold" (unknown to
	// us, and it still runs, or its answer does not tell its prompt) or "held".
	Verdict string
	Model   string
	Status  client.Status
	Created time.Time
	Cost    client.Money // what was or may be charged; 0 where the price is not known
}

// Audit asks the service for its list and, once each, for the tasks of our models that no
// record knows. It changes nothing.
func (b *Batch) Audit(ctx context.Context, c *client.Client) (Audit, error) {
	tasks := tasklist.NewReader(c, pace.NewClock(b.o.Speed), b.o.QueryRate, b.o.Speed)
	pass, err := tasks.Read(ctx, time.Time{})
	if err != nil {
		return Audit{}, err
	}
	a := Audit{Listed: len(pass.Rows), Whole: pass.Whole}
	known, prompts, err := b.knownTasks(&a)
	if err != nil {
		return a, err
	}
	if err := a.askOwn(ctx, tasks, known, pass.Rows); err != nil {
		return a, err
	}
	for _, row := range slices.SortedFunc(maps.Values(pass.Rows), byAge) {
		if row.Status == client.Failed || row.Status == client.Canceled {
			continue
		}
		if err := b.auditTask(ctx, tasks, &a, row, known, prompts); err != nil {
			return a, err
		}
	}
	return a, b.auditPictures(ctx, &a)
}

// askOwn asks for the task of each held item, and for those of open ones that the list does not
// show: what the service says of an item's own task says what can be done about it.
func (a *Audit) askOwn(ctx context.Context, tasks *tasklist.Reader, known map[string]knownTask,
	rows map[string]client.TaskInfo) error {
	own := map[string]int{}
	for i, row := range a.Rows {
		own[row.Task] = i
	}
	for _, id := range slices.Sorted(maps.Keys(known)) {
		k := known[id]
		if _, listed := rows[id]; k.verdict != "held" && (k.verdict != "open" || listed) {
			continue
		}
		task, err := tasks.Ask(ctx, id)
		if err != nil && (ctx.Err() != nil || tasklist.KeyRefused(err)) {
			return err
		}
		switch i, held := own[id]; {
		case held:
			a.Rows[i].Status = task.Status
		default:
			a.Rows = append(a.Rows, AuditRow{
				Task: id, Item: k.item, Verdict: k.verdict, Model: k.sent.Model,
				Status: task.Status, Created: task.Submitted, Cost: k.cost})
			a.Open++
			if task.Status == client.Succeeded {
				a.Charged += k.cost
			}
		}
	}
	return nil
}

func byAge(x, y client.TaskInfo) int {
	if c := x.Created.Compare(y.Created); c != 0 {
		return c
	}
	return strings.Compare(x.ID, y.ID)
}

// A knownTask is what the state says of a task.
type knownTask struct {
	item, verdict string
	sent          state.Request
	cost          client.Money
}

// knownTasks collects what the state knows, by task, and the names of its items by prompt key. It
// adds a row for each held item.
func (b *Batch) knownTasks(a *Audit) (tasks map[string]knownTask, prompts map[string]string,
	err error) {
	ids, err := b.sheetIDs()
	if err != nil {
		return nil, nil, err
	}
	tasks, prompts = map[string]knownTask{}, map[string]string{}
	for i := range b.state.Count() {
		rec, err := b.state.Get(i)
		if err != nil {
			return nil, nil, err
		}
		name := cmp.Or(ids[i], rec.ID, rec.Key)
		prompts[tasklist.PromptKey(rec.Sent.Model, rec.Sent.Prompt)] = name
		may := b.cost(rec.Sent, rec.Sent.N)
		for _, task := range append(rec.Earlier, rec.Task) {
			tasks[task] = knownTask{name, "superseded", rec.Sent, may}
		}
		switch rec.Phase {
		case state.Held:
			a.Held++
			a.Rows = append(a.Rows, AuditRow{
				Task: rec.Task, Item: name, Verdict: "held", Model: rec.Sent.Model,
				Created: rec.Intent, Cost: may})
			tasks[rec.Task] = knownTask{name, "held", rec.Sent, may}
		case state.Done:
			tasks[rec.Task] = knownTask{name, "saved", rec.Sent, rec.Cost}
		case state.Open:
			tasks[rec.Task] = knownTask{name, "open", rec.Sent, may}
		case state.Abandoned:
			tasks[rec.Task] = knownTask{name, "abandoned", rec.Sent, may}
		}
	}
	delete(tasks, "")
	return tasks, prompts, nil
}

// auditTask judges one task of the list. Those of models that the batch does not use are not
// its business.
func (b *Batch) auditTask(ctx context.Context, tasks *tasklist.Reader, a *Audit,
	row client.TaskInfo, known map[string]knownTask, prompts map[string]string) error {
	k, ours := known[row.ID]
	if !ours && !slices.Contains(b.index.models, row.Model) {
		return nil
	}
	out := AuditRow{Task: row.ID, Item: k.item, Verdict: k.verdict, Model: row.Model,
		Status: row.Status, Created: row.Created, Cost: k.cost}
	if ours && (k.verdict == "saved" || row.Status != client.Succeeded) {
		a.count(out)
		return nil
	}
	task, err := tasks.Ask(ctx, row.ID)
	var api *client.APIError
	switch {
	// another program's, perhaps, that this key may not see
	case errors.As(err, &api) && !tasklist.KeyRefused(err):
	case err != nil:
		return err
	case task.Status == client.Failed || task.Status == client.Canceled: // since the list was read
		return nil
	default:
		out.Status = task.Status
	}
	if !ours {
		k.sent = state.Request{Model: row.Model}
		out.Verdict, out.Item = verdictOf(row.Model, task, prompts)
	}
	out.Cost = b.cost(k.sent, max(task.Images, 1))
	a.count(out)
	return nil
}

// verdictOf judges a task that no record knows, by the names of items by prompt key.
func verdictOf(model string, task client.Task, prompts map[string]string) (verdict, name string) {
	prompt, known := tasklist.OriginalPrompt(task)
	if task.Status != client.Succeeded || !known {
		return "untold", ""
	}
	if which, same := prompts[tasklist.PromptKey(model, prompt)]; same {
		return "duplicate", which
	}
	return "orphan", ""
}

func (a *Audit) count(row AuditRow) {
	if row.Status == client.Succeeded {
		a.Charged += row.Cost
	}
	if row.Verdict == "held" {
		return // it is a row already
	}
	a.Rows = append(a.Rows, row)
	*map[string]*int{"saved": &a.Saved, "open": &a.Open, "superseded": &a.Superseded,
		"abandoned": &a.Abandoned,
		"duplicate": &a.Duplicates, "orphan": &a.Orphans, "untold": &a.Untold}[row.Verdict]++
}

// An AuditPicture is a picture of a done item that is not on the disk as it was saved.
type AuditPicture struct {
	Item, File string
	// Verdict is "edited" (whole, and another than was saved), "damaged" (cut, unreadable or
	// another item's), "missing", or "undecodable" (as it was saved, and broken inside).
	Verdict, Reason string
}

// auditPictures compares every picture of a done item with its hash and inflates it.
func (b *Batch) auditPictures(ctx context.Context, a *Audit) error {
	ids, err := b.sheetIDs()
	if err != nil {
		return err
	}
	for i, e := range b.state.Entries() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if e.Phase() != state.Done {
			continue
		}
		rec, err := b.state.Get(i)
		if err != nil {
			return err
		}
		for n, p := range rec.Pictures {
			a.Compared++
			verdict, reason := b.pictures.Audit(rec, n)
			if verdict != "" {
				a.Pictures = append(a.Pictures,
					AuditPicture{cmp.Or(ids[i], rec.ID, rec.Key), p.File, verdict, reason})
			}
		}
	}
	return nil
}
