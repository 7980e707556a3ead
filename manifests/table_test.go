package manifests

import "testing"

// PartiPrompts has quotes in the middle and at the start of fields; a lenient reader merges 14 of its rows.
func TestPartiPromptsHas1632Rows(t *testing.T) {
	m, err := Open("testdata/PartiPrompts.tsv", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	totals, err := m.Check()
	if err != nil {
		t.Fatal(err)
	}
	if totals.Rows != 1632 || totals.Items != 1632 {
		t.Errorf("Check() = %+v, want 1632 rows and items", totals)
	}
	row := 1
	for it, err := range m.Items() {
		if err != nil {
			t.Fatal(err)
		}
		if row++; it.Row != row {
			t.Fatalf("item after row %d has Row %d", row-1, it.Row)
		}
		if got := it.At("prompt").Line; got != row {
			t.Fatalf("row %d stands in line %d", row, got)
		}
	}
}
