package manifests

import (
	"fmt"
	"slices"
	"strings"

	"github.com/qwenbatch/qwenbatch/manifests/xlsx"

	"github.com/xuri/excelize/v2"
)

// leftOut reports whether a row is not read, as it is hidden and only what is visible is asked
// for.
func (s *sheet) leftOut(r *xlsx.Row) bool { return s.visibleOnly && r.Hidden }

// namesIn are what stands in the columns of a row that are read, "" in the others.
func (s *sheet) namesIn(r *xlsx.Row) []string {
	names := texts(r, len(s.grid.LastRow))
	if s.visibleOnly {
		for i := range names {
			if s.grid.HiddenColumn(i) {
				names[i] = ""
			}
		}
	}
	return names
}

// hidden tells how many hidden rows, and which hidden columns, are read or left out.
func (s *sheet) hidden() (told ErrorList) {
	var parts []string
	rows := s.grid.HiddenRows
	for r := s.grid.Reader(); rows > 0 && r.Next() && r.Row().Number <= s.number; {
		if r.Row().Hidden {
			rows--
		}
	}
	if rows > 0 {
		parts = append(parts, amount(rows, "hidden row"))
	}
	columns := s.hiddenColumns()
	if len(columns) > 0 {
		parts = append(parts, fmt.Sprintf("%s (%s)", amount(len(columns), "hidden column"),
			strings.Join(columns, ", ")))
	}
	if len(parts) == 0 {
		return told
	}
	text, are, them := strings.Join(parts, " and "), "are", "them"
	if rows+len(columns) == 1 {
		are, them = "is", "it"
	}
	if s.visibleOnly {
		text += fmt.Sprintf(" %s left out (--visible-only)", are)
	} else {
		text += fmt.Sprintf(" %s read like the others; --visible-only leaves %s out", are, them)
	}
	told.add(Error{Pos: Position{File: s.path, Cell: quotedSheet(s.name)}, Text: text})
	return told
}

// hiddenColumns are the letters of the hidden columns that are read, or would be.
func (s *sheet) hiddenColumns() (letters []string) {
	for column, last := range s.grid.LastRow {
		read := s.visibleOnly || slices.Contains(s.header.index[:], column) ||
			slices.Contains(s.header.carried, column)
		if read && last > s.number && s.grid.HiddenColumn(column) {
			name, _ := excelize.ColumnNumberToName(column + 1)
			letters = append(letters, name)
		}
	}
	return letters
}

// amount is a number of things.
func amount(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
