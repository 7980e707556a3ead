package manifests

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

// smallBook is a workbook with a bit of everything.
func smallBook(tb testing.TB) []byte {
	b := newBook(tb).rows("Sheet1", "B2", cells{"id", "prompt", "size", "seed"}, cells{"x", "a cat", "16:9", 7}, cells{"y", "一只猫", nil, 1.5}, cells{"z", nil, nil, true})
	b.MergeCell("Sheet1", "C4", "C5")
	b.SetCellFormula("Sheet1", "F3", "1+1")
	format := "0.00"
	style, _ := b.NewStyle(&excelize.Style{CustomNumFmt: &format})
	b.SetCellStyle("Sheet1", "E3", "E4", style)
	text, err := b.WriteToBuffer()
	if err != nil {
		tb.Fatal(err)
	}
	return text.Bytes()
}

// parts packs the parts of a workbook again, those of changed in place of their own.
func parts(tb testing.TB, text []byte, changed map[string]string) []byte {
	z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		tb.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, part := range z.File {
		r, _ := part.Open()
		content, _ := io.ReadAll(r)
		if c, ok := changed[part.Name]; ok {
			content = []byte(c)
		}
		into, _ := w.Create(part.Name)
		into.Write(content)
	}
	w.Close()
	return out.Bytes()
}

