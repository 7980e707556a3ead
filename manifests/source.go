package manifests

import (
	"iter"
)

// A cell is the text of one field. An empty text that is said differs from none only for the
// negative prompt.
type cell struct {
	text string
	said bool
	// what an earlier version made of it, where a template gives the text and another one then;
	// else ""
	before string
}

// addLine appends a text of another column to a cell, as a line of its own.
func (c *cell) addLine(text string) {
	switch text = trimEdges(text); {
	case text == "":
	case trimEdges(c.text) == "":
		c.text, c.said = text, true
	default:
		c.text += "\n" + text
	}
}

// A row is what a source yields: text, not yet judged. It is the source's own and good until
// the next one.
type row struct {
	number  int
	at      ref
	cells   [fields]cell
	columns []string // carried-through values; fresh for each row, as items keep it
	faults  []fault  // what is wrong with the form of the row
	// the faults leave nothing in its place, so that more mistakes would only confuse
	unfit   bool
	hollow  bool              // nothing stands in the columns of which a template makes the prompt
	before  map[string]string // words as an earlier version read them, where that differs
	spoiled []unusable        // carried-through values that are for show only

	// A matrix and seeds make parts of a row. All are zero where there are none.
	part, parts        int  // this one, from 0, of how many
	idAgain, fileAgain int  // how many parts before it have the same id, the same file
	seeded             bool // the part has its seed of a list
}

// A ref leads back to a row of its source.
type ref struct {
	offset int64 // in the private copy; in YAML the index among the items
	line   int   // of its first character, from 1
	column int   // code points before it in its line; 0 where rows begin a line
}

// A fault is a mistake in the form of a row. Where pos is zero, it is the place of the field.
type fault struct {
	pos         Position
	field, text string
}

// An unusable is why the value of a carried-through column cannot be used for a picture, such
// as an error of a formula.
type unusable struct {
	column int // in row.columns
	text   string
}

// A source yields the raw rows of one kind of manifest.
type source interface {
	// columns are the names of the columns that are carried through.
	columns() []string
	// headers are what the file calls the fields that it has.
	headers() map[string]field
	// rows yields the rows that are not empty, as often as it is called; an error (of reading,
	// not of content) ends it.
	rows() iter.Seq2[*row, error]
	// place tells where a field or carried-through column of a row stands, or else where the
	// row begins.
	place(at ref, name string) Position
}
