package output

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

func workbook(t testing.TB, write func(io.Writer) error) *excelize.File {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	file, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

func bookOf(t testing.TB, book Book, rows ...Result) *excelize.File {
	return workbook(t, func(w io.Writer) error { return WriteXLSX(w, book, rowsOf(rows...)) })
}

// cells are the cells of a row by the names of the header, as a spreadsheet holds them and not as it shows them.
func cells(t testing.TB, file *excelize.File, sheet string, header, row int) map[string]string {
	t.Helper()
	rows, err := file.GetRows(sheet, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]string{}
	for i, cell := range rows[row-1] {
		if i < len(rows[header-1]) {
			named[rows[header-1][i]] = cell
		}
	}
	return named
}

func TestXLSXCells(t *testing.T) {
	file := bookOf(t, Book{Columns: sheet}, fewResults()...)
	header, err := file.GetRows(bookSheet)
	if err != nil {
		t.Fatal(err)
	}
	want := "id,prompt,Category,manifest.prompt,manifest.Status,备注,picture,keep,status,file,cost,error_code,error_message,model,size,seed,actual_prompt," +
		"negative_prompt,prompt_extend,watermark,width,height,bytes,attempts,submitted_at,finished_at,task_id,request_id,adopted,sha256,edited,row"
	if got := strings.Join(header[0], ","); got != want {
		t.Errorf("header = %s\nwant %s", got, want)
	}
	couplet := cells(t, file, bookSheet, 1, 2)
	for name, want := range map[string]string{
		"id": "couplet", "prompt": "一副典雅庄重的对联，\"义本生知人机同道\"\n悬挂于厅堂之中", "备注": "很好", "manifest.Status": "new", "status": "done", "file": "images/couplet.png",
		"cost": "0.2", "seed": "42", "prompt_extend": "true", "watermark": "false", "width": "1664", "row": "2", "actual_prompt": "A <couplet> & more",
	} {
		if couplet[name] != want {
			t.Errorf("%s = %q, want %q", name, couplet[name], want)
		}
	}
	if waits := cells(t, file, bookSheet, 1, 4); waits["cost"] != "" || waits["seed"] != "" || waits["width"] != "" {
		t.Errorf("what is not known = %q", waits)
	}
}

func TestXLSXFrame(t *testing.T) {
	file := bookOf(t, Book{Columns: sheet}, fewResults()...)
	if panes, err := file.GetPanes(bookSheet); err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("panes = %+v, %v", panes, err)
	}
	if ok, target, err := file.GetCellHyperLink(bookSheet, "J2"); !ok || target != "images/couplet.png" || err != nil {
		t.Errorf("link = %v, %q, %v", ok, target, err)
	}
	styles := map[int]bool{}
	for row := 2; row <= 4; row++ { // done, failed, pending
		id, err := file.GetCellStyle(bookSheet, cellName(9, row))
		if err != nil {
			t.Fatal(err)
		}
		styles[id] = true
	}
	if len(styles) != 3 {
		t.Errorf("%d colours of three statuses", len(styles))
	}
	names := file.GetDefinedName()
	if !slices.ContainsFunc(names, func(n excelize.DefinedName) bool { return n.RefersTo == "'results'!$A$1:$M$4" }) {
		t.Errorf("names = %+v, want a print area", names)
	}
}

var escaped = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// No cell is a formula, and each text is what it was, less what XML cannot hold.
func FuzzH14WorkbookText(f *testing.F) {
	for _, value := range []string{`=HYPERLINK("http://x","y")`, "+1", "@x", "<c>&</c>", "_x0041_", "\x00\x0b", "\xff", " space ", "\uFFFE", "a\nb\tc", "一只猫", "😀", "]]>", "1e5"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if len(value) > 1000 || escaped.MatchString(value) {
			return // excelize writes _x0041_ as it should, _x005F_x0041_, but reads it as A
		}
		row := Result{ID: value, Prompt: value, Status: value, File: value, Model: value, Cost: "", ErrorCode: value, Columns: []string{value}, Row: 2}
		for _, file := range []*excelize.File{
			bookOf(t, Book{Columns: []string{value}}, row),
			workbook(t, func(w io.Writer) error {
				return AnnotateXLSX(w, Book{}, Sheet{Workbook: bytes.NewReader(source(t)), Header: 1}, rowsOf(row))
			}),
		} {
			sheet := file.GetSheetName(0)
			for column := 1; column <= 30; column++ {
				if formula, err := file.GetCellFormula(sheet, cellName(column, 2)); formula != "" || err != nil {
					t.Errorf("%q became the formula %q, %v", value, formula, err)
				}
			}
			want := strings.ReplaceAll(plainText(value), "\r", "")
			if got := cells(t, file, sheet, 1, 2)["model"]; got != want {
				t.Errorf("model = %q, want %q", got, want)
			}
		}
	})
}

