package batch

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// Reports are the names of what Report writes.
func (b *Batch) Reports() []string {
	names := []string{"results.csv", "results.jsonl", "report.html"}
	if b.HasWorkbook() {
		names = append(names, workbookName)
	}
	return names
}

// Report writes the reports from manifest and state, in the order of the manifest. It returns
// the files that it wrote; one that another program keeps from being replaced is written beside
// the old one. What takes seconds is left out once the context has ended.
func (b *Batch) Report(ctx context.Context) ([]string, error) {
	if b.pictures.Err() != nil {
		return nil,
			fmt.Errorf(
				"the reports stay as they were, since nobody can say which pictures are there: %w",
				b.pictures.Err())
	}
	columns, rows := b.o.Manifest.Columns(), b.results()
	page, err := b.page()
	if err != nil {
		return nil, err
	}
	var written []string
	for _, r := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"results.csv", func(w io.Writer) error { return output.WriteCSV(w, columns, rows) }},
		{"results.jsonl", func(w io.Writer) error { return output.WriteJSONL(w, columns, rows) }},
		{"report.html", func(w io.Writer) error { return output.WriteHTML(w, page, rows) }},
	} {
		name, err := b.replace(r.name, r.write)
		if err != nil {
			return written, err
		}
		written = append(written, name)
	}
	name, err := b.workbook(ctx, rows)
	if name != "" {
		written = append(written, name)
	}
	return written, cmp.Or(err, b.noteReported())
}

// replace writes a report anew, or beside the old one where another program keeps that open.
func (b *Batch) replace(name string, write func(io.Writer) error) (string, error) {
	return durable.ReplaceOrBeside(b.o.Disk, name, write)
}

// WriteJUnit writes the results as JUnit XML. Advice says, by status, what is to be done with
// an item.
func (b *Batch) WriteJUnit(w io.Writer, advice map[string]string) error {
	page, err := b.page()
	if err != nil {
		return err
	}
	suite := output.Suite{Name: page.Manifest, Started: page.Started, Advice: advice,
		Properties: []output.Property{
			{Name: "tool", Value: page.Tool},
			{Name: "spent", Value: b.state.Paid().String()},
			{Name: "currency", Value: page.Currency},
			{Name: "rehearsal", Value: strconv.FormatBool(page.Rehearsal)}}}
	return output.WriteJUnit(w, suite, b.results())
}

// page is what report.html says of the batch as a whole.
func (b *Batch) page() (output.Page, error) {
	page := output.Page{Manifest: b.o.Manifest.Name(), Columns: b.o.Manifest.Columns(),
		Currency: "CNY", Rehearsal: b.o.Settings.Rehearsal,
		Tool: "qwenbatch " + b.o.Tool, Disk: b.o.Disk}
	var spent client.Money
	for _, m := range b.matches {
		if m.Entry < 0 {
			continue
		}
		rec, err := b.state.Get(int(m.Entry))
		if err != nil {
			return page, err
		}
		spent += rec.Cost + rec.Before
		if page.Started.IsZero() || !rec.Submitted.IsZero() && rec.Submitted.Before(page.Started) {
			page.Started = rec.Submitted
		}
		if rec.Finished.After(page.Finished) {
			page.Finished = rec.Finished
		}
	}
	page.Spent = spent.String()
	if gone := b.state.Paid() - spent; gone > 0 {
		page.SpentGone = gone.String()
	}
	return page, nil
}

// results are the lines of the reports.
func (b *Batch) results() iter.Seq2[output.Result, error] {
	return func(yield func(output.Result, error) bool) {
		if b.pictures.Err() != nil {
			yield(output.Result{}, fmt.Errorf(
				"nobody can say which pictures are there: %w", b.pictures.Err()))
			return
		}
		for i, it := range b.items() {
			if it.err != nil {
				yield(output.Result{}, it.err)
				return
			}
			result, err := b.result(it, b.matches[i])
			if !yield(result, err) || err != nil {
				return
			}
		}
	}
}

// result is what became of one item. What was sent wins over what the manifest says now, unless
// the row has changed.
func (b *Batch) result(it item, m state.Match) (output.Result, error) {
	res := output.Result{ID: it.ID, Row: it.Row, Prompt: it.Prompt,
		NegativePrompt: it.NegativePrompt, Model: modelOf(it.Item),
		Size: it.Size, Seed: it.Seed, PromptExtend: it.PromptExtend, Watermark: it.Watermark,
		Status: "pending", Columns: it.Columns}
	if it.Skip {
		res.Status = "skipped"
	}
	if m.Entry < 0 {
		return res, nil
	}
	rec, err := b.state.Get(int(m.Entry))
	if err != nil {
		return res, err
	}
	if it.Skip && rec.Phase != state.Done {
		return res, nil
	}
	if m.Changed && (rec.Phase == state.Done || rec.Phase == state.Failed ||
		rec.Phase == state.Ready) {
		return res, nil
	}
	rec = b.pictures.AsFound(rec)
	describe(&res, rec)
	if b.pictures.Missing(int(m.Entry)) {
		res.Status = "missing"
		if damage := rec.Damage(); damage != "" {
			res.ErrorCode, res.ErrorMessage = "Damaged", damage
		}
	}
	return res, nil
}

// statuses are what people read for a phase.
var statuses = map[state.Phase]string{state.Ready: "pending", state.Intent: "running",
	state.Open: "running", state.Done: "done", state.Failed: "failed", state.Held: "held",
	state.Abandoned: "abandoned"}

// describe fills in what the record knows.
func describe(res *output.Result, rec state.Record) {
	res.Status = statuses[rec.Phase]
	s := rec.Sent
	// a record that was taken in from a picture without metadata does not know it
	if s.Prompt != "" {
		res.Prompt, res.NegativePrompt = s.Prompt, s.Negative
	}
	res.Model, res.Size = s.Model, s.Size
	res.Seed, res.PromptExtend, res.Watermark = &s.Seed, &s.PromptExtend, &s.Watermark
	if res.Adopted = rec.Adopted; rec.SeedUnknown {
		res.Seed = nil
	}
	res.ActualPrompt, res.Attempts, res.TaskID, res.RequestID = rec.ActualPrompt, rec.Attempt,
		rec.Task, rec.Request
	res.SubmittedAt, res.FinishedAt = stamp(rec.Submitted), stamp(rec.Finished)
	res.ErrorCode, res.ErrorMessage = rec.Code, rec.Message
	if rec.Cost+rec.Before > 0 {
		res.Cost = (rec.Cost + rec.Before).String()
	}
	var files []string
	for i, p := range rec.Pictures {
		files = append(files, p.File)
		if i == 0 {
			res.Width, res.Height, res.SHA256 = p.Width, p.Height, p.SHA256
		}
		res.Bytes += p.Bytes
	}
	if edited := rec.Edited(); edited {
		res.Edited = &edited
	}
	res.File = strings.Join(files, ";")
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// A Failure is an item that wants a person.
type Failure struct {
	Row           int
	ID, Key       string
	Status        string // "failed", "held" or "missing"
	Code, Message string
	Cost          client.Money // what a held one may have cost above what it is known to have
}

// Failures are the items of the manifest that failed or are held, in its order.
func (b *Batch) Failures() iter.Seq2[Failure, error] {
	return func(yield func(Failure, error) bool) {
		left := 0
		for i := range b.matches {
			if b.ails(i) {
				left++
			}
		}
		if left == 0 {
			return // without reading the manifest
		}
		for i, it := range b.items() {
			if it.err == nil && !b.ails(i) {
				continue
			}
			f, err := b.failure(it, int(b.matches[i].Entry))
			if left--; !yield(f, err) || err != nil || left == 0 {
				return
			}
		}
	}
}

// ails reports whether the i-th item failed, is held, or has lost its picture.
func (b *Batch) ails(i int) bool {
	entry := int(b.matches[i].Entry)
	if entry < 0 || b.index.skipped[i] {
		return false
	}
	p := b.state.Entry(entry).Phase()
	return p == state.Failed || p == state.Held || b.pictures.Missing(entry)
}

func (b *Batch) failure(it item, entry int) (Failure, error) {
	if it.err != nil {
		return Failure{}, it.err
	}
	rec, err := b.state.Get(entry)
	if err != nil {
		return Failure{}, fmt.Errorf("row %d: %w", it.Row, err)
	}
	f := Failure{Row: it.Row, ID: it.ID, Key: rec.Key, Status: string(rec.Phase), Code: rec.Code,
		Message: rec.Message}
	switch {
	case rec.Phase == state.Held:
		// what is known to be paid is among the rest
		f.Cost = max(0, b.price(rec.Sent)*client.Money(rec.Sent.N)-rec.Cost)
	case rec.Phase == state.Done:
		f.Status, f.Code, f.Message = "missing", "Missing",
			"its picture was paid for and is not in its place any more"
		if rec = b.pictures.AsFound(rec); rec.Damage() != "" {
			f.Code, f.Message = "Damaged",
				"its picture was paid for, and its file is damaged: "+rec.Damage()
		}
	}
	return f, nil
}
