package filename

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// nameLimit is how many bytes a file name has at most, its extension included: file systems take 255,
// encrypting ones 143, and "~2" or the frame of a part come on top.
const nameLimit = 120

// nameless is what a name becomes of which nothing is left.
const nameless = "picture"

// Clean makes a name that every system takes of what somebody wants: an id, a cell of the file column,
// a slug. It keeps the letters of all scripts in composed form (NFC). Separators, control characters and
// what Windows forbids become "-"; invisible characters go; blanks, dots and "-" go from the start,
// blanks and dots from the end; names that Windows reserves (CON, nul.txt) get a "_" before them. An
// extension of a picture in want gives way to ext, which starts with a dot. The name has 120 bytes at
// most and is never empty, and Clean of it is itself.
//
// Two wants may become one name; the caller finds that with [Fold].
func Clean(want, ext string) string {
	stem := strings.TrimLeft(cleaned(want), " .-")
	stem = trimEnd(unreserved(stem), ext) // before the cut, which could leave half an extension
	stem = trimEnd(cut(stem, nameLimit-len(ext)), ext)
	if stem == "" {
		stem = nameless
	}
	return stem + ext
}

// cleaned is s in NFC without the characters that trouble a file system or a terminal.
func cleaned(s string) string {
	s = norm.NFC.String(strings.Map(visible, s)) // NFC last: what stood between two runes may be gone
	return strings.Map(allowed, s)
}

// visible drops format characters: zero widths, and marks that turn the direction of text around.
func visible(r rune) rune {
	if unicode.Is(unicode.Cf, r) {
		return -1
	}
	return r
}

func allowed(r rune) rune {
	switch {
	case r == utf8.RuneError, strings.ContainsRune(`<>:"/\|?*`, r):
		return '-'
	case unicode.IsSpace(r):
		return ' '
	case !unicode.IsGraphic(r): // controls, surrogates, private use, unassigned
		return '-'
	}
	return r
}

// trimEnd drops blanks, dots and extensions of pictures from the end until none is there.
func trimEnd(stem, ext string) string {
	for {
		short := strings.TrimRight(stem, " .")
		if last := path.Ext(short); isPictureExt(last) || last == ext {
			short = strings.TrimSuffix(short, last)
		}
		if short == stem {
			return stem
		}
		stem = short
	}
}

func isPictureExt(ext string) bool {
	switch strings.ToLower(ext) {
	case ".png", ".jpg", ".jpeg", ".webp", ".gif":
		return true
	}
	return false
}

// unreserved puts a "_" before the names of devices, which Windows sees whatever follows their first dot
// (learn.microsoft.com, "Naming Files, Paths, and Namespaces").
func unreserved(stem string) string {
	device, _, _ := strings.Cut(stem, ".")
	device = strings.ToUpper(strings.TrimRight(device, " "))
	if isDevice(device) {
		return "_" + stem
	}
	return stem
}

func isDevice(name string) bool {
	switch name {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	port, numbered := strings.CutPrefix(name, "COM")
	if !numbered {
		port, numbered = strings.CutPrefix(name, "LPT")
	}
	return numbered && utf8.RuneCountInString(port) == 1 && strings.Contains("0123456789¹²³", port)
}

// cut is s without the runes that do not end within limit bytes.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
