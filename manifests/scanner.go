package manifests

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"
)

const (
	// maxCell is how many bytes a quoted cell may have: one stray quote costs a bounded look ahead
	// and cannot swallow the sheet.
	maxCell = 1 << 20
	// maxRecord is how many bytes a row may have, so that a file without line ends does not
	// fill the memory.
	maxRecord = 16 << 20
)

// wholeLines is the separator of a text of which each line is a cell: a byte that no text has.
const wholeLines = 0

// A span is one cell of a record.
type span struct {
	from, to int  // its text in the record, without the quotes around it
	quoted   bool // stands in quotes
	doubled  bool // has doubled quotes inside
}

// A scanner cuts comma-, semicolon- or tab-separated text into records and knows where each
// cell stands. A cell is quoted only if it opens with a quote and its closing quote is followed
// by a separator or the end of the line; all other quotes are text, as people type them ("G I G
// G L E" painted in …). That is why encoding/csv cannot read such files itself: strict it
// refuses them, lazy it merges rows without a word.
//
// A line ends with LF, CRLF or CR. The buffer belongs to the scanner: record and cells are good
// until the next call.
type scanner struct {
	r   io.Reader
	sep byte

	buf      []byte
	from, to int // unread part of buf; the record begins at from
	eof      bool
	err      error // of reading

	offset int64 // of the record in the copy
	line   int   // of its first character
	number int   // of the record, blank ones counted, from 1
	cells  []span
	length int // in bytes, line end included
	breaks int // line ends inside and at the end of the record

	overlong bool // the record is longer than maxRecord; it may be cut, and nothing follows
	unclosed int  // the cell, from 1, whose quote is not closed within maxCell; nothing follows
}

// newScanner reads from r, which stands at a ref; number is that of the record before.
func newScanner(r io.Reader, sep byte, at ref, number, bufferSize int) *scanner {
	return &scanner{r: r, sep: sep, buf: make([]byte, bufferSize), offset: at.offset,
		line: at.line, number: number}
}

// next reads a record and reports whether there was one.
func (s *scanner) next() bool {
	s.from += s.length
	s.offset += int64(s.length)
	s.line += s.breaks
	s.length, s.breaks, s.cells = 0, 0, s.cells[:0]
	if s.overlong || s.unclosed > 0 || s.from == s.to && !s.more() {
		return false
	}
	s.number++
	for s.length <= maxRecord && s.cell() {
	}
	s.overlong = s.length > maxRecord
	return s.err == nil
}

// bytes are the record as it stands in the file.
func (s *scanner) bytes() []byte { return s.buf[s.from : s.from+s.length] }

// cell reads the cell that begins where the last one ended and reports whether another one
// follows.
func (s *scanner) cell() bool {
	c, ok := s.quoted()
	if !ok {
		c = s.plain()
	}
	s.cells = append(s.cells, c)
	end := c.to
	if c.quoted {
		end++
	}
	s.length = end
	return s.delimiter()
}

// delimiter takes the separator or the line end behind a cell and reports whether it was a
// separator.
func (s *scanner) delimiter() bool {
	b, ok := s.at(s.length)
	if !ok {
		return false
	}
	s.length++
	if b == s.sep {
		return true
	}
	s.breaks++
	if b == '\r' {
		if next, ok := s.at(s.length); ok && next == '\n' {
			s.length++
		}
	}
	return false
}

// quoted reads a quoted cell, if one begins here.
func (s *scanner) quoted() (span, bool) {
	if b, ok := s.at(s.length); !ok || b != '"' || s.sep == wholeLines {
		return span{}, false
	}
	c := span{from: s.length + 1, quoted: true}
	for i := c.from; i-c.from <= maxCell; {
		quote := bytes.IndexByte(s.buf[s.from+i:s.to], '"')
		if quote < 0 {
			i = s.to - s.from
			if !s.more() {
				return span{}, false
			}
			continue
		}
		i += quote
		next, ok := s.at(i + 1)
		switch {
		case ok && next == '"':
			c.doubled = true
			i += 2
		case !ok || s.ends(next):
			c.to = i
			s.breaks += lineBreaks(s.buf[s.from+c.from : s.from+c.to])
			return c, true
		default:
			return span{}, false
		}
	}
	s.unclosed = len(s.cells) + 1
	return span{}, false
}

// plain reads a cell up to the separator or the line end.
func (s *scanner) plain() span {
	c := span{from: s.length}
	for i := c.from; ; {
		for j, b := range s.buf[s.from+i : s.to] {
			if s.ends(b) {
				c.to = i + j
				return c
			}
		}
		i = s.to - s.from
		if i > maxRecord || !s.more() {
			c.to = i
			return c
		}
	}
}

func (s *scanner) ends(b byte) bool { return b == s.sep || b == '\n' || b == '\r' }

// at is the byte i behind the start of the record, if there is one.
func (s *scanner) at(i int) (byte, bool) {
	if s.from+i >= s.to && !s.more() {
		return 0, false
	}
	return s.buf[s.from+i], true
}

// more reads on behind what is in the buffer, which moves and grows as the record needs, and
// reports whether anything came.
func (s *scanner) more() bool {
	if s.eof {
		return false
	}
	if s.from > 0 {
		s.to = copy(s.buf, s.buf[s.from:s.to])
		s.from = 0
	}
	if s.to == len(s.buf) {
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	n, err := io.ReadAtLeast(s.r, s.buf[s.to:], 1)
	s.to += n
	if err != nil {
		s.eof = true
		if !errors.Is(err, io.EOF) {
			s.err = err
		}
	}
	return n > 0
}

// text is a cell as a person meant it: doubled quotes are one. It points into the buffer where
// it can.
func (s *scanner) text(c span) []byte {
	text := s.buf[s.from+c.from : s.from+c.to]
	if c.doubled {
		return bytes.ReplaceAll(text, []byte(`""`), []byte(`"`))
	}
	return text
}

// blank reports whether nothing but white space stands in the record.
func (s *scanner) blank() bool {
	for _, c := range s.cells {
		if !isBlank(s.text(c)) {
			return false
		}
	}
	return true
}

// position is where cell i stands, its opening quote included; the start of the record where
// there is no such cell.
func (s *scanner) position(i int) (line, column int) {
	if i < 0 || i >= len(s.cells) {
		return s.line, 1
	}
	start := s.cells[i].from
	if s.cells[i].quoted {
		start--
	}
	before := s.bytes()[:start]
	lastBreak := bytes.LastIndexAny(before, "\r\n")
	return s.line + lineBreaks(before), utf8.RuneCount(before[lastBreak+1:]) + 1
}

// lineBreaks counts LF, CRLF and CR.
func lineBreaks(b []byte) int {
	n := bytes.Count(b, []byte("\n"))
	for i := bytes.IndexByte(b, '\r'); i >= 0 && i < len(b); i++ {
		if b[i] == '\r' && (i+1 == len(b) || b[i+1] != '\n') {
			n++
		}
	}
	return n
}
