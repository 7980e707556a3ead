package manifests

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// A book builds a workbook for a test.
type book struct {
	t testing.TB
	*excelize.File
}

func newBook(t testing.TB) book { return book{t, excelize.NewFile()} }

// rows fills the first sheet, or the one that is named, from a cell on.
func (b book) rows(sheet, from string, rows ...[]any) book {
	b.t.Helper()
	column, row, err := excelize.CellNameToCoordinates(from)
	for i, cells := range rows {
		cell, _ := excelize.CoordinatesToCellName(column, row+i)
		err = errors.Join(err, b.SetSheetRow(sheet, cell, &cells))
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return b
}

// open saves the workbook in a folder of its own and opens it as a manifest.
func (b book) open(o Options) (*Manifest, error) {
	b.t.Helper()
	text, err := b.WriteToBuffer()
	if err != nil {
		b.t.Fatal(err)
	}
	return load(b.t, "a.xlsx", text.String(), o)
}

// check compares the items, or the mistakes, of the workbook.
func (b book) check(want string, o Options) {
	b.t.Helper()
	m, err := b.open(o)
	got := ""
	if err == nil {
		if _, err = m.Check(); err == nil {
			got = showAll(b.t, m)
		}
	}
	if err != nil {
		got = err.Error()
	}
	if got != want {
		b.t.Errorf("the workbook gives\n%s\nwant\n%s", got, want)
	}
}

type cells = []any

func TestSheets(t *testing.T) {
	long := cells{"prompt", "size"}
	for name, c := range map[string]struct {
		fill func(b book)
		o    Options
		want string
	}{
		"plain": {func(b book) {
			b.rows("Sheet1", "A1", cells{"Prompt", "Style", "Size"}, cells{"a cat", "ink", "1024x1024"})
		}, Options{}, `2 prompt="a cat" size=1024*1024 columns=["ink"]`},
		"Chinese": {func(b book) {
			b.rows("Sheet1", "A1", cells{"编号", "提示词", "尺寸", "种子"}, cells{"x", "一只猫", "16:9", 7})
		}, Options{}, `2 id=x prompt="一只猫" size=16:9 seed=7`},
		"leading empty rows and columns, titles above": {func(b book) {
			b.rows("Sheet1", "C3", cells{"Autumn catalogue"}, cells{"all prompts by Mei"}, cells{}, cells{"id", "prompt"}, cells{"x", "a"}, cells{}, cells{"y", "b"})
			b.MergeCell("Sheet1", "C3", "F3")
		}, Options{}, "7 id=x prompt=\"a\"\n9 id=y prompt=\"b\""},
		"a title that is a word for prompts": {func(b book) {
			b.rows("Sheet1", "A1", cells{"Prompts"}, cells{"id", "prompt"}, cells{"x", "a"})
		}, Options{}, `3 id=x prompt="a"`},
		"one column": {func(b book) { b.rows("Sheet1", "A1", cells{"prompt"}, cells{"text"}, cells{"b"}) }, Options{}, "2 prompt=\"text\"\n3 prompt=\"b\""},
		"no title, but rows without a name": {func(b book) {
			b.rows("Sheet1", "A1", cells{nil, "prompt", nil}, cells{1, "a", nil, "note"}, cells{2, "b"})
		}, Options{}, "2 prompt=\"a\" columns=[\"1\" \"note\"]\n3 prompt=\"b\" columns=[\"2\" \"\"]"},
		"column flag": {func(b book) {
			b.rows("Sheet1", "A1", cells{"title"}, cells{"描述", "prompt"}, cells{"a", "b"})
		}, Options{Columns: map[string]string{"prompt": "描述"}}, `3 prompt="a" columns=["b"]`},
		"another sheet": {func(b book) {
			b.NewSheet("My Prompts")
			b.rows("Sheet1", "A1", long, cells{"a"}).rows("My Prompts", "A1", long, cells{"b"})
		}, Options{Sheet: " my prompts"}, `2 prompt="b"`},
		"the first is hidden": {func(b book) {
			b.NewSheet("Two")
			b.rows("Sheet1", "A1", long, cells{"a"}).rows("Two", "A1", long, cells{"b"})
			b.SetActiveSheet(1)
			b.SetSheetVisible("Sheet1", false)
		}, Options{}, `2 prompt="b"`},
		"hidden rows are read": {func(b book) {
			b.rows("Sheet1", "A1", long, cells{"a"}, cells{"b"}).SetRowVisible("Sheet1", 2, false)
		}, Options{}, "2 prompt=\"a\"\n3 prompt=\"b\""},
		"booleans": {func(b book) {
			b.rows("Sheet1", "A1", cells{"prompt", "watermark", "skip", "x"}, cells{"a", false, true, true})
		}, Options{}, `2 prompt="a" watermark=false skip=true columns=["TRUE"]`},
		"rich text, line breaks and escapes": {func(b book) {
			b.rows("Sheet1", "A1", long)
			b.SetCellRichText("Sheet1", "A2", []excelize.RichTextRun{{Text: "a "}, {Text: "red", Font: &excelize.Font{Bold: true}}, {Text: " fox\n_x000D_x"}})
		}, Options{}, `2 prompt="a red fox\n_x000D_x"`},
		"merged over rows": {func(b book) {
			b.rows("Sheet1", "A1", cells{"style", "prompt", "size"}, cells{"ink", "a", "1:1"}, cells{nil, "b"}, cells{nil, nil, "16:9"}, cells{"oil", "c"})
			b.MergeCell("Sheet1", "A2", "A4")
			b.MergeCell("Sheet1", "B3", "B4")
		}, Options{}, "2 prompt=\"a\" size=1:1 columns=[\"ink\"]\n3 prompt=\"b\" columns=[\"ink\"]\n4 prompt=\"b\" size=16:9 columns=[\"ink\"]\n5 prompt=\"c\" columns=[\"oil\"]"},
		"empty sheet": {func(b book) {}, Options{}, ""},
		"header only": {func(b book) { b.rows("Sheet1", "A1", long) }, Options{}, ""},
		"formulas": {func(b book) {
			b.rows("Sheet1", "A1", cells{"prompt", "negative", "x"}, cells{"a cat", "", "#N/A as text"})
			b.Pkg.Store("xl/worksheets/sheet1.xml", []byte(`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
<row r="1"><c r="A1" t="inlineStr"><is><t>prompt</t></is></c><c r="B1" t="str"><v>negative</v></c><c r="C1" t="str"><v>x</v></c><c r="D1" t="str"><v>y</v></c></row>
<row r="2"><c r="A2" t="str"><f>"a"&amp;"cat"</f><v>a cat</v></c><c r="B2" t="str"><f>IF(A2="","x","")</f><v></v></c><c r="C2"><f>1+1</f><v>2</v></c><c r="D2" t="e"><f>NA()</f><v>#N/A</v></c></row>
</sheetData></worksheet>`))
			b.Sheet.Clear()
		}, Options{}, `2 prompt="a cat" columns=["2" "#N/A"]`},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBook(t)
			c.fill(b)
			b.t = t
			b.check(c.want, c.o)
		})
	}
}