func TestXLSXThumbnails(t *testing.T) {
	d := picturedFolder(t)
	rows := pictured()
	if err := Thumbs(t.Context(), d, rowsOf(rows...)); err != nil {
		t.Fatal(err)
	}
	durable.ReplaceUnsynced(d, "thumbs/gone.jpg", nil)
	for _, c := range []struct {
		limit int
		want  [4]int // pictures in rows 2 to 5
	}{{0, [4]int{1, 0, 2, 0}}, {2, [4]int{1, 0, 1, 0}}, {-1, [4]int{}}} {
		file := bookOf(t, Book{Disk: d, Thumbnails: c.limit}, rows...)
		for i, want := range c.want {
			got, err := file.GetPictures(bookSheet, cellName(3, i+2))
			if err != nil || len(got) != want {
				t.Errorf("limit %d: %d pictures in row %d, %v, want %d", c.limit, len(got), i+2, err, want)
			}
			height, _ := file.GetRowHeight(bookSheet, i+2)
			if high := height == rowPoints; high != (want > 0) {
				t.Errorf("row %d is %g high with %d pictures", i+2, height, want)
			}
		}
	}
}

func TestXLSXErrors(t *testing.T) {
	broken, full := errors.New("the state is broken"), errors.New("disk full")
	breaks := func(yield func(Result, error) bool) { yield(Result{}, broken) }
	annotate := func(w io.Writer, book Book, rows iter.Seq2[Result, error]) error {
		return AnnotateXLSX(w, book, Sheet{Workbook: bytes.NewReader(source(t)), Header: 1}, rows)
	}
	for name, write := range map[string]func(io.Writer, Book, iter.Seq2[Result, error]) error{"Write": WriteXLSX, "Annotate": annotate} {
		if err := write(io.Discard, Book{}, breaks); !errors.Is(err, broken) {
			t.Errorf("%sXLSX = %v, want the rows' error", name, err)
		}
		if err := write(failing{full}, Book{}, rowsOf()); !errors.Is(err, full) {
			t.Errorf("%sXLSX = %v, want the disk's error", name, err)
		}
	}
	if err := WriteXLSX(io.Discard, Book{}, rowsOf(fewResults()[0])); err == nil || !strings.Contains(err.Error(), "couplet") {
		t.Errorf("WriteXLSX with more cells than columns = %v", err)
	}
}

