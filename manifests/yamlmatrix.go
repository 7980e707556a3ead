package manifests

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/qwenbatch/qwenbatch/manifests/template"

	"gopkg.in/yaml.v3"
)

// expansion reads matrix and seeds of an item, and with a matrix the templates in its texts;
// nil if it has neither. Without a matrix {{ is text, as prompts may have it,
// but for {{.name}}, which findUnfilled refuses.
func (d *document) expansion(item *yaml.Node, r *row) *expansion {
	e := d.axes(item, r)
	if e == nil || len(e.axes) == 0 {
		return e
	}
	for key, value := range pairs(item, nil) {
		f, known := fieldNamed(key.Value)
		switch {
		case known && fieldTable[f].template && template.Is(r.cells[f].text):
			e.templates[f] = d.template(value, r.cells[f].text, f.String(), e, r)
			r.cells[f] = cell{said: true}
			if f == fieldID {
				e.idAt = d.position(value)
			}
		case key.Value == columnsKey.name && value.Kind == yaml.MappingNode:
			e.columns = make([]*template.Template, len(r.columns))
			for name, value := range pairs(value, nil) {
				if i := d.index[name.Value]; template.Is(r.columns[i]) {
					e.columns[i] = d.template(
						value, r.columns[i], columnsKey.name+"."+name.Value, e, r)
				}
			}
		}
	}
	d.untouchedDefaults(e, r)
	return e
}

// findUnfilled complains of {{.name}} in texts that nothing fills in.
func (d *document) findUnfilled(item *yaml.Node, r *row) {
	if item.Kind != yaml.MappingNode {
		return
	}
	for key, value := range pairs(item, nil) {
		f, known := fieldNamed(key.Value)
		if !known || !fieldTable[f].template {
			continue
		}
		text := r.cells[f].text
		if at := ownPlaceholder.FindStringSubmatchIndex(text); at != nil {
			name := text[at[2]:at[3]]
			r.faults = append(r.faults, fault{pos: d.within(value, text, at[0]), field: key.Value,
				text: fmt.Sprintf("nothing fills %s in; give the item a matrix: {%s: [ginger, black]}",
					text[at[0]:at[1]], name)})
		}
	}
}

// axes reads matrix and seeds.
func (d *document) axes(item *yaml.Node, r *row) *expansion {
	matrix, seeds := valueOf(item, matrixKey.name), valueOf(item, seedsKey.name)
	if matrix == nil && seeds == nil {
		return nil
	}
	e := &expansion{most: d.most}
	if matrix != nil && !isNull(matrix) {
		e.axes, e.matrixAt = d.matrix(matrix, r), d.position(matrix)
	}
	if seeds != nil && !isNull(seeds) {
		e.seeds = d.seeds(seeds, r)
	}
	if len(e.seeds) > 0 && slices.ContainsFunc(e.axes,
		func(a axis) bool { return a.name == seedWord }) {
		d.complain(r, matrix, matrixKey.name,
			"seed is the number of the seeds already; take another word")
	}
	if len(e.seeds) > 0 && r.cells[fieldSeed].said && item != d.defaults {
		d.complain(r, valueOf(item, fieldSeed.String()), fieldSeed.String(),
			"stands beside seeds; say one of them")
	}
	return e
}

func (d *document) complain(r *row, n *yaml.Node, name, text string) {
	r.faults = append(r.faults, fault{pos: d.position(n), field: name, text: text})
}

func (d *document) matrix(matrix *yaml.Node, r *row) (axes []axis) {
	if matrix.Kind != yaml.MappingNode {
		d.complain(r, matrix, matrixKey.name,
			"must be a mapping of lists, as in matrix: {color: [ginger, black]}")
		return nil
	}
	complain := func(n *yaml.Node, key, text string) {
		d.complain(r, n, matrixKey.name+"."+key, text)
	}
	for key, list := range pairs(matrix, complain) {
		values := d.list(list, matrixKey.name+"."+key.Value, "color: [ginger, black]", r)
		axes = append(axes, axis{key.Value, values})
		if strings.TrimSpace(key.Value) == "" {
			complain(key, key.Value, "has no name")
		}
	}
	return axes
}

