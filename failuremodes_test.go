package main_test

import (
	"go/ast"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every row of docs/failure-modes.md is a promise that a test names.

// later lists the rows that no test names yet, by the stage of the work that brings it: B is paying once, C the whole API,
// D sheets and reports, E pace and scale. A row leaves the list with its test.
var later = map[string]string{}

var (
	row = regexp.MustCompile(`(?m)^\| ([PNATDMSHL][0-9]+) \|`)
	one = regexp.MustCompile(`[PNATDMSHL][0-9]+`)

	// TestP4LostAnswer, FuzzP4P5_EveryByte: rows, and then the rest of the name.
	inName = regexp.MustCompile(`^(?:Test|Fuzz|Benchmark|Example)_?((?:[PNATDMSHL][0-9]+_?)+)`)
	// failure mode P4; failure modes P4, P5 and N3; in any case, as sentences start with it.
	inComment = regexp.MustCompile(`(?i:failure\s+modes?)((?:[\s,]+(?:and\s+)?[PNATDMSHL][0-9]+\b)+)`)
	// p4-lost-answer.txtar, a word of it
	inScript = regexp.MustCompile(`(?i)^[PNATDMSHL][0-9]+$`)
)

func rowsInTestName(name string) []string {
	if m := inName.FindStringSubmatch(name); m != nil {
		return one.FindAllString(m[1], -1)
	}
	return nil
}

func rowsInComment(text string) []string {
	var rows []string
	for _, m := range inComment.FindAllStringSubmatch(text, -1) {
		rows = append(rows, one.FindAllString(m[1], -1)...)
	}
	return rows
}

func rowsInScriptName(name string) []string {
	var rows []string
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune("-_.", r) }) {
		if inScript.MatchString(word) {
			rows = append(rows, strings.ToUpper(word))
		}
	}
	return rows
}

// named returns the rows that tests name, each with the first place that does.
func named(t *testing.T) map[string]string {
	t.Helper()
	places := map[string]string{}
	add := func(place string, rows []string) {
		for _, r := range rows {
			if places[r] == "" {
				places[r] = place
			}
		}
	}
	for _, p := range folders(t) {
		for _, f := range p.files {
			for _, d := range f.tree.Decls {
				if d, ok := d.(*ast.FuncDecl); ok && f.isTest && isTest(d) {
					add(f.name+": "+d.Name.Name, rowsInTestName(d.Name.Name))
					add(f.name+": "+d.Name.Name, rowsInComment(d.Doc.Text()))
				}
			}
		}
	}
	err := filepath.WalkDir("cli/testdata/script", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		add(name, rowsInScriptName(d.Name()))
		add(name, rowsInComment(comments(string(text))))
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return places
}

var testFunc = regexp.MustCompile(`^(Test|Fuzz|Benchmark|Example)`)

func isTest(d *ast.FuncDecl) bool { return d.Recv == nil && testFunc.MatchString(d.Name.Name) }

// comments returns the comments of a script, which ends where its files begin.
func comments(script string) string {
	script, _, _ = strings.Cut(script, "\n-- ")
	var b strings.Builder
	for line := range strings.Lines(script) {
		if comment, ok := strings.CutPrefix(line, "#"); ok {
			b.WriteString(comment)
		}
	}
	return b.String()
}

func TestEveryFailureModeHasATest(t *testing.T) {
	page, err := os.ReadFile("docs/failure-modes.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, m := range row.FindAllStringSubmatch(string(page), -1) {
		rows = append(rows, m[1])
	}
	if len(rows) < 118 {
		t.Errorf("docs/failure-modes.md has %d rows, want at least 118: drop none", len(rows))
	}
	places := named(t)
	for i, r := range rows {
		place, tested := places[r]
		switch stage, waits := later[r]; {
		case slices.Contains(rows[:i], r):
			t.Errorf("%s is there twice", r)
		case !tested && !waits:
			t.Errorf("no test names %s, and it is not on the list later", r)
		case tested && waits:
			t.Errorf("%s has a test, %s: take it off the list later", r, place)
		case waits && !slices.Contains([]string{"B", "C", "D", "E"}, stage):
			t.Errorf("later[%q] = %q, want B, C, D or E", r, stage)
		}
	}
	for _, r := range slices.Sorted(maps.Keys(places)) {
		if !slices.Contains(rows, r) {
			t.Errorf("%s names %s, which is no row of docs/failure-modes.md", places[r], r)
		}
	}
	for _, r := range slices.Sorted(maps.Keys(later)) {
		if !slices.Contains(rows, r) {
			t.Errorf("later names %s, which is no row of docs/failure-modes.md", r)
		}
	}
}

func TestNamesTellTheirRows(t *testing.T) {
	for _, test := range []struct {
		read       func(string) []string
		text, want string
	}{
		{rowsInTestName, "TestP4LostAnswer", "P4"},
		{rowsInTestName, "TestD10_Rebuilt", "D10"},
		{rowsInTestName, "TestP4P5Lost", "P4 P5"},
		{rowsInTestName, "FuzzP4_N13_H5Lost", "P4 N13 H5"},
		{rowsInTestName, "TestA10", "A10"},
		{rowsInTestName, "TestN5NoHTTP2", "N5"},
		{rowsInTestName, "TestNoH2", ""},
		{rowsInTestName, "TestPartiPromptsHas1632Rows", ""},
		{rowsInTestName, "TestdataP4", ""},
		{rowsInComment, "It dies between them (failure mode H17).", "H17"},
		{rowsInComment, "Failure modes P4, P5\nand N3: H1 is another.", "P4 P5 N3"},
		{rowsInComment, "what goes wrong: P4", ""},
		{rowsInScriptName, "m10-empty.txtar", "M10"},
		{rowsInScriptName, "s1_s2.txt", "S1 S2"},
		{rowsInScriptName, "sigint-P4", "P4"},
		{rowsInScriptName, "steps1.txtar", ""},
		{rowsInScriptName, "a4paper.txtar", ""},
	} {
		if got := strings.Join(test.read(test.text), " "); got != test.want {
			t.Errorf("rows in %q = %q, want %q", test.text, got, test.want)
		}
	}
}
