package xlsx

import (
	"archive/zip"
	"bufio"
	"cmp"
	"io"
	"slices"
	"sort"
)

const (
	// maxPictures is how many pictures of a sheet are read.
	maxPictures = 1 << 16
	// maxPicture is how many bytes one may have, maxPictureBytes all of a sheet, once
	// unpacked.
	maxPicture      = 64 << 20
	maxPictureBytes = 4 << 30
	// maxCovered bounds the search for pictures in merged cells.
	maxCovered = 1 << 24
)

// A Picture is one that a sheet shows in a cell, or that floats with its top left corner in one. A
// cell that is merged with others is where these begin.
type Picture struct {
	Row    int // from 1
	Bottom int // the last row of the cell, which is Row but in cells that are merged
	Column int // from 0
	// Preview says that it links to a file, as the thumbnails of a report do.
	Preview bool
	// Altered says that the sheet shows it cropped, turned or mirrored.
	Altered bool

	part *zip.File // nil where it is not in the workbook
	x, y int64     // of its corner in the cell
}

// Part names the content, which several pictures may share; "" where the workbook has none.
func (p Picture) Part() string {
	if p.part == nil {
		return ""
	}
	return p.part.Name
}

// Open begins to read the content and tells its length. It may be called as long as the file of the
// workbook is readable, from several goroutines. An *Error is about the picture.
func (p Picture) Open() (io.ReadCloser, int64, error) {
	if p.part == nil {
		return nil, 0, refuse("is not in the workbook itself; insert it anew, or write the name " +
			"of its file into the cell")
	}
	if size := p.part.UncompressedSize64; size > maxPicture {
		return nil, 0, refuse("has %d MiB, more than the %d that are read", size>>20, maxPicture>>20)
	}
	r, err := p.part.Open()
	if err != nil {
		return nil, 0, damaged(err)
	}
	size := int64(p.part.UncompressedSize64)
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(r, size+1), r}, size, nil
}

// takePictures keeps those that were found, in the order in which people read them.
func (g *Grid) takePictures(found []Picture, merges []merge) error {
	byRow := func(a, b Picture) int { return a.Row - b.Row }
	slices.SortStableFunc(found, byRow)
	if err := settleMerged(found, merges); err != nil {
		return err
	}
	slices.SortStableFunc(found, func(a, b Picture) int {
		return cmp.Or(byRow(a, b), a.Column-b.Column, cmp.Compare(a.x, b.x), cmp.Compare(a.y, b.y))
	})
	g.Pictures = found
	return boundPictures(found)
}

// settleMerged moves pictures in merged cells to where these begin. The pictures are in the order of
// their rows.
func settleMerged(found []Picture, merges []merge) error {
	rows := make([]int, len(found))
	for i := range found {
		rows[i], found[i].Bottom = found[i].Row, found[i].Row
	}
	steps := 0
	for _, m := range merges {
		for i := sort.SearchInts(rows, m.top); i < len(rows) && rows[i] <= m.bottom; i++ {
			if steps++; steps > maxCovered {
				return refuse("too many of its cells are merged over pictures")
			}
			if p := &found[i]; m.left <= p.Column && p.Column <= m.right {
				p.Row, p.Bottom, p.Column = m.top, m.bottom, m.left
			}
		}
	}
	return nil
}

func tooManyPictures() error { return refuse("has more than %d pictures", maxPictures) }

// boundPictures refuses what is made to fill a disk or take a day.
func boundPictures(found []Picture) error {
	if len(found) > maxPictures {
		return tooManyPictures()
	}
	var sum uint64
	seen := map[*zip.File]bool{nil: true}
	for _, p := range found {
		if !seen[p.part] && p.part.UncompressedSize64 <= maxPicture { // larger ones are never read
			seen[p.part] = true
			sum += p.part.UncompressedSize64
		}
	}
	if sum > maxPictureBytes {
		return refuse("its pictures have %d MiB once unpacked, more than the %d that are read",
			sum>>20, maxPictureBytes>>20)
	}
	return nil
}

// rowsOf are the rows of pictures, each once and in order.
func rowsOf(pictures []Picture) (rows []int) {
	for _, p := range pictures {
		rows = append(rows, p.Row)
	}
	slices.Sort(rows)
	return slices.Compact(rows)
}

// addBlank adds the rows up to the next one in which nothing but pictures are, and marks the next one
// if it has some, too. It returns those that are left. Next is nil behind the last.
func (g *Grid) addBlank(w *bufio.Writer, rows []int, next *Row) []int {
	for len(rows) > 0 && (next == nil || rows[0] < next.Number) {
		g.add(w, &Row{Number: rows[0], pictured: true}) // an error of w comes again at its end
		rows = rows[1:]
	}
	if len(rows) > 0 && rows[0] == next.Number {
		next.pictured, rows = true, rows[1:]
	}
	return rows
}
