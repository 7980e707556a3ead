package manifests

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/qwenbatch/qwenbatch/manifests/charset"
	"github.com/qwenbatch/qwenbatch/manifests/spool"

	"golang.org/x/text/transform"
)

// utf8Name is the encoding that needs no decoding.
const utf8Name = "utf-8"

// A textCopy is the private copy of a file in UTF-8.
type textCopy struct {
	text     *spool.File
	encoding string // that the file was in
	guess    string // what to say of the encoding, where it was guessed
	detected bool   // nobody has said the encoding, and it is not UTF-8
	// what an earlier version read in place of a text of the file; nil where it read the same
	was func(string) string
}

// takeCopy copies a manifest into UTF-8 and names the encoding it was in: byte order mark; what
// the person says; UTF-8 where the file is valid; else what the text looks like in each encoding,
// see the package charset.
func takeCopy(f io.Reader, path, name string) (*textCopy, error) {
	r := bufio.NewReaderSize(f, 1<<16)
	head, err := r.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return nil, single(Position{File: path}, "", "is a workbook by another name; call it .xlsx")
	}
	marked, mark := byteOrderMark(head)
	r.Discard(mark)
	said := marked
	if said == "" {
		said = strings.ToLower(name)
	}
	c := copier{path: path}
	if said == "" {
		return c.detected(r)
	}
	text, err := c.decoded(r, said, name)
	if err != nil {
		return nil, err
	}
	return &textCopy{text: text, encoding: said}, nil
}

// byteOrderMark tells the encoding by the mark that a file begins with, and the mark's length.
func byteOrderMark(head []byte) (name string, length int) {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return utf8Name, 3
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return "utf-16le", 2
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return "utf-16be", 2
	}
	return "", 0
}

// A copier makes the private copy of one file.
type copier struct{ path string }

// copy reads all of r into a private copy and looks at every byte on the way.
func (c copier) copy(r io.Reader) (*spool.File, *textStats, error) {
	made, seen := new(spool.File), newTextStats()
	if _, err := io.Copy(io.MultiWriter(made, seen), r); err != nil {
		made.Close()
		return nil, nil, fmt.Errorf("copy %s: %w", c.path, err)
	}
	seen.end()
	return made, seen, nil
}

// decoded copies from an encoding that the file or the person names.
func (c copier) decoded(r io.Reader, name, asked string) (*spool.File, error) {
	set, ok := charset.Named(name)
	if !ok {
		return nil, single(Position{File: c.path}, "", "encoding %q is not known; there are %s",
			asked, strings.Join(charset.Names(), ", "))
	}
	if set.Encoding != nil {
		r = transform.NewReader(r, set.Encoding.NewDecoder())
	}
	made, seen, err := c.copy(r)
	if err != nil {
		return nil, err
	}
	switch {
	case seen.bad > 0:
		return nil, c.refuse(made, seen.firstBad,
			"is not valid UTF-8; name the encoding with --encoding, as --encoding gb18030")
	case seen.nul >= 0:
		return nil, c.refuse(made, seen.nul, "is a NUL character; is the encoding %s right?", name)
	case set.Encoding != nil && seen.replaced >= 0:
		return nil, c.refuse(made, seen.replaced,
			"is not valid %s; name the encoding with --encoding", name)
	}
	return made, nil
}

// detected copies from an encoding that is not named.
func (c copier) detected(r io.Reader) (*textCopy, error) {
	made, seen, err := c.copy(r)
	if err != nil {
		return nil, err
	}
	switch {
	case seen.nul >= 0:
		return nil, c.refuse(made, seen.nul,
			"is a NUL character; if the file is UTF-16, say so with --encoding %s",
			[]string{"utf-16be", "utf-16le"}[seen.nul%2])
	case seen.escape >= 0 && shiftsIn(made.From(seen.escape)):
		return nil, c.refuse(made, seen.escape,
			"begins text in ISO-2022-JP; say so with --encoding iso-2022-jp")
	case seen.bad > 0 && seen.long > seen.bad:
		return nil, c.refuse(made, seen.firstBad,
			"is not valid UTF-8, although most of the file is: mend it, or name the encoding with --encoding")
	case seen.bad > 0:
		return c.legacy(made)
	case seen.long == 0 && seen.short > 0 && !readsLikeText(made):
		return nil, c.refuse(made, seen.firstShort,
			"may be UTF-8 or GBK, and reads better as GBK; say which with --encoding utf-8 or --encoding gbk")
	}
	return &textCopy{text: made, encoding: utf8Name}, nil
}

// refuse gives the copy up for what stands at an offset of it.
func (c copier) refuse(made *spool.File, offset int64, format string, args ...any) error {
	defer made.Close()
	return single(positionAt(c.path, made, offset), "", "the character here "+format, args...)
}
