package output

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the golden files anew")

func rowsOf(results ...Result) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		for _, r := range results {
			if !yield(r, nil) {
				return
			}
		}
	}
}

var sheet = []string{"Category", "prompt", "Status", "备注"}

func fewResults() []Result {
	return []Result{
		{
			ID: "couplet", Row: 2, Status: "done", File: "images/couplet.png", Prompt: "一副典雅庄重的对联，\"义本生知人机同道\"\n悬挂于厅堂之中",
			NegativePrompt: "低分辨率", Model: "qwen-image-plus", Size: "1664*928", Seed: new(int64(42)), PromptExtend: new(true), Watermark: new(false),
			ActualPrompt: "A <couplet> & more", Width: 1664, Height: 928, Bytes: 1834567, SHA256: strings.Repeat("0a", 32), Cost: "0.20", Attempts: 1,
			TaskID: "9e2b6ef6-285d-4efa-8651-4dbda7d571fa", RequestID: "6662e925-4846-9afe-a3af-0d131805d378",
			SubmittedAt: "2026-11-22T10:00:00Z", FinishedAt: "2026-11-22T10:00:15Z",
			Columns: []string{"art", "the manifest's", "new", "很好"},
		},
		{
			ID: "evil", Row: 3, Status: "failed", Prompt: `=HYPERLINK("http://evil.example","click")`, Model: "qwen-image",
			Seed: new(int64(0)), Attempts: 3, ErrorCode: "-1", ErrorMessage: "@SUM(1)",
			Columns: []string{"+1", "-1.5", "\tx", "＝1"},
		},
		{ID: "waits", Row: 4, Status: "pending", Prompt: "a cat", Columns: []string{"cats"}},
	}
}

// golden compares what write writes with a file of testdata.
func golden(t *testing.T, name string, write func(io.Writer) error) {
	t.Helper()
	var got bytes.Buffer
	if err := write(&got); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(path, got.Bytes(), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s:\n%s\nwant:\n%s", name, got.Bytes(), want)
	}
}

func TestCSVGolden(t *testing.T) {
	golden(t, "results.csv", func(w io.Writer) error { return WriteCSV(w, sheet, rowsOf(fewResults()...)) })
}

func TestJSONLGolden(t *testing.T) {
	golden(t, "results.jsonl", func(w io.Writer) error { return WriteJSONL(w, sheet, rowsOf(fewResults()...)) })
}

func readCSV(t testing.TB, columns []string, results ...Result) [][]string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteCSV(&b, columns, rowsOf(results...)); err != nil {
		t.Fatal(err)
	}
	rest, ok := strings.CutPrefix(b.String(), "\ufeff")
	if !ok {
		t.Error("no byte order mark")
	}
	records, err := csv.NewReader(strings.NewReader(rest)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return records
}

func TestCSVHeader(t *testing.T) {
	const ours = "id,row,status,file,prompt,negative_prompt,model,size,seed,prompt_extend,watermark,actual_prompt,width,height," +
		"bytes,sha256,cost,attempts,task_id,request_id,submitted_at,finished_at,error_code,error_message,adopted,edited"
	got := readCSV(t, []string{"Style", "Prompt", "id", "=x"})
	if want := ours + ",Style,manifest.Prompt,manifest.id,'=x"; len(got) != 1 || strings.Join(got[0], ",") != want {
		t.Errorf("header = %v, want %s", got, want)
	}
}

func TestJSONKeysAreTheColumns(t *testing.T) {
	r := reflect.TypeFor[Result]()
	for i := range r.NumField() {
		f := r.Field(i)
		if key, _, _ := strings.Cut(f.Tag.Get("json"), ","); key != f.Tag.Get("csv") {
			t.Errorf("%s: json %q, csv %q", f.Name, key, f.Tag.Get("csv"))
		}
	}
}

func TestH14FormulaCells(t *testing.T) {
	for _, c := range []struct{ cell, want string }{
		{`=HYPERLINK("http://x")`, `'=HYPERLINK("http://x")`},
		{"+1", "'+1"}, {"-1.5", "'-1.5"}, {"@x", "'@x"}, {"\t=1", "'\t=1"}, {"\r=1", "'\r=1"}, {"\n=1", "'\n=1"},
		{"＝1", "'＝1"}, {"－1", "'－1"}, {"＋1", "'＋1"}, {"＠x", "'＠x"},
		{"", ""}, {"a=b", "a=b"}, {"1-2", "1-2"}, {" =1", " =1"}, {"一只猫", "一只猫"}, {"a\xffb", "a\uFFFDb"},
	} {
		if got := noFormula(c.cell); got != c.want {
			t.Errorf("noFormula(%q) = %q, want %q", c.cell, got, c.want)
		}
	}
	got := readCSV(t, []string{"c"}, Result{ID: "-1", Prompt: "=1", Seed: new(int64(-5)), Cost: "-1.5", Row: -1, Columns: []string{"=2"}})[1]
	if got[0] != "'-1" || got[1] != "-1" || got[4] != "'=1" || got[8] != "-5" || got[16] != "-1.5" || got[len(got)-1] != "'=2" {
		t.Errorf("row = %q", got)
	}
}

