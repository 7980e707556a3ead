package manifests

import (
	"bufio"
	"io"
	"unicode"
	"unicode/utf8"

	"github.com/qwenbatch/qwenbatch/manifests/spool"
)

// textStats looks at the bytes of a file as they are copied, to tell its encoding. Offsets
// are -1 for "not seen".
type textStats struct {
	offset                              int64 // of the next byte
	tail                                []byte
	short, long                         int // valid sequences of 2 bytes, of 3 and 4
	bad                                 int // bytes that are no part of valid UTF-8
	firstBad, firstShort, nul, replaced int64
	escape                              int64 // see shiftsIn
}

func newTextStats() *textStats {
	return &textStats{
		firstBad: -1, firstShort: -1, nul: -1, replaced: -1, escape: -1}
}

// Write looks at p; a character that is cut at its end waits for the next call.
func (s *textStats) Write(p []byte) (int, error) {
	n := len(p)
	if len(s.tail) > 0 {
		p = append(s.tail, p...)
		s.tail = nil
	}
	for len(p) > 0 {
		if plain := plainLength(p); plain > 0 {
			s.offset += int64(plain)
			p = p[plain:]
			continue
		}
		if !utf8.FullRune(p) {
			s.tail = append([]byte(nil), p...)
			return n, nil
		}
		r, size := utf8.DecodeRune(p)
		s.see(r, size)
		p = p[size:]
	}
	return n, nil
}

// end counts what was cut off by the end of the file.
func (s *textStats) end() {
	for range s.tail {
		s.see(utf8.RuneError, 1)
	}
	s.tail = nil
}

// plainLength is the length of the ASCII that p begins with, NUL and ESC not being plain.
func plainLength(p []byte) int {
	for i, b := range p {
		if b >= utf8.RuneSelf || b == 0 || b == esc {
			return i
		}
	}
	return len(p)
}

func (s *textStats) see(r rune, size int) {
	switch {
	case r == 0:
		firstAt(&s.nul, s.offset)
	case r == esc:
		firstAt(&s.escape, s.offset)
	case r == utf8.RuneError && size == 1:
		s.bad++
		firstAt(&s.firstBad, s.offset)
	case size == 2:
		s.short++
		firstAt(&s.firstShort, s.offset)
	default:
		s.long++
		if r == utf8.RuneError {
			firstAt(&s.replaced, s.offset)
		}
	}
	s.offset += int64(size)
}

func firstAt(at *int64, offset int64) {
	if *at < 0 {
		*at = offset
	}
}

// readsLikeText tells UTF-8 that has no character of more than 2 bytes from GBK that happens to
// be valid UTF-8, as 一只猫 is (and 联通, for which an editor became famous). All such sequences are
// Han in GBK, so decoding tells nothing. But letters of a real text stand beside letters of
// their own script, while Han read as UTF-8 falls into another script with each character.
func readsLikeText(c *spool.File) bool {
	r := bufio.NewReaderSize(c.From(0), 1<<16)
	var all, fitting int
	var before, at rune
	for {
		after, _, err := r.ReadRune()
		if err != nil {
			after = 0
		}
		if at >= utf8.RuneSelf {
			all++
			if sameScript(at, before) || sameScript(at, after) {
				fitting++
			}
		}
		if err != nil {
			return fitting*2 >= all
		}
		before, at = at, after
	}
}

// sameScript reports whether r fits beside its neighbour. Signs such as × and ° stand beside
// digits and Latin letters.
func sameScript(r, neighbour rune) bool {
	if neighbour < utf8.RuneSelf && r <= unicode.MaxLatin1 && !unicode.IsLetter(r) {
		return unicode.IsLetter(neighbour) || unicode.IsDigit(neighbour)
	}
	if unicode.Is(unicode.Inherited, r) { // an accent of its own
		return unicode.Is(unicode.Latin, neighbour)
	}
	for _, script := range []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek,
		unicode.Arabic, unicode.Hebrew} {
		if unicode.Is(script, r) {
			return unicode.Is(script, neighbour)
		}
	}
	return false
}

// esc begins the sequences by which ISO-2022 encodings, which are ASCII bytes only, change to
// other characters.
const esc = 0x1b

// shiftsIn reports whether a text begins with such a sequence that changes to Japanese.
func shiftsIn(text io.Reader) bool {
	start := make([]byte, 3)
	_, err := io.ReadFull(text, start)
	return err == nil && (string(start) == "\x1b$B" || string(start) == "\x1b$@")
}
