package report

import (
	"cmp"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output"
)

// result is what became of one item. What was sent wins over what the manifest says now, unless
// the row has changed.
func (v View) result(records *state.Reader, it *manifests.Item, m state.Match) (
	output.Result, error) {
	res := output.Result{ID: it.ID, Row: it.Row, Prompt: it.Prompt,
		NegativePrompt: it.NegativePrompt, Model: cmp.Or(it.Model, v.Model),
		Size: it.Size, Seed: it.Seed, PromptExtend: it.PromptExtend, Watermark: it.Watermark,
		Status: "pending", Columns: it.Columns}
	if it.Skip {
		res.Status = "skipped"
	}
	rec, told, err := v.record(records, it.Skip, m)
	if err != nil || !told {
		return res, err
	}
	describe(&res, rec)
	if v.Pictures.Missing(int(m.Entry)) {
		res.Status = "missing"
		if damage := rec.Damage(); damage != "" {
			res.ErrorCode, res.ErrorMessage = "Damaged", damage
		}
	}
	return res, nil
}

// record returns the record that tells what became of an item, with its pictures as they are; false
// where none does.
func (v View) record(records *state.Reader, skipped bool, m state.Match) (
	rec state.Record, told bool, err error) {
	if m.Entry < 0 {
		return rec, false, nil
	}
	if rec, err = records.Get(int(m.Entry)); err != nil {
		return rec, false, err
	}
	changed := m.Changed && (rec.Phase == state.Done || rec.Phase == state.Failed ||
		rec.Phase == state.Ready)
	told = !changed && (!skipped || rec.Phase == state.Done)
	return v.Pictures.AsFound(rec), told, nil
}

// Status returns what people read for a phase.
func Status(p state.Phase) string { return statuses[p] }

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
