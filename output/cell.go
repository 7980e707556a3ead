package output

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// resultCell returns a cell of a field of [Result]. Numbers stay numbers; those of a picture
// that does not exist are empty, not 0.
func resultCell(column, cell string) string {
	switch column {
	case "width", "height", "bytes":
		if cell == "0" {
			return ""
		}
		return cell
	case "row", "seed", "cost", "attempts":
		if _, err := strconv.ParseFloat(cell, 64); err == nil {
			return cell
		}
	}
	return noFormula(cell)
}

// noFormula puts "'" before a cell that a spreadsheet would take for a formula, also in the
// full-width forms that East Asian editions of Excel take (owasp.org, "CSV Injection"). It
// replaces invalid UTF-8, which would make Excel read the whole file in another encoding.
func noFormula(cell string) string {
	cell = strings.ToValidUTF8(cell, "\uFFFD")
	first, _ := utf8.DecodeRuneInString(cell)
	if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + cell
	}
	return cell
}
