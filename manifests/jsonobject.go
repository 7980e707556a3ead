package manifests

import (
	"bytes"
	"encoding/json"
	"iter"
	"strings"
)

// A member is one key of a JSON object with its value, and where both stand in the text.
type member struct {
	at         int // of the key
	key, value []byte
	valueAt    int
}

// plainKey is the key without its quotes, if it has no backslashes in it.
func (m member) plainKey() (key []byte, ok bool) {
	if bytes.IndexByte(m.key, '\\') >= 0 {
		return nil, false
	}
	return m.key[1 : len(m.key)-1], true
}

// members are those of a JSON object, duplicates too. encoding/json tells neither places nor
// duplicates; it has found the text valid before, so that this walk need not look for mistakes.
func members(text []byte) iter.Seq[member] {
	return func(yield func(member) bool) {
		i := afterSpace(text, bytes.IndexByte(text, '{')+1)
		for text[i] != '}' {
			m := member{at: i}
			m.key = text[i : i+stringLength(text[i:])]
			m.valueAt = afterSpace(text, afterSpace(text, i+len(m.key))+1) // over the colon
			m.value = text[m.valueAt : m.valueAt+valueLength(text[m.valueAt:])]
			if !yield(m) {
				return
			}
			i = afterSpace(text, m.valueAt+len(m.value))
			if text[i] == ',' {
				i = afterSpace(text, i+1)
			}
		}
	}
}

func afterSpace(text []byte, i int) int {
	for text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n' {
		i++
	}
	return i
}

// stringLength is the length of the JSON string that text begins with, quotes included.
func stringLength(text []byte) int {
	for i := 1; ; i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}

// valueLength is the length of the JSON value that text begins with.
func valueLength(text []byte) int {
	depth := 0
	for i := 0; ; {
		switch text[i] {
		case '"':
			i += stringLength(text[i:])
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		default:
			if depth == 0 {
				return literalLength(text)
			}
			i++
		}
		if depth == 0 {
			return i
		}
	}
}

// literalLength is the length of the number, true, false or null that text begins with.
func literalLength(text []byte) int { return bytes.IndexAny(text, ",}] \t\r\n") }

// unquote is the text of a JSON string. Half a surrogate pair, for which encoding/json puts
// U+FFFD, is told as trouble.
func unquote(literal []byte) (text, trouble string) {
	if bytes.IndexByte(literal, '\\') < 0 {
		return string(literal[1 : len(literal)-1]), ""
	}
	if err := json.Unmarshal(literal, &text); err != nil {
		return "", err.Error() // unreachable unless the text was not checked
	}
	lower := bytes.ToLower(literal)
	said := bytes.Count(lower, []byte("\ufffd")) + bytes.Count(lower, []byte(`\ufffd`))
	if strings.Count(text, "\ufffd") > said {
		return text, `has half a character in it (a \ud800…\udfff that does not belong to a pair)`
	}
	return text, ""
}

// isObject reports whether the text is a JSON object. White space around it must be gone.
func isObject(text []byte) bool { return text[0] == '{' && (isFlat(text) || json.Valid(text)) }

// isFlat reports whether the text is an object of strings without backslashes, numbers, true,
// false and null, as most lines are. A manifest of a million rows has to be valid before its
// first row is read, and json.Valid takes over three times as long.
func isFlat(text []byte) bool {
	end := len(text) - 1
	if text[end] != '}' { // no step below goes beyond it
		return false
	}
	for i := 0; ; {
		i = afterSpace(text, i+1)
		key := plainStringLength(text[i:])
		i = afterSpace(text, i+key)
		if key == 0 || text[i] != ':' {
			return false
		}
		i = afterSpace(text, i+1)
		value := flatLength(text[i:])
		i = afterSpace(text, i+value)
		if value == 0 || text[i] != ',' {
			return value > 0 && i == end
		}
	}
}

// flatLength is the length of the plain string, number, true, false or null that text begins
// with, 0 if there is none.
func flatLength(text []byte) int {
	switch text[0] {
	case '"':
		return plainStringLength(text)
	case '{', '[':
		return 0
	}
	n := bytes.IndexAny(text, ",}")
	if !json.Valid(text[:n]) {
		return 0
	}
	return n
}

// plainStringLength is the length of the JSON string without backslashes that text begins with,
// quotes included, 0 if there is none.
func plainStringLength(text []byte) int {
	if text[0] != '"' {
		return 0
	}
	for i, b := range text[1:] {
		switch {
		case b == '"':
			return i + 2
		case b < ' ' || b == '\\':
			return 0
		}
	}
	return 0
}
