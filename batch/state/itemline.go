package state

import (
	"encoding/hex"
	"unicode/utf8"

	"github.com/qwenbatch/qwenbatch/client"
)

// A state file of a million items is read at every start, and encoding/json takes ten seconds
// for it. So a line as our own encoder writes it is scanned here, every byte of it, and
// anything unusual is left to encoding/json: blanks, escapes in what the index needs, members
// twice, numbers that are not whole. What is taken here is taken as encoding/json would take
// it.

// scanItem is the entry that an item's line makes; ok is false for lines that are not ours, or
// that are no item's.
func scanItem(line []byte) (e Entry, ok bool) {
	s := itemScanner{line: line}
	s.members((*itemScanner).ofLine)
	const needed = sawKey | sawPrint | sawPhase
	return s.entry, !s.odd && s.at == len(line) && s.seen&needed == needed
}

// An itemScanner walks over a line. Once something is odd it stays at the end.
type itemScanner struct {
	line  []byte
	at    int
	depth int
	odd   bool
	entry Entry
	seen  saw
}

// saw has a bit for each member that the index needs.
type saw uint8

const (
	sawKey saw = 1 << iota
	sawID
	sawPrint
	sawPhase
	sawPictures
	sawCost
	sawBefore
	sawFile // of the picture that is being read
)

func (s *itemScanner) strange() { s.odd, s.at = true, len(s.line) }

// once notes a member that may be there once: of two, encoding/json takes the last.
func (s *itemScanner) once(m saw) {
	if s.seen&m != 0 {
		s.strange()
	}
	s.seen |= m
}

// peek is the next byte, 0 behind the last.
func (s *itemScanner) peek() byte {
	if s.at >= len(s.line) {
		return 0
	}
	return s.line[s.at]
}

// take goes over a byte that must be there.
func (s *itemScanner) take(b byte) {
	if s.peek() != b {
		s.strange()
		return
	}
	s.at++
}

// ofLine reads a member of the line itself.
func (s *itemScanner) ofLine(name []byte) {
	switch string(name) {
	case "key":
		s.once(sawKey)
		s.key(s.text())
	case "id":
		s.once(sawID)
		s.entry.IDHash = Hash(s.text())
	case "fp":
		s.once(sawPrint)
		s.print(s.text())
	case "phase":
		s.once(sawPhase)
		s.entry.code = codeOf(Phase(s.text()))
	case "pictures":
		s.once(sawPictures)
		s.elements((*itemScanner).picture)
	case "cost_micros":
		s.once(sawCost)
		s.entry.Paid += client.Money(s.number())
	case "cost_before_micros":
		s.once(sawBefore)
		s.entry.Paid += client.Money(s.number())
	case "redo", "redos", "run", "sweep_since", "qwenbatch":
		s.strange() // an item that --redo has made again, a mark, a header
	default:
		s.value()
	}
}

func (s *itemScanner) key(text []byte) {
	k, ok := keyOf(text)
	if !ok {
		s.strange()
	}
	s.entry.Key = k
}

func (s *itemScanner) print(digits []byte) {
	if len(digits) != 2*len(s.entry.print) {
		s.strange()
		return
	}
	if _, err := hex.Decode(s.entry.print[:], digits); err != nil {
		s.strange()
	}
}

// picture reads one of the pictures.
func (s *itemScanner) picture() {
	s.seen &^= sawFile
	s.members((*itemScanner).ofPicture)
	if s.seen&sawFile == 0 {
		s.strange()
	}
	if s.entry.Pictures++; s.entry.Pictures == 0 {
		s.strange() // more than are counted
	}
}

// ofPicture reads a member of a picture.
func (s *itemScanner) ofPicture(name []byte) {
	switch string(name) {
	case "file":
		s.once(sawFile)
		if file := s.text(); s.entry.Pictures == 0 {
			s.entry.FileHash = Hash(file)
		}
	case "sha256":
		s.text()
	case "width", "height":
		s.number()
	case "bytes":
		if n := s.number(); s.entry.Pictures == 0 {
			s.entry.FileBytes = SmallBytes(n)
		}
	default:
		s.strange()
	}
}

