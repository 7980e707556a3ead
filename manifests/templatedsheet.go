package manifests

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/qwenbatch/qwenbatch/manifests/template"

	"gopkg.in/yaml.v3"
)

// A templatedSheet is a YAML manifest over a sheet: each row of the sheet is an item, filled up
// from the defaults. A default with {{…}} in it is made anew of each row and goes before what
// the row says, as it is made of that; a plain one is for rows that say nothing.
type templatedSheet struct {
	document  *document
	sheet     source
	expansion *expansion
	plain     [fields]cell // defaults of what other items have for themselves
	words     map[string]varPlace
}

func (d *document) isOver() bool { return d.over[rowsKey.name] != nil }

// checkOver tells what rows cannot stand beside.
func (d *document) checkOver(complain func(*yaml.Node, string, string)) {
	for name, value := range d.over {
		switch _, _, trouble := scalar(value); {
		case name != rowsKey.name && !d.isOver():
			complain(value, name, "belongs to rows: FILE, which is not there")
		case name == rowsKey.name && d.items != nil:
			complain(value, name, "stands beside items; say one of them")
		case name != headersKey.name && trouble != "":
			complain(value, name, trouble)
		}
	}
}

// openOver opens the sheet under a YAML manifest.
func openOver(d *document, in input) (*reading, error) {
	v := &templatedSheet{document: d, words: map[string]varPlace{}}
	defaults := v.readDefaults()
	opened, err := openRows(d, in, v.demand())
	if err != nil && len(defaults.faults) > 0 {
		return nil, listed(defaults.faults) // that the sheet has no prompts may follow from them
	}
	if err != nil {
		return nil, err
	}
	v.sheet, opened.source = opened.source, v
	opened.headerWarnings = ErrorList{}
	for i, g := range opened.guesses.Errors { // the sheet's encoding is said in the manifest
		opened.guesses.Errors[i].Text = strings.ReplaceAll(g.Text, "--encoding ",
			encodingKey.name+": ")
	}
	if opened.book != nil {
		opened.book.Fields = slices.DeleteFunc(opened.book.Fields, v.templated)
	}
	defaults.faults = append(defaults.faults, v.findWords()...)
	opened.defaults, opened.strict = defaults, true
	return opened, nil
}

// readDefaults reads those of the manifest: the templates among them into the expansion, the
// others into a row.
func (v *templatedSheet) readDefaults() *row {
	d := v.document
	v.expansion = &expansion{most: d.most}
	r := d.defaultsRow()
	if r == nil {
		return new(row)
	}
	if e := d.axes(d.defaults, r); e != nil {
		v.expansion = e
		if count := valueOf(d.defaults, fieldCount.String()); count != nil && len(e.seeds) > 0 {
			d.complain(r, count, fieldCount.String(),
				"stands beside seeds, of which each makes one item")
		}
	}
	for f, k := range fieldTable {
		if k.template && template.Is(r.cells[f].text) {
			v.read(field(f), r)
			r.cells[f] = cell{}
		}
		if k.own {
			v.plain[f] = r.cells[f]
		}
	}
	return r
}

// listed makes an error of faults, of which each knows its place.
func listed(faults []fault) error {
	var list ErrorList
	for _, f := range faults {
		list.add(Error{Pos: f.pos, Field: f.field, Text: f.text})
	}
	return list.err()
}

// read reads the template of a field.
func (v *templatedSheet) read(f field, r *row) {
	value := valueOf(v.document.defaults, f.String())
	p, err := template.Parse(r.cells[f].text)
	if err != nil {
		v.document.misread(value, r.cells[f].text, f.String(), err, r)
		return
	}
	v.expansion.templates[f] = p
	if f == fieldID {
		v.expansion.idAt = v.document.position(value)
	}
}

