package batch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/xuri/excelize/v2"

	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/output/disktest"
)

// formula is a prompt that a spreadsheet must not take for one.
const formula = `=HYPERLINK("http://evil.example","click")`

// posters writes a workbook as people keep them: a title, a styled header in Chinese, a column of their own.
func posters(t *testing.T) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	style, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true, Color: "FFFFFF", Family: "KaiTi"},
		Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"B4541F"}}})
	err = errors.Join(err, f.SetSheetName("Sheet1", "海报"), f.SetCellStr("海报", "B1", "秋季"), f.MergeCell("海报", "B1", "E1"))
	for i, row := range [][]any{{"编号", "提示词", "数量", "负责人"}, {"P-1", "一只猫", nil, "王芳"}, {"P-2", "一只狗", 3, "李雷"},
		{"P-3", formula, nil, "=1+1"}, {"P-4", "雨夜 [[fail:DataInspectionFailed]]", nil, "王芳"}} {
		err = errors.Join(err, f.SetSheetRow("海报", fmt.Sprintf("B%d", i+3), &row))
	}
	err = errors.Join(err, f.SetCellStyle("海报", "B3", "E3", style), f.SetColWidth("海报", "C", "C", 42), f.SetRowHeight("海报", 3, 26))
	path := filepath.Join(t.TempDir(), "海报.xlsx")
	if err = errors.Join(err, f.SaveAs(path)); err != nil {
		t.Fatal(err)
	}
	return path
}

