package manifests

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/qwenbatch/qwenbatch/manifests/spool"
	"github.com/qwenbatch/qwenbatch/manifests/xlsx"

	"github.com/gocarina/gocsv"
)

// A table is a manifest in comma-, semicolon- or tab-separated values.
type table struct {
	path   string
	copy   *spool.File
	sep    byte
	header header
	found  foundHeader
}

// openTable finds separator and header.
func openTable(in input) (*reading, error) {
	t := &table{path: in.path, copy: in.text}
	opened := &reading{source: t, text: in.text}
	t.find(in)
	names := t.found.names
	if names == nil {
		return opened, nil // an empty file is an empty manifest
	}
	var faults []headerFault
	if t.hasNoHeader(in) {
		return opened, t.headerErrors(t.takeAll(in))
	}
	if len(names) > xlsx.MaxColumns {
		faults = append(faults, headerFault{xlsx.MaxColumns,
			fmt.Sprintf("the header has %d columns; a sheet has at most %d", len(names),
				xlsx.MaxColumns)})
	} else {
		t.header, faults = readHeader(names, in.options.Columns)
	}
	if t.found.unclosed > 0 {
		faults = []headerFault{{t.found.unclosed - 1, unclosedQuote()}}
	}
	opened.guesses = t.placed(headerBelow(t.found.above))
	if in.wants == nil {
		opened.guesses.addAll(t.placed(t.header.leaveOutResults(names)))
	}
	switch {
	case len(faults) > 0 || in.wants != nil:
	case !t.header.hasPrompts(in.options):
		faults = append(faults, headerFault{-1, t.noPromptNorHeader(names)})
	default:
		faults = t.header.promptRival(names, in.options.Columns, t.lengths)
	}
	if opened.takeSides(in); in.wants == nil {
		opened.headerWarnings = t.placed(t.header.nearMisses())
	}
	return opened, t.headerErrors(faults)
}

// headerErrors gives the faults of the header their places.
func (t *table) headerErrors(faults []headerFault) error {
	list := t.placed(faults)
	return list.err()
}

func (t *table) placed(faults []headerFault) (list ErrorList) {
	s := newScanner(t.copy.From(t.found.at.offset), t.sep, t.found.at, 0, 4096)
	s.next()
	for _, f := range faults {
		line, column := s.position(f.column)
		list.add(Error{Pos: placeIn(t.path, line, column), Text: f.text})
	}
	return list
}

func (t *table) columns() []string         { return t.header.names }
func (t *table) headers() map[string]field { return t.header.said }

// place scans the row once more; positions are for messages, not worth remembering for a
// million rows.
func (t *table) place(at ref, name string) Position {
	s := newScanner(t.copy.From(at.offset), t.sep, at, 0, 4096)
	s.next()
	line, column := s.position(t.header.column(name))
	return placeIn(t.path, line, column)
}

