package output

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

// A Book is the contents of results.xlsx apart from its rows. The zero value has no pictures.
type Book struct {
	Columns []string     // names of the manifest's own columns
	Disk    durable.Disk // the output folder, where the thumbnails are; nil shows none
	// Thumbnails is how many are shown at most; 0 means 5000, since the time for each grows with
	// their number.
	Thumbnails int
	Marks      WorkbookMarks // of the results.xlsx that is replaced
}

// ErrWorkbookLimit is the error of results that do not fit into a workbook, and of a workbook
// that is too large to annotate or of a kind that cannot be.
var ErrWorkbookLimit = errors.New("it cannot be written again")

// bookRows is how many rows a sheet holds below its header.
const bookRows = excelize.TotalRows - 1

// WriteXLSX writes the results as a workbook: id and prompt, the manifest's own columns in
// their order, then a thumbnail, the status, a link to the file, the cost and the other fields,
// under the names that they have in results.csv. A column of the manifest that has the name of
// a field is called manifest.NAME. No cell is a formula, whatever it starts with.
//
// Rows are written as they come; thumbnails and links, at most 10,000, are held in memory.
func WriteXLSX(w io.Writer, book Book, rows iter.Seq2[Result, error]) error {
	if err := writeXLSX(w, book, rows); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

func writeXLSX(w io.Writer, book Book, rows iter.Seq2[Result, error]) error {
	file := excelize.NewFile()
	defer file.Close()
	b, err := newBookWriter(file, book)
	if err != nil {
		return err
	}
	for r, err := range rows {
		if err == nil {
			err = b.add(r)
		}
		if err != nil {
			return err
		}
	}
	if err := b.end(); err != nil {
		return err
	}
	return file.Write(w)
}

const (
	bookSheet = "results"

	printArea   = "_xlnm.Print_Area" // Excel's own names
	printTitles = "_xlnm.Print_Titles"
)

// A bookWriter streams rows into a sheet.
type bookWriter struct {
	book     Book
	columns  []bookColumn
	looks    looks
	out      *excelize.StreamWriter
	pictures pictures
	row      int // last written
}

func newBookWriter(file *excelize.File, book Book) (*bookWriter, error) {
	if err := file.SetSheetName("Sheet1", bookSheet); err != nil {
		return nil, err
	}
	if err := fitToPage(file, bookSheet); err != nil {
		return nil, err
	}
	styles, err := newLooks(file)
	if err != nil {
		return nil, err
	}
	out, err := file.NewStreamWriter(bookSheet)
	if err != nil {
		return nil, err
	}
	b := &bookWriter{book: book, columns: book.Marks.into(book.allColumns()), looks: styles, out: out,
		pictures: newPictures(file, bookSheet, book)}
	return b, b.begin()
}

// fitToPage makes a sheet print as wide as a page in landscape.
func fitToPage(file *excelize.File, sheet string) error {
	fit, landscape, width, height := true, "landscape", 1, 0
	return errors.Join(
		file.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fit}),
		file.SetPageLayout(sheet, &excelize.PageLayoutOptions{
			Orientation: &landscape, FitToWidth: &width, FitToHeight: &height}))
}

// setDefaultPrint sets what is printed of a sheet, up to a cell, if the sheet has no print area
// or titles. A sheet that is fitted to a page keeps its orientation.
func setDefaultPrint(file *excelize.File, sheet Sheet, last string) error {
	props, err := file.GetSheetProps(sheet.Name)
	isSet := slices.ContainsFunc(file.GetDefinedName(), func(n excelize.DefinedName) bool {
		return (n.Name == printArea || n.Name == printTitles) && n.Scope == sheet.Name
	})
	if err != nil || isSet {
		return err
	}
	if props.FitToPage == nil || !*props.FitToPage {
		err = fitToPage(file, sheet.Name)
	}
	return errors.Join(err, setPrint(file, sheet.Name, last, sheet.Header))
}

// setPrint makes a sheet print up to a cell, with its header on each page.
func setPrint(file *excelize.File, sheet, last string, header int) error {
	quoted := "'" + strings.ReplaceAll(sheet, "'", "''") + "'"
	column, row, err := excelize.CellNameToCoordinates(last)
	if err != nil {
		return err
	}
	end, err := excelize.CoordinatesToCellName(column, row, true)
	return errors.Join(err,
		file.SetDefinedName(&excelize.DefinedName{Scope: sheet, Name: printArea,
			RefersTo: quoted + "!$A$1:" + end}),
		file.SetDefinedName(&excelize.DefinedName{Scope: sheet, Name: printTitles,
			RefersTo: fmt.Sprintf("%s!$%d:$%d", quoted, header, header)}))
}