// reported runs a sheet to its end and writes the reports; it returns their names and results.xlsx, nil where there is none.
func reported(t *testing.T, path string, o Options) (names []string, file *excelize.File) {
	t.Helper()
	var book []byte
	synctest.Test(t, func(t *testing.T) {
		stage(t, path, emulator.Options{Tiny: true}, func(s *scene) {
			s.options = o
			s.ends()
			b, closed := s.open()
			defer closed()
			var err error
			if err := b.View().Thumbs(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			if names, err = b.View().Write(t.Context()); err != nil {
				t.Fatalf("Report = %v", err)
			}
			if !slices.Equal(names, b.View().Names()) {
				t.Errorf("Report wrote %q, Reports says %q", names, b.View().Names())
			}
			book, _ = s.disk.Content("results.xlsx")
		})
	})
	if book == nil {
		return names, nil
	}
	file, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return names, file
}

// rowOf are the raw cells of a row by the names of the header's.
func rowOf(t *testing.T, file *excelize.File, header, row int) map[string]string {
	t.Helper()
	rows, err := file.GetRows(file.GetSheetName(0), excelize.Options{RawCellValue: true})
	if err != nil || len(rows) < row {
		t.Fatalf("%d rows, %v, want row %d", len(rows), err, row)
	}
	named := map[string]string{}
	for i, name := range rows[header-1] {
		if name != "" && i < len(rows[row-1]) {
			named[name] = rows[row-1][i]
		}
	}
	return named
}

// TestWorkbookBesideTheRows: a workbook of prompts comes back as it was, with the results beside its rows. Failure mode H14
// for prompts that look like formulas.
func TestWorkbookBesideTheRows(t *testing.T) {
	_, file := reported(t, posters(t), Options{})
	if file == nil {
		t.Fatal("there is no results.xlsx of a workbook")
	}
	for row, want := range map[int]map[string]string{
		4: {"编号": "P-1", "提示词": "一只猫", "负责人": "王芳", "status": "done", "file": "images/P-1.png", "cost": "0.2"},
		5: {"编号": "P-2", "数量": "3", "status": "done", "file": "images/P-2.png;\nimages/P-2-2.png;\nimages/P-2-3.png", "cost": "0.6"},
		6: {"提示词": formula, "负责人": "=1+1", "status": "done"},
		7: {"status": "failed", "file": "", "cost": "", "error_code": "DataInspectionFailed"},
	} {
		got := rowOf(t, file, 3, row)
		for name, cell := range want {
			if got[name] != cell {
				t.Errorf("row %d, %s = %q, want %q", row, name, got[name], cell)
			}
		}
		if _, twice := got["prompt"]; twice {
			t.Errorf("row %d has its prompt twice", row)
		}
	}
	wantPictures(t, file, map[string]int{"F4": 1, "F5": 3, "F6": 1, "F7": 0})
	wantNoFormulas(t, file)
	wantLink(t, file, "I4", "images/P-1.png")
	wantLook(t, file)
}

// wantPictures counts the thumbnails in cells.
func wantPictures(t *testing.T, file *excelize.File, want map[string]int) {
	t.Helper()
	for cell, n := range want {
		if got, err := file.GetPictures(file.GetSheetName(0), cell); len(got) != n || err != nil {
			t.Errorf("%d pictures in %s, %v, want %d", len(got), cell, err, n)
		}
	}
}

func wantLink(t *testing.T, file *excelize.File, cell, want string) {
	t.Helper()
	if ok, target, err := file.GetCellHyperLink(file.GetSheetName(0), cell); !ok || target != want || err != nil {
		t.Errorf("%s leads to %q, %v, want %q", cell, target, err, want)
	}
}

func wantNoFormulas(t *testing.T, file *excelize.File) {
	t.Helper()
	sheet := file.GetSheetName(0)
	for row := range 10 {
		for column := range 40 {
			cell, _ := excelize.CoordinatesToCellName(column+1, row+1)
			if f, err := file.GetCellFormula(sheet, cell); f != "" || err != nil {
				t.Errorf("%s is the formula %q, %v", cell, f, err)
			}
		}
	}
}

// wantLook wants the sheet's own widths, heights and fonts, and its header's style on our columns.
func wantLook(t *testing.T, file *excelize.File) {
	t.Helper()
	sheet := file.GetSheetName(0)
	if width, _ := file.GetColWidth(sheet, "C"); sheet != "海报" || width != 42 {
		t.Errorf("column C of %s is %g wide, want 42 of 海报", sheet, width)
	}
	if height, _ := file.GetRowHeight(sheet, 3); height != 26 {
		t.Errorf("the header is %g high, want 26", height)
	}
	if merged, _ := file.GetMergeCells(sheet); len(merged) != 1 {
		t.Errorf("merged cells = %v, want the title", merged)
	}
	theirs, _ := file.GetCellStyle(sheet, "C3")
	ours, _ := file.GetCellStyle(sheet, "G3")
	style, err := file.GetStyle(theirs)
	if err != nil || ours != theirs || style.Font == nil || style.Font.Family != "KaiTi" || !style.Font.Bold {
		t.Errorf("their header has style %d (%+v, %v), ours %d", theirs, style, err, ours)
	}
}

// TestWorkbookOfAnySheet: whoever keeps prompts elsewhere gets a workbook on request.
func TestWorkbookOfAnySheet(t *testing.T) {
	path := writeManifest(t, "p.csv", "id,prompt,shop,cost\na,一只猫,north,12\nb,\"=1+1\",\"=2+2\",13\n")
	if names, file := reported(t, path, Options{}); file != nil || slices.Contains(names, "results.xlsx") {
		t.Errorf("a CSV manifest has the reports %q, want no workbook", names)
	}
	_, file := reported(t, path, Options{Workbook: new(true)})
	if file == nil {
		t.Fatal("there is no results.xlsx, though it was asked for")
	}
	want := map[string]string{"id": "b", "prompt": "=1+1", "shop": "=2+2", "manifest.cost": "13", "cost": "0.2", "status": "done", "file": "images/b.png"}
	got := rowOf(t, file, 1, 3)
	for name, cell := range want {
		if got[name] != cell {
			t.Errorf("%s = %q, want %q", name, got[name], cell)
		}
	}
	rows, _ := file.GetRows("results")
	if header := strings.Join(rows[0][:7], ","); header != "id,prompt,shop,manifest.cost,picture,keep,status" {
		t.Errorf("header = %s", header)
	}
	wantNoFormulas(t, file)
	wantPictures(t, file, map[string]int{"E2": 1, "E3": 1})
}

// TestWorkbookUnderTemplates: rows of a workbook that a YAML manifest fills into templates get their results beside them.
func TestWorkbookUnderTemplates(t *testing.T) {
	sheet := posters(t)
	yaml := filepath.Join(filepath.Dir(sheet), "p.yaml")
	if err := os.WriteFile(yaml, []byte("rows: 海报.xlsx\ndefaults: {prompt: '{{.提示词}}，水墨'}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, file := reported(t, yaml, Options{})
	if file == nil {
		t.Fatal("there is no results.xlsx of rows in a workbook")
	}
	got := rowOf(t, file, 3, 4)
	for name, want := range map[string]string{"提示词": "一只猫", "status": "done", "prompt": "一只猫，水墨"} {
		if got[name] != want {
			t.Errorf("%s = %q, want %q", name, got[name], want)
		}
	}
}

func TestWorkbookNotWanted(t *testing.T) {
	if names, file := reported(t, posters(t), Options{Workbook: new(false)}); file != nil {
		t.Errorf("reports are %q, want no workbook", names)
	}
}

// TestWorkbookThatCannotBeWrittenAgain: one with macros gets a sheet of ours, with its columns in their order.
func TestWorkbookThatCannotBeWrittenAgain(t *testing.T) {
	path := posters(t)
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	path = strings.TrimSuffix(path, "x") + "m"
	macros := append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 100)...)
	if err := errors.Join(f.AddVBAProject(macros), f.SaveAs(path), f.Close()); err != nil {
		t.Fatal(err)
	}
	_, file := reported(t, path, Options{})
	if file == nil {
		t.Fatal("there is no results.xlsx of a workbook with macros")
	}
	got := rowOf(t, file, 1, 2)
	for name, want := range map[string]string{"id": "P-1", "prompt": "一只猫", "负责人": "王芳", "status": "done"} {
		if got[name] != want {
			t.Errorf("%s = %q, want %q", name, got[name], want)
		}
	}
}

// TestWorkbookOpenElsewhere: Excel keeps the file that it shows; the new one stands beside it.
func TestWorkbookOpenElsewhere(t *testing.T) {
	path := posters(t)
	synctest.Test(t, func(t *testing.T) {
		stage(t, path, emulator.Options{Tiny: true}, func(s *scene) {
			s.ends()
			b, closed := s.open()
			defer closed()
			s.disk.Decide = func(op disktest.Op) disktest.Verdict {
				if op.Kind == "rename" && op.Name == "results.xlsx" {
					return disktest.Verdict{Err: fs.ErrPermission}
				}
				return disktest.Verdict{}
			}
			names, err := b.View().Write(t.Context())
			if err != nil || !slices.Contains(names, "results.new.xlsx") {
				t.Errorf("Report = %q, %v, want the workbook beside the old one", names, err)
			}
		})
	})
}

// TestWorkbookAfterASignal: who waits for the end of a large batch does not wait for its workbook.
func TestWorkbookAfterASignal(t *testing.T) {
	for rows, want := range map[int]bool{3: true, 1001: false} {
		path := writeManifest(t, "p.csv", "prompt\n"+strings.Repeat("a cat\n", rows))
		synctest.Test(t, func(t *testing.T) {
			stage(t, path, emulator.Options{Tiny: true}, func(s *scene) {
				s.options.Workbook = new(true)
				b, closed := s.open()
				defer closed()
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				names, err := b.View().Write(ctx)
				if got := slices.Contains(names, "results.xlsx"); got != want || err != nil || len(names) < 3 {
					t.Errorf("%d rows: Report = %q, %v, want the workbook: %v", rows, names, err, want)
				}
			})
		})
	}
}
