package manifests

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode"

	"github.com/qwenbatch/qwenbatch/manifests/spell"
	"github.com/qwenbatch/qwenbatch/manifests/xlsx"

	"github.com/xuri/excelize/v2"
)

// A sheet is a manifest in a sheet of a workbook. Texts are taken as they are shown, but for
// seed, count and n, of which the number itself counts, whatever its format.
type sheet struct {
	path, name string
	others     []string // sheets, where nobody has said which to read
	unread     []string // those of them that a person sees
	grid       *xlsx.Grid
	header     header
	sides      sides // among the carried-through columns
	pictures   sheetPictures
	number     int      // of the header row
	names      []string // in it

	above       int  // rows with something in them above the header
	visibleOnly bool // hidden rows and columns are left out
}

// openSheet finds the sheet, takes it out of the workbook and finds its header.
func openSheet(in input) (*reading, error) {
	b, err := takeBook(in.file)
	if err != nil {
		return nil, err
	}
	opened := &reading{book: b, encoding: utf8Name}
	s, err := readSheet(in.path, b, in.options.Sheet)
	if err == nil {
		opened.source, opened.grid = s, s.grid
		s.visibleOnly = in.options.VisibleOnly
		err = s.findHeader(in.options, in.wants)
	}
	if err == nil && in.wants == nil {
		opened.guesses.addAll(s.placed(s.header.leaveOutResults(s.names)))
		err = s.headerErrors(s.header.promptRival(s.names, in.options.Columns, s.lengths))
	}
	if err == nil {
		var taken ErrorList
		taken, err = s.takePictures(in.options)
		opened.guesses.addAll(taken)
	}
	if err != nil {
		opened.close()
		return nil, err
	}
	opened.pictures, opened.floating = s.pictures.named, !s.pictures.columns
	opened.takeSides(in)
	if s.sides = opened.sides; in.wants == nil {
		opened.headerWarnings = s.placed(s.header.nearMisses())
		b.Results = s.header.results.columns
	}
	opened.guesses.addAll(s.besides(in.wants != nil))
	opened.guesses.addAll(s.hidden())
	opened.guesses.addAll(s.placed(headerBelow(s.above)))
	b.Sheet, b.Header, b.Fields = s.name, s.number, s.header.present()
	return opened, nil
}

// readSheet takes the asked sheet out of a workbook, or the first that is not hidden.
func readSheet(path string, b *Book, asked string) (*sheet, error) {
	w, err := xlsx.Open(b.copy.Section())
	if err != nil {
		return nil, inBook(path, err)
	}
	s := &sheet{path: path, name: w.Visible()[0]}
	if asked == "" {
		s.unread = w.Visible()[1:]
		s.others = slices.DeleteFunc(slices.Clone(w.Sheets()),
			func(n string) bool { return n == s.name })
	} else if s.name, err = sheetNamed(asked, w.Sheets()); err != nil {
		return nil, inBook(path, err)
	}
	s.grid, err = w.Read(s.name)
	return s, inBook(path, err)
}

// inBook gives what is wrong with a workbook its place, the file.
func inBook(path string, err error) error {
	if wrong := (*xlsx.Error)(nil); errors.As(err, &wrong) {
		return single(Position{File: path}, "", "%s", wrong.Text)
	}
	return err
}

// sheetNamed finds the sheet that is asked for, case and blanks at its ends apart.
func sheetNamed(asked string, names []string) (string, error) {
	if slices.Contains(names, asked) {
		return asked, nil
	}
	for _, n := range names {
		if strings.EqualFold(strings.TrimSpace(n), strings.TrimSpace(asked)) {
			return n, nil
		}
	}
	guess := ""
	if near := spell.Nearest(asked, names); near != "" {
		guess = fmt.Sprintf("did you mean %q? ", near)
	}
	return "", &xlsx.Error{Text: fmt.Sprintf(
		"there is no sheet %q; %sthere are %s", asked, guess, quoteAll(names))}
}

// findHeader takes the first of the first rows that has a column of prompts, or all that
// templates want. Where nothing but one word stands in it, as a title may be, a fuller row
// below is preferred.
func (s *sheet) findHeader(o Options, w *wantedVars) error {
	explicit := o.Columns
	var chosen, widest []string
	r, at := s.grid.Reader(), 0
	for above := range headerRows {
		if !r.Next() {
			break
		}
		if s.leftOut(r.Row()) {
			continue
		}
		names := s.namesIn(r.Row())
		h, _ := readHeader(names, explicit)
		if h.usable(w, o) && (chosen == nil || filled(chosen) == 1 && h.known() > 1) {
			chosen, s.number, s.above = names, r.Row().Number, above
		}
		if filled(names) > filled(widest) {
			widest, at = names, r.Row().Number
		}
	}
	switch {
	case r.Err() != nil:
		return r.Err()
	case widest == nil:
		return nil // an empty sheet is an empty manifest
	case chosen == nil && w != nil:
		chosen, s.number = widest, at // templates say what is missing
	case chosen == nil:
		s.number = at
		return s.headerErrors(s.noHeader(widest, explicit))
	}
	var faults []headerFault
	s.names = chosen
	s.header, faults = readHeader(chosen, explicit)
	s.header.leaveOut(func(column int) bool {
		return chosen[column] == "" && (s.grid.LastRow[column] <= s.number ||
			s.visibleOnly && s.grid.HiddenColumn(column))
	})
	return s.headerErrors(faults)
}

