package output

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/gocarina/gocsv"
)

// byteOrderMark makes Excel read a CSV file as UTF-8.
const byteOrderMark = "\xef\xbb\xbf"

// WriteCSV writes the results as CSV that opens in Excel: UTF-8 with a byte order mark, the
// fields of [Result], then the manifest's columns. A column of the manifest that has the name
// of a field, in any case, is called manifest.NAME. A cell that a spreadsheet could take for a
// formula starts with "'"; the exact values are in the JSON lines.
func WriteCSV(w io.Writer, columns []string, rows iter.Seq2[Result, error]) error {
	if err := writeCSV(w, columns, rows); err != nil {
		return fmt.Errorf("write CSV report: %w", err)
	}
	return nil
}

func writeCSV(w io.Writer, columns []string, rows iter.Seq2[Result, error]) error {
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	header := &csvHeader{columns: columns, out: out}
	if err := gocsv.MarshalCSV([]Result{}, header); err != nil {
		return err
	}
	lines := &csvLines{width: len(columns), fields: header.fields, out: out}
	one := make([]Result, 1)
	for r, err := range rows {
		if err == nil {
			err = r.checkColumns(columns)
		}
		if err != nil {
			return err
		}
		one[0], lines.extra = r, r.Columns
		if err := gocsv.MarshalCSVWithoutHeaders(one, lines); err != nil {
			return fmt.Errorf("item %q: %w", r.ID, err)
		}
	}
	out.Flush()
	return out.Error()
}

// csvHeader takes the header from gocsv, keeps the names of the fields, and adds the manifest's
// columns.
type csvHeader struct {
	columns []string
	fields  []string
	out     *csv.Writer
}

func (h *csvHeader) Write(fields []string) error {
	h.fields = fields
	names := append([]string{}, fields...)
	for _, name := range manifestNames(fields, h.columns) {
		names = append(names, noFormula(name))
	}
	return h.out.Write(names)
}

func (h *csvHeader) Flush()       {}
func (h *csvHeader) Error() error { return h.out.Error() }

// csvLines takes the fields of a Result from gocsv, makes them safe for a spreadsheet, and adds
// the manifest's cells. Flush does nothing, since gocsv flushes after every row.
type csvLines struct {
	width  int      // number of the manifest's columns
	fields []string // their names
	extra  []string // the manifest's cells of this row
	line   []string
	out    *csv.Writer
}

func (l *csvLines) Write(cells []string) error {
	l.line = l.line[:0]
	for i, cell := range cells {
		l.line = append(l.line, resultCell(l.fields[i], cell))
	}
	for i := range l.width {
		cell := ""
		if i < len(l.extra) {
			cell = noFormula(l.extra[i])
		}
		l.line = append(l.line, cell)
	}
	return l.out.Write(l.line)
}

func (l *csvLines) Flush()       {}
func (l *csvLines) Error() error { return l.out.Error() }

// manifestNames returns the names of the manifest's columns beside those of the fields.
// Programs that read CSV by name, some regardless of case, must find each name once: PowerShell
// rejects a file with names that differ only in case.
func manifestNames(fields, columns []string) []string {
	names := make([]string, len(columns))
	for i, name := range columns {
		names[i] = name
		for _, field := range fields {
			if strings.EqualFold(name, field) {
				names[i] = "manifest." + name
			}
		}
	}
	return names
}
