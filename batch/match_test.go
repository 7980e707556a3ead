package batch

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// A row is what a sheet says of one item; the id may be empty.
type row struct{ id, words string }

// identsOf is what Batch.match makes of rows.
func identsOf(rows []row) []ident {
	var all []ident
	for _, r := range rows {
		print := printOf(r.words)
		all = append(all, ident{hashID(r.id), print})
	}
	return all
}

func printOf(words string) (f fingerprint) {
	copy(f[:], fmt.Sprintf("%-16s", words))
	return f
}

// run gives every row that is not known a key, and every row that has changed its new words, as a run would that pays
// for all of them. It returns what was paid.
func pay(entries []entry, rows []row) (after []entry, paid []string) {
	idents := identsOf(rows)
	taken := map[key]bool{}
	for _, e := range entries {
		taken[e.key] = true
	}
	for i, m := range matchItems(idents, nil, entries) {
		switch {
		case m.entry < 0:
			k := freeKey(key{keyBase(rows[i].id, idents[i].print), 1}, func(k key) bool { return taken[k] })
			taken[k] = true
			entries = append(entries, entry{key: k, id: idents[i].id, print: idents[i].print, code: codeOf(done)})
			paid = append(paid, rows[i].words)
		case m.changed:
			entries[m.entry].print = idents[i].print
			paid = append(paid, rows[i].words)
		}
	}
	return entries, paid
}

// drawRows draws a sheet: few words, so that many rows say the same, and ids that are unique, or none.
func drawRows(t *rapid.T) []row {
	withIDs := rapid.Bool().Draw(t, "ids")
	words := rapid.SliceOfN(rapid.SampledFrom([]string{"cat", "dog", "bird", "fish", "owl"}), 1, 8).Draw(t, "words")
	rows := make([]row, len(words))
	for i, w := range words {
		rows[i].words = w
		if withIDs {
			rows[i].id = fmt.Sprint("r", i)
		}
	}
	return rows
}

// edit is something that people do to sheets.
type edit struct {
	name string
	do   func(t *rapid.T, rows []row) []row
}

// free edits leave every row's words as they are: nothing may be paid.
func freeEdits() []edit {
	return []edit{
		{"moved", func(t *rapid.T, rows []row) []row { return rapid.Permutation(rows).Draw(t, "order") }},
		{"renumbered", func(t *rapid.T, rows []row) []row {
			for i := range rows {
				rows[i].id = fmt.Sprint("n", i+100)
			}
			return rows
		}},
		{"ids shifted by one", func(t *rapid.T, rows []row) []row {
			for i := range rows {
				rows[i].id = fmt.Sprint("r", i+1)
			}
			return rows
		}},
		{"id column dropped", func(t *rapid.T, rows []row) []row {
			for i := range rows {
				rows[i].id = ""
			}
			return rows
		}},
		{"id column added", func(t *rapid.T, rows []row) []row {
			for i := range rows {
				rows[i].id = fmt.Sprint("r", i)
			}
			return rows
		}},
		{"removed", func(t *rapid.T, rows []row) []row {
			i := rapid.IntRange(0, len(rows)-1).Draw(t, "which")
			return slices.Delete(rows, i, i+1)
		}},
	}
}

// TestM2NothingWhoseWordsAreThereIsPaidAgain edits sheets in every way that leaves the rows' words alone, again and
// again: the engine finds each of them, and no entry twice.
func TestM2NothingWhoseWordsAreThereIsPaidAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := drawRows(t)
		entries, _ := pay(nil, rows)
		for range rapid.IntRange(1, 4).Draw(t, "edits") {
			if len(rows) == 0 {
				return
			}
			e := rapid.SampledFrom(freeEdits()).Draw(t, "edit")
			rows = e.do(t, slices.Clone(rows))
			checkMatches(t, rows, entries)
			var paid []string
			if entries, paid = pay(entries, rows); len(paid) > 0 {
				t.Fatalf("%s: paid again: %v for %v", e.name, paid, rows)
			}
		}
	})
}

// TestM1M2M4OnlyWhatIsNewIsPaid inserts, doubles and changes rows beside the free edits: what is paid is no more than
// what the sheet says more often than anything ever did.
func TestM1M2M4OnlyWhatIsNewIsPaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := drawRows(t)
		entries, _ := pay(nil, rows)
		for range rapid.IntRange(1, 5).Draw(t, "edits") {
			rows = editRows(t, slices.Clone(rows))
			before := map[fingerprint]int{}
			for _, e := range entries {
				before[e.print]++
			}
			checkMatches(t, rows, entries)
			var paid []string
			entries, paid = pay(entries, rows)
			said := map[string]int{}
			for _, r := range rows {
				said[r.words]++
			}
			bought := map[string]int{}
			for _, w := range paid {
				if bought[w]++; bought[w] > max(0, said[w]-before[printOf(w)]) {
					t.Fatalf("%q is paid %d times: the sheet %v says it %d times, %d were there", w, bought[w], rows, said[w], before[printOf(w)])
				}
			}
			checkKeys(t, entries)
			checkMatches(t, rows, entries)
		}
	})
}

