package output

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// A Sheet is where the manifest stands in its own workbook.
type Sheet struct {
	Workbook io.Reader // the whole file
	Name     string    // "" is the first sheet that is not hidden
	Header   int       // the row of its header, from 1
	Has      []string  // what its columns say under another name: "id", "prompt"
}

// The bounds of a workbook that is written again, as all of it is held in memory, its cells at some 15 times their
// length.
const (
	annotateBytes = 64 << 20  // of the file
	annotateXML   = 16 << 20  // of its sheets and strings
	annotateUnzip = 256 << 20 // of everything in it
	annotateRows  = 12000     // of results
)

// AnnotateXLSX writes a copy of the manifest's own workbook with our columns to the right of its sheet, a row of
// the sheet beside the results whose Row it is. Its styles, widths, formulas and other sheets stay. Where a row has
// several items, their values stand one below the other and their costs are added. Results whose Row lies not below
// the header are left out.
//
// An [ErrWorkbookLimit] says that the workbook is too large for that, or has macros, or the results are too many:
// [WriteXLSX] still makes a workbook of its own. An error among the rows ends the workbook.
func AnnotateXLSX(w io.Writer, book Book, sheet Sheet, rows iter.Seq2[Result, error]) error {
	if err := guarded(func() error { return annotateXLSX(w, book, sheet, rows) }); err != nil {
		return fmt.Errorf("annotate workbook: %w", err)
	}
	return nil
}

// guarded makes an error of a panic: excelize panics over some workbooks that other programs read.
func guarded(write func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: it cannot be read: %v", ErrWorkbookLimit, p)
		}
	}()
	return write()
}

func annotateXLSX(w io.Writer, book Book, sheet Sheet, rows iter.Seq2[Result, error]) error {
	file, err := openWorkbook(sheet.Workbook)
	if err != nil {
		return err
	}
	defer file.Close()
	if sheet.Name == "" {
		sheet.Name = firstVisible(file)
	}
	a, err := newAnnotator(file, book, sheet)
	if err != nil {
		return err
	}
	for group, err := range byRow(rows, sheet.Header) {
		if err == nil {
			err = a.add(group)
		}
		if err != nil {
			return err
		}
	}
	return file.Write(w)
}

// openWorkbook reads a workbook that is within the bounds.
func openWorkbook(r io.Reader) (*excelize.File, error) {
	b, err := io.ReadAll(io.LimitReader(r, annotateBytes+1))
	if err != nil {
		return nil, err
	}
	if len(b) > annotateBytes {
		return nil, fmt.Errorf("%w: the manifest's is larger than %d MB", ErrWorkbookLimit, annotateBytes>>20)
	}
	if err := checkParts(b); err != nil {
		return nil, err
	}
	file, err := excelize.OpenReader(bytes.NewReader(b), excelize.Options{UnzipSizeLimit: annotateUnzip, UnzipXMLSizeLimit: annotateUnzip})
	if err != nil {
		return nil, fmt.Errorf("%w: it cannot be read: %w", ErrWorkbookLimit, err)
	}
	return file, nil
}

func firstVisible(file *excelize.File) string {
	for _, name := range file.GetSheetList() {
		if visible, err := file.GetSheetVisible(name); err == nil && visible {
			return name
		}
	}
	return file.GetSheetName(0)
}

// checkParts looks at the sizes that the parts claim; excelize holds the parts to its own limit when it unpacks them.
func checkParts(b []byte) error {
	parts, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return err
	}
	var all, cells uint64
	for _, part := range parts.File {
		all += part.UncompressedSize64
		if strings.HasPrefix(part.Name, "xl/worksheets/") || part.Name == "xl/sharedStrings.xml" {
			cells += part.UncompressedSize64
		}
		if strings.HasSuffix(part.Name, "vbaProject.bin") {
			return fmt.Errorf("%w: the manifest's has macros", ErrWorkbookLimit)
		}
	}
	if all > annotateUnzip || cells > annotateXML {
		return fmt.Errorf("%w: the manifest's unpacks to %d MB, %d MB of them cells", ErrWorkbookLimit, all>>20, cells>>20)
	}
	return nil
}

