package xlsx

import (
	"math"
	"strconv"

	"github.com/xuri/excelize/v2"
)

// maxShown is how many formatted numbers are remembered: dates and sizes repeat.
const maxShown = 4096

// A cellFormat shows numbers as their cells do. excelize does the work: a workbook of one cell
// gets the styles of the real one. Dates whose form depends on the computer that shows them are
// written 2026-01-31.
type cellFormat struct {
	book    *excelize.File
	general map[int]bool // styles that show numbers as they are
	shown   map[styledNumber]string
}

// A styledNumber is what stands in a cell, and the number of the cell's style.
type styledNumber struct {
	raw   string
	style int
}

// newCellFormat takes the styles of a workbook; without any, numbers are shown as they are.
func newCellFormat(w *Workbook) (*cellFormat, error) {
	c := &cellFormat{general: map[int]bool{0: true}, shown: map[styledNumber]string{}}
	if w.parts[w.styles] == nil {
		return c, nil
	}
	styles, err := w.small(w.styles)
	if err != nil {
		return nil, err
	}
	c.book = excelize.NewFile(excelize.Options{ShortDatePattern: "yyyy-mm-dd"})
	c.book.Pkg.Store("xl/styles.xml", styles)
	c.book.Styles = nil // read again from what was stored, when first asked
	c.book.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &w.date1904})
	delete(c.general, 0)
	return c, nil
}

// show is the text that a number is seen as, or what is wrong with its format.
func (c *cellFormat) show(n styledNumber) (text, trouble string) {
	general, known := c.general[n.style]
	if !known {
		general = c.isGeneral(n.style)
		c.general[n.style] = general
	}
	switch {
	case general:
		return plainNumber(n.raw), ""
	case c.book == nil:
		return n.raw, "has a number format that cannot be read; format the cell as text"
	}
	text, known = c.shown[n]
	if !known {
		text = c.format(n)
		if len(c.shown) < maxShown {
			c.shown[n] = text
		}
	}
	return text, ""
}

// isGeneral reports whether a style has the format General, or is none.
func (c *cellFormat) isGeneral(style int) bool {
	defer c.survive()
	if c.book == nil {
		return false
	}
	s, err := c.book.GetStyle(style)
	return err != nil || s.NumFmt == 0 && s.CustomNumFmt == nil
}

// format asks excelize. What it cannot format is shown as it is.
func (c *cellFormat) format(n styledNumber) string {
	defer c.survive()
	const sheet, cell = "Sheet1", "A1"
	if c.book.SetCellStyle(sheet, cell, cell, n.style) != nil ||
		c.book.SetCellDefault(sheet, cell, n.raw) != nil {
		return plainNumber(n.raw)
	}
	text, err := c.book.GetCellValue(sheet, cell)
	if err != nil || text == "" {
		return plainNumber(n.raw)
	}
	return text
}

// survive keeps a panic over styles that no spreadsheet program writes from ending the program.
// The workbook may be locked by then, so no more is asked of it.
func (c *cellFormat) survive() {
	if recover() != nil {
		c.book = nil
	}
}

// plainNumber is a number without format: all digits of a whole one, at most 15 of others, as
// spreadsheets reckon.
func plainNumber(raw string) string {
	f, err := strconv.ParseFloat(raw, 64)
	switch {
	case err != nil || math.IsInf(f, 0) || math.IsNaN(f):
		return raw
	case f == math.Trunc(f) && math.Abs(f) < 1e15:
		return strconv.FormatFloat(f+0, 'f', -1, 64) // + 0 makes 0 of -0
	}
	short, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 15, 64), 64)
	if a := math.Abs(f); a >= 1e15 || a < 1e-6 {
		return strconv.FormatFloat(short, 'G', -1, 64)
	}
	return strconv.FormatFloat(short, 'f', -1, 64)
}