// editRows makes one edit, free or not.
func editRows(t *rapid.T, rows []row) []row {
	words := rapid.SampledFrom([]string{"cat", "dog", "bird", "emu"}).Draw(t, "words")
	id := ""
	if len(rows) == 0 || rows[0].id != "" {
		id = "x" + rapid.StringMatching(`[a-z]{6}`).Draw(t, "id")
	}
	at := rapid.IntRange(0, len(rows)).Draw(t, "at")
	switch kind := rapid.IntRange(0, 3).Draw(t, "kind"); {
	case kind == 0 || len(rows) == 0:
		return slices.Insert(rows, at, row{id, words})
	case kind == 1 && at < len(rows):
		rows[at].words = words
		return rows
	case kind == 2 && at < len(rows):
		return slices.Insert(rows, at, row{id, rows[at].words})
	}
	return rapid.SampledFrom(freeEdits()).Draw(t, "edit").do(t, rows)
}

// checkMatches wants no entry claimed twice, and a match that is not changed to have the item's words.
func checkMatches(t *rapid.T, rows []row, entries []entry) {
	claimed := map[int32]bool{}
	for i, m := range matchItems(identsOf(rows), nil, entries) {
		if m.entry < 0 {
			continue
		}
		if claimed[m.entry] {
			t.Fatalf("entry %d is claimed twice", m.entry)
		}
		claimed[m.entry] = true
		if same := entries[m.entry].print == printOf(rows[i].words); same == m.changed {
			t.Fatalf("row %d %+v matches entry %d, changed %v, same words %v", i, rows[i], m.entry, m.changed, same)
		}
		if m.changed && entries[m.entry].id != hashID(rows[i].id) {
			t.Fatalf("row %d %+v took the entry of another id", i, rows[i])
		}
	}
}

// checkKeys wants every key once.
func checkKeys(t *rapid.T, entries []entry) {
	seen := map[key]bool{}
	for _, e := range entries {
		if seen[e.key] {
			t.Fatalf("key %s is given twice", e.key)
		}
		seen[e.key] = true
	}
}

// TestM2SheetsEditedBetweenRuns edits real sheets between real runs: what is there is not paid again, keys and seeds stay.
func TestM2SheetsEditedBetweenRuns(t *testing.T) {
	for _, c := range []struct {
		name, before, after string
		paid                int // pictures that the second run pays
	}{
		{"moved", "id,prompt\na,cat\nb,dog\nc,owl\n", "id,prompt\nc,owl\na,cat\nb,dog\n", 0},
		{"moved without ids", "prompt\ncat\ndog\nowl\n", "prompt\nowl\ncat\ndog\n", 0},
		{"renumbered", "id,prompt\n1,cat\n2,dog\n3,owl\n", "id,prompt\n11,cat\n12,dog\n13,owl\n", 0},
		{"first row removed, ids moved up", "id,prompt\n1,cat\n2,dog\n3,owl\n", "id,prompt\n1,dog\n2,owl\n", 0},
		{"row inserted, ids moved down", "id,prompt\n1,cat\n2,dog\n", "id,prompt\n1,emu\n2,cat\n3,dog\n", 1},
		{"ids swapped", "id,prompt\n1,cat\n2,dog\n", "id,prompt\n2,cat\n1,dog\n", 0},
		{"id column added", "prompt\ncat\ndog\n", "id,prompt\nx,cat\ny,dog\n", 0},
		{"id column dropped", "id,prompt\nx,cat\ny,dog\n", "prompt\ncat\ndog\n", 0},
		{"other columns added", "id,prompt\nx,cat\ny,dog\n", "id,note,prompt\nx,good,cat\ny,bad,dog\n", 0},
		{"doubled without ids", "prompt\ncat\ndog\n", "prompt\ncat\ncat\ndog\n", 1},
		{"twins, one removed", "prompt\ncat\ncat\ncat\n", "prompt\ncat\ncat\n", 0},
		{"changed", "id,prompt\na,cat\nb,dog\n", "id,prompt\na,big cat\nb,dog\n", 1},
		{"removed and put back", "id,prompt\na,cat\n", "id,prompt\na,cat\n", 0},
		{"count grown", "id,prompt,count\na,cat,2\n", "id,prompt,count\na,cat,3\n", 1},
		{"count shrunk", "id,prompt,count\na,cat,3\n", "id,prompt,count\na,cat,1\n", 0},
		{"CSV with BOM and CRLF", "id,prompt\na,cat\nb,dog\n", "\ufeffid,prompt\r\na,cat\r\nb,dog\r\n", 0},
		{"seed said as it was drawn is another wish", "id,prompt,seed\na,cat,\n", "id,prompt,seed\na,cat,7\n", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			after := writeManifest(t, "p.csv", c.after)
			play(t, c.before, emulator.Options{}, func(s *scene) {
				s.ends()
				first := s.records()
				posts := s.posts()
				s.sheet = after
				s.ends()
				if paid := s.posts() - posts; paid != c.paid {
					t.Errorf("%d pictures are paid, want %d", paid, c.paid)
				}
				for prompt, rec := range s.records() {
					if was, ok := first[prompt]; ok && !strings.Contains(c.name, "ount") && c.paid == 0 && (was.Key != rec.Key || was.Sent.Seed != rec.Sent.Seed) {
						t.Errorf("%q had key %s and seed %d, has %s and %d", prompt, was.Key, was.Sent.Seed, rec.Key, rec.Sent.Seed)
					}
				}
				posts = s.posts()
				if s.ends(); s.posts() != posts {
					t.Errorf("a third run pays again")
				}
			})
		})
	}
}

