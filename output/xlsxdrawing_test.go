package output

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// charted returns somebody's workbook with this drawing over its first sheet.
func charted(t *testing.T, drawing string) []byte {
	t.Helper()
	file, err := excelize.OpenReader(bytes.NewReader(source(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	chart := &excelize.Chart{Type: excelize.Col,
		Series: []excelize.ChartSeries{{Name: "x", Values: "Sheet1!$A$2:$A$4"}}}
	if err := file.AddChart("Sheet1", "D2", chart); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := file.Write(&b); err != nil {
		t.Fatal(err)
	}
	return withPart(t, b.Bytes(), "xl/drawings/drawing1.xml", drawing)
}

// withPart returns a workbook with another text in one part.
func withPart(t *testing.T, workbook []byte, name, text string) []byte {
	t.Helper()
	parts, err := zip.NewReader(bytes.NewReader(workbook), int64(len(workbook)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	for _, part := range parts.File {
		w, err := out.Create(part.Name)
		r, failed := part.Open()
		if err != nil || failed != nil {
			t.Fatal(err, failed)
		}
		if part.Name == name {
			r = io.NopCloser(strings.NewReader(text))
		}
		if _, err := io.Copy(w, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// graphic is a chart on a sheet, as programs write it.
const graphic = `<xdr:graphicFrame macro=""><xdr:nvGraphicFramePr><xdr:cNvPr id="7" name="Chart"/>` +
	`<xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr><xdr:xfrm><a:off x="0" y="0"/>` +
	`<a:ext cx="0" cy="0"/></xdr:xfrm><a:graphic><a:graphicData ` +
	`uri="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:chart r:id="rId1"/>` +
	`</a:graphicData></a:graphic></xdr:graphicFrame><xdr:clientData/>`

const (
	cellG5 = `<xdr:from><xdr:col>6</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>4</xdr:row>` +
		`<xdr:rowOff>0</xdr:rowOff></xdr:from>`
	cellK9 = `<xdr:to><xdr:col>10</xdr:col><xdr:colOff>5</xdr:colOff><xdr:row>8</xdr:row>` +
		`<xdr:rowOff>0</xdr:rowOff></xdr:to>`
	size = `<xdr:ext cx="2438400" cy="1000000"/>` // four columns of the default width
)

func wsDr(inner string) string {
	const ns = "http://schemas.openxmlformats.org/"
	return fmt.Sprintf(`<xdr:wsDr xmlns:xdr="%sdrawingml/2006/spreadsheetDrawing" `+
		`xmlns:a="%sdrawingml/2006/main" xmlns:r="%sofficeDocument/2006/relationships" `+
		`xmlns:c="%sdrawingml/2006/chart">%s</xdr:wsDr>`, ns, ns, ns, ns, inner)
}

// plainPrefix writes elements without a prefix, as openpyxl does.
func plainPrefix(drawing string) string {
	drawing = strings.Replace(drawing, "xmlns:xdr=", "xmlns=", 1)
	return strings.NewReplacer("<xdr:", "<", "</xdr:", "</").Replace(drawing)
}

// TestAnnotateXLSXKeepsCharts: whatever floats over the sheet stays as it is, however its
// program writes it, our columns begin right of it, and other programs can open the workbook.
func TestAnnotateXLSXKeepsCharts(t *testing.T) {
	d := picturedFolder(t)
	rows := []Result{{Row: 2, Status: "done", File: "images/a.png", SHA256: "aaaaaaaa11"}}
	if err := Thumbs(t.Context(), d, rowsOf(rows...)); err != nil {
		t.Fatal(err)
	}
	oneCell := wsDr("<xdr:oneCellAnchor>" + cellG5 + size + graphic + "</xdr:oneCellAnchor>")
	twoCells := wsDr(`<xdr:twoCellAnchor editAs="oneCell">` + cellG5 + cellK9 + graphic +
		"</xdr:twoCellAnchor>")
	for name, c := range map[string]struct {
		drawing string
		charts  int
		picture string // where ours is
	}{
		"a chart of Google Sheets": {oneCell, 1, "K2"},
		"a chart between cells":    {twoCells, 1, "L2"},
		"a chart of openpyxl":      {plainPrefix(twoCells), 1, "L2"},
		"a chart at a fixed place": {wsDr(`<xdr:absoluteAnchor><xdr:pos x="4000000" y="0"/>` + size +
			graphic + "</xdr:absoluteAnchor>"), 1, "L2"},
		"a chart for newer programs": {wsDr(`<mc:AlternateContent xmlns:mc="http://schemas.openxml` +
			`formats.org/markup-compatibility/2006"><mc:Choice Requires="c"><xdr:oneCellAnchor>` +
			cellG5 + size + graphic + `</xdr:oneCellAnchor></mc:Choice></mc:AlternateContent>`), 1, "K2"},
		"nothing":           {wsDr(""), 0, "D2"},
		"nothing, in short": {strings.Replace(wsDr(""), "></xdr:wsDr>", "/>", 1), 0, "D2"},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			sheet := Sheet{Workbook: bytes.NewReader(charted(t, c.drawing)), Header: 1}
			if err := AnnotateXLSX(&b, Book{Disk: d}, sheet, rowsOf(rows...)); err != nil {
				t.Fatal(err)
			}
			drawing := checkNamespaces(t, b.Bytes())["xl/drawings/drawing1.xml"]
			if n := strings.Count(drawing, "chart r:id=\"rId1\""); n != c.charts {
				t.Errorf("%d charts, want %d:\n%s", n, c.charts, drawing)
			}
			if strings.Contains(drawing, "</xdr:graphicFrame><xdr:clientData/></xdr:twoCellAnchor>") ||
				strings.Count(drawing, "<xdr:to>") > 1 {
				t.Error("the rows of thumbnails stretch a chart")
			}
			file, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			if got, err := file.GetPictureCells("Sheet1"); err != nil || !slices.Equal(got, []string{c.picture}) {
				t.Errorf("pictures are in %q, %v, want %s", got, err, c.picture)
			}
		})
	}
}

// checkNamespaces returns the XML parts of a workbook, and fails if one uses a namespace that it
// does not declare, which encoding/xml lets pass and other programs do not.
func checkNamespaces(t *testing.T, workbook []byte) map[string]string {
	t.Helper()
	parts, err := zip.NewReader(bytes.NewReader(workbook), int64(len(workbook)))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, part := range parts.File {
		r, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(part.Name, reserved) {
			t.Errorf("%s is left in the workbook", part.Name)
		}
		if strings.HasSuffix(part.Name, ".xml") || strings.HasSuffix(part.Name, ".rels") {
			texts[part.Name] = string(text)
			if err := undeclared(text); err != nil {
				t.Errorf("%s: %v", part.Name, err)
			}
		}
	}
	return texts
}

func undeclared(text []byte) error {
	in := xml.NewDecoder(bytes.NewReader(text))
	for {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		names := []xml.Name{start.Name}
		for _, a := range start.Attr {
			names = append(names, a.Name)
		}
		for _, n := range names {
			if n.Space != "" && n.Space != "xmlns" && n.Space != "xml" && !strings.Contains(n.Space, "/") {
				return fmt.Errorf("the prefix of %s:%s is not declared", n.Space, n.Local)
			}
		}
	}
}

// TestAnnotateXLSXStrangeDrawings: a drawing to which nothing can be added is told from a fault.
func TestAnnotateXLSXStrangeDrawings(t *testing.T) {
	for _, drawing := range []string{"", "<html/>", "<xdr:wsDr", `<w xmlns="urn:x"></w>`} {
		sheet := Sheet{Workbook: bytes.NewReader(charted(t, drawing)), Header: 1}
		err := AnnotateXLSX(io.Discard, Book{}, sheet, rowsOf(Result{Row: 2}))
		if !errors.Is(err, ErrWorkbookLimit) {
			t.Errorf("a drawing %q: %v", drawing, err)
		}
	}
}

// TestAnnotateXLSXNumbers: a part never takes the name of another, though excelize counts parts
// where it should look for a free number.
func TestAnnotateXLSXNumbers(t *testing.T) {
	file, err := excelize.OpenReader(bytes.NewReader(source(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	theirs := pngOf(t, plain(40, 30, 0))
	var b bytes.Buffer
	for i := 1; i <= 3; i++ {
		name := fmt.Sprint("Other", i)
		_, err := file.NewSheet(name)
		err = errors.Join(err, file.AddPictureFromBytes(name, "B2",
			&excelize.Picture{Extension: ".jpg", File: slices.Concat(theirs, []byte{byte(i)})}))
		if err != nil {
			t.Fatal(err)
		}
	}
	err = errors.Join(file.DeletePicture("Other1", "B2"), file.DeleteSheet("Other1"), file.Write(&b))
	if err != nil {
		t.Fatal(err)
	}
	d := picturedFolder(t)
	rows := []Result{{Row: 2, Status: "done", File: "images/a.png", SHA256: "aaaaaaaa11"}}
	if err := Thumbs(t.Context(), d, rowsOf(rows...)); err != nil {
		t.Fatal(err)
	}
	got := workbook(t, func(w io.Writer) error {
		return AnnotateXLSX(w, Book{Disk: d}, Sheet{Workbook: &b, Header: 1}, rowsOf(rows...))
	})
	for i := 2; i <= 3; i++ {
		pictures, err := got.GetPictures(fmt.Sprint("Other", i), "B2")
		if err != nil || len(pictures) != 1 || !bytes.Equal(pictures[0].File, slices.Concat(theirs, []byte{byte(i)})) {
			t.Errorf("sheet %d has %d pictures, %v, or another one", i, len(pictures), err)
		}
	}
}

// TestAnnotateXLSXFolds: what few people look at is folded, here and in a workbook of ours.
func TestAnnotateXLSXFolds(t *testing.T) {
	own := bookOf(t, Book{}, Result{Row: 2})
	theirs := workbook(t, func(w io.Writer) error {
		sheet := Sheet{Workbook: bytes.NewReader(source(t)), Header: 1}
		return AnnotateXLSX(w, Book{}, sheet, rowsOf(Result{Row: 2}))
	})
	for _, file := range []*excelize.File{own, theirs} {
		sheet := file.GetSheetName(0)
		rows, err := file.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for i, name := range rows[0] {
			column, _ := excelize.ColumnNumberToName(i + 1)
			level, _ := file.GetColOutlineLevel(sheet, column)
			shown, _ := file.GetColVisible(sheet, column)
			folded := slices.Contains(technicalColumns, name)
			if folded != (level == 1) || folded == shown {
				t.Errorf("%s: level %d, shown %v", name, level, shown)
			}
		}
	}
}

// TestAnnotateXLSXHeaderLook: new headers look as most of the header does, not as its last cell.
func TestAnnotateXLSXHeaderLook(t *testing.T) {
	file, err := excelize.OpenReader(bytes.NewReader(source(t)))
	if err != nil {
		t.Fatal(err)
	}
	red, err := file.NewStyle(&excelize.Style{Fill: filled("AA3322")})
	var b bytes.Buffer
	err = errors.Join(err, file.SetCellStyle("Sheet1", "A1", "B1", red), file.Write(&b), file.Close())
	if err != nil {
		t.Fatal(err)
	}
	got := workbook(t, func(w io.Writer) error {
		return AnnotateXLSX(w, Book{}, Sheet{Workbook: &b, Header: 1}, rowsOf(Result{Row: 2}))
	})
	theirs, _ := got.GetCellStyle("Sheet1", "A1")
	if ours, err := got.GetCellStyle("Sheet1", "D1"); ours != theirs || err != nil {
		t.Errorf("a new header has style %d, %v, theirs %d", ours, err, theirs)
	}
}

// TestAnnotateXLSXAgain: the columns of an earlier results.xlsx are written anew in their
// places, and nothing of what they said is left.
func TestAnnotateXLSXAgain(t *testing.T) {
	d := picturedFolder(t)
	first := []Result{
		{Row: 2, Status: "done", File: "images/a.png", SHA256: "aaaaaaaa11", Model: "qwen-image"},
		{Row: 3, Status: "failed", ErrorCode: "InternalError"},
	}
	if err := Thumbs(t.Context(), d, rowsOf(first...)); err != nil {
		t.Fatal(err)
	}
	var before, after bytes.Buffer
	book := Book{Disk: d}
	err := AnnotateXLSX(&before, book, Sheet{Workbook: bytes.NewReader(source(t)), Header: 1,
		Has: []string{"id", "prompt"}}, rowsOf(first...))
	results := []int{}
	for i := range resultColumns() {
		results = append(results, 3+i)
	}
	again := Sheet{Workbook: bytes.NewReader(before.Bytes()), Header: 1, Results: results,
		Has: []string{"id", "prompt"}}
	err = errors.Join(err, AnnotateXLSX(&after, book, again, rowsOf(Result{Row: 3, Status: "done"})))
	if err != nil {
		t.Fatal(err)
	}
	one, err := excelize.OpenReader(&before)
	two, failed := excelize.OpenReader(&after)
	if err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	defer one.Close()
	defer two.Close()
	headers, _ := one.GetRows("Sheet1")
	rows, _ := two.GetRows("Sheet1")
	if !slices.Equal(headers[0], rows[0]) {
		t.Errorf("header = %q\nwas %q", rows[0], headers[0])
	}
	if got := cells(t, two, "Sheet1", 1, 3); got["status"] != "done" || got["error_code"] != "" {
		t.Errorf("row 3 = %q", got)
	}
	if got := strings.Join(rows[1], ","); strings.TrimRight(got, ",") != "1,一只猫,1:1" {
		t.Errorf("row 2 still says %q", rows[1])
	}
	if pictures, err := two.GetPictureCells("Sheet1"); len(pictures) > 0 || err != nil {
		t.Errorf("pictures are left in %q, %v", pictures, err)
	}
	if linked, _, err := two.GetCellHyperLink("Sheet1", "F2"); linked || err != nil {
		t.Errorf("a link is left: %v, %v", linked, err)
	}
}
