package manifests

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode"
	"unicode/utf8"
)

// A jsonForm is how the objects of a JSON manifest follow one another.
type jsonForm int

const (
	formLines  jsonForm = iota // one a line
	formStream                 // one after the other, over several lines each
	formArray                  // with commas between them, up to the ] of their array
)

// A jsonReader reads the objects of a JSON manifest one after the other.
type jsonReader struct {
	r    *bufio.Reader
	form jsonForm
	// the array stands in an object, which has been looked at as a whole
	within bool
	most   int // bytes that an object may have

	at, following ref
	number        int    // of the object, from 1; that of the line where each has one
	text          []byte // without white space around it; good until the next one
	overlong, cut bool   // it is longer than may be, or not whole; nothing follows
	broken        string // what is wrong here in place of an object; nothing follows
	err           error
}

func (l *jsonRows) reader(at ref) *jsonReader {
	return &jsonReader{r: bufio.NewReaderSize(l.copy.From(at.offset), 1<<16), form: l.form,
		within: l.within, most: maxRecord, following: at}
}

// next reads on and reports whether there was an object, or something in its place. Nothing is
// read behind one that is too long.
func (r *jsonReader) next() bool {
	switch {
	case r.overlong || r.cut || r.broken != "" || r.err != nil:
		return false
	case r.form == formLines:
		return r.nextLine()
	}
	return r.nextElement()
}

// nextLine reads a line that is not blank.
func (r *jsonReader) nextLine() bool {
	for !r.overlong && r.err == nil {
		line, err := r.line()
		if err != nil && !errors.Is(err, io.EOF) {
			r.err = err
			return false
		}
		if len(line) == 0 {
			return false
		}
		r.at, r.number = r.following, r.following.line
		r.following = ref{offset: r.at.offset + int64(len(line)), line: r.at.line + 1}
		r.text = bytes.TrimSpace(line)
		if len(r.text) > 0 {
			indent := line[:len(line)-len(bytes.TrimLeftFunc(line, unicode.IsSpace))]
			r.at.column = utf8.RuneCount(indent)
			return true
		}
	}
	return false
}

// line is the next line with its end.
func (r *jsonReader) line() ([]byte, error) {
	line, err := r.r.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	long := bytes.Clone(line)
	for errors.Is(err, bufio.ErrBufferFull) && len(long) <= maxRecord {
		line, err = r.r.ReadSlice('\n')
		long = append(long, line...)
	}
	if r.overlong = len(long) > maxRecord; r.overlong {
		return long, nil
	}
	return long, err
}

// nextElement reads a value of any length over any number of lines.
func (r *jsonReader) nextElement() bool {
	b, more := r.afterSpace()
	comma := more && b == ',' && r.form == formArray && r.number > 0
	if comma {
		r.byte()
		b, more = r.afterSpace()
	}
	r.at, r.text = r.following, r.text[:0]
	switch {
	case !more && r.form == formStream:
		return false
	case !more && r.err == nil:
		r.broken = "the file ends, and the list of objects is not closed with ]"
	case r.form == formArray && b == ']' && !comma:
		return r.closed()
	case b == ']' || b == ',':
		r.broken = "a comma before this has nothing behind it"
	case !comma && r.number > 0 && r.form == formArray:
		r.broken = "a comma is missing before this"
	default:
		if r.value(); len(r.text) == 0 {
			r.broken = "is no JSON"
		}
	}
	r.number++
	return r.err == nil
}

// isPrompt reports whether a text stands in place of an object, which is then the prompt.
func (r *jsonReader) isPrompt() bool {
	return r.form == formArray && len(r.text) > 0 && r.text[0] == '"' && json.Valid(r.text)
}

// closed looks behind the end of a list that is the whole document; what stands around one in
// an object has been looked at.
func (r *jsonReader) closed() bool {
	r.byte()
	if _, more := r.afterSpace(); more && !r.within {
		r.at, r.broken = r.following, "the list of objects has ended before this"
	}
	return r.broken != ""
}

// value reads one value; whether it is valid is for others to see.
func (r *jsonReader) value() {
	var extent jsonExtent
	for !extent.done {
		_, more := r.peek()
		if !more || len(r.text) > r.most {
			r.overlong, r.cut = more, extent.depth > 0 || extent.quoted
			return
		}
		buffered, _ := r.r.Peek(r.r.Buffered())
		piece := buffered[:extent.length(buffered)]
		r.text = append(r.text, piece...)
		r.following.offset += int64(len(piece))
		if last := bytes.LastIndexByte(piece, '\n'); last >= 0 {
			r.following.line += bytes.Count(piece, []byte("\n"))
			r.following.column = runeStarts(piece[last+1:])
		} else {
			r.following.column += runeStarts(piece)
		}
		r.r.Discard(len(piece))
	}
}

// runeStarts counts code points of which each has its first byte in a piece of text.
func runeStarts(piece []byte) (n int) {
	for _, b := range piece {
		if utf8.RuneStart(b) {
			n++
		}
	}
	return n
}

// A jsonExtent finds the end of a value that comes in pieces.
type jsonExtent struct {
	depth           int
	quoted, escaped bool
	done            bool
}

// length is how many bytes of a piece belong to the value.
func (e *jsonExtent) length(piece []byte) int {
	for i, b := range piece {
		switch {
		case e.escaped:
			e.escaped = false
		case e.quoted:
			e.escaped, e.quoted = b == '\\', b != '"'
			e.done = e.depth == 0 && !e.quoted
		case b == '"':
			e.quoted = true
		case b == '{' || b == '[':
			e.depth++
		case e.depth == 0 && (b == ',' || b == ']' || b == '}' || isSpace(b)):
			e.done = true
			return i
		case b == '}' || b == ']':
			e.depth--
			e.done = e.depth == 0
		}
		if e.done {
			return i + 1
		}
	}
	return len(piece)
}

// afterSpace is the next byte that is no white space, if there is one. It is not taken.
func (r *jsonReader) afterSpace() (byte, bool) {
	for {
		b, more := r.peek()
		if !more || !isSpace(b) {
			return b, more
		}
		r.byte()
	}
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\r' || b == '\n' }

func (r *jsonReader) peek() (byte, bool) {
	b, err := r.r.Peek(1)
	if err != nil {
		if !errors.Is(err, io.EOF) {
			r.err = err
		}
		return 0, false
	}
	return b[0], true
}

// byte takes a byte that is there, and counts.
func (r *jsonReader) byte() byte {
	b, _ := r.r.ReadByte()
	r.following.offset++
	switch {
	case b == '\n':
		r.following.line, r.following.column = r.following.line+1, 0
	case utf8.RuneStart(b):
		r.following.column++
	}
	return b
}

// position is the place of an offset of the text.
func (r *jsonReader) position(path string, offset int) Position {
	before := r.text[:offset]
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	breaks := bytes.Count(before, []byte("\n"))
	if breaks == 0 {
		column += r.at.column
	}
	return placeIn(path, r.at.line+breaks, column)
}
