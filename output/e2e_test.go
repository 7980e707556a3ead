package output

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

// TestPageInBrowser opens the pages in headless Chromium (e2e/test.mjs). It takes seconds and needs programs that
// not everybody has, so it runs with QWENBATCH_LONG=1 only.
func TestPageInBrowser(t *testing.T) {
	if os.Getenv("QWENBATCH_LONG") == "" {
		t.Skip("set QWENBATCH_LONG=1 to open the page in a browser")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed: the page was not opened in a browser")
	}
	chromium := findChromium()
	if chromium == "" {
		t.Skip("no Chromium is installed (apt-get install chromium): the page was not opened in a browser")
	}
	noticed(t, "e2e/*.mjs", "e2e/node_modules/axe-core/axe.min.js")
	dir := pagesForBrowser(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, node, "e2e/test.mjs", chromium, dir).CombinedOutput()
	t.Logf("\n%s", out)
	if err != nil {
		t.Errorf("e2e/test.mjs: %v", err)
	}
}

func findChromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// pagesForBrowser writes the pages that e2e/test.mjs knows into a folder beside their pictures.
func pagesForBrowser(t *testing.T) string {
	d, err := durable.OpenDir(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Mkdir("images"); err != nil {
		t.Fatal(err)
	}
	for n := range browserPictures {
		if err := durable.ReplaceUnsynced(d, browserPicture(n), pngOf(t, plain(640, 400, n))); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(d.Mkdir(replacedDir),
		durable.ReplaceUnsynced(d, strings.Replace(browserPicture(1), "images", replacedDir, 1), pngOf(t, plain(640, 400, 70)))); err != nil {
		t.Fatal(err)
	}
	page := Page{Title: "Tea & <b>mountains</b>", Manifest: "tea.csv", Columns: []string{"用途", "2024"}, Currency: "CNY", Spent: "1.20", Disk: d, Tool: "qwenbatch test"}
	for name, rows := range map[string][]Result{"few.html": browserRows(), "sixty.html": sixtyRows(), "many.html": manyRows(10000), "none.html": nil} {
		if err := Thumbs(t.Context(), d, rowsOf(rows...)); err != nil {
			t.Fatal(err)
		}
		if err := durable.Replace(d, name, func(w io.Writer) error { return WriteHTML(w, page, rowsOf(rows...)) }); err != nil {
			t.Fatal(err)
		}
	}
	writeMarked(t, d, page)
	writeHandOn(t, d, page)
	writeLive(t, d, page)
	return d.Path()
}

// writeMarked writes the page of a workbook whose first two pictures are marked.
func writeMarked(t *testing.T, d *durable.Dir, page Page) {
	rows := browserRows()
	page.Marks = WorkbookMarks{rows[0].File + " " + rows[0].SHA256: 1, rows[1].File + " " + rows[1].SHA256: -1}
	if err := durable.Replace(d, "marked.html", func(w io.Writer) error { return WriteHTML(w, page, rowsOf(rows...)) }); err != nil {
		t.Fatal(err)
	}
}

// writeHandOn writes a page that holds its pictures, of which two are large, and one that has lost
// its folder, into a folder of their own.
func writeHandOn(t *testing.T, d *durable.Dir, page Page) {
	err := d.Mkdir("alone")
	write := func(name string, f func(io.Writer) error) {
		err = errors.Join(err, durable.Replace(d, "alone/"+name, f))
	}
	rows := sixtyRows()[:3]
	var all SingleFile
	write("single.html", func(w io.Writer) (err error) {
		all, err = WriteSingleFile(w, page, rowsOf(rows...), 1<<30)
		return err
	})
	write("single.html", func(w io.Writer) error {
		_, err := WriteSingleFile(w, page, rowsOf(rows...), all.Bytes-1)
		return err
	})
	write("lost.html", func(w io.Writer) error { return WriteHTML(w, page, rowsOf(rows...)) })
	if err != nil {
		t.Fatal(err)
	}
}

// writeLive writes a page as it is when half of a batch is done, and as it is at the end.
func writeLive(t *testing.T, d *durable.Dir, page Page) {
	ended := sixtyRows()
	half := sixtyRows()
	for i := range half[30:] {
		half[30+i].Status, half[30+i].File, half[30+i].SHA256 = "pending", "", ""
	}
	write := func(name string, rows []Result) error {
		return durable.Replace(d, name, func(w io.Writer) error { return WriteHTML(w, page, rowsOf(rows...)) })
	}
	err := write("ended.html", ended)
	now := time.Now()
	page.Running = &Running{Done: 30, Items: 60, Ends: now.Add(time.Hour), Written: now, Next: now}
	if err := errors.Join(err, write("live.html", half)); err != nil {
		t.Fatal(err)
	}
}

const browserPictures = 60

func browserPicture(n int) string { return fmt.Sprintf("images/图 %d #1%%.png", n%browserPictures) }

func plain(width, height, n int) image.Image {
	m := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.RGBA{uint8(40 * n), uint8(90 + 7*n), 120, 255}, color.White})
	for i := range m.Pix {
		m.Pix[i] = uint8(i / 7 % (n + 2) / (n + 1))
	}
	return m
}

