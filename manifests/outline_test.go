package manifests

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// TestOutline names the headers of what somebody has not said yet how to read, and its sheets.
func TestOutline(t *testing.T) {
	dir := t.TempDir()
	book := excelize.NewFile()
	book.NewSheet("第二")
	for cell, text := range map[string]string{"A1": "SKU", "B1": "Caption", "A2": "1", "B2": "a cat"} {
		book.SetCellValue("Sheet1", cell, text)
	}
	if err := book.SaveAs(filepath.Join(dir, "b.xlsx")); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"a.csv":   "SKU;Caption;size\n1;a cat;16:9\n",
		"t.tsv":   "prompt\tseed\na\t1\n",
		"l.jsonl": `{"SKU": "1", "Caption": "a cat"}` + "\n",
		"d.json":  `{"dogs": [{"Caption": "a dog"}], "cats": [], "by": "me"}`,
		"e.json":  `[{"prompt": "a dog"}]`,
		"bad.csv": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"a.csv": "Caption SKU size", "t.tsv": "prompt seed", "l.jsonl": "Caption SKU",
		"b.xlsx": "Caption SKU", "e.json": "prompt", "bad.csv": ""} {
		got, err := Headers(filepath.Join(dir, name), Options{Columns: map[string]string{"prompt": "none"}})
		slices.Sort(got)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("Headers(%s) = %q, %v, want %s", name, got, err, want)
		}
	}
	for name, want := range map[string]string{"a.csv": "", "b.xlsx": "Sheet1 第二", "d.json": "cats dogs", "e.json": ""} {
		got, err := Sheets(filepath.Join(dir, name))
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("Sheets(%s) = %q, %v, want %s", name, got, err, want)
		}
	}
	if got, err := Headers(filepath.Join(dir, "none.csv"), Options{}); err == nil {
		t.Errorf("Headers of nothing = %q", got)
	}
}
