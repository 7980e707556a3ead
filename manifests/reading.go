package manifests

import (
	"errors"
	"io"

	"github.com/qwenbatch/qwenbatch/manifests/spool"
	"github.com/qwenbatch/qwenbatch/manifests/xlsx"
)

// An input is a manifest's file as the reader of its kind is given it.
type input struct {
	path     string
	ext      string // of the path, or what Options.Format says in its place, as .csv
	file     io.Reader
	text     *spool.File // of file, decoded; nil for workbooks
	options  Options
	wants    *wantedVars // nil unless the rows are filled into templates
	maxItems int
	// openRows opens the sheet that a YAML manifest names.
	openRows func(path string, o Options, wants *wantedVars) (*reading, error)
}

// A reading is a manifest's file as its reader has opened it.
type reading struct {
	source   source
	encoding string
	detected bool                    // the encoding, by what the text looks like
	was      func(string) string     // see textCopy
	text     *spool.File             // what the source reads its rows from; nil where it needs none
	grid     *xlsx.Grid              // the same of a workbook
	pictures map[string]xlsx.Picture // of the sheet, by what rows call them
	floating bool                    // they stand in no column of pictures
	book     *Book                   // nil where the rows stand in none
	defaults *row                    // what the manifest itself says of all items; nil where it says nothing
	// outside the rows, which can be read nevertheless; reported with those of the rows
	mistakes       ErrorList
	headerWarnings ErrorList // headers that may be misspelt; warnings
	guesses        ErrorList // see Totals.Guesses

	sides sides // that are the size of the rows; zero in YAML, which has none

	// what a person writes into a row to have it skipped; "" in a sheet, which has a column for it
	skipMark string

	below []string // the file or folder that a YAML manifest is over

	// strict says that a mistake in the defaults keeps the rows from being read.
	strict bool
}

// close lets go of the copies.
func (r *reading) close() error {
	var err error
	if r.text != nil {
		err = r.text.Close()
	}
	if r.grid != nil {
		err = errors.Join(err, r.grid.Close())
	}
	if r.book != nil {
		err = errors.Join(err, r.book.copy.Close())
	}
	return err
}

// took notes in which encoding the file was. What is known of the sheet below a YAML manifest
// goes before.
func (r *reading) took(c *textCopy, path string) {
	if c.guess != "" {
		r.guesses.add(Error{Pos: Position{File: path}, Text: c.guess})
	}
	if r.encoding == "" {
		r.encoding, r.detected = c.encoding, c.detected
	}
	if r.was == nil {
		r.was = c.was
	}
}