// Numbers are read as they are shown, and seed, count and n by their value.
func TestSheetNumbers(t *testing.T) {
	b := newBook(t).rows("Sheet1", "A1", cells{"prompt", "seed", "count", "size", "x"})
	style := func(cell string, s excelize.Style) {
		id, err := b.NewStyle(&s)
		if err == nil {
			err = b.SetCellStyle("Sheet1", cell, cell, id)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	euro, exact, ratio := `#,##0.00\ "€"`, "0.000", 20
	day := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	b.rows("Sheet1", "A2", cells{1234.5, 2147483646, 2, 0.67291666666666661, day}, cells{0.1 + 0.2, 7, 1, "1:1", 1234567890123.0}, cells{0.25, 1000, "1", nil, 0}, cells{1.5, nil, nil, nil, 1e21})
	style("A2", excelize.Style{CustomNumFmt: &euro})
	style("B2", excelize.Style{NumFmt: 11})
	style("C2", excelize.Style{CustomNumFmt: &exact})
	style("D2", excelize.Style{NumFmt: ratio})
	style("E2", excelize.Style{NumFmt: 14})
	style("A4", excelize.Style{NumFmt: 9})
	style("B4", excelize.Style{NumFmt: 3})
	style("A5", excelize.Style{NumFmt: 22})
	b.check(`2 prompt="1,234.50 €" size=16:9 seed=2147483646 columns=["2026-01-31"]
2.2 prompt="1,234.50 €" size=16:9 seed=2147483647 columns=["2026-01-31"]
3 prompt="0.3" size=1:1 seed=7 columns=["1234567890123"]
4 prompt="25%" seed=1000 columns=["0"]
5 prompt="1900-01-01 12:00" columns=["1E+21"]`, Options{})
}

// Old workbooks of the Mac count days from 1904.
func TestDatesFrom1904(t *testing.T) {
	b := newBook(t).rows("Sheet1", "A1", cells{"prompt"}, cells{44562})
	from1904 := true
	b.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &from1904})
	style, _ := b.NewStyle(&excelize.Style{NumFmt: 14})
	b.SetCellStyle("Sheet1", "A2", "A2", style)
	b.check(`2 prompt="2026-01-02"`, Options{})
}

