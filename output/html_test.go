package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

func smallPage() Page {
	return Page{Manifest: "海报 & more.csv", Columns: sheet, Currency: "CNY", Spent: "0.20", Rehearsal: true, Tool: "qwenbatch test",
		Counts: map[string]int{"done": 1, "failed": 1, "pending": 1}}
}

var (
	styleElement  = regexp.MustCompile(`(?s)<style>(.*?)</style>`)
	scriptElement = regexp.MustCompile(`(?s)<script>(.*?)</script>`)
	dataElement   = regexp.MustCompile(`(?s)<script type="application/json" (?:id="page"|class="rows")>(.*?)</script>`)
)

// The golden file has neither style nor script, which a look at the page tests better.
func TestHTMLGolden(t *testing.T) {
	golden(t, "report.html", func(w io.Writer) error {
		page := styleElement.ReplaceAllLiteralString(pageOf(t, smallPage(), fewResults()...), "<style></style>")
		page = scriptElement.ReplaceAllLiteralString(page, "<script></script>")
		page = regexp.MustCompile(`sha256-[^']*`).ReplaceAllLiteralString(page, "sha256-")
		_, err := io.WriteString(w, page)
		return err
	})
}

func pageOf(t testing.TB, page Page, rows ...Result) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteHTML(&b, page, rowsOf(rows...)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHTMLPolicyNamesItsStyleAndScript(t *testing.T) {
	page := pageOf(t, smallPage())
	_, policy, _ := strings.Cut(page, `http-equiv="Content-Security-Policy" content="`)
	policy, _, _ = strings.Cut(policy, `"`)
	for _, want := range []string{
		"default-src 'none'; ", "style-src '" + sourceHash(styleElement.FindStringSubmatch(page)[1]) + "'",
		"script-src '" + sourceHash(scriptElement.FindStringSubmatch(page)[1]) + "'",
	} {
		if !strings.Contains(policy, want) {
			t.Errorf("policy %q lacks %q", policy, want)
		}
	}
	if n := len(scriptElement.FindAllString(page, -1)); n != 1 {
		t.Errorf("%d scripts, want 1", n)
	}
	if size := len(page); size > 150_000 {
		t.Errorf("an empty page has %d bytes, want at most 150,000", size)
	}
	for _, outside := range []string{"//fonts", "https:", "@import", "url("} {
		if strings.Contains(strings.ReplaceAll(page, "http://www.w3.org/2000/svg", ""), outside) {
			t.Errorf("the page has %q", outside)
		}
	}
}

func TestHTMLShowsThumbnailsThatAreThere(t *testing.T) {
	d := picturedFolder(t)
	if err := Thumbs(t.Context(), d, rowsOf(pictured()[:1]...)); err != nil {
		t.Fatal(err)
	}
	durable.ReplaceUnsynced(d, "thumbs/gone.jpg", nil) // by a power cut
	rows := dataElement.FindAllStringSubmatch(pageOf(t, Page{Disk: d}, pictured()...), -1)[0][1]
	var got []struct{ Pictures [][2]string }
	if err := json.Unmarshal([]byte(rows), &got); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"images/a.png thumbs/a-aaaaaaaa.jpg", "", "images/b.png  images/b-2.png ", "images/gone.png ", "images/bomb.png "} {
		var names []string
		for _, p := range got[i].Pictures {
			names = append(names, p[0], p[1])
		}
		if strings.Join(names, " ") != want {
			t.Errorf("pictures of row %d = %q, want %q", i, names, want)
		}
	}
}

