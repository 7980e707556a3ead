package state

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A row is what a sheet says of one item; the id may be empty.
type row struct{ id, words string }

// identsOf is what Batch.match makes of rows.
func identsOf(rows []row) []Item {
	var all []Item
	for _, r := range rows {
		print := printOf(r.words)
		all = append(all, Item{Hash(r.id), print})
	}
	return all
}

func printOf(words string) (f Fingerprint) {
	copy(f[:], fmt.Sprintf("%-16s", words))
	return f
}

// run gives every row that is not known a key, and every row that has changed its new words, as a run would that pays
// for all of them. It returns what was paid.
func pay(entries []Entry, rows []row) (after []Entry, paid []string) {
	idents := identsOf(rows)
	taken := map[Key]bool{}
	for _, e := range entries {
		taken[e.Key] = true
	}
	for i, m := range matchItems(idents, nil, entries) {
		switch {
		case m.Entry < 0:
			k := freeKey(Key{keyBase(rows[i].id, idents[i].Print), 1}, func(k Key) bool { return taken[k] })
			taken[k] = true
			entries = append(entries, Entry{Key: k, IDHash: idents[i].IDHash, print: idents[i].Print, phase: phaseIndex(Done)})
			paid = append(paid, rows[i].words)
		case m.Changed:
			entries[m.Entry].print = idents[i].Print
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
			before := map[Fingerprint]int{}
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
func checkMatches(t *rapid.T, rows []row, entries []Entry) {
	claimed := map[int32]bool{}
	for i, m := range matchItems(identsOf(rows), nil, entries) {
		if m.Entry < 0 {
			continue
		}
		if claimed[m.Entry] {
			t.Fatalf("entry %d is claimed twice", m.Entry)
		}
		claimed[m.Entry] = true
		if same := entries[m.Entry].print == printOf(rows[i].words); same == m.Changed {
			t.Fatalf("row %d %+v matches entry %d, changed %v, same words %v", i, rows[i], m.Entry, m.Changed, same)
		}
		if m.Changed && entries[m.Entry].IDHash != Hash(rows[i].id) {
			t.Fatalf("row %d %+v took the entry of another id", i, rows[i])
		}
	}
}

// checkKeys wants every key once.
func checkKeys(t *rapid.T, entries []Entry) {
	seen := map[Key]bool{}
	for _, e := range entries {
		if seen[e.Key] {
			t.Fatalf("key %s is given twice", e.Key)
		}
		seen[e.Key] = true
	}
}

// TestM4TwinThatIsPaidIsKept removes one of two rows with the same words, of which one is paid and the other was never made: what
// is left is the paid one, whichever row goes.
func TestM4TwinThatIsPaidIsKept(t *testing.T) {
	for _, phases := range [][]Phase{{Ready, Done}, {Failed, Open}, {Abandoned, Done}, {Held, Done}, {Ready, Held}, {Open, Done}, {Done, Ready}} {
		var entries []Entry
		for i, p := range phases {
			entries = append(entries, Entry{Key: Key{uint64(i), 1}, print: printOf("twin"), phase: phaseIndex(p)})
		}
		want := int32(1)
		if phases[0] == Done {
			want = 0
		}
		if got := matchItems(identsOf([]row{{"", "twin"}}), nil, entries); got[0].Entry != want {
			t.Errorf("%s: the row is entry %d, want %d", phases, got[0].Entry, want)
		}
		both := matchItems(identsOf([]row{{"", "twin"}, {"", "twin"}}), nil, entries)
		if both[0].Entry != 0 || both[1].Entry != 1 {
			t.Errorf("%s: two rows are %v, want each in its place", phases, both)
		}
	}
}

// TestAnEarlierReadingPaysNothing: what an earlier version made of a row finds its picture, also where ids have come or
// gone; a row that says something else under both readings has changed.
func TestAnEarlierReadingPaysNothing(t *testing.T) {
	entries := []Entry{{IDHash: Hash("a"), print: printOf("cat"), phase: phaseIndex(Done)}, {IDHash: Hash("b"), print: printOf("dog"), phase: phaseIndex(Done)}}
	earlier := []Reading{{0, printOf("cat")}, {1, printOf("dog")}}
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
	if got := fmt.Sprint(matchItems(identsOf([]row{{"a", "owl"}}), []Reading{{0, printOf("crow")}}, entries)); got != "[{0 true}]" {
		t.Errorf("a changed row: %s", got)
	}
}
