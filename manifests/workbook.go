package manifests

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

const (
	// maxPart is how many bytes a sheet, or all texts of a workbook, may have once unpacked. A sheet of a million rows
	// and ten columns has about 700 MB.
	maxPart = 1 << 30
	// maxSmallPart is that of the parts that are held in memory: the list of sheets, the styles.
	maxSmallPart = 16 << 20
)

// A workbook is an open XLSX or XLSM file. Only what is asked for is unpacked, so that pictures and other sheets cost
// nothing. excelize would unpack all of it at once; its rows also end without a word where the file is damaged, and do
// not tell an empty cell from a formula that was never calculated.
type workbook struct {
	path     string
	parts    map[string]*zip.File
	names    []string // of the worksheets, in their order
	sheets   map[string]string
	first    string // of those that are not hidden
	strings  string // the part of the shared texts, "" where there is none
	styles   string
	date1904 bool
}

// openBook reads the table of contents.
func openBook(name string, f *io.SectionReader) (*workbook, error) {
	w := &workbook{path: name, parts: map[string]*zip.File{}, sheets: map[string]string{}}
	z, err := zip.NewReader(f, f.Size())
	if err != nil {
		return nil, w.noWorkbook(f, err)
	}
	for _, part := range z.File {
		w.parts[partName(part.Name)] = part
	}
	if err := w.contents(); err != nil {
		return nil, err
	}
	if w.first == "" {
		return nil, w.refuse("has no worksheet to read")
	}
	return w, nil
}

// partName is a name in the archive as it is looked up: some programs write backslashes or another case.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Clean(strings.ReplaceAll(name, `\`, "/")), "/"))
}

func (w *workbook) refuse(format string, args ...any) error {
	return single(Position{File: w.path}, "", format, args...)
}

func (w *workbook) damaged(err error) error {
	return w.refuse("is damaged: %v; open it and save it again", err)
}

// noWorkbook guesses what a file is that is no archive.
func (w *workbook) noWorkbook(f io.ReaderAt, err error) error {
	head := make([]byte, 4)
	f.ReadAt(head, 0)
	switch {
	case bytes.Equal(head, []byte("\xd0\xcf\x11\xe0")):
		return w.refuse("is protected by a password, or an .xls by another name; open it, then save it as Excel workbook (.xlsx) without a password")
	case bytes.Equal(head, []byte("PK\x03\x04")):
		return w.damaged(err)
	}
	return w.refuse("is no workbook; save it as Excel workbook (.xlsx), or name it .csv if it is text")
}

// A relation names a part that belongs to another one.
type relation struct {
	ID     string `xml:"Id,attr"`
	Type   string `xml:"Type,attr"`
	Target string `xml:"Target,attr"`
}

// is compares the last word of the type, as the namespace before it has two forms.
func (r relation) is(kind string) bool { return path.Base(r.Type) == kind }

// contents finds the sheets and what they share.
func (w *workbook) contents() error {
	book := ""
	top, err := w.relations("")
	if err != nil {
		return err
	}
	for _, r := range top {
		if r.is("officeDocument") {
			book = r.Target
		}
	}
	if w.parts[book] == nil {
		return w.refuse("is no workbook, but another kind of archive; save it as Excel workbook (.xlsx)")
	}
	related, err := w.relations(book)
	if err != nil {
		return err
	}
	sheets := map[string]string{}
	for _, r := range related {
		switch {
		case r.is("worksheet"):
			sheets[r.ID] = r.Target
		case r.is("sharedStrings"):
			w.strings = r.Target
		case r.is("styles"):
			w.styles = r.Target
		}
	}
	return w.list(book, sheets)
}

