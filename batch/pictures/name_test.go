package pictures

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/manifests"
)

// items are those of a manifest in CSV.
func items(t *testing.T, csv string) []*manifests.Item {
	t.Helper()
	path := filepath.Join(t.TempDir(), "p.csv")
	if err := os.WriteFile(path, []byte(csv), 0o644); err != nil {
		t.Fatal(err)
	}
	m, err := manifests.Open(path, manifests.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var all []*manifests.Item
	for it, err := range m.Items() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, it)
	}
	return all
}

// TestName names pictures as their rows say, else by their ids, else by what they are of.
func TestName(t *testing.T) {
	k := state.NewKey("", state.Fingerprint{1}, 1)
	short := k.String()[:8]
	want := []string{"x", "x-2", "7", "7-2", "a-red-cat-" + short, "a-red-cat-" + short + "-2",
		"一只猫-" + short, "picture-" + short}
	for i, it := range items(t, "id,prompt,file,count\n7,A red cat,x.png,2\n7,A red cat,,2\n"+
		",A red cat,,2\n,一只猫,,1\n,???,,1\n") {
		if got := Name(it, k); got != want[i] {
			t.Errorf("Name(%q of id %q) = %q, want %q", it.Prompt, it.ID, got, want[i])
		}
	}
}

// TestFileName gives the pictures of one request names of their own, and finds their numbers
// again by these, whatever a name looks like.
func TestFileName(t *testing.T) {
	for _, c := range []struct {
		name, ext string
		want      [2]string
	}{
		{"cat", ".png", [2]string{"cat.png", "cat_2.png"}},
		{"cat.PNG", ".webp", [2]string{"cat.webp", "cat.PNG_2.webp"}},
		{"a/b", ".bin", [2]string{"a-b.bin", "a-b_2.bin"}},
		{"CON", ".jpg", [2]string{"_CON.jpg", "CON_2.jpg"}},
		{"cat_2", ".png", [2]string{"cat_2.png", "cat_2_2.png"}},
		{"cat~2", ".png", [2]string{"cat~2.png", "cat~2_2.png"}},
	} {
		rec := state.Record{Name: c.name, Sent: state.Request{N: 2}}
		for number, want := range c.want {
			got := FileName(c.name, number, c.ext)
			if got != want {
				t.Errorf("FileName(%q, %d, %q) = %q, want %q", c.name, number, c.ext, got, want)
			}
			// the other picture was not made
			rec.Pictures = []state.Picture{{File: "images/" + got}}
			if n := numberOf(rec, rec.Name, 0); n != number {
				t.Errorf("numberOf(%q of %q) = %d, want %d", got, c.name, n, number)
			}
			beside := strings.TrimSuffix(got, c.ext) + "~3" + c.ext
			if !isNamed("images/"+beside, c.name, number) {
				t.Errorf("isNamed(%q, %q, %d) = false", beside, c.name, number)
			}
		}
	}
}

// TestRules has a manifest name its pictures by a template with the beginnings of the prompts.
func TestRules(t *testing.T) {
	words := func(it *manifests.Item) map[string]string {
		return map[string]string{"model": "m-" + it.Prompt}
	}
	names := Rules("{{.slug}}", words)
	got := names.Words(&manifests.Item{Prompt: "A Cat!"})
	if got["slug"] != "a-cat" || got["model"] != "m-A Cat!" {
		t.Errorf("Words = %q", got)
	}
	for want, file := range map[string]string{"a/b.png": "a-b", "cat": "cat", "": "picture"} {
		if got := names.File(want); got != file {
			t.Errorf("File(%q) = %q, want %q", want, got, file)
		}
	}
}

// TestWanted finds the items whose pictures are to be renamed.
func TestWanted(t *testing.T) {
	inFolder(t, func(h *harness) {
		h.save(record("a", 1))
		open := record("b", 1)
		open.Phase = state.Open
		h.save(open)
		var w Wanted
		for i, it := range items(t, "id,prompt,file\na,a,\nb,b,a.png\nc,c,x\nd,d,\ne,e,a\n") {
			w.Add(it)
			if w.Any() != (i > 0) {
				t.Errorf("after %d rows: Any = %v", i+1, w.Any())
			}
		}
		for i, want := range []bool{false, false, true, false, false} {
			if got := w.Renames(i, h.state, 0); got != want {
				t.Errorf("Renames(%d) = %v, want %v", i, got, want)
			}
			if w.Renames(i, h.state, 1) {
				t.Errorf("Renames(%d) is true of an open item", i)
			}
		}
	})
}
