package manifests

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

var someChoices = Choices{Models: []string{"qwen-image-plus", "qwen-image", "qwen-image-max"}}

// starter opens a starter as a manifest.
func starter(t *testing.T, name string, c Choices) (*Manifest, []byte) {
	t.Helper()
	text, err := Starter(filepath.Ext(name), c)
	if err != nil {
		t.Fatal(err)
	}
	m, err := load(t, name, string(text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m, text
}

func TestStarters(t *testing.T) {
	const rows = `2 id=couplet prompt="一副典雅庄重的对联悬挂于厅堂之中，左书“春风得意花千里”，右书“秋月扬辉桂一枝”，横批“四季平安”，中式书房，青花瓷" negative_prompt="低分辨率，模糊，多余的手指" model=qwen-image-plus size=4:3 watermark=false columns=["id names the picture; leave it empty and the prompt's first words do"]
3 id=bookshop prompt="A rainy evening street with a small bookshop, warm light on wet cobblestones, a wooden sign reads \"Second Chapters\"" model=qwen-image-plus size=16:9 seed=42 watermark=false columns=["the same seed gives a similar picture, not surely the same"]
4 id=otter prompt="A watercolour of an otter floating on its back among water lilies, soft morning light" model=qwen-image-plus size=1:1 watermark=false columns=["count makes several; columns like this one are carried to the report"]
4.2 id=otter-2 prompt="A watercolour of an otter floating on its back among water lilies, soft morning light" model=qwen-image-plus size=1:1 watermark=false columns=["count makes several; columns like this one are carried to the report"]`
	for _, name := range []string{"a.csv", "a.xlsx"} {
		m, _ := starter(t, name, someChoices)
		if got := showAll(t, m); got != rows {
			t.Errorf("%s has\n%s\nwant\n%s", name, got, rows)
		}
	}
	m, text := starter(t, "a.yaml", someChoices)
	if totals, err := m.Check(); err != nil || totals.Items != 8 {
		t.Errorf("the starter in YAML has %+v, %v", totals, err)
	}
	if trouble := validate(t, string(text)); trouble != "" {
		t.Error(trouble)
	}
	if lines := bytes.Count(text, []byte("\n")); lines > 45 || !bytes.Contains(text, []byte("  model: qwen-image-plus   # or qwen-image, qwen-image-max; qwenbatch models lists all\n")) ||
		!bytes.Contains(text, []byte("# or 4:3, 1:1, 3:4, 9:16, or pixels: 1328*1328\n")) {
		t.Errorf("%d lines of\n%s", lines, text)
	}
	for _, ext := range StarterKinds() {
		if m, text := starter(t, "a"+ext, Choices{}); m.Name() == "" || bytes.Contains(text, []byte("MODEL")) {
			t.Errorf("%s without models is wrong", ext)
		}
		one, _ := Starter(ext, someChoices)
		if two, _ := Starter(ext, someChoices); !bytes.Equal(one, two) {
			t.Errorf("two starters %s differ", ext)
		}
	}
	if _, err := Starter(".doc", Choices{}); err == nil || err.Error() != `no starter for ".doc"; there are .yaml, .yml, .csv, .xlsx` {
		t.Errorf("a starter of another kind gives %v", err)
	}
}

// The workbook offers what there is, and explains every field in both languages.
func TestStarterWorkbook(t *testing.T) {
	text, err := Starter(".xlsx", Choices{Models: []string{"m1", "m2"}, Sizes: []string{"1:1"}})
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	rules, err := f.GetDataValidations(promptsSheet)
	var got []string
	for _, r := range rules {
		got = append(got, r.Sqref+" "+r.Formula1)
	}
	if want := "[D2:D2000 Lists!$A$2:$A$3 E2:E2000 Lists!$B$2:$B$2 H2:H2000 Lists!$C$2:$C$3]"; err != nil || fmt.Sprint(got) != want {
		t.Errorf("rules are %s, %v, want %s", got, err, want)
	}
	help, err := f.GetRows(helpSheet)
	if err != nil || len(help) != int(fields)+2 {
		t.Fatalf("%d rows of help, %v", len(help), err)
	}
	for i, row := range help[1 : fields+1] {
		if row[0] != fieldNames[i] || len(row[1]) < 20 || len(row[2]) < 20 || strings.ContainsRune(row[1], '一') {
			t.Errorf("row %d of the help is %q", i, row)
		}
	}
	empty, _ := f.GetCellStyle(promptsSheet, "E900")
	if style, err := f.GetStyle(empty); err != nil || style.NumFmt != 49 {
		t.Errorf("an empty size has the style %+v, %v, want text, since 16:9 would become a time", style, err)
	}
	if visible, _ := f.GetSheetVisible(listsSheet); visible {
		t.Error("the lists are in sight")
	}
	if panes, err := f.GetPanes(promptsSheet); err != nil || !panes.Freeze {
		t.Errorf("the header moves: %+v, %v", panes, err)
	}
	if dir := os.Getenv("STARTER_DIR"); dir != "" { // to look at it
		os.WriteFile(filepath.Join(dir, "starter.xlsx"), text, 0o644)
	}
}
