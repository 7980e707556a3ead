package manifests

import (
	"fmt"
	"slices"
	"strings"
)

// headerRows is among how many rows with something in them the header is looked for: titles and
// notes stand above it.
const headerRows = 20

// usable reports whether a row can be the header.
func (h *header) usable(w *wantedVars, o Options) bool {
	if w == nil || len(w.names) == 0 {
		return h.hasPrompts(o)
	}
	return !slices.ContainsFunc(w.names, func(name string) bool {
		_, ok := findVar(name, h.said, h.names)
		return !ok
	})
}

// hasPrompts reports whether rows have prompts, or pictures for which a prompt is lent.
func (h *header) hasPrompts(o Options) bool {
	return h.index[fieldPrompt] >= 0 || o.Prompt != "" && h.index[fieldImage] >= 0
}

// filled is how many cells of a row have something in them.
func filled(names []string) (n int) {
	for _, name := range names {
		if name != "" {
			n++
		}
	}
	return n
}

// headerBelow tells that a header has rows above it, which may be a guess.
func headerBelow(above int) []headerFault {
	switch above {
	case 0:
		return nil
	case 1:
		return []headerFault{{-1, "this is taken for the header, and the row above it is no picture"}}
	}
	return []headerFault{{-1, fmt.Sprintf(
		"this is taken for the header, and the %d rows above it are no pictures", above)}}
}

// headerAgain is what is wrong with a row that repeats the header.
const headerAgain = "this row repeats the header; delete it"

// repeats reports whether so many cells say the same as the header, those that are empty apart.
func repeats(names []string, count int, at func(int) (column int, text string)) bool {
	same := 0
	for i := range count {
		column, text := at(i)
		switch text = trimEdges(text); {
		case text == "":
		case column < len(names) && strings.EqualFold(text, names[column]):
			same++
		default:
			return false
		}
	}
	return same > 1 || same == 1 && filled(names) == 1
}