const sheetHead = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="str"><v>prompt</v></c></row>`

// H13 for workbooks: what is damaged or made to harm is refused with a sentence, not read in part.
func TestH13HostileWorkbooks(t *testing.T) {
	sheet := func(xml string) map[string]string { return map[string]string{"xl/worksheets/sheet1.xml": xml} }
	for name, c := range map[string]struct {
		changed map[string]string
		want    string
	}{
		"a sheet that ends early": {sheet(sheetHead + `<row r="2"><c r="A2"`), "a.xlsx: is damaged: xl/worksheets/sheet1.xml: XML syntax error on line 1: unexpected EOF; open it and save it again"},
		"a text that is not there": {sheet(sheetHead + `<row r="2"><c r="A2" t="s"><v>99</v></c></row></sheetData></worksheet>`),
			`a.xlsx: is damaged: a cell refers to text "99" of 10; open it and save it again`},
		"rows out of order":       {sheet(sheetHead + `<row r="3"/><row r="2"/></sheetData></worksheet>`), `a.xlsx: is damaged: row "2" comes after row 3; open it and save it again`},
		"cells out of order":      {sheet(sheetHead + `<row><c r="B2"/><c r="A2"/></row></sheetData></worksheet>`), `a.xlsx: is damaged: cell "A2" is out of order in row 2; open it and save it again`},
		"a row beyond the last":   {sheet(sheetHead + `<row r="1048577"/></sheetData></worksheet>`), "a.xlsx: is damaged: row 1048577 is beyond the last that a sheet has; open it and save it again"},
		"a cell of no name":       {sheet(sheetHead + `<row><c r="ZZZZZ"/></row></sheetData></worksheet>`), `a.xlsx: is damaged: cell "ZZZZZ" is out of order in row 2; open it and save it again`},
		"deep":                    {sheet(strings.Repeat("<a>", 100000)), "a.xlsx: xl/worksheets/sheet1.xml cannot be read: its elements are nested deeper than 64 levels"},
		"one long text":           {sheet(sheetHead + `<row><c t="str"><v>` + strings.Repeat("a", 4<<20+1<<14)), "a.xlsx: xl/worksheets/sheet1.xml cannot be read: a piece of text in it is longer than 4 MiB"},
		"one long text in pieces": {sheet(sheetHead + `<row><c t="str"><v>` + strings.Repeat("<!---->aaaaaaaaaaaaaaaaaaaaaaa", 4<<20/10) + `</v></c></row></sheetData></worksheet>`), "a.xlsx: xl/worksheets/sheet1.xml cannot be read: a piece of text in it is longer than 4 MiB"},
		"entities":                {sheet(`<!DOCTYPE x [<!ENTITY a "aaaa">]>` + sheetHead + `<row><c t="str"><v>&a;</v></c></row></sheetData></worksheet>`), "a.xlsx: is damaged: xl/worksheets/sheet1.xml: XML syntax error on line 1: invalid character entity &a;; open it and save it again"},
		"no sheets":               {map[string]string{"xl/workbook.xml": "<workbook/>"}, "a.xlsx: has no worksheet to read"},
		"no XML":                  {map[string]string{"xl/workbook.xml": "<"}, "a.xlsx: is damaged: xl/workbook.xml: XML syntax error on line 1: unexpected EOF; open it and save it again"},
		"another archive":         {map[string]string{"_rels/.rels": "<Relationships/>"}, "a.xlsx: is no workbook, but another kind of archive; save it as Excel workbook (.xlsx)"},
		"large styles":            {map[string]string{"xl/styles.xml": strings.Repeat(" ", 16<<20+1)}, "a.xlsx: xl/styles.xml in it has 16 MiB, more than the 16 that are read"},
	} {
		t.Run(name, func(t *testing.T) {
			got := mistakes(t, "a.xlsx", string(parts(t, smallBook(t), c.changed)), Options{})
			if got != c.want {
				t.Errorf("mistakes are\n%.300s\nwant\n%s", got, c.want)
			}
		})
	}
}

// A sheet of a gigabyte that is packed into a megabyte is refused before anything of it is unpacked, and one that is
// larger than it says where it has reached what it says.
func TestZipBombs(t *testing.T) {
	for size, want := range map[uint64]string{
		1<<30 + 1: "a.xlsx: xl/worksheets/sheet1.xml in it has 1024 MiB once unpacked, more than the 1024 that are read",
		100:       "a.xlsx: is damaged: xl/worksheets/sheet1.xml: zip: not a valid zip file; open it and save it again",
	} {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		z, _ := zip.NewReader(bytes.NewReader(smallBook(t)), int64(len(smallBook(t))))
		for _, part := range z.File {
			if part.Name == "xl/worksheets/sheet1.xml" {
				part.UncompressedSize64 = size
			}
			r, _ := part.OpenRaw()
			into, _ := w.CreateRaw(&part.FileHeader)
			io.Copy(into, r)
		}
		w.Close()
		if got := mistakes(t, "a.xlsx", out.String(), Options{}); got != want {
			t.Errorf("a sheet said to have %d bytes gives %s, want %s", size, got, want)
		}
	}
}

// A workbook that is cut anywhere, or has a bit turned, is refused or read; nothing panics.
func TestDamagedWorkbooks(t *testing.T) {
	whole := smallBook(t)
	for i := 0; i < len(whole); i += 37 {
		mistakes(t, "a.xlsx", string(whole[:i]), Options{})
		turned := bytes.Clone(whole)
		turned[i] ^= 0x10
		probeSheet(t, turned)
	}
}

// FuzzXLSX: whatever stands in the parts of a workbook, reading it does not panic, and mistakes have a place.
func FuzzXLSX(f *testing.F) {
	whole := smallBook(f)
	z, _ := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	contents := map[string]string{}
	for _, part := range z.File {
		r, _ := part.Open()
		text, _ := io.ReadAll(r)
		contents[part.Name] = string(text)
	}
	f.Add(contents["xl/worksheets/sheet1.xml"], contents["xl/sharedStrings.xml"], contents["xl/styles.xml"], contents["xl/workbook.xml"])
	f.Add(sheetHead+`<row><c s="3"><v>1e3</v></c><c t="b"><v>1</v></c><c t="d"><v>2026-01-02</v></c></row></sheetData><mergeCells><mergeCell ref="A1:B9"/></mergeCells></worksheet>`,
		`<sst><si><r><t>_x0041_</t></r><rPh><t>no</t></rPh></si></sst>`, `<styleSheet/>`, contents["xl/workbook.xml"])
	f.Fuzz(func(t *testing.T, sheet, texts, styles, book string) {
		probeSheet(t, parts(t, whole, map[string]string{"xl/worksheets/sheet1.xml": sheet, "xl/sharedStrings.xml": texts, "xl/styles.xml": styles, "xl/workbook.xml": book}))
	})
}

// probeSheet reads a workbook in every way there is.
func probeSheet(t *testing.T, text []byte) {
	path := filepath.Join(t.TempDir(), "a.xlsx")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := Open(path, Options{MaxItems: 100})
	if err != nil {
		if !errors.As(err, new(*ErrorList)) {
			t.Fatalf("Open() = %v, which has no place", err)
		}
		return
	}
	defer m.Close()
	_, checked := m.Check()
	for it, err := range m.Items() {
		if err != nil {
			if checked == nil {
				t.Fatalf("Items() = %v, but Check() = nil", err)
			}
			return
		}
		if !utf8.ValidString(it.Prompt) || it.Prompt == "" {
			t.Fatalf("a prompt is %q", it.Prompt)
		}
		it.At("prompt")
	}
}

// A table that a person copies into a spreadsheet means what it meant as CSV.
func TestSheetsAreEquivalentToCSV(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		specs := drawSpecs(t)
		want := readForm(t, filepath.Join(dir, "a.csv"), asTable(specs, ','))
		if got := readForm(t, filepath.Join(dir, "a.xlsx"), asBook(t, specs)); got != want {
			t.Fatalf("as a sheet it is\n%s\nas CSV\n%s", got, want)
		}
	})
}

func asBook(t *rapid.T, specs []spec) string {
	f := excelize.NewFile()
	header := append(append([]string{}, specFields...), "extra")
	f.SetSheetRow("Sheet1", "A1", &header)
	for i, s := range specs {
		var row []any
		for _, field := range specFields {
			row = append(row, s.text[field])
		}
		row = append(row, s.extra)
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+2), &row); err != nil {
			t.Fatal(err)
		}
	}
	text, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return text.String()
}
