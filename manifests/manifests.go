// Package manifests reads prompts: YAML, CSV, TSV, XLSX and JSON files become items, one
// picture request each.
//
// It guarantees that every mistake of a file is found before anything is paid, each with file,
// line and column; that a file of a million rows is never held in memory (only YAML is); and
// that what is read later is what was checked, as Open takes a private copy. It knows nothing
// of models, prices or the network: what a model allows comes in as Options.Check.
//
// A file passes through these steps. openFile picks the reader by the extension; takeCopy
// decodes a text into a private copy, and xlsx takes the cells out of a workbook. The reader
// (table, sheet, jsonRows, document, templatedSheet) yields rows: text, with the places of
// what is wrong in its form. itemRules makes items of a row and reports what is wrong with its
// values. Check runs this over the whole file, asks the caller's rules, and adds what takes
// more than one row to see, such as an id that is used twice; Items runs it again and yields
// the items. Nothing is remembered of a row in between but its place.
//
// Texts may have templates in them, as {{.color}}, in two places only: in an item of YAML that
// has a matrix, and in the defaults of a YAML manifest over a sheet (rows). Anywhere else {{ is
// text, so that prompts with braces, and sheets that are full of them, stay what they are; but
// {{.name}}, which somebody expects to be filled in, is a mistake in YAML, and in a sheet that
// has a column of that name.
// Templates reach the words of the matrix and the columns of the row, and nothing else; see the
// package template for what they may do.
package manifests

import (
	"cmp"
	"fmt"
	"iter"
	"path/filepath"

	"github.com/qwenbatch/qwenbatch/manifests/charset"
	"github.com/qwenbatch/qwenbatch/manifests/inputs"
)

// defaultMaxItems is what matrix, seeds and count may add where Options.MaxItems is 0: a slip
// of the finger should not buy a million pictures.
const defaultMaxItems = 10000

// A Manifest is an open file of prompts. Its methods may be called from several goroutines at
// once, but not after Close.
type Manifest struct {
	path string
	reading
	rules itemRules
	check func(*Item) []Problem

	inputs *inputs.Memory
}

// Open reads what a manifest says of its structure (kind, encoding, header) and takes a private
// copy of it, so that a later change of the file changes nothing; a copy above 8 MB is a
// temporary file that Close removes. Of a workbook there are two: the file, and what stands in
// the cells, read once. The error is an *ErrorList where the file is at fault, and wraps
// fs.ErrNotExist where it is missing.
func Open(name string, o Options) (*Manifest, error) {
	flags, err := o.Defaults.normal()
	if err != nil {
		return nil, err
	}
	fallback, err := o.Fallback.normal()
	if err != nil {
		return nil, err
	}
	m := &Manifest{path: name, check: o.Check, inputs: o.Inputs}
	if name == "-" {
		m.path = stdinName
	}
	m.rules = itemRules{count: 1, maxItems: cmp.Or(o.MaxItems, defaultMaxItems),
		skipEmpty: o.SkipEmpty}
	if m.rules.lent, err = newLentPrompt(o.Prompt); err != nil {
		return nil, err
	}
	opened, err := openFile(name, o, nil, m.rules.maxItems)
	if err != nil {
		return nil, err
	}
	m.reading = *opened
	if m.floating {
		m.rules.takesFloating = o.TakesPictures
	}
	if err := m.settle(flags, fallback, o.Names); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// settle takes the manifest's own defaults between those of the flags and those that lose against
// both, and the template for names.
func (m *Manifest) settle(flags, fallback Defaults, names Names) (err error) {
	m.rules.source, m.rules.sides, m.rules.was = m.source, m.sides, m.was
	m.rules.finder = newFinder(m.inputs, append([]string{m.path}, m.below...)...)
	m.rules.finder.book = m.pictures
	if m.defaults != nil {
		mistakes := m.rules.takeDefaults(m.defaults)
		if m.strict && mistakes.Total > 0 {
			return mistakes.err()
		}
		m.mistakes.join(mistakes)
	}
	m.rules.defaults = flags.or(m.rules.defaults).or(fallback)
	m.rules.naming, err = newNaming(names, m.Columns())
	return err
}

// Close lets go of the private copies. Items and their positions are of no use afterwards,
// their values are.
func (m *Manifest) Close() error {
	return m.close()
}

// Book is the workbook of the manifest, or of the sheet that a YAML manifest names; nil where
// the rows stand in none.
func (m *Manifest) Book() *Book { return m.book }

// ImageOf is the picture of that content, in hex, which an item of the manifest has shown since it
// was opened; false if none has.
func (m *Manifest) ImageOf(sha256 string) (Image, bool) { return m.rules.finder.ofContent(sha256) }

// Name is the base name of the file, for messages.
func (m *Manifest) Name() string { return filepath.Base(m.path) }

// Encoding names the character encoding that was chosen, such as "utf-8" or "gb18030".
func (m *Manifest) Encoding() string { return m.encoding }

// Detected reports whether the encoding was told by what the text looks like, as nobody has said
// it and the file is not UTF-8: another text may change it.
func (m *Manifest) Detected() bool { return m.detected }

// ReadIn reports whether a name, as Encoding has given it to another manifest, is that of the
// encoding of m.
func (m *Manifest) ReadIn(encoding string) bool {
	one, known := charset.Named(encoding)
	other, _ := charset.Named(m.encoding)
	return known && one.Name == other.Name
}

// Columns are the names of the columns that are carried through to the reports, in their order
// in the file. The slice must not be changed.
func (m *Manifest) Columns() []string { return m.source.columns() }

// Items are all items in order, skipped ones too. It may be ranged over any number of times and
// parses as it goes. It ends after the first error: an *ErrorList with the mistakes of one row,
// or what reading the copy gave. Rules that need more than one row, and those of Options.Check,
// are Check's. The *Item is the caller's to keep.
func (m *Manifest) Items() iter.Seq2[*Item, error] {
	return func(yield func(*Item, error) bool) {
		if m.mistakes.Total > 0 {
			yield(nil, m.mistakes.err())
			return
		}
		for r, err := range m.source.rows() {
			if err != nil {
				yield(nil, fmt.Errorf("read %s: %w", m.path, err))
				return
			}
			if m.rules.leavesOut(r) {
				continue
			}
			first, count, mistakes := m.rules.item(r)
			if mistakes.Total > 0 {
				yield(nil, mistakes.err())
				return
			}
			for i := 1; i <= count; i++ {
				if !yield(first.repeat(i), nil) {
					return
				}
			}
		}
	}
}
