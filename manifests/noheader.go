package manifests

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"unicode/utf8"
)

// hasNoHeader reports whether all rows are data: as the person says, or in a text of lines whose
// first one does not name its columns.
func (t *table) hasNoHeader(in input) bool {
	if in.options.NoHeader {
		return true
	}
	prompt, chosen := in.options.Columns[fieldPrompt.String()]
	if in.ext != ".txt" || in.wants != nil || chosen && prompt != "1" {
		return false
	}
	names := t.found.names
	if t.sep == '\t' && len(names) > 1 {
		return false
	}
	return !t.found.usable || t.found.above > 0 || !namesColumns(names)
}

// namesColumns reports whether a line of a text is a header: most of its cells are fields. That
// "text" stands in a line of prompts is none.
func namesColumns(names []string) bool {
	known := 0
	for _, name := range names {
		if _, ok := fieldMeant(name); ok {
			known++
		}
	}
	return known*2 > len(names)
}

// takeAll makes every row one of the manifest. The columns are called by their numbers.
func (t *table) takeAll(in input) (faults []headerFault) {
	top := t.found.top
	t.found = foundHeader{at: top, rows: top, top: top, usable: true}
	if in.ext == ".txt" {
		t.sep = wholeLines
		t.header, faults = readHeader([]string{fieldPrompt.String()}, nil)
		return faults
	}
	s := newScanner(t.copy.From(t.found.top.offset), t.sep, t.found.top, 0, 4096)
	for s.next() && s.blank() {
	}
	numbers := make([]string, max(1, len(s.names())))
	for i := range numbers {
		numbers[i] = strconv.Itoa(i + 1)
	}
	chosen := maps.Clone(in.options.Columns)
	if _, said := chosen[fieldPrompt.String()]; !said && len(numbers) == 1 {
		chosen = map[string]string{fieldPrompt.String(): numbers[0]}
	}
	t.header, faults = readHeader(numbers, chosen)
	for i, name := range t.header.names {
		t.header.names[i] = "column " + name
	}
	if t.header.index[fieldPrompt] < 0 && len(faults) == 0 && in.wants == nil {
		faults = append(faults, headerFault{-1, fmt.Sprintf("the rows have %d columns and no "+
			"header; say which has the prompts: %s", len(numbers),
			columnFlag(fieldPrompt, likeliest(numbers, t.lengths())))})
	}
	return faults
}

// noPromptNorHeader is noPrompt, or says that there is no header where the first row can only
// be data.
func (t *table) noPromptNorHeader(names []string) string {
	lengths, rows := t.sample()
	data := looksLikeData(names, lengths, rows)
	if !data && (speakOfColumns(names) || otherSeparator(names) != "") {
		return noPrompt(names, lengths)
	}
	column, flags := columnFlag(fieldPrompt, likeliest(names, lengths)), "--no-header"
	if len(names) > 1 {
		numbers := make([]string, len(names))
		for i := range numbers {
			numbers[i] = strconv.Itoa(i + 1)
			lengths[i] += utf8.RuneCountInString(names[i])
		}
		flags += " " + columnFlag(fieldPrompt, likeliest(numbers, lengths))
	}
	if !data {
		return "no column holds the prompts; the first row is " + quoteAll(names) +
			"; if it is the header, name the column: " + column +
			"; if the file has no header: " + flags
	}
	return "no column holds the prompts, and the first row looks like one of them: " +
		quoteAll(names) + "; if the file has no header: " + flags
}

// looksLikeData reports whether a row cannot be a header: nothing in it speaks of a column, and
// a cell is as a prompt is, or as long as those below it, whose characters are given together
// with the number of rows.
func looksLikeData(names []string, lengths []int, rows int) bool {
	longest := 0
	if speakOfColumns(names) || otherSeparator(names) != "" {
		return false
	}
	for i := range names {
		if lengths[i] > lengths[longest] {
			longest = i
		}
	}
	for _, name := range names {
		if utf8.RuneCountInString(name) > 40 || len(strings.Fields(name)) > 4 ||
			strings.ContainsAny(name, "，。！？；,;!?") || isNumeral(name) {
			return true
		}
	}
	n := utf8.RuneCountInString(names[longest])
	return (len(names) == 1 || n > 14) && n*2*rows >= lengths[longest]
}

func isNumeral(s string) bool {
	_, err := strconv.ParseFloat(foldWidth(s), 64)
	return err == nil
}