// rows feeds the strict form of each row to gocsv and adds what gocsv does not know: the row's
// place and its carried-through columns.
func (t *table) rows() iter.Seq2[*row, error] {
	return func(yield func(*row, error) bool) {
		if t.header.width == 0 {
			return
		}
		f := &csvFeed{table: t, scanner: newScanner(
			t.copy.From(t.found.rows.offset), t.sep, t.found.rows, t.found.number, 1<<16)}
		f.header()
		r := csv.NewReader(f)
		r.ReuseRecord = true
		u, err := gocsv.NewUnmarshaller(r, &sheetRow{})
		for err == nil {
			var read any
			if read, err = u.Read(); err == nil && !yield(f.row(read.(*sheetRow)), nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(nil, err)
		}
	}
}

// A sheetRow is what gocsv fills. All is text: gocsv reads 1.23457E+09 as 1 and 010 as 8
// without a word.
type sheetRow struct {
	ID           string `csv:"id"`
	Prompt       string `csv:"prompt"`
	Negative     string `csv:"negative_prompt"`
	Model        string `csv:"model"`
	Size         string `csv:"size"`
	Seed         string `csv:"seed"`
	Count        string `csv:"count"`
	N            string `csv:"n"`
	PromptExtend string `csv:"prompt_extend"`
	Watermark    string `csv:"watermark"`
	File         string `csv:"file"`
	Skip         string `csv:"skip"`
	Image        string `csv:"image"`
	ExtendMode   string `csv:"prompt_extend_mode"`
	Thinking     string `csv:"enable_thinking"`
	ThinkingMode string `csv:"thinking_mode"`
	Palette      string `csv:"color_palette"`
	Regions      string `csv:"bbox_list"`
}

// fill puts the fields in their order. An empty cell says nothing.
func (r *sheetRow) fill(cells *[fields]cell) {
	for f, text := range [fields]string{
		r.ID, r.Prompt, r.Negative, r.Model, r.Size, r.Seed, r.Count, r.N, r.PromptExtend,
		r.Watermark, r.File, r.Skip, r.Image, r.ExtendMode, r.Thinking, r.ThinkingMode, r.Palette,
		r.Regions,
	} {
		cells[f] = cell{text: text, said: trimEdges(text) != ""}
	}
}

// A csvFeed is the manifest as strict CSV with our field names as header. Each Read returns no
// more than one record, so that the csv.Reader, whose buffer asks for more only when it is
// empty, is never ahead of the scanner: when it has a row, the scanner still stands on it.
type csvFeed struct {
	table   *table
	scanner *scanner
	pending []byte // of the record, not read yet
	record  []byte
	current row
}

// header makes the header the first record.
func (f *csvFeed) header() {
	for _, name := range f.table.fieldsInOrder() {
		f.record = append(append(f.record, fieldNames[name]...), ',')
	}
	f.finish()
}

// finish ends the record. A sheet without any field, which templates may have, gets an empty one.
func (f *csvFeed) finish() {
	if len(f.record) == 0 {
		f.record = append(f.record, `"",`...)
	}
	f.record[len(f.record)-1] = '\n'
	f.pending = f.record
}

// fieldsInOrder are the fields that the sheet has.
func (t *table) fieldsInOrder() (present []field) {
	for f, column := range t.header.index {
		if column >= 0 {
			present = append(present, field(f))
		}
	}
	return present
}

func (f *csvFeed) Read(p []byte) (int, error) {
	for len(f.pending) == 0 {
		if !f.scanner.next() {
			return 0, f.end()
		}
		if !f.scanner.blank() {
			f.strict()
		}
	}
	n := copy(p, f.pending)
	f.pending = f.pending[n:]
	return n, nil
}

func (f *csvFeed) end() error {
	if f.scanner.err != nil {
		return f.scanner.err
	}
	return io.EOF
}

// strict writes the fields of the record in quotes, each quote inside doubled, whatever they
// were in.
func (f *csvFeed) strict() {
	f.record = f.record[:0]
	for _, column := range f.table.header.index {
		if column < 0 {
			continue
		}
		f.record = append(f.record, '"')
		if column < len(f.scanner.cells) {
			f.record = f.appendDoubled(f.scanner.cells[column])
		}
		f.record = append(f.record, '"', ',')
	}
	f.finish()
}

func (f *csvFeed) appendDoubled(c span) []byte {
	text := f.scanner.buf[f.scanner.from+c.from : f.scanner.from+c.to]
	if c.quoted || bytes.IndexByte(text, '"') < 0 {
		return append(f.record, text...) // already as it must be
	}
	return append(f.record, bytes.ReplaceAll(text, []byte(`"`), []byte(`""`))...)
}

// row puts together what gocsv read and what the scanner knows.
func (f *csvFeed) row(read *sheetRow) *row {
	s := f.scanner
	r := &f.current
	r.number, r.at = s.number, ref{offset: s.offset, line: s.line}
	r.columns, r.faults, r.unfit = f.carried(), r.faults[:0], false
	read.fill(&r.cells)
	for _, column := range f.table.header.images {
		if column < len(s.cells) {
			r.cells[fieldImage].addLine(string(s.text(s.cells[column])))
		}
	}
	if s.unclosed > 0 {
		f.fault(s.unclosed-1, unclosedQuote())
	}
	if s.overlong {
		f.fault(0, fmt.Sprintf("the row is longer than %d MiB; is a line end or a quote missing?",
			maxRecord>>20))
	}
	if f.repeatsHeader() {
		f.fault(-1, headerAgain)
	}
	for i := f.table.header.width; i < len(s.cells); i++ {
		if !isBlank(s.text(s.cells[i])) {
			f.fault(i,
				fmt.Sprintf(
					"the row has %d cells, the header %d; a cell with a %s in it must stand in quotes",
					len(s.cells), f.table.header.width, separatorName(s.sep)))
			break
		}
	}
	return r
}

// repeatsHeader reports whether the same stands in the row as in the header.
func (f *csvFeed) repeatsHeader() bool {
	if top := f.table.found; f.scanner.length > 2*int(top.rows.offset-top.at.offset)+64 {
		return false // most rows are longer
	}
	return repeats(f.table.found.names, len(f.scanner.cells), func(i int) (int, string) {
		return i, string(f.scanner.text(f.scanner.cells[i]))
	})
}

func unclosedQuote() string {
	return fmt.Sprintf("a quote opens here and is not closed within %d MiB", maxCell>>20)
}

func (f *csvFeed) fault(column int, text string) {
	line, at := f.scanner.position(column)
	f.current.faults = append(f.current.faults,
		fault{pos: placeIn(f.table.path, line, at), text: text})
	f.current.unfit = true
}

func separatorName(sep byte) string {
	switch sep {
	case '\t':
		return "tab"
	case ';':
		return "semicolon"
	case ',':
		return "comma"
	}
	return string(rune(sep))
}

// carried are the values of the carried-through columns.
func (f *csvFeed) carried() []string {
	columns := f.table.header.carried
	if len(columns) == 0 {
		return nil
	}
	s := f.scanner
	values := make([]string, len(columns))
	whole := string(s.bytes()) // one allocation for all of them
	for i, column := range columns {
		if column >= len(s.cells) {
			continue
		}
		c := s.cells[column]
		values[i] = whole[c.from:c.to]
		if c.doubled {
			values[i] = strings.ReplaceAll(values[i], `""`, `"`)
		}
		if c.quoted {
			values[i] = plainBreaks(values[i])
		}
	}
	return values
}