// list reads a list of single values, each different; at least one, so that an error ends no
// product.
func (d *document) list(list *yaml.Node, name, example string, r *row) []string {
	if list.Kind != yaml.SequenceNode || len(list.Content) == 0 {
		d.complain(r, list, name, "must be a list with something in it, as in "+example)
		return []string{""}
	}
	values := make([]string, 0, len(list.Content))
	seen := map[string]bool{}
	for _, n := range list.Content {
		text, said, trouble := scalar(n)
		switch {
		case trouble != "":
			d.complain(r, n, name, trouble)
		case !said:
			d.complain(r, n, name, "has nothing here; an empty word is written ''")
		case seen[text]:
			d.complain(r, n, name, fmt.Sprintf("%q stands here twice", text))
		}
		seen[text] = true
		values = append(values, text)
	}
	return values
}

func (d *document) seeds(seeds *yaml.Node, r *row) []string {
	list := d.list(seeds, seedsKey.name, "seeds: [1, 2, 3]", r)
	if seeds.Kind != yaml.SequenceNode {
		return list
	}
	for i, n := range seeds.Content {
		text, said, trouble := scalar(n)
		if said && trouble == "" {
			trouble = notNumber(n, text)
		}
		if said && trouble == "" {
			_, trouble = parseNumber(text, 0, maxSeed)
		}
		if said && trouble != "" {
			d.complain(r, n, seedsKey.name, trouble)
		}
		list[i] = text
	}
	return list
}

// template reads the template in a value, nil where it cannot be read.
func (d *document) template(value *yaml.Node, text, name string, e *expansion,
	r *row) *template.Template {
	p, err := template.Parse(text)
	if err == nil {
		err = p.Check(e.known)
	}
	if err != nil {
		d.misread(value, text, name, err, r)
		return nil
	}
	return p
}

// misread reports what is wrong with a template, at its place.
func (d *document) misread(value *yaml.Node, text, name string, err error, r *row) {
	offset := 0
	if f := (*template.Error)(nil); errors.As(err, &f) {
		offset, err = f.Offset, f
	}
	r.faults = append(r.faults, fault{pos: d.within(value, text, offset), field: name,
		text: err.Error()})
}

// known refuses what is not in the matrix.
func (e *expansion) known(name string) error {
	if e.has(name) {
		return nil
	}
	var names []string
	for _, a := range e.axes {
		names = append(names, a.name)
	}
	if len(e.seeds) > 0 {
		names = append(names, seedWord)
	}
	return fmt.Errorf("%s is not a word of the matrix; %s", template.Reference(name),
		meant(name, names))
}

// untouchedDefaults refuses a template in the defaults that an item with a matrix would take as
// text.
func (d *document) untouchedDefaults(e *expansion, r *row) {
	if d.defaults == nil {
		return
	}
	for key, value := range pairs(d.defaults, nil) {
		f, known := fieldNamed(key.Value)
		if !known || !fieldTable[f].template || r.cells[f].said {
			continue
		}
		text, _, _ := scalar(value)
		for _, a := range e.axes {
			if strings.Contains(text, template.Reference(a.name)) {
				d.complain(r, value, key.Value,
					fmt.Sprintf(
						"%s is put into the texts of items, not into their defaults; write it there", template.Reference(a.name)))
			}
		}
	}
}

// within is the place of an offset in the text of a value: exact where the text stands in the
// file as it is, else the place of the value.
func (d *document) within(value *yaml.Node, text string, offset int) Position {
	offset = min(offset, len(text))
	at := d.position(value)
	if value.Style&yaml.LiteralStyle != 0 {
		first := strings.LastIndexByte(text[:offset], '\n') + 1
		line := at.Line + 1 + strings.Count(text[:offset], "\n")
		written := lineOf(d.text, line)
		if i := strings.Index(written, text[first:offset]); i >= 0 &&
			strings.TrimSpace(written) != "" {
			indent := len(written) - len(strings.TrimLeft(written, " "))
			return placeIn(d.path, line, indent+utf8.RuneCountInString(text[first:offset])+1)
		}
		return at
	}
	written := []rune(lineOf(d.text, at.Line))
	start := at.Column - 1
	if value.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		start++
	}
	if start <= len(written) && strings.HasPrefix(string(written[start:]), text[:offset]) {
		return placeIn(d.path, at.Line, start+utf8.RuneCountInString(text[:offset])+1)
	}
	return at
}
