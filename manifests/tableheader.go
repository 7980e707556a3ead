package manifests

import (
	"bufio"
	"slices"
	"strings"

	"github.com/qwenbatch/qwenbatch/manifests/xlsx"
)

// A foundHeader is the header of a table under one separator.
type foundHeader struct {
	names    []string // nil for a file in which nothing stands
	at, rows ref      // of its row, and of the row after it
	top      ref      // of the first row that may be it
	number   int      // of its row
	unclosed int      // the cell, from 1, whose quote is not closed
	above    int      // rows with something in them above it
	usable   bool     // it has what the rows need
}

// find chooses the separator under which the header says most, unless the file says it, and
// sets where header and rows are.
func (t *table) find(in input) {
	top, known := ref{line: 1}, separators(in.ext)
	if sep, after := saidSeparator(bufio.NewReader(t.copy.From(0))); sep != 0 {
		top, known = after, []byte{sep}
	}
	best := -1
	for _, sep := range known {
		f := t.headerUnder(sep, top, in)
		f.top = top
		if f.names == nil {
			t.found = f // an empty file, whatever separates its cells
			return
		}
		h, _ := readHeader(f.names[:min(len(f.names), xlsx.MaxColumns)], in.options.Columns)
		score := h.known()*(xlsx.MaxColumns+1) + len(f.names)
		if f.usable {
			score += int(fields) * (xlsx.MaxColumns + 1)
		}
		if score > best {
			best, t.sep, t.found = score, sep, f
		}
	}
}

// separators are those to try, the likeliest first.
func separators(ext string) []byte {
	switch ext {
	case ".tsv", ".tab", ".txt":
		return []byte("\t,;")
	}
	return []byte(",\t;") // Excel's "Unicode text" has tabs, whatever it is called
}

// saidSeparator is the separator that a first line such as sep=; says, as Excel reads and some
// programs write it, and where the next line begins; 0 where the first line says none.
// Spreadsheets do not show the line, so that it has no number.
func saidSeparator(r *bufio.Reader) (sep byte, after ref) {
	head, _ := r.Peek(16)
	end := slices.IndexFunc(head, func(b byte) bool { return b == '\n' || b == '\r' })
	if end < 0 {
		return 0, ref{}
	}
	line := strings.TrimPrefix(string(head[:end]), `"`)
	if len(line) < 5 || !strings.EqualFold(line[:4], "sep=") ||
		!strings.Contains(",;\t|:~^", line[4:5]) || strings.Trim(line[4:], line[4:5]+`"`) != "" {
		return 0, ref{}
	}
	if strings.HasPrefix(string(head[end:]), "\r\n") {
		end++
	}
	return line[4], ref{offset: int64(end + 1), line: 2}
}

// headerUnder takes the first row as the header, unless it has no prompts, or none of what
// templates want, and one of the next does: titles and notes stand above it.
func (t *table) headerUnder(sep byte, top ref, in input) (chosen foundHeader) {
	s := newScanner(t.copy.From(top.offset), sep, top, 0, 4096)
	most := 0 // cells of a row that was looked at
	for seen := 0; seen < headerRows && s.next(); {
		if s.blank() {
			continue
		}
		seen++
		f := foundHeader{names: s.names(), at: ref{offset: s.offset, line: s.line},
			rows:   ref{offset: s.offset + int64(s.length), line: s.line + s.breaks},
			number: s.number, above: seen - 1, unclosed: s.unclosed}
		h, _ := readHeader(f.names[:min(len(f.names), xlsx.MaxColumns)], in.options.Columns)
		f.usable = h.usable(in.wants, in.options) && (seen == 1 || mayFollow(h, f.names, most))
		lonely := filled(chosen.names) == 1
		if seen == 1 || f.usable && (!chosen.usable || lonely && h.known() > 1) ||
			!chosen.usable && lonely && filled(f.names) > 1 {
			chosen = f
		}
		if chosen.usable && filled(chosen.names) > 1 || in.wants != nil &&
			len(in.wants.names) == 0 {
			break
		}
		most = max(most, filled(f.names))
	}
	return chosen
}

// mayFollow reports whether a row that names the prompts can be a header below rows of at most
// so many cells: it names another field too, or is fuller than they are, or all have one cell.
// A row of prompts in which one word happens to be a name of ours is none of that.
func mayFollow(h header, names []string, most int) bool {
	n := filled(names)
	return h.known() > 1 || n > most || n == 1 && most == 1
}

// names are the cells of a row without those at its end that are empty.
func (s *scanner) names() (names []string) {
	for _, c := range s.cells {
		names = append(names, trimEdges(string(s.text(c))))
	}
	for len(names) > 0 && names[len(names)-1] == "" {
		names = names[:len(names)-1]
	}
	return names
}
