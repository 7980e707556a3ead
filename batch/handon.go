package batch

import (
	"context"
	"io"
	"iter"

	"github.com/qwenbatch/qwenbatch/output"
)

// WriteSingleFile writes report.html with its pictures inside, in limit bytes where the
// thumbnails alone do not take more.
func (b *Batch) WriteSingleFile(w io.Writer, limit int64) (output.SingleFile, error) {
	page, err := b.page()
	if err != nil {
		return output.SingleFile{}, err
	}
	return output.WriteSingleFile(w, page, b.results(), limit)
}

// WriteZip writes an archive of the reports, as they are, and of the pictures that they show, in
// a folder of the given name.
func (b *Batch) WriteZip(w io.Writer, folder string) error {
	return output.WriteZip(w, b.o.Disk, folder, b.Reports(), b.results())
}

// WritePage writes report.html with how far a run is, until the context ends. The run is that of
// another Batch, or of another process: what it has done since this one was opened is not in
// the page.
func (b *Batch) WritePage(ctx context.Context, w io.Writer, running output.Running) error {
	page, err := b.page()
	if err != nil {
		return err
	}
	page.Running = &running
	return output.WriteHTML(w, page, untilDone(ctx, b.results()))
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
