package manifests

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode"
	"unicode/utf8"
)

// A lineReader reads the lines that are not blank.
type lineReader struct {
	r             *bufio.Reader
	at, following ref
	text          []byte // without white space around it; good until the next line
	indent        []byte // the white space before it
	overlong      bool
	err           error
}

func (l *jsonLines) reader(at ref) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(l.copy.From(at.offset), 1<<16), following: at}
}

// next reads on and reports whether there was a line. Nothing is read behind one that is too long.
func (r *lineReader) next() bool {
	for !r.overlong && r.err == nil {
		line, err := r.line()
		if err != nil && !errors.Is(err, io.EOF) {
			r.err = err
			return false
		}
		if len(line) == 0 {
			return false
		}
		r.at = r.following
		r.following = ref{offset: r.at.offset + int64(len(line)), line: r.at.line + 1}
		r.text = bytes.TrimSpace(line)
		if len(r.text) > 0 {
			r.indent = line[:len(line)-len(bytes.TrimLeftFunc(line, unicode.IsSpace))]
			return true
		}
	}
	return false
}

// line is the next line with its end.
func (r *lineReader) line() ([]byte, error) {
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

// position is the place of an offset of the text.
func (r *lineReader) position(path string, offset int) Position {
	return placeIn(path, r.at.line, utf8.RuneCount(r.indent)+utf8.RuneCount(r.text[:offset])+1)
}