// source is somebody's workbook of prompts.
func source(t testing.TB) []byte {
	file := excelize.NewFile()
	defer file.Close()
	for cell, value := range map[string]any{"A1": "No", "B1": "提示词", "C1": "Size", "A2": 1, "B2": "一只猫", "C2": "1:1", "A3": 2, "B3": "a dog", "A4": 3, "B4": "a bird"} {
		if err := file.SetCellValue("Sheet1", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := file.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// styled is one with a title above its header, colours, a formula, a second sheet and a filter.
func styled(t testing.TB) []byte {
	file, err := excelize.OpenReader(bytes.NewReader(source(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	red, err := file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true, Color: "FFFFFF"}, Fill: filled("AA3322")})
	err = errors.Join(err, file.InsertRows("Sheet1", 1, 2), file.SetCellStr("Sheet1", "A1", "秋季海报"), file.MergeCell("Sheet1", "A1", "C1"),
		file.SetCellStyle("Sheet1", "A3", "C3", red), file.SetCellFormula("Sheet1", "D4", "=A4*2"), file.SetCellStr("Sheet1", "D3", "Cost"),
		file.SetCellStyle("Sheet1", "D3", "D3", red), file.SetColWidth("Sheet1", "B", "B", 40), file.SetRowHeight("Sheet1", 5, 200),
		file.AutoFilter("Sheet1", "A3:D6", nil))
	if _, e := file.NewSheet("其他"); e != nil || err != nil {
		t.Fatal(err, e)
	}
	var b bytes.Buffer
	if err := errors.Join(file.SetCellStr("其他", "B2", "stays"), file.Write(&b)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAnnotateXLSX(t *testing.T) {
	d := picturedFolder(t)
	rows := []Result{
		{Row: 4, Status: "done", File: "images/a.png", SHA256: "aaaaaaaa11", Prompt: "一只猫", Cost: "0.20", Seed: new(int64(7))},
		{Row: 6, Status: "done", File: "images/b.png;images/b-2.png", SHA256: "bbbbbbbb22", Cost: "0.10", Seed: new(int64(8)), Model: "qwen-image"},
		{Row: 6, Status: "failed", Cost: "", Seed: new(int64(9)), ErrorCode: "InternalError", Model: "qwen-image"},
		{Row: 6, Status: "done", Cost: "0.20", Seed: new(int64(10)), Model: "qwen-image"},
		{Row: 2, Status: "done", ErrorMessage: "above the header"},
	}
	if err := Thumbs(t.Context(), d, rowsOf(rows...)); err != nil {
		t.Fatal(err)
	}
	file := workbook(t, func(w io.Writer) error {
		return AnnotateXLSX(w, Book{Disk: d}, Sheet{Workbook: bytes.NewReader(styled(t)), Name: "Sheet1", Header: 3}, rowsOf(rows...))
	})
	header, _ := file.GetRows("Sheet1")
	if got := strings.Join(header[2][:12], ","); got != "No,提示词,Size,Cost,picture,keep,status,file,result.cost,error_code,error_message,model" {
		t.Errorf("header = %s", got)
	}
	if len(header[1]) > 0 || len(header[4]) > 2 {
		t.Errorf("rows without results = %q, %q", header[1], header[4])
	}
	one, three := cells(t, file, "Sheet1", 3, 4), cells(t, file, "Sheet1", 3, 6)
	for got, want := range map[string]string{
		one["提示词"]: "一只猫", one["result.cost"]: "0.2", one["seed"]: "7", three["status"]: "1 failed,\n2 done", three["result.cost"]: "0.3",
		three["seed"]: "8\n9\n10", three["model"]: "qwen-image", three["file"]: "images/b.png;\nimages/b-2.png", three["error_code"]: "\nInternalError\n",
	} {
		if got != want {
			t.Errorf("cell = %q, want %q", got, want)
		}
	}
	checkKept(t, file)
	lone, _ := file.GetCellStyle("Sheet1", "G4")
	if mixed, _ := file.GetCellStyle("Sheet1", "G6"); mixed == lone {
		t.Error("a row with a failed item looks like one that is done")
	}
	for cell, want := range map[string]int{"E4": 1, "E5": 0, "E6": 2} {
		if got, err := file.GetPictures("Sheet1", cell); len(got) != want || err != nil {
			t.Errorf("%d pictures in %s, %v, want %d", len(got), cell, err, want)
		}
	}
}

// checkKept looks for what was theirs.
func checkKept(t *testing.T, file *excelize.File) {
	t.Helper()
	if got, _ := file.GetCellValue("其他", "B2"); got != "stays" {
		t.Errorf("the other sheet holds %q", got)
	}
	if got, _ := file.GetCellFormula("Sheet1", "D4"); got != "A4*2" && got != "=A4*2" {
		t.Errorf("their formula = %q", got)
	}
	if width, _ := file.GetColWidth("Sheet1", "B"); width != 40 {
		t.Errorf("their width = %g", width)
	}
	theirs, _ := file.GetCellStyle("Sheet1", "A3")
	if ours, _ := file.GetCellStyle("Sheet1", "E3"); ours != theirs || ours == 0 {
		t.Errorf("our header has style %d, theirs %d", ours, theirs)
	}
	if merged, _ := file.GetMergeCells("Sheet1"); len(merged) != 1 {
		t.Errorf("merged cells = %v", merged)
	}
	if height, _ := file.GetRowHeight("Sheet1", 5); height != 200 {
		t.Errorf("their high row = %g", height)
	}
}

func TestAnnotateXLSXLimits(t *testing.T) {
	annotate := func(workbook io.Reader, rows ...Result) error {
		return AnnotateXLSX(io.Discard, Book{}, Sheet{Workbook: workbook, Header: 1}, rowsOf(rows...))
	}
	if err := annotate(bytes.NewReader(source(t)), make([]Result, annotateRows+1)...); !errors.Is(err, ErrWorkbookLimit) {
		t.Errorf("too many results: %v", err)
	}
	if err := annotate(io.LimitReader(zeros{}, annotateBytes+1)); !errors.Is(err, ErrWorkbookLimit) {
		t.Errorf("too large a file: %v", err)
	}
	wide := bookOf(t, Book{}, Result{Prompt: "x"})
	for row := 2; row < 1000; row++ {
		if err := wide.SetCellStr(bookSheet, fmt.Sprintf("B%d", row), strings.Repeat(fmt.Sprint(row), 9000)); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := wide.Write(&b); err != nil {
		t.Fatal(err)
	}
	if err := annotate(&b); !errors.Is(err, ErrWorkbookLimit) {
		t.Errorf("too many cells: %v", err)
	}
	if err := annotate(strings.NewReader("no workbook")); err == nil || errors.Is(err, ErrWorkbookLimit) {
		t.Errorf("no workbook: %v", err)
	}
	far := bookOf(t, Book{})
	if err := errors.Join(far.SetCellStr(bookSheet, "XFD1", "note"), far.Write(&b)); err != nil {
		t.Fatal(err)
	}
	if err := annotate(&b); !errors.Is(err, ErrWorkbookLimit) {
		t.Errorf("too many columns: %v", err)
	}
	if err := annotate(strangeBook(t)); !errors.Is(err, ErrWorkbookLimit) {
		t.Errorf("a workbook that excelize cannot read: %v", err)
	}
	missing := Sheet{Workbook: bytes.NewReader(source(t)), Name: "Nowhere", Header: 1}
	if err := AnnotateXLSX(io.Discard, Book{}, missing, rowsOf()); err == nil {
		t.Error("a sheet that is not there is no error")
	}
}

// strangeBook is a zip file with parts of a workbook that make no sense.
func strangeBook(t *testing.T) io.Reader {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range []string{"[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"} {
		part, err := w.Create(name)
		if err == nil {
			_, err = part.Write([]byte("<workbook><sheets><sheet name=\"Sheet1\"/></sheets>"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

// TestAnnotateXLSXWords: a sheet that says id and prompt in its own language does not get them twice.
func TestAnnotateXLSXWords(t *testing.T) {
	for _, c := range []struct {
		has  []string
		want bool
	}{{nil, true}, {[]string{"prompt", "id"}, false}} {
		file := workbook(t, func(w io.Writer) error {
			return AnnotateXLSX(w, Book{}, Sheet{Workbook: bytes.NewReader(source(t)), Header: 1, Has: c.has}, rowsOf(Result{Row: 2, ID: "a", Prompt: "p"}))
		})
		row := cells(t, file, "Sheet1", 1, 2)
		if _, got := row["prompt"]; got != c.want {
			t.Errorf("with %q in the sheet: prompts again = %v", c.has, got)
		}
	}
}

// TestAnnotateXLSXPrinting: a sheet that says nothing of printing goes on one page's width; one that does is left alone.
func TestAnnotateXLSXPrinting(t *testing.T) {
	var area, titles bytes.Buffer
	for b, name := range map[*bytes.Buffer]*excelize.DefinedName{&area: {Name: printArea, RefersTo: "Sheet1!$A$1:$B$3"}, &titles: {Name: printTitles, RefersTo: "Sheet1!$1:$1"}} {
		own, err := excelize.OpenReader(bytes.NewReader(source(t)))
		if err != nil {
			t.Fatal(err)
		}
		name.Scope = "Sheet1"
		if err := errors.Join(own.SetDefinedName(name), own.Write(b), own.Close()); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		workbook []byte
		fits     bool
	}{"nothing": {source(t), true}, "a print area": {area.Bytes(), false}, "rows on each page": {titles.Bytes(), false}} {
		file := workbook(t, func(w io.Writer) error {
			return AnnotateXLSX(w, Book{}, Sheet{Workbook: bytes.NewReader(c.workbook), Header: 1}, rowsOf(Result{Row: 2}))
		})
		if props, err := file.GetSheetProps("Sheet1"); err != nil || (props.FitToPage != nil && *props.FitToPage) != c.fits {
			t.Errorf("a sheet that says %s is fitted to a page: %v, %v", name, !c.fits, err)
		}
		ours := slices.ContainsFunc(file.GetDefinedName(), func(n excelize.DefinedName) bool { return n.Name == printArea && n.RefersTo == "'Sheet1'!$A$1:$H$4" })
		if ours != c.fits {
			t.Errorf("of a sheet that says %s the first results are printed: %v", name, ours)
		}
	}
}

// TestAnnotateXLSXKeepsPictures: pictures, links and lists to choose from that somebody has put into the sheet stay beside ours.
func TestAnnotateXLSXKeepsPictures(t *testing.T) {
	own, err := excelize.OpenReader(bytes.NewReader(source(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	sizes := excelize.NewDataValidation(true)
	sizes.SetSqref("C2:C4")
	var b bytes.Buffer
	err = errors.Join(sizes.SetDropList([]string{"1:1", "16:9"}), own.AddDataValidation("Sheet1", sizes),
		own.AddPictureFromBytes("Sheet1", "D2", &excelize.Picture{Extension: ".png", File: pngOf(t, plain(40, 30, 0))}),
		own.SetCellHyperLink("Sheet1", "B3", "https://example.com/", "External"), own.Write(&b))
	if err != nil {
		t.Fatal(err)
	}
	d := picturedFolder(t)
	rows := []Result{{Row: 2, Status: "done", File: "images/a.png", SHA256: "aaaaaaaa11"}}
	if err := Thumbs(t.Context(), d, rowsOf(rows...)); err != nil {
		t.Fatal(err)
	}
	file := workbook(t, func(w io.Writer) error {
		return AnnotateXLSX(w, Book{Disk: d}, Sheet{Workbook: &b, Header: 1}, rowsOf(rows...))
	})
	cells, err := file.GetPictureCells("Sheet1")
	if slices.Sort(cells); err != nil || len(cells) != 2 || cells[0] != "D2" {
		t.Errorf("pictures stand in %q, %v, want theirs in D2 and one of ours", cells, err)
	}
	if ok, target, _ := file.GetCellHyperLink("Sheet1", "B3"); !ok || target != "https://example.com/" {
		t.Errorf("their link leads to %q", target)
	}
	if lists, err := file.GetDataValidations("Sheet1"); len(lists) != 2 || err != nil {
		t.Errorf("%d lists to choose from, %v, want theirs and ours", len(lists), err)
	}
}

// TestXLSXLinks: a link leads to its picture in Excel and WPS, also in Chinese.
func TestXLSXLinks(t *testing.T) {
	for name, want := range map[string]string{
		"images/一只猫-1f2e.png": "images/一只猫-1f2e.png", "images/a b#1 100%.png": "images/a%20b%231%20100%25.png", "images/[x]?.png": "images/%5Bx%5D%3F.png",
	} {
		file := bookOf(t, Book{}, Result{Status: "done", File: name})
		if _, target, err := file.GetCellHyperLink(bookSheet, "F2"); target != want || err != nil {
			t.Errorf("the link to %s is %q, %v, want %q", name, target, err, want)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// A thumbnail ends in the row where it begins, so that a filter hides it with its row.
func TestThumbnailsAreHiddenWithTheirRows(t *testing.T) {
	for _, a := range []area{quarter(0, 1), quarter(3, 4)} {
		if end := float64(a.y + a.height - 1); end >= sizedRowPoints*4/3.4 {
			t.Errorf("a picture ends %v pixels below the top of a row of %v", end, sizedRowPoints*4/3.4)
		}
	}
}
