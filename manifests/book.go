package manifests

import (
	"fmt"
	"io"

	"github.com/qwenbatch/qwenbatch/manifests/spool"
)

// A Book is the workbook in which the rows of a manifest stand, as it was when the manifest was
// opened: for a report that is written beside the rows. Item.Row is the row of the sheet.
type Book struct {
	Sheet  string // the one that was read
	Header int    // number of its header row, from 1; 0 in an empty sheet
	// what its columns give as they stand there, such as "prompt", whatever they are called
	Fields  []string
	Results []int // columns, from 0, that an earlier results.xlsx has added
	copy    *spool.File
}

// Reader reads the file from its beginning, until the manifest is closed.
func (b *Book) Reader() io.Reader { return b.copy.From(0) }

// takeBook copies the file before anything in it is looked at, so that what is read and what is
// written again are one.
func takeBook(f io.Reader) (*Book, error) {
	b := &Book{copy: new(spool.File)}
	if _, err := io.Copy(b.copy, f); err != nil {
		b.copy.Close()
		return nil, fmt.Errorf("copy the manifest: %w", err)
	}
	return b, nil
}
