package report

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/qwenbatch/qwenbatch/output"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// Names returns the names of the files that Write writes.
func (v View) Names() []string {
	names := []string{"results.csv", "results.jsonl", "report.html"}
	if v.HasWorkbook() {
		names = append(names, workbookName)
	}
	return names
}

// Write writes the reports, in the order of the manifest, and returns the names of the files that
// it wrote; one that another program keeps from being replaced is written beside the old one. One
// that fails does not keep the others from being written. What takes seconds is left out once the
// context has ended.
func (v View) Write(ctx context.Context) ([]string, error) {
	if v.Pictures.Err() != nil {
		return nil, fmt.Errorf(
			"the reports stay as they were, since nobody can say which pictures are there: %w",
			v.Pictures.Err())
	}
	columns, page := v.Manifest.Columns(), v.page()
	if v.hasTime(ctx) {
		page = v.marked()
	}
	writers := []writer{
		v.file("results.csv", func(w io.Writer, rows results) error {
			return output.WriteCSV(w, columns, rows)
		}),
		v.file("results.jsonl", func(w io.Writer, rows results) error {
			return output.WriteJSONL(w, columns, rows)
		}),
		v.file("report.html", func(w io.Writer, rows results) error {
			return output.WriteHTML(w, page, rows)
		}),
	}
	if v.wantsWorkbook(ctx) {
		defer lean()()
		writers = append(writers, func(rows results) (string, error) {
			return v.workbook(page.Marks, rows)
		})
	}
	written, errs := together(v.Results(), writers)
	if err := cmp.Or(errs[:3]...); err != nil {
		return written, err
	}
	return written, cmp.Or(v.note(), cmp.Or(errs...))
}

// results are yielded to a writer once.
type results = iter.Seq2[output.Result, error]

// A writer writes one report and returns the name of its file.
type writer func(results) (name string, err error)

// file returns the writer of a report that is replaced.
func (v View) file(name string, write func(io.Writer, results) error) writer {
	return func(rows results) (string, error) {
		return v.replace(name, func(w io.Writer) error { return write(w, rows) })
	}
}

// replace writes a report anew, or beside the old one where another program keeps that open.
func (v View) replace(name string, write func(io.Writer) error) (string, error) {
	return durable.ReplaceOrBeside(v.Disk, name, write)
}

// together ranges over all once and lets every writer range over it, row by row: while one works
// the others wait. It returns the names of the files that were written, and each writer's error.
// The writers end one after the other, in their order.
func together(all results, writers []writer) (written []string, errs []error) {
	names, errs := make([]string, len(writers)), make([]error, len(writers))
	next, end := make([]func() (struct{}, bool), len(writers)), make([]func(), len(writers))
	var r output.Result
	var err error
	for i, write := range writers {
		next[i], end[i] = iter.Pull(func(wait func(struct{}) bool) {
			names[i], errs[i] = write(func(yield func(output.Result, error) bool) {
				for wait(struct{}{}) && yield(r, err) {
				}
			})
		})
		next[i]() // up to its first row
	}
	for r, err = range all {
		for _, takeRow := range next {
			takeRow()
		}
	}
	for _, finish := range end {
		finish()
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" }), errs
}