// demand is the words of the templates that the sheet must have.
func (v *templatedSheet) demand() *wantedVars {
	w := &wantedVars{}
	for _, p := range v.expansion.templates {
		if p == nil {
			continue
		}
		for _, name := range p.Names() {
			if !v.expansion.has(name) {
				w.names = append(w.names, name)
			}
		}
	}
	if v.expansion.templates[fieldPrompt] == nil && !v.plain[fieldPrompt].said {
		return nil // the sheet must have the prompts, as any other
	}
	return w
}

// openRows opens the sheet that rows names.
func openRows(d *document, in input, w *wantedVars) (*reading, error) {
	name, _, _ := scalar(d.over[rowsKey.name])
	refuse := func(text string) error {
		return single(
			d.position(d.over[rowsKey.name]), rowsKey.name, "%s", text)
	}
	path := filepath.FromSlash(name)
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(in.path), path)
	}
	switch ext := strings.ToLower(filepath.Ext(path)); {
	case name == "":
		return nil, refuse("names no file")
	case ext == ".yaml" || ext == ".yml":
		return nil, refuse("names a YAML manifest; it is for sheets: .xlsx, .csv, .tsv or .jsonl")
	}
	options, err := d.overOptions(in.options)
	if err != nil {
		return nil, err
	}
	opened, err := in.openRows(path, options, w)
	if err == nil {
		opened.below = append(opened.below, path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = refuse(fmt.Sprintf("%s does not exist", path))
	}
	return opened, err
}

// overOptions are how the sheet is read: as the manifest says, else as the flags say.
func (d *document) overOptions(o Options) (Options, error) {
	inner := Options{Prompt: o.Prompt, NoHeader: o.NoHeader, Sheet: o.Sheet,
		VisibleOnly: o.VisibleOnly, Columns: maps.Clone(o.Columns)}
	if asked, said, _ := scalar(orNull(d.over[sheetKey.name])); said {
		inner.Sheet = asked
	}
	inner.Encoding, _, _ = scalar(orNull(d.over[encodingKey.name]))
	columns := orNull(d.over[headersKey.name])
	if isNull(columns) {
		return inner, nil
	}
	if columns.Kind != yaml.MappingNode {
		return inner, single(d.position(columns), headersKey.name,
			"must be a mapping of fields to headers, as in columns: {prompt: 描述}")
	}
	if inner.Columns == nil {
		inner.Columns = map[string]string{}
	}
	var list ErrorList
	complain := func(n *yaml.Node, name, text string) {
		list.add(Error{Pos: d.position(n), Field: headersKey.name + "." + name, Text: text})
	}
	for key, value := range pairs(columns, complain) {
		column, _, trouble := scalar(value)
		if _, ok := fieldNamed(key.Value); !ok {
			trouble = "is not a field; " + suggestion(key.Value, fieldNames[:])
		}
		if trouble != "" {
			complain(value, key.Value, trouble)
		}
		inner.Columns[key.Value] = column
	}
	return inner, list.err()
}

func orNull(n *yaml.Node) *yaml.Node {
	if n == nil {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}
	}
	return n
}

// templated reports whether a field is made of a template, whatever the sheet says.
func (v *templatedSheet) templated(name string) bool {
	f, ok := fieldNamed(name)
	return ok && v.expansion.templates[f] != nil
}

// findWords finds the words of the templates in the sheet.
func (v *templatedSheet) findWords() []fault {
	var r row
	headers, columns := v.sheet.headers(), v.sheet.columns()
	for f, p := range v.expansion.templates {
		if p == nil {
			continue
		}
		if err := p.Check(func(name string) error {
			return v.word(name, headers,
				columns)
		}); err != nil {
			value := valueOf(v.document.defaults, field(f).String())
			text, _, _ := scalar(value)
			v.document.misread(value, text, field(f).String(), err, &r)
		}
	}
	for _, a := range v.expansion.axes {
		if _, ok := findVar(a.name, headers, columns); ok {
			r.faults = append(r.faults, fault{
				pos: v.expansion.matrixAt, field: matrixKey.name + "." +
					a.name, text: "is a column of the sheet too; take another word"})
		}
	}
	return r.faults
}