// allColumns returns the columns of the sheet: id and prompt, the manifest's, the results'.
func (book Book) allColumns() []bookColumn {
	inputs, results := inputColumns(), resultColumns()
	own := []string{"row"}
	for _, c := range append(append([]bookColumn{}, inputs...), results...) {
		own = append(own, c.name)
	}
	all := inputs
	for i, name := range manifestNames(own, book.Columns) {
		all = append(all, bookColumn{name, 20, textStyle, func(r Result) any {
			if i < len(r.Columns) {
				return r.Columns[i]
			}
			return nil
		}})
	}
	all = append(all, results...)
	return append(all, bookColumn{"row", 8, plainStyle,
		func(r Result) any { return unlessZero(int64(r.Row)) }})
}

// begin writes what must precede the rows.
func (b *bookWriter) begin() error {
	for i, c := range b.columns {
		err := b.out.SetColWidth(i+1, i+1, c.width)
		if c.technical() {
			err = errors.Join(err, b.out.SetColOutlineLevel(i+1, 1),
				b.out.SetColVisible(i+1, i+1, false))
		}
		if err != nil {
			return err
		}
	}
	err := b.out.SetPanes(&excelize.Panes{Freeze: true, XSplit: 2, YSplit: 1, TopLeftCell: "C2",
		ActivePane: "bottomRight"})
	if err != nil {
		return err
	}
	header := make([]any, len(b.columns))
	for i, c := range b.columns {
		header[i] = excelize.Cell{StyleID: b.looks.header, Value: c.name}
	}
	b.row = 1
	return b.out.SetRow("A1", header, excelize.RowOpts{Height: 24})
}

func (b *bookWriter) add(r Result) error {
	if b.row > bookRows {
		return fmt.Errorf("%w: %d rows", ErrWorkbookLimit, b.row)
	}
	if err := r.checkColumns(b.book.Columns); err != nil {
		return err
	}
	b.row++
	cells := make([]any, len(b.columns))
	for i, c := range b.columns {
		cells[i] = excelize.Cell{StyleID: b.looks.of(b.pictures.style(c), r.Status),
			Value: plainValue(c.value(r))}
	}
	illustrated, err := b.illustrate(r)
	if err != nil {
		return err
	}
	options := []excelize.RowOpts{}
	if illustrated {
		options = append(options, excelize.RowOpts{Height: rowPoints})
	}
	return b.out.SetRow(cellName(1, b.row), cells, options...)
}

// illustrate adds the thumbnails and the link of the row.
func (b *bookWriter) illustrate(r Result) (illustrated bool, err error) {
	results := []Result{r}
	for i, c := range b.columns {
		cell := cellName(i+1, b.row)
		switch c.style {
		case pictureStyle:
			shots := b.pictures.shots(results)
			illustrated = len(shots) > 0
			err = b.pictures.place(cell, shots)
		case linkStyle:
			err = b.pictures.linkTo(cell, results)
		}
		if err != nil {
			return false, err
		}
	}
	return illustrated, nil
}

func (b *bookWriter) end() error {
	if b.row > 1 {
		all := "A1:" + cellName(len(b.columns), b.row)
		if err := b.pictures.file.AutoFilter(bookSheet, all, nil); err != nil {
			return err
		}
		keep := slices.IndexFunc(b.columns, func(c bookColumn) bool { return c.style == keepStyle })
		if err := offerSigns(b.pictures.file, bookSheet, keep+1, 2, b.row); err != nil {
			return err
		}
	}
	if err := b.setPrint(); err != nil {
		return err
	}
	return b.out.Flush()
}

// setPrint makes the first columns print, up to the error message.
func (b *bookWriter) setPrint() error {
	last := slices.IndexFunc(b.columns, func(c bookColumn) bool { return c.name == "error_message" })
	return setPrint(b.pictures.file, bookSheet, cellName(last+1, b.row), 1)
}

// plainValue returns a value without what XML and Excel cannot hold; excelize cuts it at 32,767
// characters.
func plainValue(v any) any {
	s, ok := v.(string)
	if !ok {
		return v
	}
	if s == "" {
		return nil
	}
	return plainText(s)
}

func plainText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == '\uFFFE' || r == '\uFFFF' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// cellName returns B3 for column 2 and row 3, both from 1.
func cellName(column, row int) string {
	name, _ := excelize.CoordinatesToCellName(column, row)
	return name // an error is unreachable unless beyond the limits of a sheet
}
