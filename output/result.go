package output

import "strings"

// Result is a line of the reports: what became of one item. Its fields are the columns of results.csv in
// their order and the keys of results.jsonl; scripts rely on both, so they are added to and never renamed.
// A field that is not known is its zero value, and empty or left out there.
type Result struct {
	ID             string `csv:"id" json:"id"`
	Row            int    `csv:"row" json:"row"` // of the manifest
	Status         string `csv:"status" json:"status"`
	File           string `csv:"file" json:"file,omitempty"` // relative to the output folder; several are joined by ";"
	Prompt         string `csv:"prompt" json:"prompt"`
	NegativePrompt string `csv:"negative_prompt" json:"negative_prompt,omitempty"`
	Model          string `csv:"model" json:"model,omitempty"`
	Size           string `csv:"size" json:"size,omitempty"` // as it was asked for
	Seed           *int64 `csv:"seed" json:"seed,omitempty"`
	PromptExtend   *bool  `csv:"prompt_extend" json:"prompt_extend,omitempty"`
	Watermark      *bool  `csv:"watermark" json:"watermark,omitempty"`
	ActualPrompt   string `csv:"actual_prompt" json:"actual_prompt,omitempty"`
	Width          int    `csv:"width" json:"width,omitempty"` // pixels of the picture that came
	Height         int    `csv:"height" json:"height,omitempty"`
	Bytes          int64  `csv:"bytes" json:"bytes,omitempty"`
	SHA256         string `csv:"sha256" json:"sha256,omitempty"` // lower case hex, of the file
	Cost           string `csv:"cost" json:"cost,omitempty"`     // exact decimal, "0.20", in the currency of the region
	Attempts       int    `csv:"attempts" json:"attempts,omitempty"`
	TaskID         string `csv:"task_id" json:"task_id,omitempty"`
	RequestID      string `csv:"request_id" json:"request_id,omitempty"`
	SubmittedAt    string `csv:"submitted_at" json:"submitted_at,omitempty"` // RFC 3339
	FinishedAt     string `csv:"finished_at" json:"finished_at,omitempty"`   // RFC 3339
	ErrorCode      string `csv:"error_code" json:"error_code,omitempty"`
	ErrorMessage   string `csv:"error_message" json:"error_message,omitempty"`
	Adopted        string `csv:"adopted" json:"adopted,omitempty"` // what told that the task is the item's, where its submission was not answered
	Edited         *bool  `csv:"edited" json:"edited,omitempty"`   // true: it is done, and somebody has worked on its picture since

	// Columns are the cells of the manifest's own columns, in the order of the columns that the report is
	// given. Missing ones at the end are empty.
	Columns []string `csv:"-" json:"-"`
}

// Files are the pictures of an item, each relative to the output folder. A name may hold a ";" but no "/",
// so that they can be told apart: all of them stand below the folder of the first.
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
