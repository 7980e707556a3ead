package manifests

import (
	"fmt"
	"maps"
	"slices"

	"github.com/qwenbatch/qwenbatch/manifests/spell"
	"github.com/qwenbatch/qwenbatch/manifests/template"
)

// A varPlace is where the value of a word stands in a row.
type varPlace struct {
	field field
	// in row.columns; -1 where it is a field, stemColumn where it is the name of its first picture
	column int
}

// imageName is the word for the name of the first picture of an item, without its folder and
// extension.
const (
	imageName  = "image.name"
	stemColumn = -2
)

// wantedVars are the variables that templates want of a sheet. A sheet over which there is a
// template needs no prompts itself.
type wantedVars struct{ names []string }

// findVar finds a word among the columns of a sheet: by its very name, then by what it means,
// then but for case, width and punctuation.
func findVar(name string, headers map[string]field, columns []string) (varPlace, bool) {
	if name == imageName {
		for _, f := range headers {
			if f == fieldImage {
				return varPlace{f, stemColumn}, true
			}
		}
	}
	if f, ok := headers[name]; ok {
		return varPlace{f, -1}, true
	}
	if i := slices.Index(columns, name); i >= 0 {
		return varPlace{column: i}, true
	}
	if f, ok := fieldMeant(name); ok {
		for _, has := range headers {
			if f == has {
				return varPlace{f, -1}, true
			}
		}
	}
	for _, column := range slices.Sorted(maps.Keys(headers)) {
		if sameKey(column) == sameKey(name) {
			return varPlace{headers[column], -1}, true
		}
	}
	i := slices.IndexFunc(columns, func(c string) bool { return sameKey(c) == sameKey(name) })
	return varPlace{column: i}, i >= 0
}

// meant guesses which word was meant, or lists them.
func meant(name string, names []string) string {
	if near := spell.Nearest(name, names); near != "" {
		return fmt.Sprintf("did you mean %s?", template.Reference(near))
	}
	return "there are " + quoteAll(names)
}
