package term

import (
	"encoding/json"
	"io"
	"time"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/batch/halt"
)

// This file holds the records of --progress json, one a line on stdout. Fields may be added, never
// renamed. Amounts are exact decimals in CNY, durations are seconds, times are RFC 3339.

// StartRecord is the first record: what the run is about to do. It is not written where there is
// nothing to do.
type StartRecord struct {
	Type      string    `json:"type"` // "start"
	Time      time.Time `json:"time"`
	Manifest  string    `json:"manifest"`
	Folder    string    `json:"folder"`
	Rehearsal bool      `json:"rehearsal"` // nothing is paid
	Items     int       `json:"items"`     // of the manifest, skipped ones not counted
	Done      int       `json:"done"`      // of them, before this run
	Pictures  int       `json:"pictures"`  // that this run may make
	Cost      string    `json:"cost"`      // of those
	Seconds   float64   `json:"seconds"`   // that it takes at the documented quota
}

// ItemRecord reports an item that was done, failed or held in this run.
type ItemRecord struct {
	Type     string    `json:"type"` // "item"
	Time     time.Time `json:"time"`
	ID       string    `json:"id,omitempty"`
	Key      string    `json:"key"`
	Status   string    `json:"status"`          // "done", "failed" or "held"
	Files    []string  `json:"files,omitempty"` // relative to the folder
	Cost     string    `json:"cost,omitempty"`  // of a done one
	Code     string    `json:"error_code,omitempty"`
	Message  string    `json:"error_message,omitempty"`
	Warnings []string  `json:"warnings,omitempty"`
}

// ProgressRecord reports the state of the run every ten seconds.
type ProgressRecord struct {
	Type string    `json:"type"` // "progress"
	Time time.Time `json:"time"`
	Counters
	PerMinute float64         `json:"items_per_minute"`       // over this run
	Left      *float64        `json:"seconds_left,omitempty"` // absent where it is not known
	Spent     string          `json:"spent"`                  // by this run
	Refused   []RefusalRecord `json:"refused,omitempty"`      // models that take nothing
}

// RefusalRecord reports a model that has refused every submission for its rate for half a
// minute or longer.
type RefusalRecord struct {
	Model   string    `json:"model"`
	Since   time.Time `json:"since"` // by the service's clock
	Times   int       `json:"times"`
	Code    string    `json:"error_code"`
	Message string    `json:"error_message"`
}

// Counters counts the items of the manifest by their state.
type Counters struct {
	Done    int `json:"done"`
	Failed  int `json:"failed"`
	Held    int `json:"held"`
	Open    int `json:"open"`    // at the service, or being saved
	Pending int `json:"pending"` // not sent
	// Unfetched of the open ones are paid for, and their pictures could not be fetched so far.
	Unfetched int `json:"unfetched"`
}

// SummaryRecord is the last record, also after a stop.
type SummaryRecord struct {
	Type     string    `json:"type"` // "summary"
	Time     time.Time `json:"time"`
	ExitCode int       `json:"exit_code"`
	Error    string    `json:"error,omitempty"` // why the run stopped
	Counters
	Missing   int             `json:"missing"`     // done and paid, and their pictures are gone
	Seconds   float64         `json:"seconds"`     // that this run took
	Spent     string          `json:"spent"`       // by this run
	Total     string          `json:"spent_total"` // by the batch so far
	Files     []string        `json:"files"`       // reports, relative to the folder
	Rehearsal bool            `json:"rehearsal"`
	Refused   []RefusalRecord `json:"refused,omitempty"` // models that took nothing at the end
	// Orphans are tasks that the sweep after a lost end of the state file has found and that no
	// item wanted.
	Orphans []OrphanRecord `json:"orphans,omitempty"`
}

// OrphanRecord is a task of the account that no item wanted.
type OrphanRecord struct {
	Task    string `json:"task_id"`
	Model   string `json:"model"`
	Created string `json:"created,omitempty"`
	Cost    string `json:"cost"`
}

// A JSONView writes records, one a line.
type JSONView struct{ W io.Writer }

// Write writes one record. Errors are dropped: what is paid must still be collected when the
// reader has gone.
func (v JSONView) Write(record any) {
	enc := json.NewEncoder(v.W)
	enc.SetEscapeHTML(false)
	enc.Encode(record)
}

func (JSONView) interval() time.Duration { return 10 * time.Second }

func (v JSONView) settled(e batch.Event) {
	r := ItemRecord{Type: "item", Time: time.Now().UTC(), ID: e.ID, Key: e.Key, Status: e.Phase,
		Files: e.Files, Code: e.Code, Message: e.Message, Warnings: e.Warnings}
	if e.Phase == "done" {
		r.Cost = e.Cost.String()
	}
	v.Write(r)
}

func (v JSONView) tick(s ProgressState) {
	r := ProgressRecord{Type: "progress", Time: time.Now().UTC(), Counters: CountersOf(s.Progress),
		PerMinute: s.rate * 60, Spent: s.Spent.String(), Refused: RefusalRecords(s.Refused)}
	if s.known {
		left := s.left.Seconds()
		r.Left = &left
	}
	v.Write(r)
}

// RefusalRecords converts refusals to records.
func RefusalRecords(all []halt.Refusal) (records []RefusalRecord) {
	for _, r := range all {
		records = append(records,
			RefusalRecord{r.Model, r.Since.UTC(), r.Times, r.Cause.Code, r.Cause.Message})
	}
	return records
}

func (v JSONView) end(s ProgressState) { v.tick(s) }

// CountersOf takes the counts out of the progress of a run.
func CountersOf(p batch.Progress) Counters {
	return Counters{p.Done, p.Failed, p.Held, p.Open, p.Pending, p.Unfetched}
}

// WriteJSON writes an indented object, without escaping the signs of HTML in prompts.
func WriteJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
