package manifests

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// maxYAML is the largest YAML manifest in bytes. Its nodes take about twenty times as much memory.
const maxYAML = 32 << 20

// A document is a manifest in YAML, held as nodes, which know their places.
type document struct {
	path     string
	text     []byte     // of the file
	defaults *yaml.Node // nil where there are none
	items    []*yaml.Node
	over     map[string]*yaml.Node // rows, and the keys that belong to it
	most     int                   // items that may be added to the rows
	names    []string              // of carried-through columns, in order of first appearance
	index    map[string]int        // of a name in names
}

// defaultsAt is the offset of the ref that leads to the defaults.
const defaultsAt = -1

// openYAML parses the document. Only what makes it unreadable is returned; all other mistakes
// wait for those of the items.
func openYAML(in input) (*reading, error) {
	if in.text.Size() > maxYAML {
		return nil, single(Position{File: in.path}, "",
			"a YAML manifest has at most %d MiB; CSV and JSONL may be of any size", maxYAML>>20)
	}
	text, err := io.ReadAll(in.text.From(0))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", in.path, err)
	}
	root, err := parseYAML(in.path, text)
	if err != nil {
		return nil, err
	}
	d := &document{
		path: in.path, text: text, most: in.maxItems,
		index: map[string]int{}, over: map[string]*yaml.Node{},
	}
	mistakes := d.topLevel(root)
	if dir := in.options.ImagesDir; dir != "" {
		if d.items != nil || d.isOver() {
			return nil, single(Position{File: in.path}, "", "--images-dir makes the rows, and the "+
				"manifest has rows of its own; leave items and rows out of it")
		}
		full, err := filepath.Abs(dir)
		if err != nil {
			return nil, err
		}
		d.over[rowsKey.name] = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: full}
	}
	if d.isOver() && mistakes.Total == 0 {
		return openOver(d, in)
	}
	if trouble := notOver(in.options); trouble != "" && !d.isOver() {
		return nil, single(Position{File: in.path}, "", "%s", trouble)
	}
	d.findColumns()
	defaults := d.defaultsRow()
	if defaults != nil && !slices.ContainsFunc(d.items,
		func(item *yaml.Node) bool { return valueOf(item, matrixKey.name) != nil }) {
		d.findUnfilled(d.defaults, defaults)
	}
	return &reading{source: d, mistakes: mistakes, defaults: defaults, skipMark: "skip: true"}, nil
}

// notOver refuses flags for a sheet where there is none.
func notOver(o Options) string {
	switch {
	case len(o.Columns) > 0:
		return "--column is for sheets and JSON lines; the keys of YAML are fixed"
	case o.Sheet != "":
		return notASheet
	case o.VisibleOnly:
		return nothingHidden
	}
	return ""
}

// parseYAML is the top of the only document in text, nil if nothing stands in it.
func parseYAML(path string, text []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	var first, second yaml.Node
	err := decoder.Decode(&first)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, syntaxError(path, text, err)
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		return nil, single(placeIn(path, second.Line, second.Column), "",
			"a second document begins here; a manifest is one")
	case !errors.Is(err, io.EOF):
		return nil, syntaxError(path, text, err)
	}
	return first.Content[0], nil
}

// topLevel reads the keys of the document.
func (d *document) topLevel(root *yaml.Node) ErrorList {
	var list ErrorList
	complain := func(n *yaml.Node, name, text string) {
		list.add(Error{Pos: d.position(n), Field: name, Text: text})
	}
	if root == nil || isNull(root) {
		return list
	}
	if root.Kind != yaml.MappingNode {
		complain(root, "", "a manifest has the keys defaults and items; put the list under items:")
		return list
	}
	for key, value := range pairs(root, complain) {
		switch key.Value {
		case defaultsKey.name:
			d.setDefaults(value, complain)
		case itemsKey.name:
			d.setItems(value, complain)
		case rowsKey.name, sheetKey.name, encodingKey.name, headersKey.name:
			d.over[key.Value] = value
		default:
			complain(key, key.Value, "is not a key of a manifest; "+topSuggestion(key.Value))
		}
	}
	d.checkOver(complain)
	return list
}

