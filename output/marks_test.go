package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

func TestReadMarksOfCSV(t *testing.T) {
	want := []Mark{{2, "a", "images/a.png", "11", 1}, {3, "b", "images/b,1.png", "", -1}}
	for name, text := range map[string]string{
		"as the page saves it": "\xEF\xBB\xBFid,row,file,keep,stars,sha256,prompt\r\nb,3,\"images/b,1.png\",✗,,,\"b\r\nc\"\r\n" +
			"a,2,images/a.png,✓,4,11,p\r\nc,4,images/c.png,,3,,p\r\n",
		"as Excel saves it":   "id;row;file;keep;stars;sha256\r\nb;3;images/b,1.png;✗;;\r\na;2;images/a.png;✓;4;11\r\n",
		"by hand, in Chinese": "id\trow\tfile\t挑选\tsha256\na\t2\timages/a.png\t是\t11\nb\t3\timages/b,1.png\tX\t\n",
	} {
		got, err := ReadMarks("picks.csv", strings.NewReader(text))
		if !slices.Equal(got, want) || err != nil {
			t.Errorf("%s: %v, %v, want %v", name, got, err, want)
		}
	}
}

func TestReadMarksTellsAllMistakes(t *testing.T) {
	got, err := ReadMarks("picks.csv", strings.NewReader("file,keep\na,maybe\nb,✓\nc,later\n"))
	if len(got) != 1 || err == nil || err.Error() != "row 2: keep says \"maybe\": write ✓ or ✗\nrow 4: keep says \"later\": write ✓ or ✗" {
		t.Errorf("ReadMarks = %v, %v", got, err)
	}
	for name, text := range map[string]string{
		"picks.csv": "id,prompt\na,b\n", "empty.csv": "", "latin.csv": "file,keep\n\xE9,\n", "quote.csv": "file,keep\n\"a,b\n", "picks.xlsx": "no workbook",
	} {
		var mistake *MarksError
		if got, err := ReadMarks(name, strings.NewReader(text)); !errors.As(err, &mistake) || len(got) > 0 {
			t.Errorf("ReadMarks(%s) = %v, %v, want a MarksError", name, got, err)
		}
	}
}

// TestWorkbookKeepsItsMarks marks pictures in a results.xlsx, as somebody does in Excel: they are read, and still there when the
// workbook is written again, but for that of a picture that was replaced.
func TestWorkbookKeepsItsMarks(t *testing.T) {
	rows := []Result{
		{ID: "a", Row: 2, Status: "done", File: "images/a.png", SHA256: "aa"},
		{ID: "b", Row: 3, Status: "done", File: "images/b.png", SHA256: "bb"},
		{ID: "c", Row: 4, Status: "done", File: "images/c.png;images/c-b.png", SHA256: "cc"},
		{ID: "d", Row: 5, Status: "failed"},
		{ID: "e", Row: 5, Status: "done", File: "images/e.png", SHA256: "ee"},
		{ID: "f", Row: 5, Status: "done", File: "images/f.png", SHA256: "ff"},
	}
	again := slices.Clone(rows)
	again[1].SHA256 = "new"
	for name, write := range map[string]func(io.Writer, Book, []Result) error{
		"ours": func(w io.Writer, b Book, rows []Result) error { return WriteXLSX(w, b, rowsOf(rows...)) },
		"theirs": func(w io.Writer, b Book, rows []Result) error {
			return AnnotateXLSX(w, b, Sheet{Workbook: bytes.NewReader(source(t)), Header: 1, Has: []string{"id", "prompt"}}, rowsOf(rows...))
		},
	} {
		d := picturedFolder(t)
		save := func(rows []Result) {
			if err := durable.Replace(d, workbookName, func(w io.Writer) error { return write(w, Book{Disk: d, Marks: SavedMarks(d)}, rows) }); err != nil {
				t.Fatal(err)
			}
		}
		save(rows)
		markIn(t, d, map[string]string{"images/a.png": "✓", "images/b.png": "✗", "images/c.png;\nimages/c-b.png": "✗\n✓",
			"images/e.png": "✗", "images/f.png": "✓", "images/e.png;\nimages/f.png": "✗\n✓"})
		check := func(want map[string]int) {
			t.Helper()
			got := map[string]int{}
			for _, m := range marksIn(t, d) {
				got[m.File] = m.Keep
			}
			for file, keep := range want {
				if got[file] != keep {
					t.Errorf("%s: mark of %s = %d, want %d", name, file, got[file], keep)
				}
			}
		}
		all := map[string]int{"images/a.png": 1, "images/b.png": -1, "images/c.png": -1, "images/c-b.png": 1, "images/e.png": -1, "images/f.png": 1}
		check(all)
		save(rows)
		check(all)
		save(again)
		all["images/b.png"] = 0
		check(all)
	}
}

