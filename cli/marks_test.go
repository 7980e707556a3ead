package cli

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// TestMarksOfAWorkbook marks two pictures in results.xlsx, as somebody does in Excel: plan reads them, they stay when the workbook is
// written again and are in the page, and once a picture was bought again its mark is gone.
func TestMarksOfAWorkbook(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("p.csv", []byte("id,prompt\na,a cat\nb,a dog\nc,a bird\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	call := func(want string, args ...string) {
		t.Helper()
		var said strings.Builder
		if code := Main(args, strings.NewReader(""), io.MultiWriter(&said, t.Output()), &said); code != 0 || !strings.Contains(said.String(), want) {
			t.Fatalf("qwenbatch %s = %d, %s\nwant %q", strings.Join(args, " "), code, said.String(), want)
		}
	}
	book := filepath.Join("p-rehearsal", "results.xlsx")
	call("3 of 3 items", "run", "p.csv", "--rehearse", "--rehearse-speed", "5000", "--xlsx")
	edit(t, book, map[string]string{"a": "✗", "b": "✓"})
	again := []string{"--rehearse", "--redo", "@" + book}
	call("again              1", append([]string{"plan", "p.csv"}, again...)...)
	call("results.xlsx", "report", "p.csv", "--rehearse")
	paged(t, "p-rehearsal", `"keeps":[-1]`, `"keeps":[1]`)
	call("again              1", append([]string{"plan", "p.csv"}, again...)...)
	call("1 picture to make", append([]string{"run", "p.csv", "--xlsx", "--rehearse-speed", "5000"}, again...)...)
	paged(t, "p-rehearsal", `"keeps":[1]`)
	call("no picture is rejected there", append([]string{"plan", "p.csv"}, again...)...)
	call("1 picture copied to chosen", "pick", "p.csv", "--rehearse", "--to", "chosen")
	if _, err := os.Stat(filepath.Join("chosen", "001-b.png")); err != nil {
		t.Error(err)
	}
}

// paged checks the marks of the report.html of a folder, in their order.
func paged(t *testing.T, dir string, want ...string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(dir, "report.html"))
	got := regexp.MustCompile(`"keeps":\[[^]]*]`).FindAllString(string(page), -1)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("report.html has the marks %q, %v, want %q", got, err, want)
	}
}

// edit writes signs into the column keep, by id.
func edit(t *testing.T, name string, signs map[string]string) {
	t.Helper()
	book, err := excelize.OpenFile(name)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows("results")
	if err != nil {
		t.Fatal(err)
	}
	for i, cells := range rows {
		for column, head := range rows[0] {
			cell, _ := excelize.CoordinatesToCellName(column+1, i+1)
			if sign := signs[cells[0]]; head == "keep" && sign != "" {
				if err := book.SetCellStr("results", cell, sign); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := book.Save(); err != nil {
		t.Fatal(err)
	}
}
