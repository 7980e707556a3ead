package manifests

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/qwenbatch/qwenbatch/manifests/shell"
)

// plainName is a header as it is compared: letters and digits only, in lower case and half width.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, foldWidth(name))
}

// sameKey is equal for headers that a person takes for the same; what has no letter and no
// digit is itself.
func sameKey(name string) string {
	if plain := plainName(name); plain != "" {
		return plain
	}
	return strings.TrimSpace(name)
}

// A header tells what each column of a sheet is.
type header struct {
	width   int
	index   [fields]int      // the column of a field, -1 where there is none
	images  []int            // further columns of pictures, in their order
	carried []int            // the other columns
	names   []string         // and what they are called, each name once
	said    map[string]field // what the columns of fields are called
	taken   map[string]int   // how often a name was asked for
	results resultSheet      // columns of an earlier run
}

// A headerFault is a mistake in a header; column is -1 where it is about all of it.
type headerFault struct {
	column int
	text   string
}

// readHeader tells fields from carried-through columns. What explicit (field → header) names
// goes before aliases; a column that would mean the same field is then an ordinary one.
func readHeader(names []string, explicit map[string]string) (header, []headerFault) {
	h := header{width: len(names), taken: map[string]int{}, said: map[string]field{}}
	for f := range h.index {
		h.index[f] = -1
	}
	faults := h.choose(names, explicit)
	chosen := h.index
	h.results = readResults(names)
	h.results.columns = slices.DeleteFunc(h.results.columns,
		func(i int) bool { return slices.Contains(chosen[:], i) })
	for i, name := range names {
		f, ok := fieldMeant(name)
		_, named := explicit[f.String()]
		switch {
		case slices.Contains(chosen[:], i):
		case f == fieldImage && ok && !named && !slices.Contains(h.results.columns, i):
			h.image(i, name)
		case !ok || named || slices.Contains(h.results.columns, i):
			h.carry(i, name)
		case h.index[f] >= 0:
			faults = append(faults, headerFault{i, sameMeaning(f, names[h.index[f]], name)})
		default:
			h.index[f] = i
		}
	}
	for f, column := range h.index {
		if column >= 0 {
			h.said[strings.TrimSpace(names[column])] = field(f)
		}
	}
	return h, faults
}

// image takes a column of pictures, which is carried through to the reports, too. An empty
// header of --column image= has none.
func (h *header) image(i int, name string) {
	if h.index[fieldImage] < 0 {
		h.index[fieldImage] = i
	} else {
		h.images = append(h.images, i)
	}
	h.carry(i, name)
}

// sameMeaning says that two headers mean the same field.
func sameMeaning(f field, one, other string) string {
	return fmt.Sprintf("%q and %q both mean %s; rename one, or choose with %s", one, other, f,
		columnFlag(f, one))
}

// choose takes the columns that the person named, fields in alphabetical order so that messages
// do not change places.
func (h *header) choose(names []string, explicit map[string]string) (faults []headerFault) {
	for _, name := range sortedKeys(explicit) {
		f, ok := fieldNamed(name)
		if !ok {
			faults = append(faults, headerFault{-1, unknownField(name, explicit[name])})
			continue
		}
		if explicit[name] == "" {
			continue // no column gives it
		}
		if h.index[f] = columnNamed(names, explicit[name]); h.index[f] < 0 {
			faults = append(faults, headerFault{
				-1, fmt.Sprintf("--column %s=%s: there is no column %q; there are %s",
					name, explicit[name], explicit[name], quoteAll(names))})
		}
	}
	return faults
}

// unknownField refuses a field that a person named for a header.
func unknownField(name, column string) string {
	return fmt.Sprintf("--column %s=%s: there is no field %s; there are %s", name, column, name,
		strings.Join(fieldNames[:], ", "))
}

// columnFlag is what a person types to take a column for a field.
func columnFlag(f field, name string) string {
	return "--column " + shell.Quote(f.String()+"="+strings.Join(strings.Fields(name), " "))
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// columnNamed is the column of that name, or else of that name but for case, width and
// punctuation.
func columnNamed(names []string, name string) int {
	if i := slices.IndexFunc(names,
		func(n string) bool { return strings.TrimSpace(n) == strings.TrimSpace(name) }); i >= 0 {
		return i
	}
	return slices.IndexFunc(names, func(n string) bool { return sameKey(n) == sameKey(name) })
}

// carry makes column i one that is carried through. Reports need a name for each, and each once.
func (h *header) carry(i int, name string) {
	name = trimEdges(name)
	if name == "" {
		name = fmt.Sprintf("column %d", i+1)
	}
	unique := name
	for h.taken[unique] > 0 {
		h.taken[name]++
		unique = fmt.Sprintf("%s %d", name, h.taken[name])
	}
	h.taken[unique] = 1
	h.carried = append(h.carried, i)
	h.names = append(h.names, unique)
}

// known is how many fields there are columns for.
func (h *header) known() (n int) {
	for _, column := range h.index {
		if column >= 0 {
			n++
		}
	}
	return n
}

// quoteAll lists names for a message, the first few of many, each shortened.
func quoteAll(names []string) string {
	const most, longest = 12, 40
	quoted := make([]string, 0, most)
	for _, name := range names[:min(len(names), most)] {
		if r := []rune(name); len(r) > longest {
			name = string(r[:longest]) + "…"
		}
		quoted = append(quoted, fmt.Sprintf("%q", name))
	}
	list := strings.Join(quoted, ", ")
	if len(names) > most {
		list += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return list
}

// column is the column of a field or of a carried-through name, -1 where there is none.
func (h *header) column(name string) int {
	if f, ok := fieldNamed(name); ok {
		return h.index[f]
	}
	for i, n := range h.names {
		if n == name {
			return h.carried[i]
		}
	}
	return -1
}

// leaveOut drops carried-through columns.
func (h *header) leaveOut(empty func(column int) bool) {
	carried, names := h.carried[:0], h.names[:0]
	for i, column := range h.carried {
		if !empty(column) {
			carried, names = append(carried, column), append(names, h.names[i])
		}
	}
	h.carried, h.names = carried, names
}

// present are the names of the fields that there are columns for.
func (h *header) present() (names []string) {
	for f, column := range h.index {
		if column >= 0 {
			names = append(names, field(f).String())
		}
	}
	return names
}
