package manifests

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// maxGrid is how many bytes the cells of one sheet may have, written out: a text of a megabyte that a million cells
// share would fill every disk.
const maxGrid = 1 << 30

// A grid is one sheet of a workbook, taken out of it once, so that every later look is cheap: the rows with something
// in them, as records in a private copy.
type grid struct {
	copy   *privateCopy
	filled []int   // the last row with something in it, for each column
	merges []merge // of more than one row, by their top
}

// takeGrid copies the cells of one sheet.
func takeGrid(w *workbook, part string) (*grid, error) {
	texts, err := w.texts()
	if err != nil {
		return nil, err
	}
	defer texts.copy.close()
	format, err := newCellFormat(w)
	if err != nil {
		return nil, err
	}
	g := &grid{copy: new(privateCopy)}
	writer := bufio.NewWriterSize(g.copy, 1<<16)
	c := cellReader{texts: texts, format: format, take: func(r *gridRow) error { return g.add(writer, r) }}
	err = w.each(part, func(x *xmlReader) error {
		if err := c.read(x); err != nil {
			return notTheDisk(w, err)
		}
		return nil
	})
	if err = errors.Join(err, writer.Flush()); err != nil {
		g.copy.close()
		return nil, err
	}
	g.keep(c.merges)
	return g, nil
}

// notTheDisk says that the workbook is at fault, unless the disk is.
func notTheDisk(w *workbook, err error) error {
	if errors.As(err, new(*os.PathError)) {
		return err
	}
	return w.damaged(err)
}

// add appends a row, unless it is blank: number, count of cells, then for each its column and three texts.
func (g *grid) add(w *bufio.Writer, r *gridRow) error {
	if r.blank() {
		return nil
	}
	var space [64]byte
	put := func(n int) { w.Write(binary.AppendUvarint(space[:0], uint64(n))) }
	put(r.number)
	put(len(r.cells))
	for _, c := range r.cells {
		put(c.column)
		for _, text := range [...]string{c.text, c.raw, c.bad} {
			put(len(text))
			w.WriteString(text)
		}
		g.fill(c, r.number)
	}
	if g.copy.size > maxGrid {
		return fmt.Errorf("its cells have more than %d MiB of text", maxGrid>>20)
	}
	_, err := w.Write(nil)
	return err
}

func (g *grid) fill(c sheetCell, row int) {
	if c.column >= len(g.filled) { // errors too, so that a row is never wider than that
		g.filled = append(g.filled, make([]int, c.column+1-len(g.filled))...)
	}
	if strings.TrimSpace(c.text) != "" {
		g.filled[c.column] = row
	}
}

func (r *gridRow) blank() bool {
	return !slices.ContainsFunc(r.cells, func(c sheetCell) bool { return c.bad != "" || strings.TrimSpace(c.text) != "" })
}

// keep takes the merges that a reader of rows cares for.
func (g *grid) keep(merges []merge) {
	g.merges = slices.DeleteFunc(merges, func(m merge) bool { return m.bottom <= m.top })
	slices.SortStableFunc(g.merges, func(a, b merge) int { return a.top - b.top })
}

// A gridReader reads the rows of a grid.
type gridReader struct {
	r   *bufio.Reader
	row gridRow
	err error

	merges []merge // that begin further down
	open   map[int]openMerge
}

// An openMerge is a range into which the rows reach that are being read.
type openMerge struct {
	bottom int
	cell   sheetCell
}

func (g *grid) reader() *gridReader {
	return &gridReader{r: bufio.NewReaderSize(g.copy.from(0), 1<<16), merges: g.merges, open: map[int]openMerge{}}
}

// next reads a row and reports whether there was one.
func (g *gridReader) next() bool {
	number, err := binary.ReadUvarint(g.r)
	if err != nil {
		if !errors.Is(err, io.EOF) {
			g.err = err
		}
		return false
	}
	g.row.number = int(number)
	count := g.number()
	g.row.cells = slices.Grow(g.row.cells[:0], count)[:count]
	for i := range g.row.cells {
		g.row.cells[i] = sheetCell{column: g.number(), text: g.text(), raw: g.text(), bad: g.text()}
	}
	g.merge()
	return g.err == nil
}

func (g *gridReader) number() int {
	n, err := binary.ReadUvarint(g.r)
	if err != nil {
		g.err = fmt.Errorf("the private copy: %w", err)
		return 0
	}
	return int(n)
}

func (g *gridReader) text() string {
	length := g.number()
	if length == 0 || g.err != nil {
		return ""
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(g.r, text); err != nil {
		g.err = fmt.Errorf("the private copy: %w", err)
	}
	return string(text)
}

// cell is the one of a column, zero where there is none. A cell of a range that was merged over several rows has what
// the range shows, which the file keeps in its first cell only.
func (g *gridReader) cell(column int) sheetCell {
	at, ok := slices.BinarySearchFunc(g.row.cells, column, func(c sheetCell, column int) int { return c.column - column })
	if ok {
		return g.row.cells[at]
	}
	if m, ok := g.open[column]; ok && g.row.number <= m.bottom {
		return m.cell
	}
	return sheetCell{}
}

// merge remembers what the ranges show that begin in rows up to this one.
func (g *gridReader) merge() {
	for len(g.merges) > 0 && g.merges[0].top <= g.row.number {
		m := g.merges[0]
		g.merges = g.merges[1:]
		if m.top < g.row.number {
			continue // it begins in a blank row, and so shows nothing
		}
		g.open[m.left] = openMerge{m.bottom, g.cell(m.left)}
	}
}
