package xlsx

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
)

const (
	// maxToken is how many bytes one piece of XML (a tag, a text) may have, as the decoder
	// holds it whole.
	maxToken = 4 << 20
	// maxDepth is how deep elements may be nested. A sheet has 5 levels, rich text 9.
	maxDepth = 64
)

var (
	errLongToken = fmt.Errorf("a piece of text in it is longer than %d MiB", maxToken>>20)
	errDeep      = fmt.Errorf("its elements are nested deeper than %d levels", maxDepth)
)

// An xmlReader reads untrusted XML in bounded memory. encoding/xml expands no entities of the
// file's own.
type xmlReader struct {
	decoder *xml.Decoder
	budget  *budget
	depth   int
	err     error // that ended it, nil at the end of the text
}

// A budget lets so many bytes through.
type budget struct {
	r    io.Reader
	left int
}

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errLongToken
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

func newXMLReader(r io.Reader) *xmlReader {
	b := &budget{r: r}
	return &xmlReader{decoder: xml.NewDecoder(b), budget: b}
}

// next is the next token, good until the one after it; nil at the end, be it a good one or a
// bad one.
func (x *xmlReader) next() xml.Token {
	if x.err != nil {
		return nil
	}
	x.budget.left = maxToken
	token, err := x.decoder.Token()
	if err != nil {
		if !errors.Is(err, io.EOF) {
			x.err = err
		}
		return nil
	}
	switch token.(type) {
	case xml.StartElement:
		x.depth++
	case xml.EndElement:
		x.depth--
	}
	if x.depth > maxDepth {
		x.err = errDeep
		return nil
	}
	return token
}

// skip reads to the end of the element that has just begun.
func (x *xmlReader) skip() {
	for outside := x.depth - 1; x.depth > outside && x.next() != nil; {
	}
}

// elements yields the elements that start inside the one that has just begun, at any depth, up to
// its end or that of the document.
func (x *xmlReader) elements() iter.Seq[xml.StartElement] {
	return func(yield func(xml.StartElement) bool) {
		for outside := x.depth - 1; x.depth > outside; {
			switch token := x.next().(type) {
			case nil:
				return
			case xml.StartElement:
				if !yield(token) {
					return
				}
			}
		}
	}
}

// append collects a text that comes in pieces, which is no longer than one that does not.
func (x *xmlReader) append(b *strings.Builder, piece []byte) {
	if b.Len()+len(piece) > maxToken {
		x.err = errLongToken
		return
	}
	b.Write(piece)
}

// attribute is the value of an attribute, whatever its namespace, "" where there is none.
func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
