package durable

import (
	"os"
	"path/filepath"
	"testing"
)

// TestPlace copies a file, writes it anew and puts it back: only what is the same file is in the same place.
// Failure mode L13.
func TestPlace(t *testing.T) {
	folder := t.TempDir()
	d, err := OpenDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	name := filepath.Join(folder, "state.jsonl")
	write := func(name string) {
		t.Helper()
		if err := os.WriteFile(name, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(name)
	place := d.Place("state.jsonl")
	if place == "" {
		t.Skip("the temporary folder is on no local file system")
	}
	write(name)
	if got := d.Place("state.jsonl"); got != place {
		t.Errorf("written to, it is in %q, want %q", got, place)
	}
	write(name + ".copy")
	if got := d.Place("state.jsonl.copy"); got == place || got == "" {
		t.Errorf("a copy is in %q", got)
	}
	if err := os.Rename(name+".copy", name); err != nil {
		t.Fatal(err)
	}
	if got := d.Place("state.jsonl"); got == place {
		t.Error("a copy that was put in its place is taken for it")
	}
	if got := d.Place("nothing"); got != "" {
		t.Errorf("what is not there is in %q", got)
	}
}
