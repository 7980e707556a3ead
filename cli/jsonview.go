package cli

import (
	"encoding/json"
	"io"
	"time"

	"github.com/qwenbatch/qwenbatch/batch"
)

// The records of --progress json, one a line on stdout. Fields may be added, never renamed. Amounts are exact decimals in
// CNY, durations seconds, times RFC 3339.
//
// startRecord is the first: what the run is about to do. It is not written where there is nothing to do.
type startRecord struct {
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

// itemRecord says that an item has come to its end in this run.
type itemRecord struct {
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

// progressRecord says every ten seconds where the run stands.
type progressRecord struct {
	Type string    `json:"type"` // "progress"
	Time time.Time `json:"time"`
	counters
	PerMinute float64         `json:"items_per_minute"`       // over this run
	Left      *float64        `json:"seconds_left,omitempty"` // absent where nobody knows
	Spent     string          `json:"spent"`                  // by this run
	Refused   []refusalRecord `json:"refused,omitempty"`      // models that take nothing
}

// refusalRecord says that a model has refused every submission for pace for half a minute or longer.
type refusalRecord struct {
	Model   string    `json:"model"`
	Since   time.Time `json:"since"` // by the service's clock
	Times   int       `json:"times"`
	Code    string    `json:"error_code"`
	Message string    `json:"error_message"`
}

// counters are items of the manifest.
type counters struct {
	Done    int `json:"done"`
	Failed  int `json:"failed"`
	Held    int `json:"held"`
	Open    int `json:"open"`    // at the service, or being saved
	Pending int `json:"pending"` // not sent
	// Unfetched of the open ones are paid for, and their pictures could not be fetched so far.
	Unfetched int `json:"unfetched"`
}

// summaryRecord is the last, also after a stop.
type summaryRecord struct {
	Type     string    `json:"type"` // "summary"
	Time     time.Time `json:"time"`
	ExitCode int       `json:"exit_code"`
	Error    string    `json:"error,omitempty"` // why the run stopped
	counters
	Missing   int             `json:"missing"`     // done and paid, and their pictures are gone
	Seconds   float64         `json:"seconds"`     // that this run took
	Spent     string          `json:"spent"`       // by this run
	Total     string          `json:"spent_total"` // by the batch so far
	Files     []string        `json:"files"`       // reports, relative to the folder
	Rehearsal bool            `json:"rehearsal"`
	Refused   []refusalRecord `json:"refused,omitempty"` // models that took nothing at the end
	// Orphans are tasks that were looked for since the state file had lost its end, and that no item wanted.
	Orphans []orphanRecord `json:"orphans,omitempty"`
}

type orphanRecord struct {
	Task    string `json:"task_id"`
	Model   string `json:"model"`
	Created string `json:"created,omitempty"`
	Cost    string `json:"cost"`
}

// A jsonView writes records. A reader that has gone stops nothing.
type jsonView struct{ w io.Writer }

func (v jsonView) write(record any) {
	enc := json.NewEncoder(v.w)
	enc.SetEscapeHTML(false)
	enc.Encode(record) // an error is dropped: what is paid must still be collected
}

func (jsonView) interval() time.Duration { return 10 * time.Second }

func (v jsonView) settled(e batch.Event) {
	r := itemRecord{Type: "item", Time: time.Now().UTC(), ID: e.ID, Key: e.Key, Status: e.Phase, Files: e.Files,
		Code: e.Code, Message: e.Message, Warnings: e.Warnings}
	if e.Phase == "done" {
		r.Cost = e.Cost.String()
	}
	v.write(r)
}

func (v jsonView) tick(s progressState) {
	r := progressRecord{Type: "progress", Time: time.Now().UTC(), counters: countersOf(s.Progress), PerMinute: s.rate * 60,
		Spent: s.Spent.String(), Refused: refusalRecords(s.Refused)}
	if s.known {
		left := s.left.Seconds()
		r.Left = &left
	}
	v.write(r)
}

func refusalRecords(all []batch.Refusal) (records []refusalRecord) {
	for _, r := range all {
		records = append(records, refusalRecord{r.Model, r.Since.UTC(), r.Times, r.Cause.Code, r.Cause.Message})
	}
	return records
}

func (v jsonView) end(s progressState) { v.tick(s) }

func countersOf(p batch.Progress) counters {
	return counters{p.Done, p.Failed, p.Held, p.Open, p.Pending, p.Unfetched}
}

// writeJSON writes an indented object. Prompts stay readable.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