// The JSON lines are exact, whatever a cell holds.
func FuzzH14ReportsKeepTheCells(f *testing.F) {
	for _, cell := range []string{"=1", "a\r\nb", "\"", "<&>\u2028", "\x00", "\xff", "'", "\ufeff"} {
		f.Add(cell)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		result := Result{ID: "x", Prompt: cell, Columns: []string{cell}}
		line := readCSV(t, []string{"c"}, result)[1]
		for _, got := range []string{line[4], line[len(line)-1]} {
			want := strings.ToValidUTF8(cell, "\uFFFD")
			want = strings.ReplaceAll(want, "\r\n", "\n") // by the reader of CSV
			if got != want && got != "'"+want {
				t.Errorf("CSV cell %q = %q", cell, got)
			}
			if got != "" && strings.ContainsAny(got[:1], "=+-@\t\r\n") {
				t.Errorf("CSV cell %q = %q, a formula", cell, got)
			}
		}
		if !utf8.ValidString(cell) {
			return
		}
		var b bytes.Buffer
		if err := WriteJSONL(&b, []string{"c"}, rowsOf(result)); err != nil {
			t.Fatal(err)
		}
		var exact struct {
			Prompt  string
			Columns map[string]string
		}
		if err := json.Unmarshal(b.Bytes(), &exact); err != nil || exact.Prompt != cell || exact.Columns["c"] != cell {
			t.Errorf("JSON line of %q = %s, %v", cell, b.Bytes(), err)
		}
		if bytes.Count(b.Bytes(), []byte("\n")) != 1 {
			t.Errorf("JSON line of %q = %q", cell, b.Bytes())
		}
	})
}

func TestReportErrors(t *testing.T) {
	broken := errors.New("the state is broken")
	breaks := func(yield func(Result, error) bool) {
		_ = yield(Result{ID: "a"}, nil) && yield(Result{}, broken)
	}
	full := errors.New("disk full")
	for name, write := range map[string]func(io.Writer, []string, iter.Seq2[Result, error]) error{"CSV": WriteCSV, "JSONL": WriteJSONL} {
		if err := write(io.Discard, nil, breaks); !errors.Is(err, broken) {
			t.Errorf("Write%s = %v, want the rows' error", name, err)
		}
		if err := write(failing{full}, sheet, rowsOf(fewResults()...)); !errors.Is(err, full) {
			t.Errorf("Write%s = %v, want the disk's error", name, err)
		}
		if err := write(io.Discard, nil, rowsOf(fewResults()[0])); err == nil || !strings.Contains(err.Error(), "couplet") {
			t.Errorf("Write%s with more cells than columns = %v", name, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// A report depends on its rows alone.
func TestP14ReportIsAFunctionOfItsRows(t *testing.T) {
	var first, second bytes.Buffer
	for _, b := range []*bytes.Buffer{&first, &second} {
		if err := errors.Join(WriteCSV(b, sheet, rowsOf(fewResults()...)), WriteJSONL(b, sheet, rowsOf(fewResults()...))); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("two reports of the same rows differ")
	}
}

// BenchmarkReports writes 1,000,000 rows; peak-MB is what the heap held at most.
func BenchmarkReports(b *testing.B) {
	for name, write := range map[string]func(io.Writer, []string, iter.Seq2[Result, error]) error{"CSV": WriteCSV, "JSONL": WriteJSONL} {
		b.Run(name, func(b *testing.B) {
			var peak uint64
			for b.Loop() {
				if err := write(io.Discard, sheet, millionRows(&peak)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(peak)/1e6, "peak-MB")
		})
	}
}

func millionRows(peak *uint64) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		var memory runtime.MemStats
		r := fewResults()[0]
		for n := range 1_000_000 {
			r.Row = n + 2
			if n%100_000 == 0 {
				runtime.ReadMemStats(&memory)
				*peak = max(*peak, memory.HeapAlloc)
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}
