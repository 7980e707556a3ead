package batch

import (
	"io"

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
