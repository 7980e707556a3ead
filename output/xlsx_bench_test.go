package output_test

import (
	"io"
	"testing"

	"github.com/qwenbatch/qwenbatch/output"
	"github.com/qwenbatch/qwenbatch/output/disktest"
)

// BenchmarkXLSX writes 10,000 rows, of which 5,000 have a thumbnail of their own.
func BenchmarkXLSX(b *testing.B) {
	rows := output.ManyRows(10000)
	d := disktest.New()
	for i := range rows {
		rows[i].SHA256 = rows[i].TaskID[:3] + rows[i].ID[5:]
		if i < 5000 {
			small, err := output.Thumbnail(output.PNGOf(b, output.Plain(160, 90, i)), 160)
			if err != nil {
				b.Fatal(err)
			}
			d.Put(output.ThumbName(rows[i].File, rows[i].SHA256), small)
		}
	}
	for b.Loop() {
		if err := output.WriteXLSX(io.Discard, output.Book{Disk: d}, output.RowsOf(rows...)); err != nil {
			b.Fatal(err)
		}
	}
}