// Texts that are longer than what is read of them at a time, and ones that lie across two such blocks.
func TestLongTexts(t *testing.T) {
	b := newBook(t).rows("Sheet1", "A1", cells{"prompt", "x"})
	for i := range 20 {
		b.rows("Sheet1", fmt.Sprintf("A%d", i+2), cells{strings.Repeat("猫", 12000+1000*i), "same"})
	}
	m, err := b.open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, it := range all(t, m) {
		if it.Prompt != strings.Repeat("猫", 12000+1000*i) || it.Columns[0] != "same" {
			t.Errorf("row %d has %d bytes and %q", it.Row, len(it.Prompt), it.Columns[0])
		}
	}
}

func TestSheetMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		fill func(b book)
		o    Options
		want string
	}{
		"no header": {func(b book) {
			b.rows("Sheet1", "B2", cells{"our pictures"}, cells{"描述", "大小"}, cells{"a", "b"})
		}, Options{}, `a.xlsx:Sheet1!A3: no column holds the prompts; the first row is "描述", "大小"; name the column: --column prompt=描述`},
		"the header is on another sheet": {func(b book) {
			b.NewSheet("Two")
			b.rows("Sheet1", "A1", cells{"Read me"})
		}, Options{}, `a.xlsx:Sheet1!A1: no column holds the prompts; the first row is "Read me"; another sheet is taken with --sheet: "Two"`},
		"a column that is not there": {func(b book) {
			b.rows("Sheet1", "A1", cells{"title"}, cells{"id", nil, "prompt"}, cells{"a", nil, "b"})
		}, Options{Columns: map[string]string{"prompt": "描述"}}, `a.xlsx:Sheet1!A2: --column prompt=描述: there is no column "描述"; there are "id", "prompt"`},
		"two columns that mean the same": {func(b book) {
			b.rows("Sheet1", "B2", cells{"prompt", "x", "提示词"}, cells{"a"})
		}, Options{}, `a.xlsx:Sheet1!D2: "prompt" and "提示词" both mean prompt; rename one, or choose with --column prompt=prompt`},
		"wrong sheet": {func(b book) {
			b.NewSheet("Prompts")
		}, Options{Sheet: "Promts"}, `a.xlsx: there is no sheet "Promts"; did you mean "Prompts"? there are "Sheet1", "Prompts"`},
		"values": {func(b book) {
			b.rows("Sheet1", "C4", cells{"id", "prompt", "size", "seed"}, cells{"x", "a", "big", -1}, cells{"y"}, cells{}, cells{"x", "b", nil, 1.5})
		}, Options{}, `a.xlsx:Sheet1!E5: size: "big" is not a size; write 1328*1328 or 16:9
a.xlsx:Sheet1!D6: prompt: is empty
a.xlsx:Sheet1!C8: id: "x" is used already at a.xlsx:Sheet1!C5
a.xlsx:Sheet1!F8: seed: "1.5" is not a whole number`},
		"a sheet whose name is in quotes": {func(b book) {
			b.SetSheetName("Sheet1", "Mei's list")
			b.rows("Mei's list", "A1", cells{"prompt", "n"}, cells{"a", "b"})
		}, Options{}, `a.xlsx:'Mei''s list'!B2: n: "b" is not a whole number`},
		"formulas that were never calculated, and errors": {func(b book) {
			b.rows("Sheet1", "A1", cells{"prompt", "size", "x"}, cells{nil, nil, 3}, cells{"b"})
			b.SetCellFormula("Sheet1", "A2", `"a "&"cat"`)
			b.SetCellFormula("Sheet1", "C3", `1/0`)
		}, Options{}, `a.xlsx:Sheet1!A2: prompt: is a formula that was never calculated; open the workbook in a spreadsheet program and save it`},
		"error values": {func(b book) {
			b.Pkg.Store("xl/worksheets/sheet1.xml", []byte(`<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>
<x:row><x:c t="str"><x:v>prompt</x:v></x:c><x:c t="str"><x:v>x</x:v></x:c></x:row><x:row><x:c t="e"><x:f>NA()</x:f><x:v>#N/A</x:v></x:c></x:row></x:sheetData></x:worksheet>`))
			b.Sheet.Clear()
		}, Options{}, `a.xlsx:Sheet1!A2: prompt: is the error #N/A; mend the formula`},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBook(t)
			c.fill(b)
			b.t = t
			b.check(c.want, c.o)
		})
	}
}

