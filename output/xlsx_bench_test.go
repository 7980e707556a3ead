package output

import (
	"io"
	"testing"

	"github.com/qwenbatch/qwenbatch/output/disktest"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// BenchmarkXLSX writes 10,000 rows, of which 5,000 have a thumbnail of their own.
func BenchmarkXLSX(b *testing.B) {
	rows := manyRows(10000)
	d := disktest.New()
	for i := range rows {
		rows[i].SHA256 = rows[i].TaskID[:3] + rows[i].ID[5:]
		if i < 5000 {
			small, err := imagefile.Thumbnails(pngOf(b, plain(160, 90, i)), imagefile.Size{Side: 160, Quality: 80})
			if err != nil {
				b.Fatal(err)
			}
			d.Put(ThumbName(rows[i].File, rows[i].SHA256), small[0])
		}
	}
	for b.Loop() {
		if err := WriteXLSX(io.Discard, Book{Disk: d}, rowsOf(rows...)); err != nil {
			b.Fatal(err)
		}
	}
}
