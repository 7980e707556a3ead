package manifests

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// maxSearch is the size in bytes up to which a syntax error is looked for by parsing again.
const maxSearch = 1 << 20

// syntaxError words what yaml.v3 says and finds the place, of which yaml.v3 tells at best a
// line, and for what its parser (not its scanner) refuses the line where the block around it
// begins, less one.
func syntaxError(path string, text []byte, err error) *ErrorList {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if m := regexp.MustCompile(`^line (\d+): `).FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = strings.TrimPrefix(message, m[0])
	}
	pos := Position{File: path, Line: line}
	hint := ""
	switch {
	case strings.HasPrefix(message, "mapping values are not allowed"):
		pos.Column = secondColon(lineOf(text, line))
		hint = "; text with a colon and a space in it must stand in quotes"
	case strings.HasPrefix(message, "unknown anchor"),
		strings.HasPrefix(message, "control characters"):
		pos = positionIn(path, text, culprit(text, message))
	case strings.HasPrefix(message, "did not find expected"):
		pos.Line = brokenLine(text, line)
		hint = "; is the line indented as its neighbours are, and are its quotes and brackets closed?"
	case strings.HasPrefix(message, "found character that cannot start any token"):
		pos.Column = valueColumn(lineOf(text, line))
		hint = "; text that begins with @, `, % or a tab must stand in quotes"
	case strings.HasPrefix(message, "found unexpected end of stream"):
		pos.Column = quoteColumn(lineOf(text, line))
		hint = "; a quote that opens here is not closed"
	case strings.HasPrefix(message, "found a tab character"):
		pos.Line, pos.Column = tabbedLine(text, line), 1
		hint = "; indent with spaces"
	}
	if pos.Column == 0 {
		pos.Column = firstColumn(lineOf(text, pos.Line))
	}
	return single(pos, "", "%s%s", message, hint)
}

// lineOf is a line of text, counted from 1; empty behind the end.
func lineOf(text []byte, line int) string {
	for range line - 1 {
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
	first, _, _ := bytes.Cut(text, []byte("\n"))
	return string(first)
}

// secondColon is the column of the colon that makes a line two mappings.
func secondColon(line string) int {
	for _, sep := range []string{": ", ":"} {
		if i := strings.Index(line, sep); i >= 0 {
			if j := strings.Index(line[i+1:]+" ", ": "); j >= 0 {
				return utf8.RuneCountInString(line[:i+1+j]) + 1
			}
		}
	}
	return firstColumn(line)
}

// valueColumn is the column of the value behind the key, if there is one.
func valueColumn(line string) int {
	if key, value, ok := strings.Cut(line, ": "); ok {
		return utf8.RuneCountInString(key) + 2 + firstColumn(value)
	}
	return firstColumn(line)
}

// quoteColumn is the column of the first quote, if there is one.
func quoteColumn(line string) int {
	return utf8.RuneCountInString(line[:max(0, strings.IndexAny(line, `"'`))]) + 1
}

// tabbedLine is the first line from the one said on that is indented with a tab.
func tabbedLine(text []byte, said int) int {
	for n := said; n <= said+2; n++ {
		if line := lineOf(text, n); strings.Contains(line[:len(line)-len(strings.TrimLeft(line, " \t"))], "\t") {
			return n
		}
	}
	return said
}

// firstColumn is the column of the first character that is not white space.
func firstColumn(line string) int {
	rest := strings.TrimLeftFunc(line, unicode.IsSpace)
	return utf8.RuneCountInString(line[:len(line)-len(rest)]) + 1
}

// culprit is the offset of what a message without a line is about.
func culprit(text []byte, message string) int {
	if m := regexp.MustCompile(`^unknown anchor '(.*)'`).FindStringSubmatch(message); m != nil {
		return max(0, bytes.Index(text, []byte("*"+m[1])))
	}
	return max(0, bytes.IndexFunc(text, func(r rune) bool {
		return unicode.IsControl(r) && !strings.ContainsRune("\t\n\r\u0085", r) || r == '\uFEFF' || r == '\uFFFE' || r == '\uFFFF'
	}))
}

// positionIn is the place of an offset of text.
func positionIn(path string, text []byte, offset int) Position {
	before := text[:offset]
	return placeIn(path, bytes.Count(before, []byte("\n"))+1, utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])+1)
}

// brokenLine is the line with which the text stops being YAML, found by halving; said, in a
// text too large for that.
func brokenLine(text []byte, said int) int {
	if len(text) > maxSearch {
		return said
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	good, bad := 0, len(lines)
	for good+1 < bad {
		middle := (good + bad) / 2
		var n yaml.Node
		if yaml.Unmarshal(bytes.Join(lines[:middle], nil), &n) == nil {
			good = middle
		} else {
			bad = middle
		}
	}
	return min(bad, max(1, bytes.Count(text, []byte("\n"))))
}
