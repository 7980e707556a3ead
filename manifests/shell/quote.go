// Package shell quotes what a message tells somebody to type.
package shell

import (
	"runtime"
	"strings"
	"unicode"
)

// Quote is an argument as it is typed: in quotes where a shell would take it apart. The quotes
// are those of a POSIX shell; on Windows they are double ones, which both cmd and PowerShell
// take, but for what PowerShell would read into, which stands in single ones.
func Quote(s string) string {
	if runtime.GOOS == "windows" {
		return windows(s)
	}
	return posix(s)
}

func posix(s string) string {
	if isPlain(s, "-_./,:=@%+") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func windows(s string) string {
	switch {
	case isPlain(s, `-_./\:=+`):
		return s
	case strings.ContainsAny(s, "$`\"“”„"):
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return `"` + s + `"`
}

// isPlain reports whether an argument needs no quotes: letters, digits and some signs.
func isPlain(s, signs string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(signs, r)
	}) < 0
}
