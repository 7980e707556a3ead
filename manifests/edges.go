package manifests

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// isEdge reports whether nobody sees a character at the edge of a text: white space, byte order
// marks, and characters without width that web pages and chats leave behind. Emoji are made of
// others, which stay.
func isEdge(r rune) bool {
	switch {
	case unicode.IsSpace(r):
		return true
	case r < '\u00ad':
		return false
	case r == '\u00ad', r == '\u180e', r == '\ufeff', '\u200b' <= r && r <= '\u200f',
		'\u202a' <= r && r <= '\u202e', '\u2060' <= r && r <= '\u2064',
		'\u2066' <= r && r <= '\u2069':
		return true
	}
	return false
}

// trimEdges is a text without what nobody sees at its edges.
func trimEdges(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || s[0] < utf8.RuneSelf && s[len(s)-1] < utf8.RuneSelf {
		return s
	}
	return strings.TrimFunc(s, isEdge)
}

// isBlank reports whether nobody sees anything in a text.
func isBlank(text []byte) bool {
	return len(bytes.TrimSpace(text)) == 0 || len(bytes.TrimLeftFunc(text, isEdge)) == 0
}

// untrimmed is a text with the characters without width at its edges.
func untrimmed(text string) string { return plainBreaks(strings.TrimSpace(text)) }
