package xlsx

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/qwenbatch/qwenbatch/manifests/spool"
)

// maxGrid is how many bytes the cells of one sheet may have, written out: a text of a megabyte
// that a million cells share would fill every disk.
const maxGrid = 1 << 30

// A Grid is one sheet of a workbook, taken out of it once, so that every later look is cheap:
// the rows with something in them, as records in a spooled file.
type Grid struct {
	// LastRow is the last row with something in it, for each column; its length is the width of
	// the sheet.
	LastRow []int

	// HiddenRows is how many of the rows with something in them are hidden.
	HiddenRows int

	// Pictures are those that the sheet shows at its cells, from left to right in each row.
	Pictures []Picture

	records spool.File
	hidden  []columnRange
	merges  []merge // of more than one row, by their top
}

// Close lets go of the records.
func (g *Grid) Close() error { return g.records.Close() }

// Read takes a sheet out of the workbook. The name must be one of Sheets.
func (w *Workbook) Read(sheet string) (*Grid, error) {
	texts, err := w.texts()
	if err != nil {
		return nil, err
	}
	defer texts.all.Close()
	format, err := newCellFormat(w)
	if err != nil {
		return nil, err
	}
	g := &Grid{}
	writer := bufio.NewWriterSize(&g.records, 1<<16)
	shows, err := w.inCells()
	if err != nil {
		return nil, err
	}
	floating, err := w.floating(w.sheets[sheet])
	if err != nil {
		return nil, err
	}
	blank := rowsOf(floating)
	c := cellReader{texts: texts, format: format, shows: shows, take: func(r *Row) error {
		blank = g.addBlank(writer, blank, r)
		return g.add(writer, r)
	}}
	err = w.each(w.sheets[sheet], func(x *xmlReader) error {
		if err := c.read(x); err != nil {
			return damaged(err)
		}
		return nil
	})
	g.addBlank(writer, blank, nil)
	err = errors.Join(err, writer.Flush())
	if err == nil {
		err = g.takePictures(append(floating, c.found...), c.merges)
	}
	if err != nil {
		g.Close()
		return nil, err
	}
	g.keep(c.merges)
	g.hidden = c.hidden
	return g, nil
}

// add appends a row, unless it is blank: number and whether it is hidden, count of cells, then for each its column and
// three texts.
func (g *Grid) add(w *bufio.Writer, r *Row) error {
	if r.blank() {
		return nil
	}
	var space [64]byte
	put := func(n int) { w.Write(binary.AppendUvarint(space[:0], uint64(n))) }
	number := r.Number << 1
	if r.Hidden {
		number |= 1
		g.HiddenRows++
	}
	put(number)
	put(len(r.Cells))
	for _, c := range r.Cells {
		put(c.Column)
		for _, text := range [...]string{c.Text, c.Raw, c.Bad} {
			put(len(text))
			w.WriteString(text)
		}
		g.fill(c, r.Number)
	}
	if g.records.Size() > maxGrid {
		return fmt.Errorf("its cells have more than %d MiB of text", maxGrid>>20)
	}
	_, err := w.Write(nil)
	return err
}

// HiddenColumn reports whether a column, from 0, is hidden.
func (g *Grid) HiddenColumn(column int) bool {
	return slices.ContainsFunc(g.hidden,
		func(r columnRange) bool { return r.first <= column && column <= r.last })
}

func (g *Grid) fill(c Cell, row int) {
	if c.Column >= len(g.LastRow) { // errors too, so that a row is never wider than that
		g.LastRow = append(g.LastRow, make([]int, c.Column+1-len(g.LastRow))...)
	}
	if strings.TrimSpace(c.Text) != "" {
		g.LastRow[c.Column] = row
	}
}

func (r *Row) blank() bool {
	return !r.pictured && !slices.ContainsFunc(r.Cells, func(c Cell) bool {
		return c.Bad != "" || strings.TrimSpace(c.Text) != ""
	})
}

// keep takes the merges that matter to a reader of rows.
func (g *Grid) keep(merges []merge) {
	g.merges = slices.DeleteFunc(merges, func(m merge) bool { return m.bottom <= m.top })
	slices.SortStableFunc(g.merges, func(a, b merge) int { return a.top - b.top })
}

// A Reader reads the rows of a Grid in order. Several may read one grid at once.
type Reader struct {
	r   *bufio.Reader
	row Row
	err error

	merges []merge // that begin further down
	open   map[int]openMerge
}

// An openMerge is a range into which the rows reach that are being read.
type openMerge struct {
	bottom int
	cell   Cell
}

// Reader starts at the first row.
func (g *Grid) Reader() *Reader {
	return &Reader{r: bufio.NewReaderSize(g.records.From(0), 1<<16), merges: g.merges,
		open: map[int]openMerge{}}
}

// Next reads a row and reports whether there was one.
func (g *Reader) Next() bool {
	number, err := binary.ReadUvarint(g.r)
	if err != nil {
		if !errors.Is(err, io.EOF) {
			g.err = err
		}
		return false
	}
	g.row.Number, g.row.Hidden = int(number>>1), number&1 == 1
	count := g.number()
	g.row.Cells = slices.Grow(g.row.Cells[:0], count)[:count]
	for i := range g.row.Cells {
		g.row.Cells[i] = Cell{Column: g.number(), Text: g.text(), Raw: g.text(), Bad: g.text()}
	}
	g.merge()
	return g.err == nil
}

func (g *Reader) number() int {
	n, err := binary.ReadUvarint(g.r)
	if err != nil {
		g.err = fmt.Errorf("the private copy: %w", err)
		return 0
	}
	return int(n)
}

func (g *Reader) text() string {
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

// Row is the row that Next has read, good until the next call of it.
func (g *Reader) Row() *Row { return &g.row }

// Err is why Next has ended before the last row; nil where it has not.
func (g *Reader) Err() error { return g.err }

// Cell is the one of a column, zero where there is none. A cell of a range that was merged over
// several rows has what the range shows, which the file keeps in its first cell only.
func (g *Reader) Cell(column int) Cell {
	at, ok := slices.BinarySearchFunc(g.row.Cells, column,
		func(c Cell, column int) int { return c.Column - column })
	if ok {
		return g.row.Cells[at]
	}
	if m, ok := g.open[column]; ok && g.row.Number <= m.bottom {
		return m.cell
	}
	return Cell{}
}

// merge remembers what the ranges show that begin in rows up to this one.
func (g *Reader) merge() {
	for len(g.merges) > 0 && g.merges[0].top <= g.row.Number {
		m := g.merges[0]
		g.merges = g.merges[1:]
		if m.top < g.row.Number {
			continue // it begins in a blank row, and so shows nothing
		}
		g.open[m.left] = openMerge{m.bottom, g.Cell(m.left)}
	}
}
