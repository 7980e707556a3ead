package report

import (
	"context"
	"io"
	"iter"
	"strconv"

	"github.com/qwenbatch/qwenbatch/output"
)

// WriteSingleFile writes report.html with its pictures inside, in limit bytes where the
// thumbnails alone do not take more.
func (v View) WriteSingleFile(w io.Writer, limit int64) (output.SingleFile, error) {
	return output.WriteSingleFile(w, v.marked(), v.Results(), limit)
}

// WriteZip writes an archive of the reports, as they are, and of the pictures that they show, in
// a folder of the given name.
func (v View) WriteZip(w io.Writer, folder string) error {
	return output.WriteZip(w, v.Disk, folder, v.Names(), v.Results())
}

// WritePage writes report.html with how far a run is, until the context ends. The run is that of
// another process, or of another reader of the state file: what it has done since v was taken is
// not in the page.
func (v View) WritePage(ctx context.Context, w io.Writer, running output.Running) error {
	page := v.marked()
	page.Running = &running
	return output.WriteHTML(w, page, untilDone(ctx, v.Results()))
}

// untilDone yields the context's error once it has ended.
func untilDone(ctx context.Context, rows iter.Seq2[output.Result, error]) iter.Seq2[output.Result,
	error] {
	return func(yield func(output.Result, error) bool) {
		for r, err := range rows {
			if err == nil {
				err = ctx.Err()
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// WriteJUnit writes the results as JUnit XML. Advice says, by status, what is to be done with
// an item.
func (v View) WriteJUnit(w io.Writer, advice map[string]string) error {
	page := v.page()
	suite := output.Suite{Name: page.Manifest, Advice: advice,
		Properties: []output.Property{
			{Name: "tool", Value: page.Tool},
			{Name: "spent", Value: v.State.Paid().String()},
			{Name: "currency", Value: page.Currency},
			{Name: "rehearsal", Value: strconv.FormatBool(page.Rehearsal)}}}
	return output.WriteJUnit(w, suite, v.Results())
}