// TestM4TwinThatIsPaidIsKept removes one of two rows with the same words, of which one is paid and the other was never made: what
// is left is the paid one, whichever row goes.
func TestM4TwinThatIsPaidIsKept(t *testing.T) {
	for _, phases := range [][]phase{{ready, done}, {failed, open}, {abandoned, done}, {held, done}, {ready, held}, {open, done}, {done, ready}} {
		var entries []entry
		for i, p := range phases {
			entries = append(entries, entry{key: key{uint64(i), 1}, print: printOf("twin"), code: codeOf(p)})
		}
		want := int32(1)
		if phases[0] == done {
			want = 0
		}
		if got := matchItems(identsOf([]row{{"", "twin"}}), nil, entries); got[0].entry != want {
			t.Errorf("%s: the row is entry %d, want %d", phases, got[0].entry, want)
		}
		both := matchItems(identsOf([]row{{"", "twin"}, {"", "twin"}}), nil, entries)
		if both[0].entry != 0 || both[1].entry != 1 {
			t.Errorf("%s: two rows are %v, want each in its place", phases, both)
		}
	}
}

// TestM4TwinRemovedAfterARefusal is refused for the first of two twins, which is removed then, or its sister: nothing is paid again.
func TestM4TwinRemovedAfterARefusal(t *testing.T) {
	play(t, "prompt\ntwin\ntwin\n", emulator.Options{}, func(s *scene) {
		s.fault = at("submit", 1, emulator.Fault{FailCode: "DataInspectionFailed"})
		s.options.Window = 1
		s.ends()
		s.retype("prompt\ntwin\n")
		s.options.RetryFailed = true
		s.ends()
		s.wantPosts(2)
		s.wantPaidOnce(1)
	})
}

// TestAnEarlierReadingPaysNothing: what an earlier version made of a row finds its picture, also where ids have come or
// gone; a row that says something else under both readings has changed.
func TestAnEarlierReadingPaysNothing(t *testing.T) {
	entries := []entry{{id: hashID("a"), print: printOf("cat"), code: codeOf(done)}, {id: hashID("b"), print: printOf("dog"), code: codeOf(done)}}
	earlier := []reading{{0, printOf("cat")}, {1, printOf("dog")}}
	for name, c := range map[string]struct {
		rows []row
		want string
	}{
		"the same ids":          {[]row{{"a", "cat 1:1"}, {"b", "dog 1:1"}}, "[{0 false} {1 false}]"},
		"no ids":                {[]row{{"", "cat 1:1"}, {"", "dog 1:1"}}, "[{0 false} {1 false}]"},
		"one is read as before": {[]row{{"a", "cat"}, {"b", "dog 1:1"}}, "[{0 false} {1 false}]"},
		"swapped ids":           {[]row{{"b", "cat 1:1"}, {"a", "dog 1:1"}}, "[{0 false} {1 false}]"},
		"a new row":             {[]row{{"a", "cat 1:1"}, {"b", "dog 1:1"}, {"c", "owl"}}, "[{0 false} {1 false} {-1 false}]"},
	} {
		if got := fmt.Sprint(matchItems(identsOf(c.rows), earlier, entries)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if got := fmt.Sprint(matchItems(identsOf([]row{{"a", "owl"}}), []reading{{0, printOf("crow")}}, entries)); got != "[{0 true}]" {
		t.Errorf("a changed row: %s", got)
	}
}
