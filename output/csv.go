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

// WriteCSV writes the results as CSV that opens in Excel: UTF-8 with BOM, our columns, then the
// manifest's. A column of the manifest that bears one of our names, in any case, is called
// manifest.NAME. A cell that a spreadsheet could take for a formula starts with a "'" (see [harmless]);
// the exact values are in the JSON lines.
//
// Rows are written as they come and not kept. An error among them ends the report.
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
	lines := &csvLines{width: len(columns), own: header.own, out: out}
	one := make([]Result, 1)
	for r, err := range rows {
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

// csvHeader is what gocsv writes our header to: it adds the manifest's columns and keeps our names.
type csvHeader struct {
	columns []string
	own     []string
	out     *csv.Writer
}

func (h *csvHeader) Write(own []string) error {
	h.own = own
	names := append([]string{}, own...)
	for _, name := range manifestNames(own, h.columns) {
		names = append(names, harmless(name))
	}
	return h.out.Write(names)
}

func (h *csvHeader) Flush()       {}
func (h *csvHeader) Error() error { return h.out.Error() }

// csvLines is what gocsv writes the columns of a Result to: it makes them fit for a spreadsheet and adds
// the manifest's. gocsv flushes after every call of it, which is every row of ours: Flush does nothing.
type csvLines struct {
	width int      // of the manifest's columns
	own   []string // our column names
	extra []string // the manifest's cells of this row
	line  []string
	out   *csv.Writer
}

func (l *csvLines) Write(own []string) error {
	if len(l.extra) > l.width {
		return fmt.Errorf("%d cells for %d columns of the manifest", len(l.extra), l.width)
	}
	l.line = l.line[:0]
	for i, cell := range own {
		l.line = append(l.line, ownCell(l.own[i], cell))
	}
	for i := range l.width {
		cell := ""
		if i < len(l.extra) {
			cell = harmless(l.extra[i])
		}
		l.line = append(l.line, cell)
	}
	return l.out.Write(l.line)
}

func (l *csvLines) Flush()       {}
func (l *csvLines) Error() error { return l.out.Error() }

// manifestNames are the names of the manifest's columns behind ours. Programs that read CSV by name, some
// regardless of case, must find each once: PowerShell refuses a file whose names differ in case alone.
func manifestNames(own, columns []string) []string {
	names := make([]string, len(columns))
	for i, name := range columns {
		names[i] = name
		for _, ours := range own {
			if strings.EqualFold(name, ours) {
				names[i] = "manifest." + name
			}
		}
	}
	return names
}
