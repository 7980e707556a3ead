package batch

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
)

// An Audit joins the account's own task list with the state file.
type Audit struct {
	// Listed are the tasks of the last 24 h, of all models and programs; Whole says that the list was read without gaps.
	Listed int
	Whole  bool
	// Rows are the tasks that were or may be charged and are ours or look like ours, oldest first, then the held items.
	Rows []AuditRow
	// Saved, Open, Superseded, Duplicates, Orphans and Held count them.
	Saved, Open, Superseded, Duplicates, Orphans, Held int
}

// An AuditRow is one task, or one held item without a task.
type AuditRow struct {
	Task, Item string
	// Verdict is "saved", "open", "superseded" (an older task of an item that was made anew), "duplicate" (charged, unknown to
	// us, with the words of an item that has its picture), "orphan" (charged, and its words are of no item) or "held".
	Verdict string
	Model   string
	Status  client.Status
	Created time.Time
	Cost    client.Money // 0 where nothing was charged or the price is not known
}

// Audit asks the service for its list and, once each, for the tasks of our models that no record knows. It changes nothing.
func (b *Batch) Audit(ctx context.Context, c *client.Client) (Audit, error) {
	r := b.newRun()
	r.o.Client = c
	pass, err := r.list(ctx, time.Time{})
	if err != nil {
		return Audit{}, err
	}
	a := Audit{Listed: len(pass.rows), Whole: pass.whole}
	known, words, err := b.knownTasks(&a)
	if err != nil {
		return a, err
	}
	for _, row := range slices.SortedFunc(maps.Values(pass.rows), byAge) {
		if row.Status == client.Failed || row.Status == client.Canceled {
			continue
		}
		if err := r.auditTask(ctx, &a, row, known, words); err != nil {
			return a, err
		}
	}
	return a, nil
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
	cost          client.Money
}

// knownTasks collects what the state knows, by task, and the words of its items. Held items without a task are rows of
// their own.
func (b *Batch) knownTasks(a *Audit) (tasks map[string]knownTask, words map[string]string, err error) {
	tasks, words = map[string]knownTask{}, map[string]string{}
	for i := range b.state.count() {
		rec, err := b.state.get(i)
		if err != nil {
			return nil, nil, err
		}
		name := rec.ID
		if name == "" {
			name = rec.Key
		}
		words[wordsOf(rec.Sent.Model, rec.Sent.Prompt)] = name
		for _, task := range rec.Earlier {
			tasks[task] = knownTask{name, "superseded", 0}
		}
		may := b.price(rec.Sent) * client.Money(rec.Sent.N)
		switch {
		case rec.Phase == held:
			a.Held++
			a.Rows = append(a.Rows, AuditRow{Task: rec.Task, Item: name, Verdict: "held", Model: rec.Sent.Model, Created: rec.Intent, Cost: may})
			tasks[rec.Task] = knownTask{name, "held", may}
		case rec.Phase == done:
			tasks[rec.Task] = knownTask{name, "saved", rec.Cost}
		case rec.Task != "":
			tasks[rec.Task] = knownTask{name, "open", may}
		}
	}
	return tasks, words, nil
}

// auditTask judges one task of the list. Those of models that the batch does not use are not its business.
func (r *run) auditTask(ctx context.Context, a *Audit, row client.TaskInfo, known map[string]knownTask, words map[string]string) error {
	out := AuditRow{Task: row.ID, Model: row.Model, Status: row.Status, Created: row.Created}
	if k, ours := known[row.ID]; ours {
		if k.verdict == "held" {
			return nil // it is a row already
		}
		out.Item, out.Verdict, out.Cost = k.item, k.verdict, k.cost
		a.count(out)
		return nil
	}
	if !slices.Contains(r.models, row.Model) {
		return nil
	}
	task, err := r.ask(ctx, row.ID)
	if err != nil {
		return err
	}
	prompt, _ := origPrompt(task)
	out.Verdict, out.Status = "orphan", task.Status
	if item, same := words[wordsOf(row.Model, prompt)]; same {
		out.Verdict, out.Item = "duplicate", item
	}
	out.Cost = r.price(sent{Model: row.Model}) * client.Money(max(task.Images, 1))
	a.count(out)
	return nil
}

func (a *Audit) count(row AuditRow) {
	a.Rows = append(a.Rows, row)
	switch row.Verdict {
	case "saved":
		a.Saved++
	case "open":
		a.Open++
	case "superseded":
		a.Superseded++
	case "duplicate":
		a.Duplicates++
	case "orphan":
		a.Orphans++
	}
}
