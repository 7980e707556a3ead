package filename

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold returns a name as the file systems of Windows and macOS compare it: two names with the
// same Fold are one file there. The result is for comparison only.
func Fold(name string) string {
	return norm.NFC.String(strings.Map(folded, norm.NFD.String(name)))
}

// folded returns one rune for all that differ from r only in case, such as k, K and the Kelvin
// sign.
func folded(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return unicode.ToLower(least)
}
