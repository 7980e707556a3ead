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
	"unicode"

	"github.com/xuri/excelize/v2"
)

// A Sheet locates the manifest in its own workbook.
type Sheet struct {
	Workbook io.Reader // the whole file
	Name     string    // "" is the first sheet that is not hidden
	Header   int       // the row of its header, from 1
	Has      []string  // columns that it has under another name: "id", "prompt"
	Items    int       // how many results there are; 0 is not known
	Results  []int     // columns, from 0, that an earlier results.xlsx has written into it
}

// The limits of a workbook that is annotated. It is held in memory, its cells at about 15 times
// their length.
const (
	annotateBytes = 64 << 20  // of the file
	annotateXML   = 16 << 20  // of its sheets and strings
	annotateUnzip = 256 << 20 // of everything in it
	annotateRows  = 12000     // of results
)

var errTooMany = fmt.Errorf("%w: more than %d results", ErrWorkbookLimit, annotateRows)

// AnnotateXLSX writes a copy of the manifest's own workbook with result columns to the right of
// its sheet; the results are in the rows that they give as Row. Styles, widths, formulas and
// other sheets stay, charts too: our columns begin right of them, and no row that becomes higher
// stretches them. Columns of an earlier results.xlsx are written anew in their places. If a row
// has several items, their values are one below the other in each cell and their costs are
// added. Results with a Row that is not below the header are left out.
//
// AnnotateXLSX returns an [ErrWorkbookLimit] if the workbook is too large, has macros or cannot
// be read, or if there are too many results. [WriteXLSX] makes a workbook of its own in these
// cases.
func AnnotateXLSX(w io.Writer, book Book, sheet Sheet, rows iter.Seq2[Result, error]) error {
	if err := catchPanic(func() error { return annotateXLSX(w, book, sheet, rows) }); err != nil {
		return fmt.Errorf("annotate workbook: %w", err)
	}
	return nil
}

// catchPanic turns a panic into an error: excelize panics on some workbooks that other programs
// read.
func catchPanic(write func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: it cannot be read: %v", ErrWorkbookLimit, p)
		}
	}()
	return write()
}

func annotateXLSX(w io.Writer, book Book, sheet Sheet, rows iter.Seq2[Result, error]) error {
	if sheet.Items > annotateRows {
		return errTooMany
	}
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
	if err := a.drawing.finish(); err != nil {
		return err
	}
	return file.Write(w)
}

// openWorkbook reads a workbook within the limits.
func openWorkbook(r io.Reader) (*excelize.File, error) {
	b, err := io.ReadAll(io.LimitReader(r, annotateBytes+1))
	if err != nil {
		return nil, err
	}
	if len(b) > annotateBytes {
		return nil, fmt.Errorf("%w: the manifest's is larger than %d MB",
			ErrWorkbookLimit, annotateBytes>>20)
	}
	if err := checkParts(b); err != nil {
		return nil, err
	}
	file, err := excelize.OpenReader(bytes.NewReader(b),
		excelize.Options{UnzipSizeLimit: annotateUnzip, UnzipXMLSizeLimit: annotateUnzip})
	if err != nil {
		return nil, fmt.Errorf("%w: it cannot be read: %w", ErrWorkbookLimit, err)
	}
	return file, nil
}

func firstVisible(file *excelize.File) string {
	for _, name := range file.GetSheetList() {
		if shown, err := file.GetSheetVisible(name); err == nil && shown {
			return name
		}
	}
	return file.GetSheetName(0)
}

// checkParts checks the sizes that the parts claim; excelize limits what they unpack to.
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
			return fmt.Errorf("%w: the manifest has macros, which no .xlsx holds; it keeps them itself",
				ErrWorkbookLimit)
		}
	}
	if all > annotateUnzip || cells > annotateXML {
		return fmt.Errorf("%w: the manifest's unpacks to %d MB, %d MB of them cells",
			ErrWorkbookLimit, all>>20, cells>>20)
	}
	return nil
}

