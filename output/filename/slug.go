package filename

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The limits of a slug: a line of a file list in Latin, twenty characters in Chinese.
const (
	slugRunes = 40
	slugBytes = 60
)

// Slug returns the beginning of a prompt as a part of a file name: letters, digits and their
// marks of any script, in lower case, with "-" for every run of other characters. It ends
// between words if that leaves more than half of it, and is never empty. Several prompts may
// have one slug.
func Slug(prompt string) string {
	words := norm.NFC.String(strings.ToLower(strings.Map(visible, beginning(prompt))))
	slug := strings.Join(strings.FieldsFunc(words, notOfWord), "-")
	slug = strings.Trim(shortened(slug), "-")
	if slug == "" {
		return emptyName
	}
	return slug
}

// beginning bounds the work: a prompt may be of any length, and a slug needs little of it.
func beginning(prompt string) string { return cut(prompt, 1<<12) }

// notOfWord is true also of invalid UTF-8, which is read as U+FFFD, a symbol.
func notOfWord(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
}

// shortened cuts a slug to its limits.
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

// runesEnd returns the offset after the first n runes of s.
func runesEnd(s string, n int) int {
	end := 0
	for range n {
		_, size := utf8.DecodeRuneInString(s[end:])
		end += size
	}
	return end
}
