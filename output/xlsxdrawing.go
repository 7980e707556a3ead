package output

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"github.com/xuri/excelize/v2"
)

// A drawing is the part of a workbook that holds the charts, pictures and shapes over its
// sheet. excelize reads back only some of them, and forgets the namespaces that the root
// declares, after which other programs refuse the file. So a drawing is taken out of excelize's
// sight before pictures are added, and what excelize has made is put into it afterwards.
type drawing struct {
	file    *excelize.File
	name    string // of the part; "" if the sheet has none
	xml     []byte
	anchors []anchor
	end     int // where the root's end tag begins
	begin   int // where the name of the root ends
}

const (
	drawingNamespace = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
	graphicNamespace = "http://schemas.openxmlformats.org/drawingml/2006/main"
)

// drawingName is what excelize can add to: of another name it takes other relationships.
var drawingName = regexp.MustCompile(`^xl/drawings/drawing\d+\.xml$`)

// takeDrawing takes the drawing of a sheet out of a workbook, in place of which excelize finds
// an empty one.
func takeDrawing(file *excelize.File, sheet string) (*drawing, error) {
	reserveNames(file)
	d := &drawing{file: file, name: sheetDrawing(file, sheet)}
	if d.name == "" {
		return d, nil
	}
	d.xml = partOf(file, d.name)
	if !drawingName.MatchString(d.name) {
		return nil, fmt.Errorf("%w: its charts are in %s", ErrWorkbookLimit, d.name)
	}
	if err := d.parse(); err != nil {
		return nil, fmt.Errorf("%w: its charts cannot be read: %w", ErrWorkbookLimit, err)
	}
	file.Pkg.Store(d.name, fmt.Appendf(nil, `<xdr:wsDr xmlns:xdr="%s"/>`, drawingNamespace))
	return d, nil
}

// parse finds the anchors and the ends of the root element.
func (d *drawing) parse() error {
	in := xml.NewDecoder(bytes.NewReader(d.xml))
	for {
		at := int(in.InputOffset())
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if d.begin == 0 {
				err = d.enter(t, at)
			} else if isAnchor(t.Name.Local) {
				err = d.addAnchor(in, t, at)
			}
		case xml.EndElement:
			d.end = at
		}
		if err != nil {
			return err
		}
	}
	if d.begin == 0 {
		return errors.New("it is empty")
	}
	return nil
}

// hasEnd reports whether the root has an end tag, before which there is room: <wsDr/> has none.
func (d *drawing) hasEnd() bool { return bytes.HasPrefix(d.xml[d.end:], []byte("</")) }

// enter reads the start tag of the root.
func (d *drawing) enter(root xml.StartElement, at int) error {
	if root.Name.Space != drawingNamespace || root.Name.Local != "wsDr" {
		return fmt.Errorf("%s is no drawing", root.Name.Local)
	}
	d.begin = at + bytes.IndexAny(d.xml[at:], " \t\r\n>")
	return nil
}

// finish puts the drawing back, with the pictures that were added.
func (d *drawing) finish() error {
	removeReserved(d.file)
	if d.name == "" {
		return nil
	}
	added, err := []byte(nil), error(nil)
	if made, ok := d.file.Drawings.LoadAndDelete(d.name); ok {
		added, err = xml.Marshal(made)
	}
	d.file.Pkg.Store(d.name, d.joined(added))
	return err
}

var elementID = regexp.MustCompile(`<xdr:cNvPr id="(\d+)" name="Picture \d+"`)

// joined returns the drawing with the anchors of another one, made by excelize, at its end.
func (d *drawing) joined(added []byte) []byte {
	if !d.hasEnd() && len(added) > 0 {
		return append([]byte(xml.Header), added...)
	}
	var out bytes.Buffer
	out.Write(d.xml[:d.begin])
	for _, ns := range [][2]string{{"xdr", drawingNamespace}, {"a", graphicNamespace}} {
		tag, _, _ := bytes.Cut(d.xml[d.begin:], []byte(">"))
		if !bytes.Contains(tag, []byte("xmlns:"+ns[0]+"=")) {
			fmt.Fprintf(&out, ` xmlns:%s="%s"`, ns[0], ns[1])
		}
	}
	at := d.begin
	for _, a := range d.anchors {
		out.Write(d.xml[at:a.begin])
		out.Write(a.text)
		at = a.end
	}
	out.Write(d.xml[at:d.end])
	out.Write(d.renumbered(added))
	out.Write(d.xml[d.end:])
	return out.Bytes()
}

// renumbered returns the anchors in a drawing of excelize with ids that this one does not have.
func (d *drawing) renumbered(added []byte) []byte {
	first, last := bytes.IndexByte(added, '>')+1, bytes.LastIndex(added, []byte("</"))
	if first > last {
		return nil
	}
	largest := d.largestID()
	return elementID.ReplaceAllFunc(added[first:last], func(m []byte) []byte {
		n, _ := strconv.Atoi(string(elementID.FindSubmatch(m)[1]))
		return fmt.Appendf(nil, `<xdr:cNvPr id="%d" name="Picture %d"`, largest+n, largest+n)
	})
}

var anyID = regexp.MustCompile(`cNvPr [^>]*\bid="(\d+)"`)

func (d *drawing) largestID() (largest int) {
	for _, m := range anyID.FindAllSubmatch(d.xml, -1) {
		n, _ := strconv.Atoi(string(m[1]))
		largest = max(largest, n)
	}
	return largest
}