// topSuggestion says what was meant by a key beside defaults and items: one of theirs, most often.
func topSuggestion(name string) string {
	if slices.Contains(namesOf(itemKeys()), name) {
		return "it belongs to an item, or under defaults"
	}
	return suggestion(name, namesOf(topKeys()))
}

func (d *document) setDefaults(value *yaml.Node, complain func(*yaml.Node, string, string)) {
	switch {
	case isNull(value):
	case value.Kind != yaml.MappingNode:
		complain(value, "defaults", "must be a mapping, as in defaults: {model: qwen-image-plus}")
	default:
		d.defaults = value
	}
}

func (d *document) setItems(value *yaml.Node, complain func(*yaml.Node, string, string)) {
	switch {
	case isNull(value):
	case value.Kind != yaml.SequenceNode:
		complain(value, "items", `must be a list, each item beginning with "- prompt: "`)
	default:
		d.items = value.Content
	}
}

// defaultsRow are the document's defaults as a row, nil where there are none.
func (d *document) defaultsRow() *row {
	if d.defaults == nil {
		return nil
	}
	r := d.row(d.defaults)
	r.at = ref{offset: defaultsAt, line: d.defaults.Line}
	return r
}

// findColumns collects the names of all carried-through columns.
func (d *document) findColumns() {
	for _, item := range d.items {
		columns := valueOf(item, "columns")
		if columns == nil || columns.Kind != yaml.MappingNode {
			continue
		}
		for key := range pairs(columns, nil) {
			if _, ok := d.index[key.Value]; !ok {
				d.index[key.Value] = len(d.names)
				d.names = append(d.names, key.Value)
			}
		}
	}
}

func (d *document) columns() []string         { return d.names }
func (d *document) headers() map[string]field { return nil }

func (d *document) rows() iter.Seq2[*row, error] {
	return func(yield func(*row, error) bool) {
		for i, item := range d.items {
			r := d.row(item)
			r.number, r.at = i+1, ref{offset: int64(i), line: item.Line}
			e := d.expansion(item, r)
			if e == nil || len(e.axes) == 0 {
				d.findUnfilled(item, r)
			}
			if e == nil && !yield(r, nil) || e != nil &&
				!e.each(r, map[string]string{}, func(r *row) bool { return yield(r, nil) }) {
				return
			}
		}
	}
}

// place is where the value of a key stands.
func (d *document) place(at ref, name string) Position {
	item := d.defaults
	if at.offset != defaultsAt {
		item = d.items[at.offset]
	}
	if value := valueOf(item, name); value != nil {
		return d.position(value)
	}
	if value := valueOf(valueOf(item, "columns"), name); value != nil {
		return d.position(value)
	}
	return d.position(item)
}

func (d *document) position(n *yaml.Node) Position { return placeIn(d.path, n.Line, n.Column) }

// pairs are the keys of a mapping and their values. What cannot be a key of ours is complained
// of, where there is somebody to complain to, and left out.
func pairs(mapping *yaml.Node, complain func(*yaml.Node, string, string)) iter.Seq2[*yaml.Node,
	*yaml.Node] {
	return func(yield func(key, value *yaml.Node) bool) {
		seen := make(map[string]int, len(mapping.Content)/2)
		for i := 0; i+1 < len(mapping.Content); i += 2 {
			key, value := mapping.Content[i], mapping.Content[i+1]
			trouble := badKey(key, seen)
			switch {
			case trouble == "":
				seen[key.Value] = key.Line
				if !yield(key, value) {
					return
				}
			case complain != nil:
				complain(key, key.Value, trouble)
			}
		}
	}
}

// badKey says why key cannot be one, given the lines of those before it.
func badKey(key *yaml.Node, seen map[string]int) string {
	switch {
	case key.ShortTag() == "!!merge":
		return "merge keys are not read; put what all items share under defaults"
	case key.Kind != yaml.ScalarNode:
		return "a key must be a plain word"
	}
	if line, ok := seen[key.Value]; ok {
		return fmt.Sprintf("stands here twice, first in line %d", line)
	}
	return ""
}

// valueOf is the value of a key of a mapping, nil if there is none.
func valueOf(mapping *yaml.Node, name string) *yaml.Node {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return nil
	}
	for key, value := range pairs(mapping, nil) {
		if key.Value == name {
			return value
		}
	}
	return nil
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }
