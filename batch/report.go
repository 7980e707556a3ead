package batch

import (
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output"
)

// Report writes results.csv and results.jsonl from manifest and state, in the order of the manifest. It returns the files
// that it wrote; a CSV that another program keeps from being replaced is written beside the old one.
func (b *Batch) Report() ([]string, error) {
	columns := b.o.Manifest.Columns()
	csv, err := output.ReplaceOrBeside(b.o.Disk, "results.csv", func(w io.Writer) error {
		return output.WriteCSV(w, columns, b.results())
	})
	if err != nil {
		return nil, err
	}
	jsonl, err := output.ReplaceOrBeside(b.o.Disk, "results.jsonl", func(w io.Writer) error {
		return output.WriteJSONL(w, columns, b.results())
	})
	if err != nil {
		return []string{csv}, err
	}
	return []string{csv, jsonl}, nil
}

// results are the lines of the reports.
func (b *Batch) results() iter.Seq2[output.Result, error] {
	matches := matchItems(b.idents, b.state.entries)
	return func(yield func(output.Result, error) bool) {
		for i, it := range b.items() {
			if it.err != nil {
				yield(output.Result{}, it.err)
				return
			}
			result, err := b.result(it, matches[i])
			if !yield(result, err) || err != nil {
				return
			}
		}
	}
}

// result is what became of one item. What was sent wins over what the manifest says now, unless the row has changed.
func (b *Batch) result(it item, m match) (output.Result, error) {
	res := output.Result{ID: it.ID, Row: it.Row, Prompt: it.Prompt, NegativePrompt: it.NegativePrompt, Model: modelOf(it.Item),
		Size: it.Size, Seed: it.Seed, PromptExtend: it.PromptExtend, Watermark: it.Watermark, Status: "pending", Columns: it.Columns}
	if it.Skip {
		res.Status = "skipped"
	}
	if m.entry < 0 {
		return res, nil
	}
	rec, err := b.state.get(int(m.entry))
	if err != nil {
		return res, err
	}
	if it.Skip && rec.Phase != done {
		return res, nil
	}
	if m.changed && (rec.Phase == done || rec.Phase == failed || rec.Phase == ready) {
		return res, nil
	}
	describe(&res, rec)
	if b.missing(int(m.entry)) {
		res.Status = "missing"
	}
	return res, nil
}

// statuses are what people read for a phase.
var statuses = map[phase]string{ready: "pending", intent: "running", open: "running", done: "done", failed: "failed", held: "held", abandoned: "abandoned"}

// describe fills in what the record knows.
func describe(res *output.Result, rec record) {
	res.Status = statuses[rec.Phase]
	s := rec.Sent
	if s.Prompt != "" { // a record that was taken in from a picture without metadata does not know it
		res.Prompt, res.NegativePrompt = s.Prompt, s.Negative
	}
	res.Model, res.Size = s.Model, s.Size
	res.Seed, res.PromptExtend, res.Watermark = &s.Seed, &s.PromptExtend, &s.Watermark
	res.ActualPrompt, res.Attempts, res.TaskID, res.RequestID = rec.ActualPrompt, rec.Attempt, rec.Task, rec.Request
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
	Cost          client.Money // what a held one may have cost
}

// Failures are the items of the manifest that failed or are held, in its order.
func (b *Batch) Failures() iter.Seq2[Failure, error] {
	return func(yield func(Failure, error) bool) {
		matches := matchItems(b.idents, b.state.entries)
		for i, it := range b.items() {
			if it.err != nil {
				yield(Failure{}, it.err)
				return
			}
			m := matches[i]
			if m.entry < 0 || it.Skip {
				continue
			}
			p, gone := b.state.phaseOf(int(m.entry)), b.missing(int(m.entry))
			if p != failed && p != held && !gone {
				continue
			}
			rec, err := b.state.get(int(m.entry))
			if err != nil {
				yield(Failure{}, fmt.Errorf("row %d: %w", it.Row, err))
				return
			}
			f := Failure{Row: it.Row, ID: it.ID, Key: rec.Key, Status: string(rec.Phase), Code: rec.Code, Message: rec.Message}
			if gone {
				f.Status, f.Code, f.Message = "missing", "Missing", "its picture was paid for and is not in its place any more"
			}
			if rec.Phase == held {
				f.Cost = b.price(rec.Sent) * client.Money(rec.Sent.N)
			}
			if !yield(f, nil) {
				return
			}
		}
	}
}
