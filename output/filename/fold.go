package filename

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold is a name as the file systems of Windows and macOS compare it: two names with one Fold cannot both
// stand in a folder there. It is for comparing only.
func Fold(name string) string {
	return norm.NFC.String(strings.Map(folded, norm.NFD.String(name)))
}

// folded stands for all runes that differ from r in case alone: k, K and the Kelvin sign are one.
func folded(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return unicode.ToLower(least)
}
