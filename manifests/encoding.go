package manifests

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/qwenbatch/qwenbatch/manifests/spool"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// utf8Name is the encoding that needs no decoding.
const utf8Name = "utf-8"

// takeCopy copies a manifest into UTF-8 and names the encoding it was in. The rule is
// deterministic, as a guess that changes with one more row would change what was paid for: byte
// order mark; valid UTF-8; GB18030 (of which GBK and GB2312, what Chinese Excel writes, are
// parts) if nothing in it is malformed; else the person has to say.
func takeCopy(f io.Reader, path, name string) (*spool.File, string, error) {
	r := bufio.NewReaderSize(f, 1<<16)
	head, err := r.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", fmt.Errorf("read %s: %w", path, err)
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return nil, "", single(Position{File: path}, "",
			"is a workbook by another name; call it .xlsx")
	}
	marked, mark := byteOrderMark(head)
	r.Discard(mark)
	said := marked
	if said == "" {
		said = strings.ToLower(name)
	}
	c := copier{path: path}
	if said != "" {
		return c.decoded(r, said, name)
	}
	return c.detected(r)
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

// encodingNamed knows what Excel and its like save in; nil is UTF-8. A larger register would
// link every table there is.
func encodingNamed(name string) (encoding.Encoding, bool) {
	switch name {
	case utf8Name, "utf8":
		return nil, true
	case "utf-16le", "utf-16", "utf16":
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), true
	case "utf-16be":
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), true
	case "gb18030", "gbk", "gb2312":
		return simplifiedchinese.GB18030, true
	case "big5":
		return traditionalchinese.Big5, true
	case "windows-1252", "latin1", "iso-8859-1":
		return charmap.Windows1252, true
	}
	return nil, false
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
func (c copier) decoded(r io.Reader, name, asked string) (*spool.File, string, error) {
	e, ok := encodingNamed(name)
	if !ok {
		return nil, "",
			fmt.Errorf(
				"encoding %q is not known: utf-8, utf-16le, utf-16be, gb18030, gbk, gb2312, big5 or windows-1252", asked)
	}
	if e != nil {
		r = transform.NewReader(r, e.NewDecoder())
	}
	made, seen, err := c.copy(r)
	if err != nil {
		return nil, "", err
	}
	switch {
	case seen.bad > 0:
		return c.refuse(
			made, seen.firstBad,
			"is not valid UTF-8; name the encoding with --encoding, as --encoding gb18030")
	case seen.nul >= 0:
		return c.refuse(made, seen.nul, "is a NUL character; is the encoding %s right?", name)
	case e != nil && seen.replaced >= 0:
		return c.refuse(made, seen.replaced, "is not valid %s; name the encoding with --encoding",
			name)
	}
	return made, name, nil
}

// detected copies from an encoding that is not named.
func (c copier) detected(r io.Reader) (*spool.File, string, error) {
	made, seen, err := c.copy(r)
	if err != nil {
		return nil, "", err
	}
	switch {
	case seen.nul >= 0:
		return c.refuse(
			made, seen.nul,
			"is a NUL character; if the file is UTF-16, say so with --encoding utf-16le")
	case seen.bad > 0 && seen.long > seen.bad:
		return c.refuse(
			made, seen.firstBad,
			"is not valid UTF-8, although most of the file is: mend it, or name the encoding with --encoding")
	case seen.bad > 0:
		return c.chinese(made)
	case seen.long == 0 && seen.short > 0 && !readsLikeText(made):
		return c.refuse(made, seen.firstShort,
			"may be UTF-8 or GBK, and reads better as GBK; say which with --encoding utf-8 or --encoding gbk")
	}
	return made, utf8Name, nil
}

// chinese decodes a copy that is not UTF-8 as GB18030, if it is that.
func (c copier) chinese(raw *spool.File) (*spool.File, string, error) {
	defer raw.Close()
	made, seen, err := c.copy(transform.NewReader(
		raw.From(0), simplifiedchinese.GB18030.NewDecoder()))
	if err != nil {
		return nil, "", err
	}
	if seen.replaced >= 0 {
		return c.refuse(
			made, seen.replaced,
			"is neither valid UTF-8 nor GB18030; name the encoding with --encoding, as --encoding big5")
	}
	return made, "gb18030", nil
}

// refuse gives the copy up for what stands at an offset of it.
func (c copier) refuse(made *spool.File, offset int64, format string, args ...any) (
	*spool.File, string, error) {
	defer made.Close()
	return nil, "", single(positionAt(c.path, made, offset), "", "the character here "+format,
		args...)
}