// byRow groups the neighbouring results of a row of the sheet.
func byRow(rows iter.Seq2[Result, error], header int) iter.Seq2[[]Result, error] {
	return func(yield func([]Result, error) bool) {
		var group []Result
		n := 0
		for r, err := range rows {
			if n++; err == nil && n > annotateRows {
				err = errTooMany
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

// An annotator writes result columns beside the rows of a sheet.
type annotator struct {
	file     *excelize.File
	sheet    string
	columns  []bookColumn
	places   []int // numbers of the columns, from 1
	looks    looks
	drawing  *drawing
	pictures pictures
}

func newAnnotator(file *excelize.File, book Book, sheet Sheet) (*annotator, error) {
	floating, err := takeDrawing(file, sheet.Name)
	if err != nil {
		return nil, err
	}
	header, width, height, err := measure(file, sheet)
	if err != nil {
		return nil, err
	}
	styles, err := newLooks(file)
	if err != nil {
		return nil, err
	}
	a := &annotator{file: file, sheet: sheet.Name, looks: styles, drawing: floating,
		pictures: newPictures(file, sheet.Name, book)}
	a.pictures.sized = true
	if err := a.clear(sheet, header, height); err != nil {
		return nil, err
	}
	floating.keepSizes(sheet.Name)
	last := a.settle(sheet, header, max(width, floating.width(sheet.Name)))
	if last > excelize.MaxColumns {
		return nil, fmt.Errorf("%w: the manifest's has %d columns", ErrWorkbookLimit, width)
	}
	a.columns = book.Marks.into(a.columns)
	keep := slices.IndexFunc(a.columns, func(c bookColumn) bool { return c.style == keepStyle })
	if err := offerSigns(file, sheet.Name, a.places[keep], sheet.Header+1, height); err != nil {
		return nil, err
	}
	cost := slices.IndexFunc(a.columns, func(c bookColumn) bool { return c.style == moneyStyle })
	corner := cellName(a.places[cost], max(height, sheet.Header))
	if err := setDefaultPrint(file, sheet, corner); err != nil {
		return nil, err
	}
	return a, a.begin(sheet.Header, header)
}

// settle chooses the result columns and their places: those of an earlier results.xlsx, and for
// the others the first ones behind the sheet. It returns the last one.
func (a *annotator) settle(sheet Sheet, header []string, width int) (last int) {
	earlier, own := map[string]int{}, slices.Clone(header)
	for _, i := range sheet.Results {
		if i < len(header) {
			earlier[strings.TrimPrefix(header[i], resultPrefix)] = i + 1
			own[i] = ""
		}
	}
	a.columns = besideColumns(own, sheet.Has)
	last = width
	for _, c := range a.columns {
		place := earlier[strings.TrimPrefix(c.name, resultPrefix)]
		if place == 0 {
			last++
			place = last
		}
		a.places = append(a.places, place)
	}
	return last
}

// clear empties the columns of an earlier results.xlsx below their header, pictures included.
func (a *annotator) clear(sheet Sheet, header []string, height int) error {
	var errs []error
	for _, i := range sheet.Results {
		if i < len(header) && header[i] == "picture" {
			a.drawing.dropPictures(i)
		}
		for row := sheet.Header + 1; row <= height; row++ {
			cell := cellName(i+1, row)
			errs = append(errs, a.file.SetCellValue(a.sheet, cell, nil),
				a.file.SetCellHyperLink(a.sheet, cell, "", "None"))
		}
	}
	return errors.Join(errs...)
}

// measure returns the header of the sheet, and the numbers of its last column and row that are
// not empty.
func measure(file *excelize.File, sheet Sheet) (header []string, width, height int, err error) {
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
	return header, width, height, rows.Error()
}

// resultPrefix is before the name of a result column whose name the sheet has, too.
const resultPrefix = "result."

// besideColumns returns the result columns beside a sheet with this header. It leaves out id
// and prompt if the sheet has them, and calls other columns result.NAME if the sheet has their
// name, so that each name occurs once.
func besideColumns(header, has []string) []bookColumn {
	there := func(name string) bool {
		return slices.ContainsFunc(header, func(h string) bool {
			return strings.EqualFold(strings.TrimSpace(h), name)
		})
	}
	columns := resultColumns()
	if inChinese(header) {
		columns = renamed(columns, keepName, keepNameChinese)
	}
	for _, c := range inputColumns() {
		if !there(c.name) && !slices.Contains(has, c.name) {
			columns = append(columns, c)
		}
	}
	for i, c := range columns {
		if there(c.name) {
			columns[i].name = resultPrefix + c.name
		}
	}
	return columns
}

// inChinese reports whether most names of a header are Chinese.
func inChinese(header []string) bool {
	han, all := 0, 0
	for _, name := range header {
		if strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			han++
		}
		if strings.TrimSpace(name) != "" {
			all++
		}
	}
	return han*2 > all
}

func renamed(columns []bookColumn, from, to string) []bookColumn {
	for i, c := range columns {
		if c.name == from {
			columns[i].name = to
		}
	}
	return columns
}

// begin writes the names of the result columns in the look of the sheet's header, and folds
// those that few people look at.
func (a *annotator) begin(row int, header []string) error {
	style, err := a.headerStyle(row, header)
	errs := []error{err}
	for i, c := range a.columns {
		cell := cellName(a.places[i], row)
		column, _ := excelize.ColumnNumberToName(a.places[i])
		errs = append(errs, a.file.SetCellStr(a.sheet, cell, c.name),
			a.file.SetCellStyle(a.sheet, cell, cell, style),
			a.file.SetColWidth(a.sheet, column, column, max(c.width, nameWidth(c.name))))
		if c.technical() {
			errs = append(errs, a.file.SetColOutlineLevel(a.sheet, column, 1),
				a.file.SetColVisible(a.sheet, column, false))
		}
	}
	return errors.Join(errs...)
}

// nameWidth is how wide a column is in which the name of ours stands in bold, 0 where that is no
// wider than the others.
func nameWidth(name string) float64 {
	if !strings.HasPrefix(name, "result.") {
		return 0
	}
	return float64(len(name)) + 2
}

// headerStyle returns the style that most cells of the header have.
func (a *annotator) headerStyle(row int, header []string) (most int, err error) {
	count := map[int]int{}
	for i, name := range header {
		if strings.TrimSpace(name) == "" {
			continue
		}
		style, err := a.file.GetCellStyle(a.sheet, cellName(i+1, row))
		if err != nil {
			return 0, err
		}
		if count[style]++; count[style] >= count[most] {
			most = style
		}
	}
	if most == 0 {
		most = a.looks.heading
	}
	return most, nil
}

func (a *annotator) add(results []Result) error {
	row := results[0].Row
	for i, c := range a.columns {
		if err := a.set(cellName(a.places[i], row), c, results); err != nil {
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
	if value := plainValue(c.join(results)); value != nil {
		if err := a.file.SetCellValue(a.sheet, cell, value); err != nil {
			return err
		}
	}
	return a.file.SetCellStyle(a.sheet, cell, cell, a.looks.of(style, gravest(results)))
}

// illustrate adds the thumbnails and makes the row high enough for them.
func (a *annotator) illustrate(cell string, results []Result) error {
	row := results[0].Row
	height, err := a.file.GetRowHeight(a.sheet, row)
	if err != nil {
		return err
	}
	shots := a.pictures.shots(results)
	if len(shots) > 0 && height < sizedRowPoints {
		if err := a.file.SetRowHeight(a.sheet, row, sizedRowPoints); err != nil {
			return err
		}
	}
	return a.pictures.place(cell, shots)
}
