package manifests

import (
	"archive/zip"
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/qwenbatch/qwenbatch/manifests/inputs"

	"github.com/xuri/excelize/v2"
)

// float puts a picture of a shade on the sheet, some pixels into a cell.
func (b book) float(cell string, shade uint8, x, y int, o excelize.GraphicOptions) {
	b.t.Helper()
	o.OffsetX, o.OffsetY, o.Positioning = x, y, cmp.Or(o.Positioning, "oneCell")
	if err := b.AddPictureFromBytes("Sheet1", cell, &excelize.Picture{Extension: ".png", File: []byte(drawn(b.t, shade)), Format: &o}); err != nil {
		b.t.Fatal(err)
	}
}

// pictured are the pictures of the items of a workbook, by their shades, and what is said of them or wrong with them.
func pictured(t testing.TB, text []byte, o Options) string {
	t.Helper()
	m, err := load(t, "a.xlsx", string(text), o)
	if err != nil {
		return err.Error()
	}
	totals, err := m.Check()
	var b strings.Builder
	for _, g := range totals.Guesses {
		fmt.Fprintln(&b, g.Text)
	}
	if err != nil {
		return b.String() + err.Error()
	}
	for it, err := range m.Items() {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s:", cmp.Or(it.Prompt, it.ID))
		for _, i := range it.Images {
			fmt.Fprintf(&b, " %s=%d", i.Name(), shadeOf(t, i))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// shadeOf reads a picture again and tells its shade.
func shadeOf(t testing.TB, i Image) int {
	t.Helper()
	r, n, err := i.Open()
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil || int64(len(content)) != n || fmt.Sprintf("%x", sha256.Sum256(content)) != i.SHA256 {
		t.Errorf("%s has %d bytes of %d, %v, and another hash", i.Name(), len(content), n, err)
	}
	for shade := range 256 {
		if string(content) == drawn(t, uint8(shade)) {
			return shade
		}
	}
	return -1
}

func (b book) text() []byte {
	b.t.Helper()
	text, err := b.WriteToBuffer()
	if err != nil {
		b.t.Fatal(err)
	}
	return text.Bytes()
}

// A picture that floats with its corner in a row is the row's, those of the header and above are not; the words say so.
func TestFloatingPictures(t *testing.T) {
	b := newBook(t).rows("Sheet1", "A1", cells{"Our shop"}, cells{"prompt", "note"}, cells{"one", ""}, cells{"two", "x"}, cells{"three"}, cells{"four"})
	b.float("A1", 1, 0, 0, excelize.GraphicOptions{})
	b.float("C2", 2, 0, 0, excelize.GraphicOptions{})
	b.float("C3", 30, 0, 19, excelize.GraphicOptions{ScaleY: 30}) // over several rows
	b.float("D4", 41, 5, 0, excelize.GraphicOptions{Positioning: "twoCell"})
	b.float("D4", 40, 1, 3, excelize.GraphicOptions{})
	b.float("C4", 42, 0, 0, excelize.GraphicOptions{})
	b.float("C6", 40, 0, 0, excelize.GraphicOptions{}) // the same content again
	b.float("C9", 9, 0, 0, excelize.GraphicOptions{})  // below the rows
	want := `5 pictures of the sheet are taken as the rows' pictures; 1 at other places is left out; --column image= leaves them out
this is taken for the header, and the row above it is no picture
one: picture in C3=30
two: picture in C4=42 picture in D4=40 picture 2 in D4=41
three:
four: picture in C6=40
`
	if got := pictured(t, b.text(), Options{}); got != want {
		t.Errorf("the pictures are\n%s\nwant\n%s", got, want)
	}
	if got := pictured(t, b.text(), Options{Columns: map[string]string{"image": ""}}); got != "this is taken for the header, and the row above it is no picture\none:\ntwo:\nthree:\nfour:\n" {
		t.Errorf("with --column image= they are\n%s", got)
	}
}

// Where pictures stand in the columns of pictures, others are for show; there one makes a row of a blank one, and one in
// merged cells is that of all their rows.
func TestPicturesInTheirColumn(t *testing.T) {
	b := newBook(t).rows("Sheet1", "A1", cells{"图片", "提示词", "效果图"}, cells{nil, "one"}, cells{nil, "two"}, cells{"b.png", "three"}, cells{nil, nil}, cells{nil, "five"})
	b.MergeCell("Sheet1", "A2", "A3")
	b.float("A3", 20, 0, 0, excelize.GraphicOptions{}) // in the middle of the merged cell
	b.float("C2", 99, 0, 0, excelize.GraphicOptions{})
	b.float("A4", 40, 0, 0, excelize.GraphicOptions{})
	b.float("A5", 50, 0, 0, excelize.GraphicOptions{})
	b.float("A7", 70, 0, 0, excelize.GraphicOptions{})
	b.SetCellValue("Sheet1", "A4", nil)
	want := `4 pictures of the sheet are taken as the rows' pictures; 1 at other places is left out; --column image= leaves them out
one: picture in A2=20
two: picture in A2=20
three: picture in A4=40
cut it out: picture in A5=50
five:
cut it out: picture in A7=70
`
	if got := pictured(t, b.text(), Options{Prompt: "cut it out"}); got != want {
		t.Errorf("the pictures are\n%s\nwant\n%s", got, want)
	}
}

// The thumbnails of a results.xlsx are none of the rows' pictures, though columns of it are gone.
func TestThumbnailsAreNoInputs(t *testing.T) {
	link := excelize.GraphicOptions{Hyperlink: "images/one.png", HyperlinkType: "External"}
	for _, columns := range []cells{
		{"prompt", "picture", "status", "task_id", "request_id", "sha256", "error_code", "attempts"},
		{"prompt", "picture", "status"},
	} {
		b := newBook(t).rows("Sheet1", "A1", columns, cells{"one"}, cells{"two"})
		b.float("B2", 1, 0, 0, link)
		b.float("B3", 2, 0, 0, link)
		b.float("J3", 3, 0, 0, excelize.GraphicOptions{})
		got := pictured(t, b.text(), Options{})
		if _, rows, _ := strings.Cut(got, "1 picture of the sheet is taken"); !strings.HasSuffix(rows, "\none:\ntwo: picture in J3=3\n") {
			t.Errorf("the pictures are\n%s", got)
		}
	}
}

// What a model does not take, or what is not there, is a mistake with its place.
func TestBadPicturesOfASheet(t *testing.T) {
	b := newBook(t).rows("Sheet1", "A1", cells{"prompt", "image"}, cells{"one"}, cells{"two"})
	b.float("B3", 1, 0, 0, excelize.GraphicOptions{})
	text := repack(t, b.text(), map[string]string{"xl/media/image1.png": "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"})
	if got := pictured(t, text, Options{}); !strings.Contains(got, "a.xlsx:Sheet1!B3: image: picture in B3: is HEIC") {
		t.Errorf("a HEIC gives\n%s", got)
	}
	sheet := `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="str"><v>prompt</v></c></row>` +
		`<row r="2"><c r="A2" t="str"><v>one</v></c><c r="B2" t="str"><f>_xlfn.DISPIMG("ID_1",1)</f><v>=DISPIMG("ID_1",1)</v></c></row></sheetData></worksheet>`
	text = repack(t, b.text(), map[string]string{"xl/worksheets/sheet1.xml": sheet})
	if got := pictured(t, text, Options{}); !strings.Contains(got, "picture in B2: is not in the workbook itself; insert it anew") {
		t.Errorf("a name of nothing gives\n%s", got)
	}
}

// repack packs the parts of a workbook again, with others in place of some or besides.
func repack(t testing.TB, text []byte, changed map[string]string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, part := range z.File {
		r, _ := part.Open()
		content, _ := io.ReadAll(r)
		all[part.Name] = string(content)
	}
	maps.Copy(all, changed)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		into, _ := w.Create(name)
		io.WriteString(into, all[name])
	}
	w.Close()
	return out.Bytes()
}

const (
	relationsHead = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	imageType     = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/image`
	mainSpace     = `http://schemas.openxmlformats.org/spreadsheetml/2006/main`
	relSpace      = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
)

// sheetOf is a sheet of prompts with cells of XML in column B.
func sheetOf(b ...string) string {
	s := `<worksheet xmlns="` + mainSpace + `"><sheetData><row r="1"><c r="A1" t="str"><v>prompt</v></c><c r="B1" t="str"><v>image</v></c></row>`
	for i, cell := range b {
		s += fmt.Sprintf(`<row r="%d"><c r="A%[1]d" t="str"><v>p%[1]d</v></c>%s</row>`, i+2, strings.ReplaceAll(cell, "<c ", fmt.Sprintf(`<c r="B%d" `, i+2)))
	}
	return s + `</sheetData></worksheet>`
}

// related adds relations to those of the workbook.
func related(t testing.TB, text []byte, relations string) string {
	t.Helper()
	z, _ := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	r, err := z.Open("xl/_rels/workbook.xml.rels")
	if err != nil {
		t.Fatal(err)
	}
	content, _ := io.ReadAll(r)
	return strings.Replace(string(content), "</Relationships>", relations+"</Relationships>", 1)
}

// wpsBook is a workbook with pictures in cells, as WPS writes it.
func wpsBook(t testing.TB) []byte {
	text := newBook(t).text()
	pic := func(id, rel, crop string) string {
		return `<etc:cellImage><xdr:pic><xdr:nvPicPr><xdr:cNvPr id="2" name="` + id + `" descr="a"/><xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill><a:blip r:embed="` + rel + `"/>` + crop +
			`<a:stretch><a:fillRect/></a:stretch></xdr:blipFill><xdr:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="9" cy="9"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic></etc:cellImage>`
	}
	return repack(t, text, map[string]string{
		"xl/_rels/workbook.xml.rels": related(t, text, `<Relationship Id="rIdW" Type="http://www.wps.cn/officeDocument/2020/cellImage" Target="cellimages.xml"/>`),
		"xl/cellimages.xml": `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><etc:cellImages xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" xmlns:r="` + relSpace +
			`" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:etc="http://www.wps.cn/officeDocument/2017/etCustomData">` + pic("ID_AA", "rId1", "") + pic("ID_BB", "rId2", `<a:srcRect l="1000"/>`) + `</etc:cellImages>`,
		"xl/_rels/cellimages.xml.rels": relationsHead + `<Relationship Id="rId1" Type="` + imageType + `" Target="media/image1.png"/><Relationship Id="rId2" Type="` + imageType + `" Target="media/image2.png"/></Relationships>`,
		"xl/media/image1.png":          drawn(t, 11), "xl/media/image2.png": drawn(t, 22),
		"xl/worksheets/sheet1.xml": sheetOf(`<c t="str"><f>_xlfn.DISPIMG("ID_BB",1)</f><v>=DISPIMG("ID_BB",1)</v></c>`,
			`<c t="str"><f>DISPIMG("ID_AA",1)</f><v>=DISPIMG("ID_AA",1)</v></c>`, `<c t="e"><f>_xlfn.DISPIMG("ID_AA",1)</f><v>#NAME?</v></c>`, ""),
	})
}

// excelBook is a workbook with pictures placed in cells, as Excel writes it, and a value of another kind.
func excelBook(t testing.TB) []byte {
	text := newBook(t).text()
	const ms = "http://schemas.microsoft.com/office/"
	return repack(t, text, map[string]string{
		"xl/_rels/workbook.xml.rels": related(t, text, `<Relationship Id="rIdA" Type="`+relSpace+`/sheetMetadata" Target="metadata.xml"/>`+
			`<Relationship Id="rIdB" Type="`+ms+`2017/06/relationships/rdRichValue" Target="richData/rdrichvalue.xml"/><Relationship Id="rIdC" Type="`+ms+`2017/06/relationships/rdRichValueStructure" Target="richData/rdrichvaluestructure.xml"/>`+
			`<Relationship Id="rIdD" Type="`+ms+`2022/10/relationships/richValueRel" Target="richData/richValueRel.xml"/><Relationship Id="rIdE" Type="`+ms+`2020/07/relationships/rdRichValueWebImage" Target="richData/rdRichValueWebImage.xml"/>`),
		"xl/metadata.xml": `<metadata xmlns="` + mainSpace + `" xmlns:xlrd="` + ms + `spreadsheetml/2017/richdata"><metadataTypes count="2"><metadataType name="XLDAPR"/><metadataType name="XLRICHVALUE"/></metadataTypes>` +
			`<futureMetadata name="XLDAPR" count="1"><bk><extLst><ext/></extLst></bk></futureMetadata><futureMetadata name="XLRICHVALUE" count="4">` + rvb(0) + rvb(1) + rvb(2) + rvb(3) + `</futureMetadata>` +
			`<cellMetadata count="1"><bk><rc t="1" v="0"/></bk></cellMetadata><valueMetadata count="4"><bk><rc t="2" v="3"/></bk><bk><rc t="2" v="0"/></bk><bk><rc t="2" v="1"/></bk><bk><rc t="2" v="2"/></bk></valueMetadata></metadata>`,
		"xl/richData/rdrichvalue.xml": `<rvData xmlns="` + ms + `spreadsheetml/2017/richdata" count="4"><rv s="0"><v>1</v><v>5</v></rv><rv s="0"><v>0</v><v>5</v><v>alt</v></rv><rv s="1"><v>0</v><v>1</v></rv><rv s="2"><v>0</v></rv></rvData>`,
		"xl/richData/rdrichvaluestructure.xml": `<rvStructures xmlns="` + ms + `spreadsheetml/2017/richdata" count="3"><s t="_localImage"><k n="_rvRel:LocalImageIdentifier" t="i"/><k n="CalcOrigin" t="i"/></s>` +
			`<s t="_webimage"><k n="ComputedImage" t="b"/><k n="WebImageIdentifier" t="i"/></s><s t="_error"><k n="errorType" t="i"/></s></rvStructures>`,
		"xl/richData/richValueRel.xml":                   `<richValueRels xmlns="` + ms + `spreadsheetml/2022/richvaluerel" xmlns:r="` + relSpace + `"><rel r:id="rId1"/><rel r:id="rId2"/></richValueRels>`,
		"xl/richData/_rels/richValueRel.xml.rels":        relationsHead + `<Relationship Id="rId1" Type="` + imageType + `" Target="../media/image1.png"/><Relationship Id="rId2" Type="` + imageType + `" Target="../media/image2.png"/></Relationships>`,
		"xl/richData/rdRichValueWebImage.xml":            `<webImagesSrd xmlns="` + ms + `spreadsheetml/2020/richdatawebimage" xmlns:r="` + relSpace + `"><webImageSrd><address r:id="rId1"/><blip r:id="rId9"/></webImageSrd><webImageSrd><address r:id="rId1"/><blip r:id="rId2"/></webImageSrd></webImagesSrd>`,
		"xl/richData/_rels/rdRichValueWebImage.xml.rels": relationsHead + `<Relationship Id="rId1" Type="` + relSpace + `/hyperlink" Target="https://a.test/a.png" TargetMode="External"/><Relationship Id="rId2" Type="` + imageType + `" Target="../media/image3.png"/></Relationships>`,
		"xl/media/image1.png":                            drawn(t, 11), "xl/media/image2.png": drawn(t, 22), "xl/media/image3.png": drawn(t, 33),
		"xl/worksheets/sheet1.xml": sheetOf(`<c t="e" vm="2"><v>#VALUE!</v></c>`, `<c t="e" vm="3"><v>#VALUE!</v></c>`, `<c t="e" vm="4"><f>_xlfn.IMAGE("https://a.test/a.png")</f><v>#VALUE!</v></c>`, ""),
	})
}

func rvb(i int) string {
	return fmt.Sprintf(`<bk><extLst><ext uri="{3e2802c4-a4d2-4d8b-9148-e3be6c30e623}"><xlrd:rvb i="%d"/></ext></extLst></bk>`, i)
}

// Pictures that stand in cells are the rows', as WPS writes them and as Excel does; excelize finds the same.
func TestPicturesInCells(t *testing.T) {
	for _, c := range []struct {
		name string
		text []byte
		want string
	}{
		{"WPS", wpsBook(t), "3 pictures of the sheet are taken as the rows' pictures; 1 that is cropped or turned in the sheet is sent whole and upright; --column image= leaves them out\n" +
			"p2: picture in B2=22\np3: picture in B3=11\np4: picture in B4=11\np5:\n"},
		{"Excel", excelBook(t), "3 pictures of the sheet are taken as the rows' pictures; --column image= leaves them out\np2: picture in B2=22\np3: picture in B3=11\np4: picture in B4=33\np5:\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := pictured(t, c.text, Options{}); got != c.want {
				t.Errorf("the pictures are\n%s\nwant\n%s", got, c.want)
			}
			f, err := excelize.OpenReader(bytes.NewReader(c.text))
			if err != nil {
				t.Fatal(err)
			}
			all, err := f.GetPictures("Sheet1", "B2")
			if err != nil || len(all) != 1 || string(all[0].File) != drawn(t, 22) {
				t.Errorf("excelize finds %d pictures in B2, %v", len(all), err)
			}
			if path := os.Getenv("QWENBATCH_KEEP_BOOKS"); path != "" {
				os.WriteFile(path+"/"+c.name+".xlsx", c.text, 0o600)
			}
		})
	}
}