func TestFilesThatAreNoWorkbook(t *testing.T) {
	for _, r := range []refusal{
		{"text", "a.xlsx", "prompt\na\n", "a.xlsx: is no workbook; save it as Excel workbook (.xlsx), or name it .csv if it is text"},
		{"empty", "a.xlsx", "", "a.xlsx: is no workbook; save it as Excel workbook (.xlsx), or name it .csv if it is text"},
		{"old or protected", "a.xlsx", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xlsx: is protected by a password, or an .xls by another name; open it, then save it as Excel workbook (.xlsx) without a password"},
		{"cut off", "a.xlsm", "PK\x03\x04\x00", "a.xlsm: is damaged: zip: not a valid zip file; open it and save it again"},
		{".xls", "a.XLS", "", "a.XLS: .xls is not read; in Excel or WPS: File, Save As, Excel workbook (.xlsx), or CSV UTF-8"},
		{".ods", "a.ods", "", "a.ods: .ods is not read; in LibreOffice: File, Save As, Excel 2007-365 (.xlsx)"},
		{".numbers", "a.numbers", "", "a.numbers: .numbers is not read; in Numbers: File, Export To, Excel… (.xlsx)"},
		{"a sheet of a text", "a.csv", "prompt\n", ""},
	} {
		r.test(t)
	}
	if got, want := mistakes(t, "a.csv", "prompt\n", Options{Sheet: "x"}), "a.csv: --sheet names a sheet of a workbook, and this is none"; got != want {
		t.Errorf("mistakes are %s, want %s", got, want)
	}
	if _, err := Open("missing.xlsx", Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open of no file gives %v", err)
	}
}

func TestSheetPositions(t *testing.T) {
	m, err := newBook(t).rows("Sheet1", "B3", cells{"prompt", "Note"}, cells{"a", "b"}).open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	it := all(t, m)[0]
	for field, want := range map[string]string{"prompt": "a.xlsx:Sheet1!B4", "Note": "a.xlsx:Sheet1!C4", "id": "a.xlsx:Sheet1!A4"} {
		if got := it.At(field); got.String() != want || got.Line != 4 {
			t.Errorf("At(%s) = %s in line %d, want %s in 4", field, got, got.Line, want)
		}
	}
}

// excelize and our own reader agree on the tables that excelize writes, whichever way it writes texts.
func TestSharedAndInlineTextsAreTheSame(t *testing.T) {
	var forms []string
	for _, stream := range []bool{false, true} {
		path := t.TempDir() + "/a.xlsx"
		writeSheet(t, path, 300, stream)
		m := open(t, path)
		defer m.Close()
		forms = append(forms, showAll(t, m))
	}
	if forms[0] != forms[1] || strings.Count(forms[0], "\n") != 299 {
		t.Errorf("shared texts give\n%.300s\ninline ones\n%.300s", forms[0], forms[1])
	}
}

// writeSheet writes a sheet of ten columns, with shared texts as Excel does or with inline ones.
func writeSheet(tb testing.TB, path string, rows int, inline bool) {
	tb.Helper()
	f := excelize.NewFile()
	header := cells{"id", "prompt", "size", "seed", "style", "mood", "price", "date", "note", "sku"}
	row := func(i int) cells {
		return cells{fmt.Sprintf("row-%06d", i), fmt.Sprintf("a red fox, number %d, jumps over a lazy dog in the morning light of autumn", i),
			"16:9", i, "watercolour", "happy", float64(i) / 4, fmt.Sprintf("2026-01-%02d", i%31+1), "some words about the row " + fmt.Sprint(i%1000), fmt.Sprintf("SKU-%d", i)}
	}
	var err error
	if inline {
		var w *excelize.StreamWriter
		if w, err = f.NewStreamWriter("Sheet1"); err == nil {
			w.SetRow("A1", header)
			for i := range rows {
				cell, _ := excelize.CoordinatesToCellName(1, i+2)
				w.SetRow(cell, row(i))
			}
			err = w.Flush()
		}
	} else {
		f.SetSheetRow("Sheet1", "A1", &header)
		for i := range rows {
			cell, _ := excelize.CoordinatesToCellName(1, i+2)
			cells := row(i)
			f.SetSheetRow("Sheet1", cell, &cells)
		}
	}
	if err = errors.Join(err, f.SaveAs(path), f.Close()); err != nil {
		tb.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		tb.Fatal(err)
	}
}
