package xlsx

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/qwenbatch/qwenbatch/manifests/spool"
)

// maxTexts is how many different texts a workbook may have; each takes 4 bytes beside its own.
const maxTexts = 1 << 24

const (
	// textBlock is how many bytes of the shared texts are read at a time, as sheets use them in
	// about their order.
	textBlock = 1 << 16
	// textBlocks is how many of them are kept, as words that stand in every row are found far
	// back.
	textBlocks = 64
)

// sharedTexts are the texts that the cells of a workbook refer to by number.
type sharedTexts struct {
	all    spool.File
	ends   []uint32 // of each text in all
	blocks [textBlocks]struct {
		number int64 // from 1, as 0 is none
		bytes  []byte
	}
}

// texts copies the shared texts out of the workbook.
func (w *Workbook) texts() (*sharedTexts, error) {
	s := &sharedTexts{}
	if w.parts[w.strings] == nil {
		return s, nil
	}
	err := w.each(w.strings, func(x *xmlReader) error {
		for token := x.next(); token != nil; token = x.next() {
			if start, ok := token.(xml.StartElement); !ok || start.Name.Local != "si" {
				continue
			}
			if err := s.add(richText(x)); err != nil {
				return refuse("%v", err)
			}
		}
		return nil
	})
	if err != nil {
		s.all.Close()
		return nil, err
	}
	return s, nil
}

func (s *sharedTexts) add(text string) error {
	if _, err := s.all.Write([]byte(text)); err != nil {
		return err
	}
	if len(s.ends) == maxTexts {
		return fmt.Errorf("has more than %d different texts", maxTexts)
	}
	s.ends = append(s.ends, uint32(s.all.Size()))
	return nil
}

// at is the text of a number as it stands in a cell.
func (s *sharedTexts) at(number string) (string, error) {
	i, err := strconv.Atoi(strings.TrimSpace(number))
	if err != nil || i < 0 || i >= len(s.ends) {
		return "", fmt.Errorf("a cell refers to text %q of %d", number, len(s.ends))
	}
	var from uint32
	if i > 0 {
		from = s.ends[i-1]
	}
	return s.slice(int64(from), int64(s.ends[i]))
}

func (s *sharedTexts) slice(from, to int64) (string, error) {
	number := from/textBlock + 1
	if to > number*textBlock { // in two blocks or more
		text := make([]byte, to-from)
		_, err := s.all.Section().ReadAt(text, from)
		return string(text), err
	}
	block := &s.blocks[number%textBlocks]
	start := (number - 1) * textBlock
	if block.number != number {
		block.number = number
		block.bytes = append(block.bytes[:0], make([]byte, min(textBlock, s.all.Size()-start))...)
		if _, err := s.all.Section().ReadAt(block.bytes, start); err != nil {
			return "", err
		}
	}
	return string(block.bytes[from-start : to-start]), nil
}

// richText is the text of the element that has just begun: of all its runs, without the reading
// aids (furigana) that stand over Chinese characters.
func richText(x *xmlReader) string {
	var b strings.Builder
	inText := false
	for outside := x.depth - 1; x.depth > outside; {
		switch token := x.next().(type) {
		case nil:
			return b.String()
		case xml.StartElement:
			inText = token.Name.Local == "t"
			if token.Name.Local == "rPh" {
				x.skip()
			}
		case xml.EndElement:
			inText = false
		case xml.CharData:
			if inText {
				x.append(&b, token)
			}
		}
	}
	return unescaped(b.String())
}

// unescaped reads _x000D_, as workbooks write characters that XML cannot have (ECMA-376 part 1,
// 22.9.2.19).
func unescaped(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for s != "" {
		if r, length, ok := escape(s); ok {
			b.WriteRune(r)
			s = s[length:]
			continue
		}
		next := strings.IndexByte(s[1:], '_') + 1
		if next == 0 {
			next = len(s)
		}
		b.WriteString(s[:next])
		s = s[next:]
	}
	return b.String()
}

// escape is the character that s begins with, if that is an escape: one, or two that are a pair.
func escape(s string) (r rune, length int, ok bool) {
	unit := func(s string) (rune, bool) {
		if len(s) < 7 || s[:2] != "_x" || s[6] != '_' {
			return 0, false
		}
		n, err := strconv.ParseUint(s[2:6], 16, 16)
		return rune(n), err == nil
	}
	r, ok = unit(s)
	if !ok || !utf16.IsSurrogate(r) {
		return r, 7, ok
	}
	low, paired := unit(s[7:])
	if pair := utf16.DecodeRune(r, low); paired && pair != '\uFFFD' {
		return pair, 14, true
	}
	return 0, 0, false
}
