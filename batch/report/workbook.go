package report

import (
	"context"
	"errors"
	"io"
	"iter"
	"runtime/debug"
	"slices"

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
func (v View) HasWorkbook() bool {
	if v.Workbook != nil {
		return *v.Workbook
	}
	return v.Manifest.Book() != nil
}

// wantsWorkbook reports whether results.xlsx is written now: not where somebody waits for the end
// of a large batch, whose next run or report writes it.
func (v View) wantsWorkbook(ctx context.Context) bool {
	return v.HasWorkbook() && v.hasTime(ctx)
}

// hasTime reports whether nobody waits, or not for long.
func (v View) hasTime(ctx context.Context) bool {
	return ctx.Err() == nil || len(v.Matches) <= quickRows
}

// workbook writes results.xlsx and returns its name.
func (v View) workbook(marks output.WorkbookMarks, rows results) (string, error) {
	book := output.Book{Columns: v.Manifest.Columns(), Disk: v.Disk,
		Thumbnails: workbookThumbnails, Marks: marks}
	begun := false
	name, err := v.annotated(book, func(yield func(output.Result, error) bool) {
		begun = true
		rows(yield)
	})
	if name != "" || err != nil {
		return name, err
	}
	if begun { // rows are yielded once
		rows = v.Results()
	}
	return v.replace(workbookName, func(w io.Writer) error {
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
func (v View) annotated(book output.Book, rows iter.Seq2[output.Result, error]) (string, error) {
	theirs := v.Manifest.Book()
	if theirs == nil || theirs.Header == 0 {
		return "", nil
	}
	name, err := v.replace(workbookName, func(w io.Writer) error {
		sheet := output.Sheet{Workbook: theirs.Reader(), Name: theirs.Sheet, Header: theirs.Header,
			Has:   v.said(theirs),
			Items: len(v.Matches), Results: theirs.Results}
		return output.AnnotateXLSX(w, book, sheet, rows)
	})
	if errors.Is(err, output.ErrWorkbookLimit) {
		v.Log.Warn(
			workbookName+" is a sheet of ours with your columns; your workbook stays as it is",
			"cause", err)
		return "", nil
	}
	return name, err
}

// said are the words that the sheet has already; where no row has an id, a column of them would
// be empty.
func (v View) said(theirs *manifests.Book) []string {
	if v.HasIDs {
		return theirs.Fields
	}
	return append(slices.Clip(theirs.Fields), "id")
}
