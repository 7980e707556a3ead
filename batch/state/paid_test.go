package state

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

// paidFile writes a state file of n items, each with a usual prompt, and returns its folder.
func paidFile(t testing.TB, settings Settings, n int, phase func(i int) Phase) *durable.Dir {
	t.Helper()
	dir, err := durable.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dir.Close() })
	s, _, err := OpenFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Create(Header{Settings: settings}); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for i := range n {
		rec := Record{Key: NewKey("", numbered(i), 1).String(), Print: numbered(i),
			Phase: phase(i), At: at, Name: "a-picture", Submitted: at, Finished: at,
			Sent: Request{Model: "qwen-image-plus", Size: "1328*1328", N: 1,
				Prompt: strings.Repeat("a lighthouse at dawn ", 10)},
			Task:         "5f0c8a44-1111-4222-8333-000000000000",
			Request:      "9d1c8a44-1111-4222-8333-000000000000",
			ActualPrompt: strings.Repeat("a lighthouse ", 10), Cost: 200_000,
			Pictures: []Picture{{File: "images/a-picture.png", Width: 1328, Height: 1328,
				Bytes: 1 << 20, SHA256: strings.Repeat("ab", 32)}}}
		if err := s.Put(rec, false); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func numbered(i int) (f Fingerprint) {
	copy(f[:], fmt.Sprintf("%016d", i))
	return f
}

func wants(n int) map[Fingerprint]bool {
	wanted := map[Fingerprint]bool{}
	for i := range n {
		wanted[numbered(i)] = true
	}
	return wanted
}

func total(p Paid) (n int) {
	for _, each := range p.Prints {
		n += each
	}
	return n
}

// The last line of an item counts, and what provably costs nothing does not.
func TestReadPaidCountsWhatIsPaid(t *testing.T) {
	phases := []Phase{Ready, Intent, Open, Done, Failed, Held, Abandoned}
	dir := paidFile(t, Settings{}, len(phases), func(i int) Phase { return phases[i] })
	paid, err := ReadPaid(dir, wants(len(phases)))
	if err != nil || paid.Damage != nil {
		t.Fatal(err, paid.Damage)
	}
	for i, p := range phases {
		want := 0
		if p == Intent || p == Open || p == Done || p == Held {
			want = 1
		}
		if got := paid.Prints[numbered(i)]; got != want {
			t.Errorf("%s: %d items are paid, want %d", p, got, want)
		}
	}
	s, _, err := OpenFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rec, err := s.Get(3)
	if err != nil {
		t.Fatal(err)
	}
	rec.Print = numbered(99) // its row was edited
	if err := s.Put(rec, true); err != nil {
		t.Fatal(err)
	}
	if paid, err = ReadPaid(dir, wants(len(phases))); err != nil || total(paid) != 3 {
		t.Errorf("%d items are paid once one has changed, want 3 (%v)", total(paid), err)
	}
}

// A rehearsal has paid nothing; damage is told, and what is whole beside it counts, also while a
// line is on its way.
func TestReadPaidOfOtherFiles(t *testing.T) {
	done := func(int) Phase { return Done }
	paid, err := ReadPaid(paidFile(t, Settings{Rehearsal: true}, 3, done), wants(3))
	if err != nil || total(paid) != 0 {
		t.Errorf("a rehearsal has %d paid items, %v", total(paid), err)
	}
	dir := paidFile(t, Settings{}, 3, done)
	name := filepath.Join(dir.Path(), FileName)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	for _, c := range []struct {
		lines []string
		paid  int
		ok    bool
	}{
		{lines, 3, true},
		{append(lines[:4:4], `{"seq":5,"key":"`), 3, true},
		{append(lines[:3:3], strings.Replace(lines[3], `"done"`, `"held"`, 1)), 2, false},
		{[]string{lines[0], strings.Repeat("\x00", 100) + "\n", lines[3]}, 1, false},
		{[]string{""}, 0, true},
	} {
		if err := os.WriteFile(name, []byte(strings.Join(c.lines, "")), 0o600); err != nil {
			t.Fatal(err)
		}
		paid, err := ReadPaid(dir, wants(3))
		if err != nil || total(paid) != c.paid || (paid.Damage == nil) != c.ok {
			t.Errorf("%.40q: %d paid, %v, %v, want %d", c.lines, total(paid), paid.Damage, err, c.paid)
		}
	}
}

// BenchmarkReadPaid reads 50 files of 10,000 items.
func BenchmarkReadPaid(b *testing.B) {
	dir := paidFile(b, Settings{}, 10_000, func(int) Phase { return Done })
	wanted := wants(10_000)
	for b.Loop() {
		for range 50 {
			if _, err := ReadPaid(dir, wanted); err != nil {
				b.Fatal(err)
			}
		}
	}
}