// byRow groups neighbours of one row of the sheet.
func byRow(rows iter.Seq2[Result, error], header int) iter.Seq2[[]Result, error] {
	return func(yield func([]Result, error) bool) {
		var group []Result
		n := 0
		for r, err := range rows {
			if n++; err == nil && n > annotateRows {
				err = fmt.Errorf("%w: more than %d results", ErrWorkbookLimit, annotateRows)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if r.Row <= header || r.Row > excelize.TotalRows {
				continue
			}
			if len(group) > 0 && group[0].Row != r.Row {
				if !yield(group, nil) {
					return
				}
				group = nil
			}
			group = append(group, r)
		}
		if len(group) > 0 {
			yield(group, nil)
		}
	}
}

// An annotator writes our columns beside the rows of a sheet.
type annotator struct {
	file     *excelize.File
	sheet    string
	columns  []bookColumn
	first    int // number of our first column, from 1
	looks    looks
	pictures pictures
}

func newAnnotator(file *excelize.File, book Book, sheet Sheet) (*annotator, error) {
	header, width, height, err := survey(file, sheet)
	if err != nil {
		return nil, err
	}
	styles, err := newLooks(file)
	if err != nil {
		return nil, err
	}
	a := &annotator{file: file, sheet: sheet.Name, columns: besideColumns(header, sheet.Has), first: width + 1, looks: styles,
		pictures: newPictures(file, sheet.Name, book)}
	if width+len(a.columns) > excelize.MaxColumns {
		return nil, fmt.Errorf("%w: the manifest's has %d columns", ErrWorkbookLimit, width)
	}
	last := slices.IndexFunc(a.columns, func(c bookColumn) bool { return c.style == moneyStyle })
	if err := unlessTheirs(file, sheet, cellName(a.first+last, max(height, sheet.Header))); err != nil {
		return nil, err
	}
	return a, a.begin(sheet.Header, len(header))
}

// survey returns the header of the sheet, and the numbers of its last column and row that hold anything.
func survey(file *excelize.File, sheet Sheet) (header []string, width, height int, err error) {
	rows, err := file.Rows(sheet.Name)
	if err != nil {
		return nil, 0, 0, err
	}
	defer rows.Close()
	for n := 1; rows.Next(); n++ {
		cells, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return nil, 0, 0, err
		}
		if len(cells) > 0 {
			width, height = max(width, len(cells)), n
		}
		if n == sheet.Header {
			header = cells
		}
	}
	pictured, err := file.GetPictureCells(sheet.Name)
	for _, cell := range pictured { // a picture lies over its cell, which may be empty
		if column, _, err := excelize.CellNameToCoordinates(cell); err == nil {
			width = max(width, column)
		}
	}
	return header, width, height, errors.Join(err, rows.Error())
}

// besideColumns are our columns beside a sheet with this header. The words are left out where the sheet has them; what
// else bears a name of the sheet's is called result.NAME, so that each name stands once.
func besideColumns(header, has []string) []bookColumn {
	there := func(name string) bool {
		return slices.ContainsFunc(header, func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), name) })
	}
	columns := resultColumns()
	for _, c := range wordColumns() {
		if !there(c.name) && !slices.Contains(has, c.name) {
			columns = append(columns, c)
		}
	}
	for i, c := range columns {
		if there(c.name) {
			columns[i].name = "result." + c.name
		}
	}
	return columns
}

// begin writes our header in the look of theirs, that of its last cell.
func (a *annotator) begin(row, width int) error {
	style := a.looks.heading
	if theirs, err := a.file.GetCellStyle(a.sheet, cellName(max(width, 1), row)); err == nil && theirs != 0 {
		style = theirs
	}
	for i, c := range a.columns {
		cell := cellName(a.first+i, row)
		if err := a.file.SetCellStr(a.sheet, cell, c.name); err != nil {
			return err
		}
		if err := a.file.SetCellStyle(a.sheet, cell, cell, style); err != nil {
			return err
		}
		column, _ := excelize.ColumnNumberToName(a.first + i)
		if err := a.file.SetColWidth(a.sheet, column, column, c.width); err != nil {
			return err
		}
	}
	return nil
}

func (a *annotator) add(results []Result) error {
	row := results[0].Row
	for i, c := range a.columns {
		cell := cellName(a.first+i, row)
		if err := a.set(cell, c, results); err != nil {
			return err
		}
	}
	return nil
}

func (a *annotator) set(cell string, c bookColumn, results []Result) error {
	style := a.pictures.style(c)
	switch style {
	case pictureStyle:
		if err := a.illustrate(cell, results); err != nil {
			return err
		}
	case linkStyle:
		if err := a.pictures.linkTo(cell, results); err != nil {
			return err
		}
	}
	if value := plainValue(c.together(results)); value != nil {
		if err := a.file.SetCellValue(a.sheet, cell, value); err != nil {
			return err
		}
	}
	return a.file.SetCellStyle(a.sheet, cell, cell, a.looks.of(style, gravest(results)))
}

// illustrate adds the thumbnails and makes the row high enough for them.
func (a *annotator) illustrate(cell string, results []Result) error {
	row := results[0].Row
	high, err := a.file.GetRowHeight(a.sheet, row)
	if err != nil {
		return err
	}
	shots := a.pictures.shots(results)
	if len(shots) > 0 && high < rowPoints {
		if err := a.file.SetRowHeight(a.sheet, row, rowPoints); err != nil {
			return err
		}
	}
	return a.pictures.place(cell, shots)
}
