package manifests

import (
	"fmt"
	"strings"
	"unicode"
)

// itemRules are what makes items of the rows of a manifest.
type itemRules struct {
	source   source
	defaults Defaults // flags, then the manifest's own
	count    int      // the manifest's own default, at least 1
	maxItems int
	naming   *naming             // nil without a template for names
	was      func(string) string // see textCopy
	sides    sides               // columns that are the size where the row says none

	finder *finder // of pictures
	// whether a model takes those that float over the sheet; nil where all do
	takesFloating func(model string) bool
	lent          *lentPrompt

	skipEmpty bool // rows without a prompt are left out
}

// A rowJudge turns the text of one row into values and collects what is wrong with it.
type rowJudge struct {
	rules    *itemRules
	row      *row
	mistakes ErrorList
	notes    []Problem // warnings of which the first is enough
}

// note warns of something that many rows may have, and that is told of one.
func (j *rowJudge) note(f field, text string) {
	j.notes = append(j.notes, Problem{Field: f.String(), Text: text, Warning: true})
}

func (j *rowJudge) fault(f fault) {
	if f.pos.Line == 0 {
		f.pos = j.rules.source.place(j.row.at, f.field)
	}
	j.mistakes.add(Error{Pos: f.pos, Field: f.field, Text: f.text})
}

func (j *rowJudge) mistake(f field, text string) { j.fault(fault{field: f.String(), text: text}) }

// text is a field as it is, but for white space around it.
func (j *rowJudge) text(f field) string {
	text, trouble := cleanText(j.row.cells[f].text)
	if trouble != "" {
		j.mistake(f, trouble)
	}
	return text
}

// line is a field that is a name: text without line breaks and other control characters.
func (j *rowJudge) line(f field) string {
	text := j.text(f)
	if i := strings.IndexFunc(text, unicode.IsControl); i >= 0 && text[i] != 0 {
		j.mistake(f, fmt.Sprintf("%q has a line break or another control character in it", text))
	}
	return text
}

// number is a count, 0 where nothing is said.
func (j *rowJudge) number(f field, least int64) int64 {
	text := j.text(f)
	if text == "" {
		return 0
	}
	n, trouble := parseNumber(text, least, maxCount)
	if trouble != "" {
		j.mistake(f, trouble)
		return 0
	}
	return n
}

// boolean is nil where nothing is said.
func (j *rowJudge) boolean(f field) *bool {
	text := j.text(f)
	if text == "" {
		return nil
	}
	b, ok := parseBool(text)
	if !ok {
		j.mistake(
			f, fmt.Sprintf(
				"%q is neither true nor false; write true, false, yes, no, 1, 0, 是 or 否", text))
		return nil
	}
	return &b
}
