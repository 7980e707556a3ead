package manifests

import (
	"strings"
	"testing"
)

// guesses are what a manifest that has no mistakes tells of how it was read.
func guesses(t testing.TB, m *Manifest) string {
	t.Helper()
	totals, err := m.Check()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, g := range totals.Guesses {
		lines = append(lines, g.Error())
	}
	return strings.Join(lines, "\n")
}

// What a filter, a hand or a folded group hides is read like the rest, and said; --visible-only leaves it out.
func TestHiddenRowsAndColumns(t *testing.T) {
	for name, c := range map[string]struct {
		hide       func(b book)
		told, want string // without the flag
		only, left string // with it
	}{
		"a row": {func(b book) { b.SetRowVisible("Sheet1", 3, false) },
			"a.xlsx:Sheet1: 1 hidden row is read like the others; --visible-only leaves it out", "2 id=1 prompt=\"A cat\" size=1:1\n3 id=2 prompt=\"A dog\" size=16:9\n4 id=3 prompt=\"A cow\" size=1:1",
			"a.xlsx:Sheet1: 1 hidden row is left out (--visible-only)", "2 id=1 prompt=\"A cat\" size=1:1\n4 id=3 prompt=\"A cow\" size=1:1"},
		"rows and a column": {func(b book) {
			b.SetRowVisible("Sheet1", 2, false)
			b.SetRowVisible("Sheet1", 4, false)
			b.SetColVisible("Sheet1", "C", false)
		}, "a.xlsx:Sheet1: 2 hidden rows and 1 hidden column (C) are read like the others; --visible-only leaves them out", "2 id=1 prompt=\"A cat\" size=1:1\n3 id=2 prompt=\"A dog\" size=16:9\n4 id=3 prompt=\"A cow\" size=1:1",
			"a.xlsx:Sheet1: 2 hidden rows and 1 hidden column (C) are left out (--visible-only)", "3 id=2 prompt=\"A dog\""},
		"a row without height": {func(b book) { b.SetRowHeight("Sheet1", 3, 0) },
			"a.xlsx:Sheet1: 1 hidden row is read like the others; --visible-only leaves it out", "2 id=1 prompt=\"A cat\" size=1:1\n3 id=2 prompt=\"A dog\" size=16:9\n4 id=3 prompt=\"A cow\" size=1:1",
			"a.xlsx:Sheet1: 1 hidden row is left out (--visible-only)", "2 id=1 prompt=\"A cat\" size=1:1\n4 id=3 prompt=\"A cow\" size=1:1"},
		"nothing that is read": {func(b book) {
			b.SetRowVisible("Sheet1", 1, true)
			b.SetRowVisible("Sheet1", 9, false)
			b.SetColVisible("Sheet1", "D:K", false)
		}, "", "2 id=1 prompt=\"A cat\" size=1:1\n3 id=2 prompt=\"A dog\" size=16:9\n4 id=3 prompt=\"A cow\" size=1:1",
			"", "2 id=1 prompt=\"A cat\" size=1:1\n3 id=2 prompt=\"A dog\" size=16:9\n4 id=3 prompt=\"A cow\" size=1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, only := range []bool{false, true} {
				b := newBook(t).rows("Sheet1", "A1", cells{"id", "prompt", "size"}, cells{1, "A cat", "1:1"}, cells{2, "A dog", "16:9"}, cells{3, "A cow", "1:1"})
				c.hide(b)
				m, err := b.open(Options{VisibleOnly: only})
				if err != nil {
					t.Fatal(err)
				}
				told, want := c.told, c.want
				if only {
					told, want = c.only, c.left
				}
				if got := guesses(t, m); got != told {
					t.Errorf("visible only %v: told is\n%s\nwant\n%s", only, got, told)
				}
				if got := showAll(t, m); got != want {
					t.Errorf("visible only %v: items are\n%s\nwant\n%s", only, got, want)
				}
			}
		})
	}
	for file, text := range map[string]string{"a.csv": "prompt\na\n", "a.yaml": "items: [{prompt: a}]", "a.json": `["a"]`} {
		if got, want := mistakes(t, file, text, Options{VisibleOnly: true}), file+": "+nothingHidden; got != want {
			t.Errorf("mistakes of %s are %s, want %s", file, got, want)
		}
	}
}

// The rows above a header are no pictures, which may be a guess.
func TestRowsAboveTheHeaderAreTold(t *testing.T) {
	const one, two = "this is taken for the header, and the row above it is no picture", "this is taken for the header, and the 2 rows above it are no pictures"
	for text, want := range map[string]string{
		"My prompts;;\n;;\nid;prompt;size\n1;A cat;16:9\n": "a.csv:3:1: " + one,
		"My prompts,\nof May,\nid,prompt\n1,A cat\n":       "a.csv:3:1: " + two,
		"\nid,prompt\n1,A cat\n":                           "",
		"sep=;\nid;prompt\n1;A cat\n":                      "",
	} {
		m, err := load(t, "a.csv", text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := guesses(t, m); got != want {
			t.Errorf("told of %q is %q, want %q", text, got, want)
		}
	}
	m, err := newBook(t).rows("Sheet1", "B2", cells{"My prompts"}, cells{"id", "prompt"}, cells{1, "A cat"}).open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := guesses(t, m), "a.xlsx:Sheet1!A3: "+one; got != want {
		t.Errorf("told is %q, want %q", got, want)
	}
}

// Of several sheets one is read, which is said; sheets that nobody sees are not spoken of.
func TestSheetsBesides(t *testing.T) {
	b := newBook(t).rows("Sheet1", "A1", cells{"prompt"}, cells{"A cat"})
	b.NewSheet("June July")
	b.NewSheet("Old")
	b.rows("June July", "A1", cells{"prompt"}, cells{"A dog"}).rows("Old", "A1", cells{"prompt"})
	b.SetSheetVisible("Old", false)
	for asked, want := range map[string]string{
		"":          `a.xlsx: the sheet "Sheet1" is read, "June July" is not; --sheet 'June July' reads it instead`,
		"June July": "",
	} {
		m, err := b.open(Options{Sheet: asked})
		if err != nil {
			t.Fatal(err)
		}
		totals, err := m.Check()
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, g := range totals.Guesses {
			got += g.Error()
		}
		if got != want {
			t.Errorf("--sheet %q tells %s, want %s", asked, got, want)
		}
	}
}
