package manifests

import (
	"fmt"
	"strings"
)

// isEmpty is the mistake of a row without a prompt.
const isEmpty = "is empty"

// withoutWords reports whether a text is no prompt: nothing, the error of a formula, or what
// programs write for nothing.
func withoutWords(text string) bool {
	return text == "" || isSheetError(text) || standsForNothing(text)
}

// skips reports whether a row says that it is not to be made.
func (r *row) skips() bool {
	skip, _ := parseBool(trimEdges(r.cells[fieldSkip].text))
	return skip
}

// errorOfFormula says that a text is one.
func errorOfFormula(text string) string {
	return fmt.Sprintf("%q is what a spreadsheet shows where a formula has no value; mend it, and "+
		"save or export the sheet again", text)
}

// wordless are the rows without a prompt.
type wordless struct {
	rows  int
	last  int
	first []string // their numbers
}

// see counts a row, of which there may be several parts.
func (w *wordless) see(r *row) {
	if w.rows > 0 && w.last == r.number {
		return
	}
	w.rows, w.last = w.rows+1, r.number
	if len(w.first) < 8 {
		w.first = append(w.first, fmt.Sprint(r.number))
	}
}

// String is such as row 7, or rows 3, 5 and 9, or 12 rows (3, 5, …).
func (w *wordless) String() string {
	switch n := len(w.first); {
	case n == 1:
		return "row " + w.first[0]
	case n < w.rows:
		return fmt.Sprintf("%d rows (%s, …)", w.rows, strings.Join(w.first, ", "))
	default:
		return "rows " + strings.Join(w.first[:n-1], ", ") + " and " + w.first[n-1]
	}
}

// hint says how rows that are no pictures are marked.
func (w *wordless) hint(mark string) string {
	return fmt.Sprintf("%s %s no prompt. Where no picture is meant, write %s, or leave such rows "+
		"out with --skip-empty", w, w.verb("has", "have"), mark)
}

// verb is the form for one row, or for several.
func (w *wordless) verb(one, several string) string {
	if w.rows == 1 {
		return one
	}
	return several
}