// Pictures of a workbook that claims too much are refused, and damage of any part of them panics nowhere.
func TestHostilePictures(t *testing.T) {
	for _, text := range [][]byte{wpsBook(t), excelBook(t)} {
		for i := 0; i < len(text); i += 41 {
			turned := bytes.Clone(text)
			turned[i] ^= 0x11
			probeSheet(t, turned)
		}
	}
	one := newBook(t).rows("Sheet1", "A1", cells{"prompt", "image"}, cells{"one"})
	one.float("B2", 1, 0, 0, excelize.GraphicOptions{})
	text := one.text()
	for size, want := range map[uint64]string{
		65 << 20: "picture in B2: has 65 MiB, more than the 64 that are read",
		3:        "picture in B2: is damaged in the workbook: ",
	} {
		if got := pictured(t, claiming(t, text, size), Options{}); !strings.Contains(got, want) {
			t.Errorf("a picture that says it has %d bytes gives\n%s\nwant %s", size, got, want)
		}
	}
	for shade := range uint8(70) {
		one.float("C2", shade, 0, 0, excelize.GraphicOptions{})
	}
	got, want := pictured(t, claiming(t, one.text(), 64<<20), Options{}), "a.xlsx: its pictures have 4480 MiB once unpacked, more than the 4096 that are read"
	if got != want {
		t.Errorf("many large pictures give\n%s\nwant %s", got, want)
	}
}

