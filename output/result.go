package output

import (
	"fmt"
	"strings"
)

// A Result is a row of the reports: what became of one item. Its fields are the columns of
// results.csv in their order and the keys of results.jsonl. Scripts rely on both: fields may be
// added, never renamed. An unknown value is the zero value, and is empty or left out in the
// reports.
type Result struct {
	ID     string `csv:"id" json:"id"`
	Row    int    `csv:"row" json:"row"` // of the manifest
	Status string `csv:"status" json:"status"`
	// File is relative to the output folder. Several are separated by ";".
	File           string `csv:"file" json:"file,omitempty"`
	Prompt         string `csv:"prompt" json:"prompt"`
	NegativePrompt string `csv:"negative_prompt" json:"negative_prompt,omitempty"`
	Model          string `csv:"model" json:"model,omitempty"`
	Size           string `csv:"size" json:"size,omitempty"` // as requested
	Seed           *int64 `csv:"seed" json:"seed,omitempty"`
	PromptExtend   *bool  `csv:"prompt_extend" json:"prompt_extend,omitempty"`
	Watermark      *bool  `csv:"watermark" json:"watermark,omitempty"`
	ActualPrompt   string `csv:"actual_prompt" json:"actual_prompt,omitempty"`
	Width          int    `csv:"width" json:"width,omitempty"` // pixels of the picture
	Height         int    `csv:"height" json:"height,omitempty"`
	Bytes          int64  `csv:"bytes" json:"bytes,omitempty"`
	SHA256         string `csv:"sha256" json:"sha256,omitempty"` // lower case hex, of the file
	// Cost is an exact decimal, "0.20", in the currency of the region.
	Cost         string `csv:"cost" json:"cost,omitempty"`
	Attempts     int    `csv:"attempts" json:"attempts,omitempty"`
	TaskID       string `csv:"task_id" json:"task_id,omitempty"`
	RequestID    string `csv:"request_id" json:"request_id,omitempty"`
	SubmittedAt  string `csv:"submitted_at" json:"submitted_at,omitempty"` // RFC 3339
	FinishedAt   string `csv:"finished_at" json:"finished_at,omitempty"`   // RFC 3339
	ErrorCode    string `csv:"error_code" json:"error_code,omitempty"`
	ErrorMessage string `csv:"error_message" json:"error_message,omitempty"`

	// Adopted is how a task was identified as the item's, if its submission got no answer.
	Adopted string `csv:"adopted" json:"adopted,omitempty"`
	// Edited is true if the item is done and its picture was edited since.
	Edited *bool `csv:"edited" json:"edited,omitempty"`

	// Columns are the cells of the manifest's own columns, in the order in which the report
	// gets their names. Missing cells at the end are empty.
	Columns []string `csv:"-" json:"-"`
}

// Files returns the pictures of an item, each relative to the output folder. Names may contain
// ";" but no "/": File is split where ";" precedes the folder of the first picture, which all
// of them share.
func (r Result) Files() []string {
	if r.File == "" {
		return nil
	}
	dir, _, inDir := strings.Cut(r.File, "/")
	if !inDir {
		return []string{r.File}
	}
	pictureFiles := strings.Split(r.File, ";"+dir+"/")
	for i := range pictureFiles[1:] {
		pictureFiles[i+1] = dir + "/" + pictureFiles[i+1]
	}
	return pictureFiles
}

// checkColumns returns an error if a result has more cells than the manifest has columns.
func (r Result) checkColumns(columns []string) error {
	if len(r.Columns) > len(columns) {
		return fmt.Errorf("item %q: %d cells for %d columns of the manifest",
			r.ID, len(r.Columns), len(columns))
	}
	return nil
}

// A span is the time that rows took: from the first submission to the last picture, each as a
// Result has it, in UTC; "" if there is none.
type span struct{ started, finished string }

func (s *span) add(r Result) {
	if r.SubmittedAt != "" && (s.started == "" || r.SubmittedAt < s.started) {
		s.started = r.SubmittedAt
	}
	s.finished = max(s.finished, r.FinishedAt)
}
