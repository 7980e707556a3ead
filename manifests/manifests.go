// Package manifests reads prompts: YAML, CSV, TSV, XLSX and JSONL files become items, one picture request each.
//
// It guarantees that every mistake of a file is found before anything is paid, each with file, line and column; that a
// file of a million rows is never held in memory (only YAML is); and that what is read later is what was checked, as
// Open takes a private copy. It knows nothing of models, prices or the network: what a model allows comes in as
// Options.Check.
//
// Texts may have templates in them, as {{.color}}, in two places only: in an item of YAML that has a matrix, and in the
// defaults of a YAML manifest over a sheet (rows). Anywhere else {{ is text, so that prompts with braces, and sheets that
// are full of them, stay what they are. Templates reach the words of the matrix and the columns of the row, and nothing
// else; see the package template for what they may do.
package manifests

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/qwenbatch/qwenbatch/manifests/spool"
	"github.com/qwenbatch/qwenbatch/manifests/xlsx"
)

// Options say how a manifest is read. The zero value reads everything that says itself what it is.
type Options struct {
	Defaults Defaults          // from flags: they win over the manifest's own defaults and lose against the row
	Encoding string            // "" detects; else utf-8, utf-16le, utf-16be, gb18030, gbk, gb2312, big5 or windows-1252
	Sheet    string            // of a workbook; "" means the first that is not hidden. As Columns, it loses to what YAML over a sheet says
	Columns  map[string]string // which header gives a field, field → header; others are told by their names
	Names    Names             // what pictures are called
	MaxItems int               // how many items matrix, seeds and count may add to the rows; 0 means 10000

	// Check gives the rules of the API. It is asked for the first item of each row, and of each combination of a matrix,
	// as the others differ by id and seed only; and not for rows that are skipped or have mistakes already. nil means none.
	Check func(*Item) []Problem
}

// Defaults hold what items are made with where their rows say nothing. Zero values say nothing, NegativeSaid tells an
// explicitly empty negative prompt from none.
type Defaults struct {
	Model, Size, NegativePrompt string
	NegativeSaid                bool
	Seed                        *int64
	PromptExtend, Watermark     *bool
	N                           int
}

// or fills what d leaves open from e.
func (d Defaults) or(e Defaults) Defaults {
	if d.Model == "" {
		d.Model = e.Model
	}
	if d.Size == "" {
		d.Size = e.Size
	}
	if !d.NegativeSaid {
		d.NegativePrompt, d.NegativeSaid = e.NegativePrompt, e.NegativeSaid
	}
	if d.Seed == nil {
		d.Seed = e.Seed
	}
	if d.PromptExtend == nil {
		d.PromptExtend = e.PromptExtend
	}
	if d.Watermark == nil {
		d.Watermark = e.Watermark
	}
	if d.N == 0 {
		d.N = e.N
	}
	return d
}

// normal is d with its size as an item has it.
func (d Defaults) normal() (Defaults, error) {
	d.NegativeSaid = d.NegativeSaid || d.NegativePrompt != ""
	if d.Seed != nil && (*d.Seed < 0 || *d.Seed > maxSeed) {
		return d, fmt.Errorf("default seed: %d is not among 0…%d", *d.Seed, int64(maxSeed))
	}
	if d.N < 0 {
		return d, fmt.Errorf("default n: %d is less than 1", d.N)
	}
	if d.Size == "" {
		return d, nil
	}
	size, trouble := parseSize(d.Size)
	if trouble != "" {
		return d, fmt.Errorf("default size: %s", trouble)
	}
	d.Size = size
	return d, nil
}

// defaultMaxItems is what matrix, seeds and count may add where Options.MaxItems is 0: a slip of the finger should not buy a million
// pictures.
const defaultMaxItems = 10000

// A Manifest is an open file of prompts. Its methods may be called from several goroutines at once, but not after
// Close.
type Manifest struct {
	path     string
	encoding string
	copy     *spool.File // nil for YAML, which is held as nodes
	grid     *xlsx.Grid
	book     *Book // nil where the rows stand in none
	source   source
	base     Defaults // flags, then the manifest's own
	count    int      // the manifest's own default, at least 1
	maxItems int
	naming   *naming // nil without a template for names
	wanted   *demand // nil unless the rows are filled into templates
	check    func(*Item) []Problem
	opening  ErrorList // mistakes outside the rows that do not keep them from being read; reported with the rows
	slips    ErrorList // headers that may be misspelt; warnings
}

// Open reads what a manifest says of its structure (kind, encoding, header) and takes a private copy of it, so that
// a later change of the file changes nothing; a copy above 8 MB is a temporary file that Close removes. Of a workbook
// there are two: the file, and what stands in the cells, read once. The error is
// an *ErrorList where the file is at fault, and wraps fs.ErrNotExist where it is missing.
func Open(name string, o Options) (*Manifest, error) {
	flags, err := o.Defaults.normal()
	if err != nil {
		return nil, err
	}
	m := &Manifest{path: name, count: 1, maxItems: o.MaxItems, check: o.Check}
	if m.maxItems == 0 {
		m.maxItems = defaultMaxItems
	}
	if err := m.read(o); err != nil {
		m.Close()
		return nil, err
	}
	m.base = flags.or(m.base)
	if m.naming, err = newNaming(o.Names, m.Columns()); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// read takes the private copy and finds out what is in it.
func (m *Manifest) read(o Options) error {
	f, err := os.Open(m.path)
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return &fs.PathError{Op: "open", Path: m.path, Err: fmt.Errorf("is a folder; name the manifest in it")}
	}
	open, err := opener(m.path)
	if err != nil {
		return err
	}
	return open(m, f, o)
}

// Close lets go of the private copies. Items and their positions are of no use afterwards, their values are.
func (m *Manifest) Close() error {
	var err error
	if m.copy != nil {
		err = m.copy.Close()
	}
	if m.grid != nil {
		err = errors.Join(err, m.grid.Close())
	}
	if m.book != nil {
		err = errors.Join(err, m.book.copy.Close())
	}
	return err
}

// Name is the base name of the file, for messages.
func (m *Manifest) Name() string { return filepath.Base(m.path) }

// Encoding names the character encoding that was chosen, such as "utf-8" or "gb18030".
func (m *Manifest) Encoding() string { return m.encoding }

// Columns are the names of the columns that are carried through to the reports, in their order in the file. Nobody
// may change the slice.
func (m *Manifest) Columns() []string { return m.source.columns() }

// Items are all items in order, skipped ones too. It may be ranged over any number of times and parses as it goes.
// It ends after the first error: an *ErrorList with the mistakes of one row, or what reading the copy gave. Rules that
// need more than one row, and those of Options.Check, are Check's. The *Item is the caller's to keep.
func (m *Manifest) Items() iter.Seq2[*Item, error] {
	return func(yield func(*Item, error) bool) {
		if m.opening.Total > 0 {
			yield(nil, m.opening.err())
			return
		}
		for r, err := range m.source.rows() {
			if err != nil {
				yield(nil, fmt.Errorf("read %s: %w", m.path, err))
				return
			}
			first, count, mistakes := m.item(r)
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
