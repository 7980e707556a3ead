package batch

import (
	"context"
	"errors"
	"io"
	"iter"
	"runtime/debug"
	"slices"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output"
)

// results.xlsx is for those who keep their prompts in a workbook: their own sheet, as it looked
// when the run began, with the pictures and what became of them beside each row. A manifest of
// another kind gets a sheet of our making, and so does a workbook that cannot be written again.

const (
	workbookName = "results.xlsx"

	// workbookThumbnails is where a workbook of them is some 50 MB, and adding another begins
	// to take long.
	workbookThumbnails = 5000

	// workbookMemory is what a workbook of 10,000 rows and so many thumbnails, of 16 KB each,
	// leaves in the heap.
	workbookMemory = 320 << 20

	// quickRows is how many items a workbook takes a second with on a slow machine, pictures
	// included.
	quickRows = 1000
)

// HasWorkbook reports whether results.xlsx is among the reports.
func (b *Batch) HasWorkbook() bool {
	if b.o.Workbook != nil {
		return *b.o.Workbook
	}
	return b.o.Manifest.Book() != nil
}

// workbook writes results.xlsx and returns its name, which is empty where none is wanted, or
// where somebody waits for the end of a large batch: the next run or report writes it.
func (b *Batch) workbook(ctx context.Context, rows iter.Seq2[output.Result, error]) (
	string, error) {
	if !b.HasWorkbook() || ctx.Err() != nil && len(b.index.items) > quickRows {
		return "", nil
	}
	defer lean()()
	book := output.Book{Columns: b.o.Manifest.Columns(), Disk: b.o.Disk,
		Thumbnails: workbookThumbnails}
	name, err := b.annotated(book, rows)
	if name != "" || err != nil {
		return name, err
	}
	return b.replace(workbookName, func(w io.Writer) error {
		return output.WriteXLSX(w, book, rows)
	})
}

// lean has the garbage collected that writing a workbook makes, in place of letting the heap
// grow to twice what is in use: at 10,000 rows that took 690 MB. The function that it returns
// ends this.
func lean() (restore func()) {
	before := debug.SetMemoryLimit(-1)
	debug.SetMemoryLimit(min(before, workbookMemory))
	return func() { debug.SetMemoryLimit(before) }
}

// annotated writes the manifest's own sheet; no name says that there is none, or that it cannot
// be written again.
func (b *Batch) annotated(book output.Book, rows iter.Seq2[output.Result, error]) (string, error) {
	theirs := b.o.Manifest.Book()
	if theirs == nil || theirs.Header == 0 {
		return "", nil
	}
	name, err := b.replace(workbookName, func(w io.Writer) error {
		sheet := output.Sheet{Workbook: theirs.Reader(), Name: theirs.Sheet, Header: theirs.Header,
			Has:     b.said(theirs),
			Results: theirs.Results}
		return output.AnnotateXLSX(w, book, sheet, rows)
	})
	if errors.Is(err, output.ErrWorkbookLimit) {
		b.o.Log.Warn(
			workbookName+" is a sheet of ours with your columns; your workbook stays as it is",
			"cause", err)
		return "", nil
	}
	return name, err
}

// said are the words that the sheet has already; where no row has an id, a column of them would
// be empty.
func (b *Batch) said(theirs *manifests.Book) []string {
	if slices.ContainsFunc(b.index.items, func(i state.Item) bool { return i.IDHash != 0 }) {
		return theirs.Fields
	}
	return append(slices.Clip(theirs.Fields), "id")
}
