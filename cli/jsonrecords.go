package cli

import (
	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
)

// This file holds what --json prints of plan, resolve, generate, doctor and single tasks; status,
// audit, models, tasks list and version have theirs beside them. docs/json.schema.json is made of
// them. Fields may be added, never renamed; amounts are exact decimals in CNY, durations seconds.

type planRecord struct {
	jsonStamp
	Manifest  string            `json:"manifest"`
	Folder    string            `json:"folder"`
	Region    string            `json:"region"`
	Rehearsal bool              `json:"rehearsal"`
	Items     int               `json:"items"`
	New       int               `json:"new"`
	Changed   int               `json:"changed"`
	Again     int               `json:"again"` // bought anew by --redo
	Open      int               `json:"open"`
	Done      int               `json:"done"`
	Missing   int               `json:"missing"`
	Fetchable int               `json:"fetchable"` // of the missing: without cost
	Renamed   int               `json:"renamed"`
	Failed    int               `json:"failed"`
	Held      int               `json:"held"`
	Abandoned int               `json:"abandoned"`
	Skipped   int               `json:"skipped"`
	Pictures  int               `json:"pictures"`           // to pay
	Cost      string            `json:"cost"`               // of those
	Unpriced  bool              `json:"unpriced"`           // a model without a known price is among them
	Seconds   float64           `json:"seconds"`            // that a run takes at the documented quotas
	Spent     string            `json:"spent"`              // so far
	Gone      int               `json:"gone"`               // items that are paid for and no longer in the manifest
	SpentGone string            `json:"spent_gone"`         // of spent, for these
	Refuses   bool              `json:"needs_confirmation"` // wants --accept-changes
	Models    []modelPlanRecord `json:"models"`
}

type modelPlanRecord struct {
	Model    string  `json:"model"`
	Pictures int     `json:"pictures"`
	Requests int     `json:"requests"`
	Price    string  `json:"price"` // of a picture; 0.00 where it is not known
	Cost     string  `json:"cost"`
	Async    float64 `json:"async_seconds,omitempty"` // absent where it has no such interface
	Sync     float64 `json:"sync_seconds,omitempty"`
}

func (l *savedBatch) planRecord() planRecord {
	p := l.plan
	r := planRecord{jsonStamp: stamp, Manifest: l.name, Folder: l.folder, Region: l.settings.Region,
		Rehearsal: l.settings.Rehearsal, Items: p.Items, New: p.New + p.Ready, Changed: p.Changed,
		Again: p.Again, Open: p.Open + p.Doubt, Done: p.Done, Missing: p.Missing,
		Fetchable: p.Fetchable, Renamed: p.Misnamed, Failed: p.Failed, Held: p.Held,
		Abandoned: p.Abandoned, Skipped: p.Skipped, Pictures: p.Pictures, Cost: p.Cost.String(),
		Unpriced: p.Unpriced, Seconds: p.Duration.Seconds(), Spent: p.Spent.String(),
		Gone: p.Gone, SpentGone: p.SpentGone.String(), Refuses: p.Much(), Models: []modelPlanRecord{}}
	for _, m := range p.Models {
		r.Models = append(r.Models, modelPlanRecord{m.Name, m.Pictures, m.Requests,
			m.Price.String(), m.Cost.String(), m.Async.Seconds(), m.Sync.Seconds()})
	}
	return r
}

type resolveRecord struct {
	jsonStamp
	Manifest string   `json:"manifest"`
	Folder   string   `json:"folder"`
	Settled  []string `json:"settled"` // as they were named
	How      string   `json:"how"`     // adopt, resubmit or abandon
}

func (l *savedBatch) resolveRecord(ids []string, how batch.Resolution) resolveRecord {
	word := "abandon"
	if how.Adopt != "" {
		word = "adopt"
	} else if how.Resubmit {
		word = "resubmit"
	}
	return resolveRecord{stamp, l.name, l.folder, ids, word}
}

// A picturesRecord is what generate and tasks get --out print.
type picturesRecord struct {
	jsonStamp
	Task  string   `json:"task_id,omitempty"` // absent on the synchronous interface
	Files []string `json:"files"`
}

type taskDetailRecord struct {
	jsonStamp
	Task      string         `json:"task_id"`
	Status    string         `json:"status"`
	Submitted string         `json:"submitted,omitempty"`
	Started   string         `json:"started,omitempty"`
	Ended     string         `json:"ended,omitempty"`
	Code      string         `json:"error_code,omitempty"`
	Message   string         `json:"error_message,omitempty"`
	Billed    int            `json:"billed"` // pictures
	Results   []resultRecord `json:"results"`
	Files     []string       `json:"files,omitempty"` // saved by --out
}

type resultRecord struct {
	Prompt  string `json:"prompt,omitempty"`
	Actual  string `json:"actual_prompt,omitempty"`
	Code    string `json:"error_code,omitempty"`
	Message string `json:"error_message,omitempty"`
}

func newTaskDetailRecord(t client.Task) taskDetailRecord {
	r := taskDetailRecord{jsonStamp: stamp, Task: t.ID, Status: string(t.Status),
		Submitted: term.Timestamp(t.Submitted), Started: term.Timestamp(t.Scheduled),
		Ended: term.Timestamp(t.Ended), Code: t.Code, Message: t.Message, Billed: t.Images,
		Results: []resultRecord{}}
	for _, p := range t.Results {
		r.Results = append(r.Results,
			resultRecord{p.OrigPrompt, p.ActualPrompt, p.Code, p.Message})
	}
	return r
}

// A cancelRecord is what tasks cancel --json prints of a task, one a line.
type cancelRecord struct {
	jsonStamp
	Task     string `json:"task_id"`
	Canceled bool   `json:"canceled"` // else it had started
}

type doctorRecord struct {
	jsonStamp
	Works  bool          `json:"works"` // a run would
	Checks []checkRecord `json:"checks"`
}

type checkRecord struct {
	Verdict string `json:"verdict"` // ok, note or FAIL
	Check   string `json:"check"`
	Text    string `json:"text"`
	Hint    string `json:"hint,omitempty"`
}
