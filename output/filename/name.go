// Package filename makes file names that every system takes: Windows, macOS and Linux,
// encrypting file systems, and terminals that print them.
//
// A name that it makes is one element of a path, at most 120 bytes of valid UTF-8 in NFC, not
// reserved, and never hidden, so that it is never a part of package durable. [Clean] names
// pictures, [Slug] shortens prompts, and [Fold] finds names that are the same on some system.
// The functions are pure; the package looks at no folder and does not make names unique.
package filename

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// nameLimit is how many bytes a file name has at most, including its extension: file systems
// take 255 bytes, encrypting ones 143, and "~2" or the frame of a part is added.
const nameLimit = 120

// emptyName replaces a name of which no character is left.
const emptyName = "picture"

// Clean makes a file name of any text: an id, a cell of the file column, a slug. It keeps the
// letters of all scripts, composed (NFC). It replaces separators, control characters and what
// Windows forbids by "-", removes invisible characters, blanks, dots and "-" at the start, and
// blanks and dots at the end, and puts "_" before names that Windows reserves (CON, nul.txt).
// An extension of a picture in text is replaced by ext, which starts with a dot. The name has
// at most 120 bytes and is never empty, and cleaning it again changes nothing.
//
// Two texts may become one name, which [Fold] finds.
func Clean(text, ext string) string {
	stem := strings.TrimLeft(withoutSpecials(text), " .-")
	stem = trimEnd(unreserved(stem), ext) // before the cut, which could leave half an extension
	stem = trimEnd(cut(stem, nameLimit-len(ext)), ext)
	if stem == "" {
		stem = emptyName
	}
	return stem + ext
}

// withoutSpecials returns s in NFC without the characters that a file system or a terminal would
// interpret.
func withoutSpecials(s string) string {
	s = norm.NFC.String(strings.Map(visible, s)) // NFC last: runes may have become neighbours
	return strings.Map(allowed, s)
}

// visible drops format characters: zero-width ones, and marks that change the direction of text.
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

// trimEnd removes blanks, dots and extensions of pictures from the end until none is left.
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

// unreserved puts a "_" before the name of a device, which Windows recognizes whatever follows
// its first dot (learn.microsoft.com, "Naming Files, Paths, and Namespaces").
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

// cut returns s without the runes that do not end within limit bytes.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
