package output

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

// workbookName is where the marks are that somebody made in a workbook.
const workbookName = "results.xlsx"

// headerRows is how many rows may stand above the header of a sheet.
const headerRows = 50

// workbookMarks reads the keep column of the sheet that has one.
func workbookMarks(b []byte) (marks []Mark, err error) {
	err = catchPanic(func() error {
		parts, err := withoutPictures(b)
		if err != nil {
			return &MarksError{Text: "cannot be read: " + err.Error()}
		}
		file, err := excelize.OpenReader(parts,
			excelize.Options{UnzipSizeLimit: annotateUnzip, UnzipXMLSizeLimit: annotateUnzip})
		if err != nil {
			return &MarksError{Text: "cannot be read: " + err.Error()}
		}
		defer file.Close()
		for _, sheet := range file.GetSheetList() {
			found, ok, err := sheetMarks(file, sheet)
			if ok || err != nil {
				marks = found
				return err
			}
		}
		return &MarksError{Text: "there are no columns file and keep"}
	})
	return marks, err
}

// withoutPictures returns a workbook without its pictures, which are most of it.
func withoutPictures(b []byte) (io.Reader, error) {
	in, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	var kept bytes.Buffer
	out := zip.NewWriter(&kept)
	for _, part := range in.File {
		if !strings.HasPrefix(part.Name, "xl/media/") {
			err = errors.Join(err, out.Copy(part))
		}
	}
	return &kept, errors.Join(err, out.Close())
}

// sheetMarks reads the marks of a sheet; ok is false where it has no columns of marks.
func sheetMarks(file *excelize.File, sheet string) (marks []Mark, ok bool, err error) {
	rows, err := file.Rows(sheet)
	if err != nil {
		return nil, false, err
	}
	defer rows.Close()
	var columns markColumns
	var mistakes error
	for n := 1; rows.Next(); n++ {
		cells, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return nil, false, err
		}
		if !ok {
			columns, ok = findMarkColumns(cells)
			if !ok && n == headerRows {
				return nil, false, nil
			}
			continue
		}
		some, mistake := columns.marks(cells, n)
		mistakes = errors.Join(mistakes, mistake)
		marks = append(marks, some...)
	}
	return marks, ok, errors.Join(mistakes, rows.Error())
}

// SavedMarks reads the marks that somebody made in the results.xlsx of an output folder. They are
// read before that is written again. A workbook that cannot be read has none.
func SavedMarks(disk durable.Disk) WorkbookMarks {
	kept := WorkbookMarks{}
	file, err := disk.Open(workbookName)
	if err != nil {
		return kept
	}
	defer file.Close()
	marks, _ := ReadMarks(workbookName, file)
	for _, m := range marks {
		for _, hash := range strings.Fields(m.SHA256) {
			kept[m.File+" "+hash] = m.Keep
		}
	}
	return kept
}

// keepName is the column of marks, and what it is called beside a sheet in Chinese.
const (
	keepName        = "keep"
	keepNameChinese = "挑选"
)

// column is the column of marks.
func (kept WorkbookMarks) column(name string) bookColumn {
	return bookColumn{name, 8, keepStyle, func(r Result) any {
		var signs []string
		for _, keep := range kept.of(r) {
			signs = append(signs, signOf(keep))
		}
		return signLines(signs)
	}}
}

// signLines has a line for each picture of a cell, so that each keeps its own mark.
func signLines(signs []string) any {
	lines := strings.Join(signs, "\n")
	if strings.TrimSpace(lines) == "" {
		return nil
	}
	return lines
}

// into gives the column of marks among others its marks.
func (kept WorkbookMarks) into(columns []bookColumn) []bookColumn {
	for i, c := range columns {
		if c.style == keepStyle {
			columns[i] = kept.column(c.name)
		}
	}
	return columns
}

// offerSigns has the cells of a column offer the two signs in a menu.
func offerSigns(file *excelize.File, sheet string, column, first, last int) error {
	if last < first {
		return nil
	}
	offer := excelize.NewDataValidation(true)
	offer.Sqref = fmt.Sprintf("%s:%s", cellName(column, first), cellName(column, last))
	offer.ShowErrorMessage = false // other words are understood, too, and several lines
	if err := offer.SetDropList([]string{pickedSign, rejectedSign}); err != nil {
		return err
	}
	return file.AddDataValidation(sheet, offer)
}
