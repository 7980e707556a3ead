package output

import (
	"strings"
	"unicode/utf8"
)

// noFormula puts "'" before a cell that a spreadsheet would take for a formula, also in the
// full-width forms that East Asian editions of Excel take (owasp.org, "CSV Injection"). It
// replaces invalid UTF-8, which would make Excel read the whole file in another encoding.
func noFormula(cell string) string {
	if !utf8.ValidString(cell) {
		cell = strings.ToValidUTF8(cell, "\uFFFD")
	}
	first, _ := utf8.DecodeRuneInString(cell)
	if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + cell
	}
	return cell
}