// claiming has the pictures say that they have another size.
func claiming(t testing.TB, text []byte, size uint64) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	z, _ := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	for _, part := range z.File {
		if strings.HasPrefix(part.Name, "xl/media/") {
			part.UncompressedSize64 = size
		}
		r, _ := part.OpenRaw()
		into, _ := w.CreateRaw(&part.FileHeader)
		io.Copy(into, r)
	}
	w.Close()
	return out.Bytes()
}

// A YAML manifest over a workbook has the pictures of its rows, too; what is shown is a part of the fingerprint.
func TestPicturesUnderTemplates(t *testing.T) {
	b := newBook(t).rows("Sheet1", "A1", cells{"sku", "photo"}, cells{"a"}, cells{"b"})
	b.float("C2", 7, 0, 0, excelize.GraphicOptions{})
	b.float("C3", 8, 0, 0, excelize.GraphicOptions{})
	beside(t, map[string]string{"s.xlsx": string(b.text()), "m.yaml": "rows: s.xlsx\ndefaults:\n  prompt: the {{.sku}} on white\n"})
	m, err := Open("m.yaml", Options{Inputs: &inputs.Memory{}})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var shades []int
	for it, err := range m.Items() {
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range it.Images {
			shades = append(shades, shadeOf(t, i))
			if same, ok := m.ImageOf(i.SHA256); !ok || same.Open == nil {
				t.Errorf("ImageOf(%s) = %v, %v", i.SHA256, same, ok)
			}
		}
	}
	if !slices.Equal(shades, []int{7, 8}) {
		t.Errorf("the pictures are %v", shades)
	}
}
