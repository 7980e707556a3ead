package manifests

import (
	"path/filepath"
	"strings"

	"github.com/qwenbatch/qwenbatch/manifests/shell"
)

// noList says that the object holds no items, and how those that it seems to hold are taken out.
func (d *jsonDocument) noList(path string) string {
	text := "no list of objects stands in it, as in [{\"prompt\": \"a cat\"}]"
	kinds := map[byte]int{}
	for _, m := range d.others {
		kinds[m.value[0]]++
	}
	within := d.listWithin()
	switch n := len(d.others); {
	case within != "":
		return text + "; one stands deeper: " + jqCommand(within, path)
	case n > 0 && kinds['{'] == n:
		return text + "; if each of its keys is an id: " +
			jqCommand("[to_entries[] | {id: .key} + .value]", path)
	case n > 1 && kinds['"'] == n:
		return text + "; if each of its keys is an id: " +
			jqCommand("[to_entries[] | {id: .key, prompt: .value}]", path)
	}
	return text
}

// listWithin is the jq filter of the only list of objects that stands in an object within the
// document, "" where there is none.
func (d *jsonDocument) listWithin() (filter string) {
	for _, m := range d.others {
		if m.value[0] != '{' {
			continue
		}
		for _, a := range surveyed(m.value, func(string) bool { return false }).lists {
			if !a.objects {
				continue
			}
			if filter != "" {
				return ""
			}
			for inner := range members(m.value) {
				if name, _ := unquote(inner.key); name == a.name {
					filter = ".[" + string(m.key) + "][" + string(inner.key) + "]"
				}
			}
		}
	}
	return filter
}

// jqCommand writes what a filter finds in a file into another one beside it.
func jqCommand(filter, path string) string {
	list := strings.TrimSuffix(path, filepath.Ext(path)) + "-items.json"
	return "jq " + shell.Quote(filter) + " " + shell.Quote(path) + " > " + shell.Quote(list)
}