// noHeader says that no row has a column of prompts, and shows the likeliest row for a header.
func (s *sheet) noHeader(names []string, explicit map[string]string) []headerFault {
	under, rows := s.sample()
	var lengths []int
	for i, name := range names {
		if name != "" {
			lengths = append(lengths, under[i])
		}
	}
	names = slices.DeleteFunc(names, func(n string) bool { return n == "" })
	h := header{}
	if faults := h.choose(names, explicit); len(faults) > 0 {
		return faults
	}
	text := noPrompt(names, lengths)
	if len(names) == 1 && len(s.others) > 0 && !speakOfColumns(names) { // a cover
		return []headerFault{{-1, "no column holds the prompts; the first row is " +
			quoteAll(names) + "; another sheet is taken with --sheet: " + quoteAll(s.others)}}
	}
	if rows > 0 && looksLikeData(names, lengths, rows) {
		text = "no column holds the prompts, and this row looks like one of them: " +
			quoteAll(names) + "; put a row above it, with the word prompt over the prompts"
	}
	if len(s.others) > 0 {
		text += ", or another sheet with --sheet: " + quoteAll(s.others)
	}
	return []headerFault{{-1, text}}
}

// texts are what stands in a row by column, for a sheet of that width.
func texts(r *xlsx.Row, width int) []string {
	names := make([]string, width)
	for _, c := range r.Cells {
		names[c.Column] = trimEdges(c.Text)
	}
	return names
}

// headerErrors gives the faults of the header their places.
func (s *sheet) headerErrors(faults []headerFault) error {
	list := s.placed(faults)
	return list.err()
}

func (s *sheet) placed(faults []headerFault) (list ErrorList) {
	for _, f := range faults {
		list.add(Error{Pos: s.position(s.number, f.column), Text: f.text})
	}
	return list
}

// position is a cell, the first of the row where the column is -1.
func (s *sheet) position(line, column int) Position {
	column = max(column, 0)
	name, _ := excelize.CoordinatesToCellName(column+1, line)
	return Position{File: s.path, Line: line, Column: column + 1,
		Cell: quotedSheet(s.name) + "!" + name}
}

// quotedSheet is the name of a sheet as formulas have it.
func quotedSheet(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) &&
			!unicode.IsDigit(r) && r != '_'
	}) {
		return "'" + strings.ReplaceAll(name, "'", "''") + "'"
	}
	return name
}

func (s *sheet) columns() []string         { return s.header.names }
func (s *sheet) headers() map[string]field { return s.header.said }

func (s *sheet) place(at ref, name string) Position {
	return s.position(at.line, s.header.column(name))
}

func (s *sheet) rows() iter.Seq2[*row, error] {
	return func(yield func(*row, error) bool) {
		if s.header.width == 0 {
			return
		}
		var current row
		r := s.grid.Reader()
		for r.Next() {
			if s.passes(r.Row()) {
				continue
			}
			if s.fill(&current, r); !yield(&current, nil) {
				return
			}
		}
		if r.Err() != nil {
			yield(nil, r.Err())
		}
	}
}

// fill makes a row of the cells that r stands on.
func (s *sheet) fill(to *row, r *xlsx.Reader) {
	*to = row{number: r.Row().Number, at: ref{line: r.Row().Number}, faults: to.faults[:0],
		spoiled: to.spoiled[:0]}
	for f, column := range s.header.index {
		if column < 0 {
			continue
		}
		c := r.Cell(column)
		if c.Bad != "" {
			to.faults = append(to.faults, fault{
				pos: s.position(r.Row().Number, column), field: field(f).String(), text: c.Bad})
			continue
		}
		text := c.Text
		if isNumber(field(f)) && c.Raw != "" {
			text = c.Raw
		}
		to.cells[f] = cell{text: text, said: trimEdges(text) != ""}
	}
	for _, column := range s.header.images {
		to.cells[fieldImage].addLine(r.Cell(column).Text)
	}
	for _, name := range s.pictures.rows[r.Row().Number] {
		to.cells[fieldImage].addLine(name)
	}
	if s.repeatsHeader(r.Row()) {
		to.faults = append(to.faults[:0], fault{
			pos: s.position(r.Row().Number, -1), text: headerAgain})
		to.unfit = true
	}
	s.carry(to, r)
}

// repeatsHeader reports whether the same stands in a row as in the header.
func (s *sheet) repeatsHeader(r *xlsx.Row) bool {
	return repeats(s.names, len(r.Cells), func(i int) (int, string) {
		return r.Cells[i].Column, r.Cells[i].Text
	})
}

// isBlankRow reports whether nobody sees anything in a row.
func isBlankRow(r *xlsx.Row) bool {
	return !slices.ContainsFunc(r.Cells,
		func(c xlsx.Cell) bool { return c.Bad != "" || trimEdges(c.Text) != "" })
}

// carry takes the values of the carried-through columns. What is wrong with one matters only to
// those who use it.
func (s *sheet) carry(to *row, r *xlsx.Reader) {
	if len(s.header.carried) == 0 {
		return
	}
	to.columns = make([]string, len(s.header.carried))
	for i, column := range s.header.carried {
		c := r.Cell(column)
		to.columns[i] = plainBreaks(c.Text)
		if slices.Contains(s.sides[:], i+1) && c.Raw != "" {
			to.columns[i] = c.Raw
		}
		if c.Bad != "" {
			to.spoiled = append(to.spoiled, unusable{i, c.Bad})
		}
	}
}