func TestHTMLChunksAndCap(t *testing.T) {
	for _, n := range []int{0, 1, chunkRows, chunkRows + 1, 2*chunkRows + 1} {
		page := pageOf(t, Page{}, make([]Result, n)...)
		got := 0
		chunks := dataElement.FindAllStringSubmatch(page, -1)
		for _, chunk := range chunks[:len(chunks)-1] {
			var rows []json.RawMessage
			if err := json.Unmarshal([]byte(chunk[1]), &rows); err != nil {
				t.Fatal(err)
			}
			got += len(rows)
		}
		if got != n {
			t.Errorf("%d rows on the page, want %d", got, n)
		}
	}
	rows := slices.Repeat([]Result{{ID: "shown"}}, pageRows+1)
	rows[pageRows] = Result{ID: "beyond-the-page", FinishedAt: "2026-11-22T10:00:15Z"}
	page := pageOf(t, Page{}, rows...)
	if strings.Contains(page, "beyond-the-page") || !strings.Contains(page, `"finished":"2026-11-22T10:00:15Z"`) {
		t.Error("want the first 50,000 rows, and when the last of all has ended")
	}
}

func TestHTMLErrors(t *testing.T) {
	broken, full := errors.New("the state is broken"), errors.New("disk full")
	breaks := func(yield func(Result, error) bool) { yield(Result{}, broken) }
	if err := WriteHTML(io.Discard, Page{}, breaks); !errors.Is(err, broken) {
		t.Errorf("WriteHTML = %v, want the rows' error", err)
	}
	if err := WriteHTML(failing{full}, Page{Columns: sheet}, rowsOf(fewResults()...)); !errors.Is(err, full) {
		t.Errorf("WriteHTML = %v, want the disk's error", err)
	}
	if err := WriteHTML(io.Discard, Page{}, rowsOf(fewResults()[0])); err == nil || !strings.Contains(err.Error(), "couplet") {
		t.Errorf("WriteHTML with more cells than columns = %v", err)
	}
}

// Whatever a value holds, the page has the elements of a page without it, and the script reads the value as it was.
func FuzzH16ValuesStayValues(f *testing.F) {
	for _, value := range []string{
		"</script><script>alert(1)</script>", "<!--<script>", "]]>", "\"'`", "\u2028\u2029", "\x00\x1b[2J", "\xff", "&lt;", "{{data}}{{css}}{{js}}",
		"</title><img src=x onerror=alert(1)>", "javascript:alert(1)", "' http-equiv=refresh", "\r\n", "__proto__",
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		row := Result{ID: value, Status: value, File: value, Prompt: value, NegativePrompt: value, Model: value, Size: value, ActualPrompt: value,
			SHA256: value, Cost: value, TaskID: value, ErrorCode: value, ErrorMessage: value, Columns: []string{value}}
		page := Page{Title: value, Manifest: value, Columns: []string{value}, Currency: value, Spent: value, Tool: value, Counts: map[string]int{value: 1}}
		got := pageOf(t, page, row)
		plainRow, plainPage := row, page
		plainRow = Result{ID: "x"}
		plainPage = Page{Title: "x", Tool: "x"}
		if got, want := skeleton(got), skeleton(pageOf(t, plainPage, plainRow)); got != want {
			t.Errorf("the page of %q has another skeleton:\n%s\nwant\n%s", value, got, want)
		}
		var rows []struct {
			Prompt  string
			Columns map[string]string
		}
		data := dataElement.FindAllStringSubmatch(got, -1)[0][1]
		if err := json.Unmarshal([]byte(data), &rows); err != nil {
			t.Fatalf("%q: %v in %s", value, err, data)
		}
		if utf8.ValidString(value) && (rows[0].Prompt != value || rows[0].Columns[value] != value) {
			t.Errorf("the script reads %q of %q", rows[0], value)
		}
		if !utf8.ValidString(got) || strings.ContainsAny(data, "<>&\u2028\u2029\x00\x1b") {
			t.Errorf("unescaped data of %q: %q", value, data)
		}
	})
}

// skeleton is a page without data, title and the tool's name: what is left must not depend on values. Data end where a
// browser ends them, at the first "</script".
func skeleton(page string) string {
	page = dataElement.ReplaceAllLiteralString(page, "<data>")
	page = regexp.MustCompile(`<title>[^<>]*</title>`).ReplaceAllLiteralString(page, "<title>")
	return regexp.MustCompile(`name="generator" content="[^<>"]*"`).ReplaceAllLiteralString(page, "generator")
}
