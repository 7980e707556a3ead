package xlsx

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// maxRows is what a spreadsheet has at most.
const maxRows = 1048576

// MaxColumns is what a sheet has at most (ECMA-376, as Excel limits it).
const MaxColumns = 16384

// A Cell is a cell with something in it.
type Cell struct {
	Column int    // from 0
	Text   string // as it is shown
	Raw    string // of a number, without its format; else empty
	Bad    string // why the text cannot be used, "" where it can
}

// A Row is a row with something in it, in the order of its columns.
type Row struct {
	Number int // from 1
	Hidden bool
	Cells  []Cell

	pictured bool // a cell of it shows a picture
}

// A merge is a range of cells that are shown as one.
type merge struct{ left, right, top, bottom int }

// A cellReader reads the XML of a sheet. Hidden rows and columns are read like others, and
// noted: what a filter hides today may be meant to be there tomorrow.
type cellReader struct {
	texts  *sharedTexts
	format *cellFormat
	row    Row
	take   func(*Row) error // of each row; good during the call
	shows  cellPictures
	found  []Picture // in cells
	merges []merge
	hidden []columnRange
}

// A columnRange is columns next to one another, from 0.
type columnRange struct{ first, last int }

// read goes through the sheet.
func (c *cellReader) read(x *xmlReader) error {
	for token := x.next(); token != nil; token = x.next() {
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		var err error
		switch start.Name.Local {
		case "sheetData":
			err = c.rows(x)
		case "col":
			c.hide(start)
		case "mergeCell":
			err = c.merge(attribute(start, "ref"))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *cellReader) rows(x *xmlReader) error {
	for start := range x.elements() {
		if start.Name.Local != "row" {
			continue
		}
		if err := c.startRow(attribute(start, "r")); err != nil {
			return err
		}
		c.row.Hidden = isHidden(start, "ht")
		if err := c.cells(x); err != nil {
			return err
		}
		if err := c.take(&c.row); err != nil {
			return err
		}
	}
	return nil
}

// isHidden reports whether a row or a column is hidden: by hand, by a filter, in a group that is
// folded, or since it has no height or width.
func isHidden(e xml.StartElement, extent string) bool {
	switch attribute(e, "hidden") {
	case "1", "true":
		return true
	}
	value, err := strconv.ParseFloat(attribute(e, extent), 64)
	return err == nil && value == 0
}

// hide notes the columns that an element is about, if they are hidden.
func (c *cellReader) hide(col xml.StartElement) {
	first, err := strconv.Atoi(attribute(col, "min"))
	last, err2 := strconv.Atoi(attribute(col, "max"))
	if err == nil && err2 == nil && isHidden(col, "width") && len(c.hidden) < MaxColumns {
		c.hidden = append(c.hidden, columnRange{first - 1, last - 1})
	}
}

// startRow takes the number of a row, which some programs leave out.
func (c *cellReader) startRow(said string) error {
	before := c.row.Number
	c.row.Number++
	if said != "" {
		n, err := strconv.Atoi(said)
		if err != nil || n <= before {
			return fmt.Errorf("row %q comes after row %d", said, before)
		}
		c.row.Number = n
	}
	if c.row.Number > maxRows {
		return fmt.Errorf("row %d is beyond the last that a sheet has", c.row.Number)
	}
	c.row.Cells, c.row.pictured = c.row.Cells[:0], false
	return nil
}

// cells reads those of the row that has just begun.
func (c *cellReader) cells(x *xmlReader) error {
	last := -1
	for start := range x.elements() {
		if start.Name.Local != "c" {
			continue
		}
		column, err := c.column(attribute(start, "r"), last)
		if err != nil {
			return err
		}
		last = column
		raw := readCell(x, start)
		if p, ok := c.shows.shown(raw); ok {
			p.Row, p.Column = c.row.Number, column
			c.found, c.row.pictured = append(c.found, p), true
			if len(c.found) > maxPictures {
				return tooManyPictures()
			}
			continue
		}
		cell, err := c.value(raw)
		if err != nil {
			return err
		}
		if cell.Text != "" || cell.Bad != "" {
			cell.Column = column
			c.row.Cells = append(c.row.Cells, cell)
		}
	}
	return nil
}

// column is that of a cell called C12, or the one after the last where it is not called.
func (c *cellReader) column(name string, last int) (int, error) {
	column := last + 1
	if name != "" {
		number, _, err := excelize.CellNameToCoordinates(name)
		if err != nil || number <= last+1 {
			return 0, fmt.Errorf("cell %q is out of order in row %d", name, c.row.Number)
		}
		column = number - 1
	}
	if column >= MaxColumns {
		return 0, fmt.Errorf("row %d has more than %d columns", c.row.Number, MaxColumns)
	}
	return column, nil
}

// A rawCell is a cell as it stands in the XML.
type rawCell struct {
	kind          string // s, str, inlineStr, b, e, d, or n for a number
	style         int
	value         string
	formula, said bool // there is a formula, a value
	formulaText   string
	meta          int // the number of its rich value, from 1; 0 where it has none
}

// readCell reads the cell that has just begun.
func readCell(x *xmlReader, start xml.StartElement) rawCell {
	raw := rawCell{kind: attribute(start, "t")}
	raw.style, _ = strconv.Atoi(attribute(start, "s"))
	raw.meta, _ = strconv.Atoi(attribute(start, "vm"))
	for start := range x.elements() {
		switch start.Name.Local {
		case "v":
			raw.said, raw.value = true, plainText(x)
		case "is":
			raw.said, raw.value = true, richText(x)
		case "f":
			raw.formula, raw.formulaText = true, plainText(x)
		}
	}
	return raw
}

// plainText is the text of the element that has just begun.
func plainText(x *xmlReader) string {
	var b strings.Builder
	for outside := x.depth - 1; x.depth > outside; {
		switch token := x.next().(type) {
		case nil:
			return b.String()
		case xml.CharData:
			x.append(&b, token)
		}
	}
	return b.String()
}

// value is what a person sees in a cell.
func (c *cellReader) value(raw rawCell) (cell Cell, err error) {
	switch raw.kind {
	case "s":
		cell.Text, err = c.texts.at(raw.value)
	case "inlineStr":
		cell.Text = raw.value
	case "str":
		cell.Text = unescaped(raw.value)
	case "b":
		cell.Text = map[string]string{"1": "TRUE", "true": "TRUE", "0": "FALSE",
			"false": "FALSE"}[raw.value]
	case "e":
		cell.Text, cell.Bad = raw.value, fmt.Sprintf(
			"is the error %s; mend the formula", raw.value)
	case "d":
		cell.Text = strings.TrimSuffix(raw.value, "T00:00:00")
	default:
		c.number(&cell, raw)
	}
	// A formula that was never calculated has no value; one that gives no text has an empty
	// value and the kind str.
	if raw.formula && cell.Text == "" && (raw.kind != "str" || !raw.said) {
		cell.Bad = "is a formula that was never calculated; " +
			"open the workbook in a spreadsheet program and save it"
	}
	return cell, err
}

func (c *cellReader) number(cell *Cell, raw rawCell) {
	value := strings.TrimSpace(raw.value)
	if _, err := strconv.ParseFloat(value, 64); err != nil {
		cell.Text = raw.value
		return
	}
	cell.Raw = plainNumber(value)
	cell.Text, cell.Bad = c.format.show(styledNumber{value, raw.style})
}

// merge takes a range such as B2:D2.
func (c *cellReader) merge(ref string) error {
	from, to, ok := strings.Cut(ref, ":")
	left, top, err := excelize.CellNameToCoordinates(from)
	right, bottom, err2 := excelize.CellNameToCoordinates(to)
	if !ok || err != nil || err2 != nil {
		return nil // a single cell, or nothing that a spreadsheet program would show
	}
	if len(c.merges) == maxRows {
		return fmt.Errorf("more than %d ranges of cells are merged", maxRows)
	}
	c.merges = append(c.merges, merge{left - 1, right - 1, top, bottom})
	return nil
}