// members goes over an object; read takes the value that follows a name.
func (s *itemScanner) members(read func(s *itemScanner, name []byte)) {
	s.take('{')
	for more := s.begins('}'); more; more = s.goesOn('}') {
		read(s, s.name())
	}
}

// elements goes over an array.
func (s *itemScanner) elements(read func(s *itemScanner)) {
	s.take('[')
	for more := s.begins(']'); more; more = s.goesOn(']') {
		read(s)
	}
}

// begins reports whether something stands in the brackets that have just been opened. What is
// deeper than ours is left to encoding/json, which has a bound of its own.
func (s *itemScanner) begins(end byte) bool {
	if s.depth++; s.depth > 8 {
		s.strange()
	}
	if s.peek() == end {
		s.at++
		s.depth--
		return false
	}
	return !s.odd
}

// goesOn reports whether something follows behind a comma.
func (s *itemScanner) goesOn(end byte) bool {
	if s.peek() == ',' {
		s.at++
		return true
	}
	s.take(end)
	s.depth--
	return false
}

// name reads the name of a member and the colon. It takes names that encoding/json takes for no
// others: that overlooks case, also of letters beyond ASCII.
func (s *itemScanner) name() []byte {
	s.take('"')
	start := s.at
	for b := s.peek(); b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '_'; b = s.peek() {
		s.at++
	}
	end := s.at
	s.take('"')
	s.take(':')
	return s.line[start:end]
}

// value goes over a value that the index does not need.
func (s *itemScanner) value() {
	switch s.peek() {
	case '"':
		s.skipText()
	case '{':
		s.members(func(s *itemScanner, _ []byte) { s.value() })
	case '[':
		s.elements((*itemScanner).value)
	case 't':
		s.word("true")
	case 'f':
		s.word("false")
	case 'n':
		s.word("null")
	default:
		s.number()
	}
}

func (s *itemScanner) word(w string) {
	if len(s.line)-s.at < len(w) || string(s.line[s.at:s.at+len(w)]) != w {
		s.strange()
		return
	}
	s.at += len(w)
}

// number reads a whole number of at most 18 digits.
func (s *itemScanner) number() (n int64) {
	negative := s.peek() == '-'
	if negative {
		s.at++
	}
	start := s.at
	for b := s.peek(); b >= '0' && b <= '9'; b = s.peek() {
		n = 10*n + int64(b-'0')
		s.at++
	}
	if digits := s.at - start; digits == 0 || digits > 18 || digits > 1 && s.line[start] == '0' {
		s.strange()
	}
	if negative {
		return -n
	}
	return n
}

// text reads a string without escapes.
func (s *itemScanner) text() []byte {
	s.take('"')
	rest := s.line[s.at:]
	n := plainText(rest)
	if n == len(rest) || rest[n] != '"' || !utf8.Valid(rest[:n]) {
		s.strange()
		return nil
	}
	s.at += n + 1
	return rest[:n]
}

// skipText goes over a string.
func (s *itemScanner) skipText() {
	s.take('"')
	for {
		s.at += plainText(s.line[s.at:])
		if s.peek() != '\\' {
			s.take('"')
			return
		}
		s.at++
		s.escape()
	}
}

// escape goes over what follows a backslash.
func (s *itemScanner) escape() {
	switch b := s.peek(); b {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.at++
	case 'u':
		if len(s.line)-s.at < 5 || !isHex(s.line[s.at+1:s.at+5]) {
			s.strange()
			return
		}
		s.at += 5
	default:
		s.strange()
	}
}

func isHex(digits []byte) bool {
	for _, b := range digits {
		if (b < '0' || b > '9') && (b < 'a' || b > 'f') && (b < 'A' || b > 'F') {
			return false
		}
	}
	return true
}
