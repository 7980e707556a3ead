package manifests

import (
	"fmt"
	"strings"
	"unicode"
)

// look notes what a row has that is told once for all.
func (c *manifestCheck) look(r *row, it *Item, mistakes ErrorList) {
	for _, e := range mistakes.Errors {
		if e.Field == fieldPrompt.String() && e.Text == isEmpty {
			c.empty.see(r)
		}
	}
	if it.Skip || mistakes.Total > 0 {
		return
	}
	if r.hollow {
		c.hollow.see(r)
	}
	if f, name := c.m.unfilledColumn(it); name != "" {
		c.report(it, Problem{Field: f.String(), Text: name + " is text here, though there is a " +
			"column of that name; a YAML manifest over the sheet (rows: FILE) fills it in"})
	}
	c.unfilled.see(it)
}

// tellWordless tells of all rows without a prompt at once.
func (c *manifestCheck) tellWordless() {
	for i, e := range c.mistakes.Errors {
		if e.Field == fieldPrompt.String() && e.Text == isEmpty {
			c.mistakes.Errors[i].Hint = c.empty.hint(c.m.skipMark())
			break
		}
	}
	tell := func(list *ErrorList, w *wordless, one, several string) {
		if w.rows > 0 {
			list.add(Error{Pos: Position{File: c.m.path}, Text: w.String() + w.verb(one, several)})
		}
	}
	tell(&c.guesses, &c.leftOut, " has no prompt and is left out (--skip-empty)",
		" have no prompt and are left out (--skip-empty)")
	tell(&c.warnings, &c.hollow, " puts no word into the template of the prompt, and is made all "+
		"the same; --skip-empty leaves it out", " put no word into the template of the prompt, "+
		"and are made all the same; --skip-empty leaves such rows out")
}

// skipMark is what a person writes into a row to have it skipped, in the language of the sheet.
func (m *Manifest) skipMark() string {
	if m.reading.skipMark != "" {
		return m.reading.skipMark
	}
	column, yes, which := fieldSkip.String(), "yes", "a"
	for name, f := range m.source.headers() {
		if strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			yes = "是"
		}
		if f == fieldSkip {
			column, which = name, "the"
		}
	}
	if yes == "是" && which == "a" {
		column = "跳过"
	}
	return fmt.Sprintf("%s into %s column %s", yes, which, column)
}

// unfilled are the placeholders of a manifest that stand in prompts.
type unfilled struct {
	first Error
	rows  int // that have one
	last  int // of them
}

// see looks at an item.
func (u *unfilled) see(it *Item) {
	name, found := fieldPrompt, placeholder(it.Prompt)
	if found == "" {
		name, found = fieldNegative, placeholder(it.NegativePrompt)
	}
	if found == "" || u.rows > 0 && u.last == it.Row {
		return
	}
	if u.rows == 0 {
		u.first = Error{Pos: it.At(name.String()), Field: name.String(), Text: found}
	}
	u.rows, u.last = u.rows+1, it.Row
}

// warn tells of all in one line.
func (u *unfilled) warn(list *ErrorList) {
	if u.rows == 0 {
		return
	}
	text := u.first.Text + " stands here unfilled, and is sent as it is"
	switch more := u.rows - 1; {
	case more == 1:
		text = u.first.Text + " stands here unfilled, as others do in 1 more row, and is sent as it is"
	case more > 1:
		text = fmt.Sprintf("%s stands here unfilled, as others do in %d more rows, and is sent as "+
			"it is", u.first.Text, more)
	}
	list.add(Error{Pos: u.first.Pos, Field: u.first.Field, Text: text})
}

// unfilledColumn is the first {{.name}} in the texts of an item of a sheet whose name is a
// column of it, so that somebody expects it to be filled in; "" where there is none.
func (m *Manifest) unfilledColumn(it *Item) (field, string) {
	for _, f := range []field{fieldPrompt, fieldNegative} {
		text := it.Prompt
		if f == fieldNegative {
			text = it.NegativePrompt
		}
		if !strings.Contains(text, "{{") {
			continue
		}
		headers, columns := m.source.headers(), m.source.columns()
		for _, found := range ownPlaceholder.FindAllStringSubmatch(text, -1) {
			if _, ok := findVar(found[1], headers, columns); ok {
				return f, found[0]
			}
		}
	}
	return 0, ""
}
