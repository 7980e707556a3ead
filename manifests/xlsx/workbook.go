// Package xlsx reads what a person sees in the cells of one sheet of a workbook (XLSX, XLSM): texts,
// and pictures in them or over them.
//
// It guarantees that a damaged or hostile file is refused and never read in part: every archive
// member that is read is read to its checksum, XML tokens, nesting, shared texts and cells are
// bounded, and no more memory is taken than these bounds say. A Workbook is opened on a private
// copy of the file; Read takes one sheet out of it once, as a Grid, so that every later look is
// cheap; the content of a picture is read when somebody opens it. Errors of the file are of the
// type *Error; all others are of the disk. It knows nothing of manifests: which row is the header
// and what columns mean is for its caller to say.
package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

const (
	// maxPart is how many bytes a sheet, or all texts of a workbook, may have once unpacked. A
	// sheet of a million rows and ten columns has about 700 MB.
	maxPart = 1 << 30
	// maxSmallPart is that of the parts that are held in memory: the list of sheets, the styles.
	maxSmallPart = 16 << 20
)

// An Error says what is wrong with a workbook, as a sentence whose subject is the file.
type Error struct{ Text string }

func (e *Error) Error() string { return e.Text }

// refuse is an Error with a formatted text.
func refuse(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

// damaged says that a workbook is no good, unless the disk that holds its copy is.
func damaged(err error) error {
	if errors.As(err, new(*os.PathError)) {
		return err
	}
	return refuse("is damaged: %v; open it and save it again", err)
}

// A Workbook is an open XLSX or XLSM file. Only what is asked for is unpacked, so that
// other sheets, and pictures that nobody looks at, cost nothing. excelize would unpack all of it at once; its rows also end
// without an error where the file is damaged, and do not tell an empty cell from a formula that
// was never calculated.
type Workbook struct {
	parts    map[string]*zip.File
	names    []string // of the worksheets, in their order
	sheets   map[string]string
	visible  []string // those that are not hidden
	strings  string   // the part of the shared texts, "" where there is none
	styles   string
	related  map[string]string // what else belongs to the workbook, by its kind
	date1904 bool
}

// Open reads the table of contents. The file must stay readable as long as the workbook is used.
func Open(f *io.SectionReader) (*Workbook, error) {
	w := &Workbook{parts: map[string]*zip.File{}, sheets: map[string]string{},
		related: map[string]string{}}
	z, err := zip.NewReader(f, f.Size())
	if err != nil {
		return nil, notAWorkbook(f, err)
	}
	for _, part := range z.File {
		w.parts[partName(part.Name)] = part
	}
	if err := w.contents(); err != nil {
		return nil, err
	}
	if len(w.visible) == 0 {
		return nil, refuse("has no worksheet to read")
	}
	return w, nil
}

// Sheets are the names of the worksheets, in the order of their tabs. The slice must not be changed.
func (w *Workbook) Sheets() []string { return w.names }

// Visible are the names of the worksheets that are not hidden, of which there is one. The slice
// must not be changed.
func (w *Workbook) Visible() []string { return w.visible }

// partName is a name in the archive as it is looked up: some programs write backslashes or
// another case.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Clean(strings.ReplaceAll(name, `\`, "/")), "/"))
}

// notAWorkbook guesses what a file is that is no archive.
func notAWorkbook(f io.ReaderAt, err error) error {
	head := make([]byte, 4)
	f.ReadAt(head, 0)
	switch {
	case bytes.Equal(head, []byte("\xd0\xcf\x11\xe0")):
		return refuse("is protected by a password, or an .xls by another name; " +
			"open it, then save it as Excel workbook (.xlsx) without a password")
	case bytes.Equal(head, []byte("PK\x03\x04")):
		return damaged(err)
	}
	return refuse(
		"is no workbook; save it as Excel workbook (.xlsx), or name it .csv if it is text")
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
func (w *Workbook) contents() error {
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
		return refuse(
			"is no workbook, but another kind of archive; save it as Excel workbook (.xlsx)")
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
		default:
			w.related[path.Base(r.Type)] = r.Target
		}
	}
	return w.list(book, sheets)
}

// relations are those of a part, by their place beside it; "" has those of the file as a whole.
func (w *Workbook) relations(part string) ([]relation, error) {
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
func (w *Workbook) list(book string, parts map[string]string) error {
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
		if s.State == "" || s.State == "visible" {
			w.visible = append(w.visible, s.Name)
		}
	}
	return nil
}

// decode reads one of the small parts.
func (w *Workbook) decode(part string, into any) error {
	text, err := w.small(part)
	if err != nil {
		return err
	}
	if err := xml.Unmarshal(text, into); err != nil {
		return damaged(fmt.Errorf("%s: %w", part, err))
	}
	return nil
}

func (w *Workbook) small(part string) ([]byte, error) {
	if size := w.parts[part].UncompressedSize64; size > maxSmallPart {
		return nil, refuse("%s in it has %d MiB, more than the %d that are read",
			part, size>>20, maxSmallPart>>20)
	}
	r, err := w.parts[part].Open()
	if err != nil {
		return nil, damaged(err)
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, maxSmallPart))
	if err != nil {
		return nil, damaged(fmt.Errorf("%s: %w", part, err))
	}
	return text, nil
}

// each reads a large part, token by token and to its end, where the archive's checksum is
// compared.
func (w *Workbook) each(part string, read func(*xmlReader) error) error {
	file := w.parts[part]
	if file.UncompressedSize64 > maxPart {
		return refuse("%s in it has %d MiB once unpacked, more than the %d that are read",
			part, file.UncompressedSize64>>20, maxPart>>20)
	}
	r, err := file.Open()
	if err != nil {
		return damaged(err)
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
		return refuse("%s cannot be read: %v", part, x.err)
	case x.err != nil:
		return damaged(fmt.Errorf("%s: %w", part, x.err))
	}
	return nil
}
