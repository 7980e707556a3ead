package batch

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/qwenbatch/qwenbatch/manifests"
)

// wished are what the items of a manifest ask for, and its own columns.
func wished(t *testing.T, path string) (items, columns []string, totals manifests.Totals) {
	t.Helper()
	m, err := manifests.Open(path, manifests.Options{})
	if err != nil {
		t.Fatalf("%s: %v", filepath.Base(path), err)
	}
	defer m.Close()
	if totals, err = m.Check(); err != nil {
		t.Fatalf("%s: %v", filepath.Base(path), err)
	}
	for it, err := range m.Items() {
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, fmt.Sprint(it.ID, it.Row, it.Prompt, it.NegativePrompt, it.Model, it.Size, it.File))
	}
	return items, m.Columns(), totals
}

// TestResultsAsManifest: results.xlsx says what the sheet said from which it was made, in English
// and in Chinese, and its own columns are nobody's wish.
func TestResultsAsManifest(t *testing.T) {
	for name, header := range map[string][]any{
		"English": {"ID", "Prompt", "Size", "File", "Model", "Owner", "Status"},
		"Chinese": {"编号", "提示词", "尺寸", "文件名", "模型", "负责人", "备注"},
		"ours":    {"id", "prompt", "size", "file", "model", "owner", "status"},
	} {
		t.Run(name, func(t *testing.T) {
			f := excelize.NewFile()
			defer f.Close()
			path := filepath.Join(t.TempDir(), "a.xlsx")
			for i, row := range [][]any{header, {"a", "一只猫", "1:1", "cat", "qwen-image", "王芳", "new"},
				{"b", "a dog", "16:9", "", "", "李雷", ""}} {
				if err := f.SetSheetRow("Sheet1", fmt.Sprint("A", i+1), &row); err != nil {
					t.Fatal(err)
				}
			}
			if err := f.SaveAs(path); err != nil {
				t.Fatal(err)
			}
			_, results := reported(t, path, Options{})
			again := filepath.Join(t.TempDir(), "results.xlsx")
			if err := results.SaveAs(again); err != nil {
				t.Fatal(err)
			}
			items, columns, _ := wished(t, path)
			same, left, totals := wished(t, again)
			if !slices.Equal(items, same) || !slices.Equal(columns, left) {
				t.Errorf("items = %q, columns %q\nwant    %q, %q", same, left, items, columns)
			}
			if len(totals.Guesses) != 1 || !strings.Contains(totals.Guesses[0].Text, "results of qwenbatch") {
				t.Errorf("guesses = %v", totals.Guesses)
			}
			_, twice := reported(t, again, Options{})
			one, _ := results.GetRows("Sheet1")
			two, _ := twice.GetRows("Sheet1")
			if !slices.Equal(one[0], two[0]) {
				t.Errorf("its results have the header %q\nwant %q", two[0], one[0])
			}
		})
	}
}

// TestResultsOfAListAsManifest: a results.xlsx that was made of a CSV manifest, and results.csv,
// say what was sent, and none of their other columns is carried along.
func TestResultsOfAListAsManifest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	sheet := "id,prompt,尺寸,negative_prompt,shop\na,一只猫,1:1,blur,north\nb,a dog,16:9,,south\n"
	if err := os.WriteFile(path, []byte(sheet), 0o644); err != nil {
		t.Fatal(err)
	}
	_, results := reported(t, path, Options{Workbook: new(true)})
	dir := t.TempDir()
	book, list := filepath.Join(dir, "results.xlsx"), filepath.Join(dir, "results.csv")
	if err := results.SaveAs(book); err != nil {
		t.Fatal(err)
	}
	csv := "id,row,status,file,prompt,negative_prompt,model,size,error_code,error_message,task_id,sha256,shop\n" +
		"a,2,done,images/a.png,一只猫,blur,qwen-image-plus,1328*1328,,,t,s,north\n"
	if err := os.WriteFile(list, []byte(csv), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{book, list} {
		items, columns, totals := wished(t, path)
		if want := "a2一只猫blur"; !strings.HasPrefix(items[0], want) || !strings.Contains(items[0], "1328*1328") {
			t.Errorf("%s: item = %q, want %s… of 1328*1328", filepath.Base(path), items[0], want)
		}
		if strings.Contains(items[0], "images") || !slices.Equal(columns, []string{"shop"}) {
			t.Errorf("%s: item %q, columns %q", filepath.Base(path), items[0], columns)
		}
		if !slices.ContainsFunc(totals.Guesses, func(g manifests.Error) bool { return strings.Contains(g.Text, "that were sent") }) {
			t.Errorf("%s: guesses = %v", filepath.Base(path), totals.Guesses)
		}
	}
}