// relations are those of a part, by their place beside it; "" has those of the file as a whole.
func (w *workbook) relations(part string) ([]relation, error) {
	var list struct {
		Relations []relation `xml:"Relationship"`
	}
	name := path.Join(path.Dir(part), "_rels", path.Base(part)+".rels")
	if part == "" {
		name = "_rels/.rels"
	}
	if w.parts[name] == nil {
		return nil, nil
	}
	if err := w.decode(name, &list); err != nil {
		return nil, err
	}
	for i, r := range list.Relations {
		if !strings.HasPrefix(r.Target, "/") {
			r.Target = path.Join(path.Dir(part), r.Target)
		}
		list.Relations[i].Target = partName(r.Target)
	}
	return list.Relations, nil
}

// list takes the sheets of the workbook in the order of their tabs; charts have none of the parts.
func (w *workbook) list(book string, parts map[string]string) error {
	var content struct {
		Properties struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name  string     `xml:"name,attr"`
			State string     `xml:"state,attr"`
			Attrs []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := w.decode(book, &content); err != nil {
		return err
	}
	w.date1904 = content.Properties.Date1904 == "1" || content.Properties.Date1904 == "true"
	for _, s := range content.Sheets {
		part := parts[attribute(xml.StartElement{Attr: s.Attrs}, "id")]
		if w.parts[part] == nil {
			continue
		}
		w.names = append(w.names, s.Name)
		w.sheets[s.Name] = part
		if w.first == "" && (s.State == "" || s.State == "visible") {
			w.first = s.Name
		}
	}
	return nil
}

// decode reads one of the small parts.
func (w *workbook) decode(part string, into any) error {
	text, err := w.small(part)
	if err != nil {
		return err
	}
	if err := xml.Unmarshal(text, into); err != nil {
		return w.damaged(fmt.Errorf("%s: %w", part, err))
	}
	return nil
}

func (w *workbook) small(part string) ([]byte, error) {
	if size := w.parts[part].UncompressedSize64; size > maxSmallPart {
		return nil, w.refuse("%s in it has %d MiB, more than the %d that are read", part, size>>20, maxSmallPart>>20)
	}
	r, err := w.parts[part].Open()
	if err != nil {
		return nil, w.damaged(err)
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, maxSmallPart))
	if err != nil {
		return nil, w.damaged(fmt.Errorf("%s: %w", part, err))
	}
	return text, nil
}

// each reads a large part, token by token and to its end, where the archive's checksum is compared.
func (w *workbook) each(part string, read func(*xmlReader) error) error {
	file := w.parts[part]
	if file.UncompressedSize64 > maxPart {
		return w.refuse("%s in it has %d MiB once unpacked, more than the %d that are read", part, file.UncompressedSize64>>20, maxPart>>20)
	}
	r, err := file.Open()
	if err != nil {
		return w.damaged(err)
	}
	defer r.Close()
	x := newXMLReader(r)
	if err := read(x); err != nil {
		return err
	}
	for x.err == nil && x.next() != nil {
	}
	switch {
	case errors.Is(x.err, errLongToken), errors.Is(x.err, errDeep):
		return w.refuse("%s cannot be read: %v", part, x.err)
	case x.err != nil:
		return w.damaged(fmt.Errorf("%s: %w", part, x.err))
	}
	return nil
}

// sheet is the name and the part of a worksheet: the first that is not hidden, or the one that is asked for.
func (w *workbook) sheet(asked string) (name, part string, err error) {
	if asked == "" {
		return w.first, w.sheets[w.first], nil
	}
	for _, same := range []func(string) bool{
		func(n string) bool { return n == asked },
		func(n string) bool { return strings.EqualFold(strings.TrimSpace(n), strings.TrimSpace(asked)) },
	} {
		for _, n := range w.names {
			if same(n) {
				return n, w.sheets[n], nil
			}
		}
	}
	guess := ""
	if near := nearest(asked, w.names); near != "" {
		guess = fmt.Sprintf("did you mean %q? ", near)
	}
	return "", "", w.refuse("there is no sheet %q; %sthere are %s", asked, guess, quoteAll(w.names))
}