// word notes where the value of a word stands.
func (v *templatedSheet) word(name string, headers map[string]field, columns []string) error {
	if v.expansion.has(name) {
		return nil
	}
	s, ok := findVar(name, headers, columns)
	if !ok {
		names := append(slices.Sorted(maps.Keys(headers)), columns...)
		return fmt.Errorf("the sheet has no column %s; %s", template.Reference(name),
			meant(name, names))
	}
	v.words[name] = s
	return nil
}

func (v *templatedSheet) columns() []string         { return v.sheet.columns() }
func (v *templatedSheet) headers() map[string]field { return v.sheet.headers() }

// place is in the sheet, but for what the manifest says of all rows.
func (v *templatedSheet) place(at ref, name string) Position {
	if at.offset == defaultsAt || name == matrixKey.name || name == seedsKey.name {
		return v.document.place(ref{offset: defaultsAt}, name)
	}
	return v.sheet.place(at, name)
}

func (v *templatedSheet) rows() iter.Seq2[*row, error] {
	return func(yield func(*row, error) bool) {
		for r, err := range v.sheet.rows() {
			if err != nil || r.unfit {
				if !yield(r, err) {
					return
				}
				continue
			}
			if !v.row(r, func(r *row) bool { return yield(r, nil) }) {
				return
			}
		}
	}
}

// row makes the items of a row of the sheet.
func (v *templatedSheet) row(r *row, yield func(*row) bool) bool {
	words := make(map[string]string, len(v.words)+len(v.expansion.axes)+1)
	v.fillWords(r, words)
	for f, c := range v.plain {
		if c.said && !r.cells[f].said {
			r.cells[f] = c
		}
	}
	e := v.expansion
	if seed := r.cells[fieldSeed]; seed.said && len(e.seeds) > 0 {
		own := *e // the row's own seed goes before those that are for all
		own.seeds = []string{seed.text}
		e = &own
	}
	return e.each(r, words, yield)
}

// fillWords takes the words of a row for the templates.
func (v *templatedSheet) fillWords(r *row, words map[string]string) {
	r.before = nil
	for name, s := range v.words {
		raw := v.value(r, s)
		text, trouble := cleanText(raw)
		if isSheetError(text) {
			trouble = errorOfFormula(text)
		}
		if trouble != "" {
			r.faults = append(r.faults, fault{field: v.nameOf(s), text: trouble})
		}
		if was := untrimmed(raw); was != text {
			if r.before == nil {
				r.before = map[string]string{}
			}
			r.before[name] = was
		}
		words[name] = text
	}
	if r.hollow = v.isHollow(words); r.skips() {
		r.faults = r.faults[:0] // nothing is made of it
	}
}

// isHollow reports whether the template of the prompt names columns, and nothing stands in any.
func (v *templatedSheet) isHollow(words map[string]string) bool {
	prompt := v.expansion.templates[fieldPrompt]
	if prompt == nil {
		return false
	}
	hollow := false
	for _, name := range prompt.Names() {
		if _, ok := v.words[name]; !ok {
			continue
		}
		if words[name] != "" {
			return false
		}
		hollow = true
	}
	return hollow
}

// nameOf is the field or the carried-through column of a word.
func (v *templatedSheet) nameOf(s varPlace) string {
	if s.column < 0 {
		return s.field.String()
	}
	return v.columns()[s.column]
}

// value is a word of a row.
func (v *templatedSheet) value(r *row, s varPlace) string {
	if s.column == stemColumn {
		names := imageNames(r.cells[fieldImage].text, func(string) bool { return false })
		return stemOf(append(names, "")[0])
	}
	if s.column < 0 {
		return r.cells[s.field].text
	}
	for _, spoiled := range r.spoiled {
		if spoiled.column == s.column {
			r.faults = append(r.faults, fault{field: v.columns()[s.column], text: spoiled.text})
		}
	}
	return r.columns[s.column]
}
