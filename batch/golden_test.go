package batch

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output/disktest"
)

// The files in testdata were written once and never change: a later version must read them as this one does. So must what
// stands in goldenItems: another key draws another seed, another fingerprint pays a sheet again.

// goldenSheet is the manifest of testdata/v1.jsonl.
const goldenSheet = `id,prompt,seed,size,negative_prompt,count
a,a red cat,,,,
一,一只猫,42,1:1,低分辨率,2
b,[[fail:DataInspectionFailed]],,,,
c,a lost one,,,,
`

var goldenItems = []struct {
	id, key, print string
	seed           int64
	phase          state.Phase
}{
	{"a", "2223a034d3ae2f48", "8a70b1f51b152ac5c079e19628321d91", 37841128, state.Done},
	{"一", "44619a35b1b1d496", "af796ecca2d742aba1c0c2f55254d44f", 42, state.Done},
	{"一-2", "44619a35b1b1d496-2", "8ca2ede9578340d31416895fcc2ad120", 43, state.Done},
	{"b", "1dc47a9da18c8aaf", "f33751f8266fe016091385a372b53b6d", 1032690734, state.Failed},
	{"c", "d4510e5bf14affc0", "c366255583df9fd018f237ca306574c5", 1269028067, state.Held},
}

func golden(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// openGolden matches the golden sheet with a state file, or with none.
func openGolden(t *testing.T, sheet string, content []byte) *Batch {
	t.Helper()
	m, err := manifests.Open(writeManifest(t, "p.csv", sheet), manifests.Options{})
	if err != nil {
		t.Fatal(err)
	}
	disk := disktest.New()
	if content != nil {
		disk.Put(state.FileName, content)
	}
	b, err := Open(Options{Manifest: m, Disk: disk, Settings: state.Settings{BaseURL: "http://api.test/api/v1", Region: "beijing"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close(); m.Close() })
	return b
}

// TestGoldenState reads a state file of the first version: every item is known and none would be paid again.
func TestGoldenState(t *testing.T) {
	b := openGolden(t, goldenSheet, golden(t, "v1.jsonl"))
	for i, want := range goldenItems {
		m := b.matches[i]
		if m.Entry < 0 || m.Changed {
			t.Errorf("item %s is not known any more: %+v", want.id, m)
			continue
		}
		rec, err := b.state.Get(int(m.Entry))
		if err != nil {
			t.Fatal(err)
		}
		if rec.Key != want.key || rec.Phase != want.phase || rec.Sent.Seed != want.seed || rec.ID != want.id {
			t.Errorf("item %s is %s %s with seed %d, want %+v", rec.ID, rec.Key, rec.Phase, rec.Sent.Seed, want)
		}
	}
	p, err := b.Plan()
	if err != nil || p.Pictures != 0 || p.Done+p.Missing != 3 || p.Failed != 1 || p.Held != 1 {
		t.Errorf("Plan = %+v, %v, want nothing to pay", p, err)
	}
}

// TestGoldenKeys draws keys, seeds and fingerprints of a first run: they are those of the first version.
func TestGoldenKeys(t *testing.T) {
	b := openGolden(t, goldenSheet, nil)
	r := b.newRun()
	for i, it := range b.items() {
		rec, err := r.builder.fresh(i, it)
		if err != nil {
			t.Fatal(err)
		}
		want := goldenItems[i]
		print, _ := rec.Print.MarshalText()
		if rec.Key != want.key || string(print) != want.print || rec.Sent.Seed != want.seed {
			t.Errorf("%s: key %s, fingerprint %s, seed %d, want %+v", it.ID, rec.Key, print, rec.Sent.Seed, want)
		}
	}
}

// TestGoldenTwins pins the keys and seeds of rows that say the same and have no ids.
func TestGoldenTwins(t *testing.T) {
	b := openGolden(t, "prompt\ntwin\ntwin\ntwin\n", nil)
	r := b.newRun()
	want := []struct {
		key  string
		seed int64
	}{{"bc0ed5d54b246c15", 493482104}, {"0f96e84c34771e4b", 1433002284}, {"3d873ce7edaea416", 438353667}}
	for i, it := range b.items() {
		rec, err := r.builder.fresh(i, it)
		if err != nil {
			t.Fatal(err)
		}
		if rec.Key != want[i].key || rec.Sent.Seed != want[i].seed {
			t.Errorf("twin %d: {%q, %d}, want %+v", i, rec.Key, rec.Sent.Seed, want[i])
		}
	}
}
