package manifests

import (
	"fmt"
	"slices"
	"strings"
)

// resultNames are the columns that results.xlsx and results.csv have beside those of the
// manifest, but for id and prompt, which may be the only ones.
var resultNames = []string{"picture", "status", "file", "cost", "error_code", "error_message",
	"model", "size", "seed", "actual_prompt", "negative_prompt", "prompt_extend", "watermark",
	"width", "height", "bytes", "attempts", "submitted_at", "finished_at", "task_id",
	"request_id", "adopted", "sha256", "edited", "row", "keep", "挑选"}

// resultMarks are those that hardly anybody's own sheet has; with so many of them a header is
// that of a results.xlsx or results.csv, though some were deleted.
var (
	resultMarks = []string{"error_code", "error_message", "actual_prompt", "attempts",
		"submitted_at", "finished_at", "task_id", "request_id", "sha256", "adopted"}
	fewestMarks = 4
)

// A resultSheet tells the columns of a results.xlsx or results.csv that is read as a manifest
// from those of the person's sheet.
type resultSheet struct {
	columns []int // what qwenbatch wrote and the rows do not ask for

	// complete says that the sheet has no columns of the person for the fields, as one that was
	// made of a CSV manifest, so that model, size and the like are those that were sent.
	complete bool
}

// readResults finds the columns of an earlier run in a header.
func readResults(names []string) (s resultSheet) {
	plain := make([]string, len(names))
	marks := 0
	for i, name := range names {
		plain[i] = strings.TrimPrefix(strings.TrimSpace(name), "result.")
		if slices.Contains(resultMarks, plain[i]) {
			marks++
		}
	}
	if marks < fewestMarks {
		return s
	}
	if at := slices.Index(plain, "row"); at >= 0 {
		s.complete = at > 0 && plain[at-1] == "edited" ||
			at+1 < len(plain) && plain[at+1] == "status"
	}
	for i, name := range names {
		if slices.Contains(resultNames, plain[i]) && !s.isTheirs(names, name) {
			s.columns = append(s.columns, i)
		}
	}
	return s
}

// isTheirs reports whether a column with the name of one of ours is the person's, beside which
// ours is called result.NAME, or says what is asked for.
func (s resultSheet) isTheirs(names []string, name string) bool {
	name = strings.TrimSpace(name)
	if slices.Contains(names, "result."+name) {
		return true
	}
	f, ok := fieldMeant(name)
	return s.complete && ok && f != fieldFile
}

// leaveOutResults drops the columns of an earlier run, and says so.
func (h *header) leaveOutResults(names []string) []headerFault {
	if len(h.results.columns) == 0 {
		return nil
	}
	h.leaveOut(func(column int) bool { return slices.Contains(h.results.columns, column) })
	var left []string
	for _, column := range h.results.columns {
		left = append(left, names[column])
	}
	text := fmt.Sprintf("these are results of qwenbatch, read as a manifest: %d of its columns "+
		"are left out (%s); --column FIELD=HEADER reads one of them",
		len(left), strings.Join(left[:min(len(left), 4)], ", ")+", …")
	if h.results.complete {
		text += "; model, size, seed and the like are those that were sent, and a row that was " +
			"skipped is one like the others"
	}
	return []headerFault{{h.results.columns[0], text}}
}