// TestPageBearsMarksOfTheWorkbook marks pictures in a results.xlsx: the page has them from the first, but for that of a
// picture that was replaced, and none where the workbook is not to be read.
func TestPageBearsMarksOfTheWorkbook(t *testing.T) {
	rows := []Result{
		{ID: "a", Row: 2, Status: "done", File: "images/a.png", SHA256: "aa"},
		{ID: "b", Row: 3, Status: "done", File: "images/b.png", SHA256: "bb"},
		{ID: "c", Row: 4, Status: "done", File: "images/c.png;images/c-b.png", SHA256: "cc"},
		{ID: "d", Row: 5, Status: "failed"},
	}
	d := picturedFolder(t)
	write := func(w io.Writer) error { return WriteXLSX(w, Book{Disk: d}, rowsOf(rows...)) }
	if err := durable.Replace(d, workbookName, write); err != nil {
		t.Fatal(err)
	}
	check := func(what string, want map[string][]int) {
		t.Helper()
		data := dataElement.FindStringSubmatch(pageOf(t, Page{Disk: d, Marks: SavedMarks(d)}, rows...))[1]
		var read []struct {
			ID    string
			Keeps []int
		}
		if err := json.Unmarshal([]byte(data), &read); err != nil {
			t.Fatal(err)
		}
		got := map[string][]int{}
		for _, r := range read {
			if r.Keeps != nil {
				got[r.ID] = r.Keeps
			}
		}
		if !maps.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s: marks %v, want %v", what, got, want)
		}
	}
	check("unmarked", nil)
	markIn(t, d, map[string]string{"images/a.png": "✓", "images/b.png": "✗", "images/c.png;\nimages/c-b.png": "\n✗"})
	check("marked", map[string][]int{"a": {1}, "b": {-1}, "c": {0, -1}})
	rows[1].SHA256 = "new"
	check("replaced", map[string][]int{"a": {1}, "c": {0, -1}})
	if err := durable.ReplaceUnsynced(d, workbookName, []byte("no workbook")); err != nil {
		t.Fatal(err)
	}
	check("unreadable", nil)
}

func TestTheColumnOfMarksSpeaksAsTheSheetDoes(t *testing.T) {
	for name, header := range map[string][]string{
		keepNameChinese: {"编号", "提示词", "SKU"}, keepName: {"id", "prompt", "背景"}, resultPrefix + keepName: {"keep", "prompt"},
	} {
		if !slices.ContainsFunc(besideColumns(header, nil), func(c bookColumn) bool { return c.name == name && c.style == keepStyle }) {
			t.Errorf("beside %q no column is called %s", header, name)
		}
	}
}

// markIn writes into the keep column of a workbook, by the text of its file column.
func markIn(t *testing.T, d durable.Disk, signs map[string]string) {
	t.Helper()
	in, err := d.Open(workbookName)
	if err != nil {
		t.Fatal(err)
	}
	file, err := excelize.OpenReader(in)
	if err = errors.Join(err, in.Close()); err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	name := file.GetSheetName(0)
	rows, err := file.GetRows(name)
	if err != nil {
		t.Fatal(err)
	}
	columns, ok := findMarkColumns(rows[0])
	if !ok {
		t.Fatalf("header %q has no marks", rows[0])
	}
	for i, cells := range rows {
		if sign := signs[cellAt(cells, columns.picture)]; sign != "" {
			if err := file.SetCellStr(name, cellName(columns.keep+1, i+1), sign); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := durable.Replace(d, workbookName, func(w io.Writer) error { return file.Write(w) }); err != nil {
		t.Fatal(err)
	}
}

func marksIn(t *testing.T, d durable.Disk) []Mark {
	t.Helper()
	in, err := d.Open(workbookName)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	marks, err := ReadMarks(workbookName, in)
	if err != nil {
		t.Error(err)
	}
	return marks
}