func browserRows() []Result {
	done := func(id, prompt string, n int) Result {
		return Result{ID: id, Row: n + 2, Status: "done", File: browserPicture(n), Prompt: prompt, Model: "qwen-image-plus", Size: "1664*928",
			Seed: new(int64(42 + n)), Width: 640, Height: 400, SHA256: fmt.Sprintf("%064x", n), Cost: "0.20", Columns: []string{"<i>x</i>", "old"},
			SubmittedAt: "2026-11-22T10:00:00Z", FinishedAt: "2026-11-22T10:00:15Z"}
	}
	rows := []Result{
		done("tea", "A cup of tea\n</script><script>window.pwned=1</script>", 0), done("mountains", "Mountains at dawn", 1),
		done("vase", "桌子上放着一些青花瓷", 2), done("", "<img src=x onerror=window.pwned=2>", 3), done("twice", "Two of one request", 4),
		{ID: "lost", Row: 7, Status: "failed", Prompt: "a failed one", ErrorCode: "DataInspectionFailed", ErrorMessage: "Input data may contain inappropriate content."},
		{ID: "doubt", Row: 8, Status: "held", Prompt: "a held one"},
	}
	rows[1].Columns = []string{"<i>x</i>", "new"}
	rows[2].SubmittedAt = "2026-11-22T09:00:00Z"
	rows[4].Cost = "0.40"
	rows[4].File += ";" + browserPicture(5)
	rows = append(rows[:5:5], append([]Result{{ID: "gone", Row: 9, Status: "missing", File: "images/gone.png", Prompt: "a missing one"}}, rows[5:]...)...)
	return rows
}

func sixtyRows() []Result {
	rows := browserRows()[:1]
	for n := 1; n < 60; n++ {
		row := rows[0]
		row.ID, row.Row, row.File, row.SHA256 = fmt.Sprintf("tea-%d", n), n+2, browserPicture(n), fmt.Sprintf("%064x", n)
		rows = append(rows, row)
	}
	return rows
}

func manyRows(n int) []Result {
	rows := make([]Result, n)
	words := strings.Repeat("a long prompt with mountains and a lake at dawn, soft light, ", 4)
	for i := range rows {
		rows[i] = Result{ID: fmt.Sprintf("item-%d", i), Row: i + 2, Status: "done", File: browserPicture(i), Prompt: fmt.Sprint(words, i), ActualPrompt: words + words,
			Model: "qwen-image-plus", Size: "1664*928", Seed: new(int64(i)), Width: 1664, Height: 928, SHA256: fmt.Sprintf("%064x", i%browserPictures), Cost: "0.20",
			SubmittedAt: "2026-11-22T10:00:00Z", FinishedAt: "2026-11-22T10:00:15Z", TaskID: "9e2b6ef6-285d-4efa-8651-4dbda7d571fa"}
	}
	return rows
}
