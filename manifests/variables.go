package manifests

import (
	"fmt"
	"maps"
	"slices"

	"github.com/qwenbatch/qwenbatch/manifests/spell"
	"github.com/qwenbatch/qwenbatch/manifests/template"
)

// A slot is where the value of a word stands in a row.
type slot struct {
	field  field
	column int // in row.columns; -1 where it is a field
}

// A demand is the words that templates want of a sheet. A sheet over which there is a template needs no prompts itself.
type demand struct{ names []string }

// usable reports whether a row can be the header.
func (h *header) usable(w *demand) bool {
	if w == nil || len(w.names) == 0 {
		return h.index[fieldPrompt] >= 0
	}
	return !slices.ContainsFunc(w.names, func(name string) bool {
		_, ok := slotOf(name, h.said, h.names)
		return !ok
	})
}

// slotOf finds a word among the columns of a sheet: by its very name, then by what it means, then but for case, width
// and punctuation.
func slotOf(name string, headers map[string]field, columns []string) (slot, bool) {
	if f, ok := headers[name]; ok {
		return slot{f, -1}, true
	}
	if i := slices.Index(columns, name); i >= 0 {
		return slot{column: i}, true
	}
	if f, ok := fieldMeant(name); ok {
		for _, has := range headers {
			if f == has {
				return slot{f, -1}, true
			}
		}
	}
	for _, column := range slices.Sorted(maps.Keys(headers)) {
		if sameKey(column) == sameKey(name) {
			return slot{headers[column], -1}, true
		}
	}
	i := slices.IndexFunc(columns, func(c string) bool { return sameKey(c) == sameKey(name) })
	return slot{column: i}, i >= 0
}

// meant guesses which word was meant, or lists them.
func meant(name string, names []string) string {
	if near := spell.Nearest(name, names); near != "" {
		return fmt.Sprintf("did you mean %s?", template.Reference(near))
	}
	return "there are " + quoteAll(names)
}
