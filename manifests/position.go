package manifests

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/qwenbatch/qwenbatch/manifests/spool"
)

// A Position is a place in a manifest. Line and Column count from 1, Column in code points of
// the line as an editor shows it; in a workbook they are row and column of the sheet. A Line of
// 0 means the file, or the sheet, as a whole.
type Position struct {
	File         string
	Line, Column int
	Cell         string // of a workbook, as Sheet1!C12; only the sheet where Line is 0
}

// placeIn is a place in a text.
func placeIn(path string, line, column int) Position {
	return Position{File: path, Line: line, Column: column}
}

// String formats the place as prompts.csv:12:5, the form that editors and terminals make a link
// of, or as prompts.xlsx:Sheet1!C12.
func (p Position) String() string {
	switch {
	case p.Cell != "":
		return p.File + ":" + p.Cell
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

func (p Position) compare(q Position) int {
	return cmp.Or(strings.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line),
		cmp.Compare(p.Column, q.Column))
}

// A Problem is what a rule has against one field of an item. Its Text stands behind "FIELD: ",
// as in "1024*1024 is not offered by qwen-image-plus; nearest: 1328*1328 (1:1)".
type Problem struct {
	Field, Text string
	Warning     bool // does not stop the run
}

// An Error is one mistake with its place. Field is empty where the mistake is not about one field.
type Error struct {
	Pos         Position
	Field, Text string
	// what to do or to type, quoted for the shell; "" where the text says all
	Hint string
}

func (e Error) Error() string {
	if e.Field == "" {
		return e.Pos.String() + ": " + e.Text
	}
	return e.Pos.String() + ": " + e.Field + ": " + e.Text
}

func (e Error) compare(f Error) int {
	return cmp.Or(e.Pos.compare(f.Pos), strings.Compare(e.Field, f.Field),
		strings.Compare(e.Text, f.Text))
}

// shownErrors is how many mistakes an ErrorList keeps: more than a person reads in one go.
const shownErrors = 50

// An ErrorList lists the mistakes of a manifest in the order of their places: the first 50, and
// how many there are.
type ErrorList struct {
	Errors []Error // at most 50, sorted by position
	Total  int
}

// Error has one line a mistake and, where not all are listed, a last one that says how many
// more there are.
func (l *ErrorList) Error() string {
	var b strings.Builder
	for i, e := range l.Errors {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(e.Error())
	}
	if more := l.Total - len(l.Errors); more > 0 {
		fmt.Fprintf(&b, "\n… and %d more", more)
	}
	return b.String()
}

// add files e under its place and lets go of the last mistake once there are more than are
// shown. What many items of one row have wrong is one mistake.
func (l *ErrorList) add(e Error) {
	at, known := slices.BinarySearchFunc(l.Errors, e, Error.compare)
	if known {
		return
	}
	l.Total++
	if at == shownErrors {
		return
	}
	l.Errors = slices.Insert(l.Errors, at, e)
	if len(l.Errors) > shownErrors {
		l.Errors = l.Errors[:shownErrors]
	}
}

func (l *ErrorList) addAll(more ErrorList) {
	for _, e := range more.Errors {
		l.add(e)
	}
}

// err is a copy of l as an error, nil without mistakes.
func (l *ErrorList) err() error {
	if l.Total == 0 {
		return nil
	}
	list := l.clone()
	return &list
}

// single is the list of one mistake.
func single(pos Position, about, format string, args ...any) *ErrorList {
	return &ErrorList{Errors: []Error{{Pos: pos, Field: about,
		Text: fmt.Sprintf(format, args...)}}, Total: 1}
}

// join adds the mistakes of another list, whose places come after those of l or among them.
func (l *ErrorList) join(other ErrorList) {
	for _, e := range other.Errors {
		l.add(e)
	}
	l.Total += other.Total - len(other.Errors)
}

// clone is a list that can grow without changing l.
func (l *ErrorList) clone() ErrorList {
	return ErrorList{Errors: slices.Clone(l.Errors), Total: l.Total}
}

// positionAt counts the lines and code points before an offset of a text.
func positionAt(path string, text *spool.File, offset int64) Position {
	r := bufio.NewReaderSize(io.LimitReader(text.From(0), offset), 1<<16)
	pos := Position{File: path, Line: 1, Column: 1}
	last := byte(0)
	for {
		b, err := r.ReadByte()
		if err != nil {
			return pos
		}
		switch {
		case b == '\n' && last == '\r':
		case b == '\n' || b == '\r':
			pos.Line, pos.Column = pos.Line+1, 1
		case utf8.RuneStart(b):
			pos.Column++
		}
		last = b
	}
}
