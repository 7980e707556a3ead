package filename

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A slug has at most so many runes and bytes: a line of a file list in Latin, twenty characters of Chinese.
const (
	slugRunes = 40
	slugBytes = 60
)

// Slug is the beginning of a prompt as a part of a file name: letters, digits and their marks of any
// script, in lower case; every run of other characters is a "-". It ends between words where that
// costs less than half of it, and is never empty. It is not unique.
func Slug(prompt string) string {
	words := norm.NFC.String(strings.ToLower(strings.Map(visible, beginning(prompt))))
	slug := strings.Join(strings.FieldsFunc(words, notOfWord), "-")
	slug = strings.Trim(shortened(slug), "-")
	if slug == "" {
		return nameless
	}
	return slug
}

// beginning bounds what is worked on: a prompt has no bound, and a slug needs little of it.
func beginning(prompt string) string { return cut(prompt, 1<<12) }

// notOfWord also holds of invalid UTF-8, which reads as U+FFFD, a symbol.
func notOfWord(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
}

// shortened cuts a slug to its bounds.
func shortened(slug string) string {
	short := cut(slug, min(slugBytes, runesEnd(slug, slugRunes)))
	if short == slug || slug[len(short)] == '-' {
		return short
	}
	if word := strings.LastIndexByte(short, '-'); word > len(short)/2 {
		return short[:word]
	}
	return short
}

// runesEnd is the offset behind the first n runes of s.
func runesEnd(s string, n int) int {
	end := 0
	for range n {
		_, size := utf8.DecodeRuneInString(s[end:])
		end += size
	}
	return end
}
