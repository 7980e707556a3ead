package output

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// ownCell is a cell of one of our own columns. Where a picture has not come its numbers are not 0 but
// unknown, and numbers stay numbers.
func ownCell(column, cell string) string {
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
	return harmless(cell)
}

// harmless is a cell that no spreadsheet takes for a formula: one that starts like a formula, also in the
// wide forms that East Asian editions of Excel take, starts with a "'" instead (owasp.org, "CSV
// Injection"). Invalid UTF-8 is replaced, which Excel would show as another encoding altogether.
func harmless(cell string) string {
	cell = strings.ToValidUTF8(cell, "\uFFFD")
	first, _ := utf8.DecodeRuneInString(cell)
	if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + cell
	}
	return cell
}
