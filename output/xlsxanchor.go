package output

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"regexp"
	"strings"

	"github.com/xuri/excelize/v2"
)

// emuPixel is how many of the units of drawings a pixel has.
const emuPixel = 9525

// An anchor says where a chart, picture or shape is on its sheet.
type anchor struct {
	begin, end int    // of its element in the drawing
	text       []byte // the element as it is written
	place      placement
}

// A placement is the part of an anchor that tells cells and lengths; columns and rows count from
// 0. Without From it is in Pos.
type placement struct {
	From *cellCorner `xml:"from"`
	To   *cellCorner `xml:"to"`
	Ext  *struct {
		Width  int `xml:"cx,attr"`
		Height int `xml:"cy,attr"`
	} `xml:"ext"`
	Pos *struct {
		X int `xml:"x,attr"`
	} `xml:"pos"`
	Pic *struct{} `xml:"pic"`
}

type cellCorner struct {
	Column       int `xml:"col"`
	ColumnOffset int `xml:"colOff"`
	Row          int `xml:"row"`
	RowOffset    int `xml:"rowOff"`
}

func isAnchor(element string) bool {
	return element == "oneCellAnchor" || element == "twoCellAnchor" || element == "absoluteAnchor"
}

func (d *drawing) addAnchor(in *xml.Decoder, start xml.StartElement, at int) error {
	a := anchor{begin: at}
	if err := in.DecodeElement(&a.place, &start); err != nil {
		return err
	}
	a.end = int(in.InputOffset())
	a.text = d.xml[a.begin:a.end]
	d.anchors = append(d.anchors, a)
	return nil
}

// width returns the number of the last column that something floats over, 0 if nothing does.
func (d *drawing) width(sheet string) (last int) {
	for _, a := range d.anchors {
		last = max(last, d.lastColumn(sheet, a.place))
	}
	return last
}

func (d *drawing) lastColumn(sheet string, p placement) int {
	if p.To != nil {
		if p.To.ColumnOffset > 0 {
			return p.To.Column + 1
		}
		return p.To.Column
	}
	column, left := 1, 0
	if p.From != nil {
		column, left = p.From.Column+1, p.From.ColumnOffset
	} else if p.Pos != nil {
		left = p.Pos.X
	}
	if p.Ext != nil {
		left += p.Ext.Width
	}
	for ; left > 0 && column <= excelize.MaxColumns; column++ {
		left -= d.columnWidth(sheet, column)
	}
	return column - 1
}

// dropPictures removes the pictures of an earlier results.xlsx from a column, from 0.
func (d *drawing) dropPictures(column int) {
	for i, a := range d.anchors {
		p := a.place
		if p.Pic != nil && p.From != nil && p.From.Column == column &&
			(p.To == nil || p.To.Column == column && p.To.Row == p.From.Row) {
			d.anchors[i].text, d.anchors[i].place = nil, placement{}
		}
	}
}

// columnWidth returns the width of a column, from 1, in the units of drawings. A character is 7
// pixels wide; the width in the file includes the padding.
func (d *drawing) columnWidth(sheet string, column int) int {
	name, _ := excelize.ColumnNumberToName(column)
	chars, _ := d.file.GetColWidth(sheet, name)
	return int(chars*7+0.5) * emuPixel
}

func (d *drawing) rowHeight(sheet string, row int) int {
	points, _ := d.file.GetRowHeight(sheet, row)
	return int(points * 4 / 3 * emuPixel)
}

// keepSizes gives charts and pictures which end in a row the height that they have now, so that
// the rows which thumbnails make higher do not stretch them.
func (d *drawing) keepSizes(sheet string) {
	for i, a := range d.anchors {
		from, to := a.place.From, a.place.To
		if from == nil || to == nil || to.Row < from.Row || to.Row-from.Row > annotateRows {
			continue
		}
		width, height := to.ColumnOffset-from.ColumnOffset, to.RowOffset-from.RowOffset
		for c := from.Column; c < to.Column; c++ {
			width += d.columnWidth(sheet, c+1)
		}
		for r := from.Row; r < to.Row; r++ {
			height += d.rowHeight(sheet, r+1)
		}
		d.anchors[i].text = withSize(a.text, max(width, 0), max(height, 0))
	}
}

var editAs = regexp.MustCompile(`\s+editAs\s*=\s*("[^"]*"|'[^']*')`)

// withSize returns a twoCellAnchor as a oneCellAnchor, whose size no cell changes.
func withSize(element []byte, width, height int) []byte {
	name := string(element[1:bytes.IndexAny(element, " \t\r\n>")])
	prefix := strings.TrimSuffix(name, "twoCellAnchor")
	to, end := []byte("<"+prefix+"to>"), []byte("</"+prefix+"to>")
	before, rest, ok := bytes.Cut(element, to)
	_, after, closed := bytes.Cut(rest, end)
	tag := bytes.IndexByte(before, '>')
	if !ok || !closed || tag < 0 {
		return element
	}
	attributes := editAs.ReplaceAll(before[len(name)+1:tag+1], nil)
	return bytes.Join([][]byte{
		[]byte("<" + prefix + "oneCellAnchor"), attributes, before[tag+1:],
		fmt.Appendf(nil, `<%sext cx="%d" cy="%d"/>`, prefix, width, height),
		bytes.TrimSuffix(after, []byte("</"+name+">")),
		[]byte("</" + prefix + "oneCellAnchor>"),
	}, nil)
}
