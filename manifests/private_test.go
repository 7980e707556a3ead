package manifests

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/qwenbatch/qwenbatch/manifests/spool"
)

// TestM5SavedInMidRun saves other sheets over those that are being read, in place and by removal, and in the middle of a reading: an
// open manifest stays what it was (failure mode M5). The large one is above what is copied into memory.
func TestM5SavedInMidRun(t *testing.T) {
	book := func(prompts ...string) string {
		rows := [][]any{cells{"id", "prompt", "shop"}}
		for i, p := range prompts {
			rows = append(rows, cells{fmt.Sprint("r", i), p, "north"})
		}
		return overBook(t, "Sheet1", rows...)["sub/a.xlsx"]
	}
	long := strings.Repeat("long ", 100)
	var large strings.Builder
	for i := range spool.MemoryLimit / len(long) * 2 {
		fmt.Fprintf(&large, "r%d,%s%d,north\n", i, long, i)
	}
	for name, files := range map[string]map[string]string{
		"csv":       {"a.csv": "id,prompt,shop\nx,a cat,north\ny,a dog,south\n"},
		"large csv": {"a.csv": "id,prompt,shop\n" + large.String()},
		"tsv":       {"a.tsv": "id\tprompt\tshop\nx\ta cat\tnorth\ny\ta dog\tsouth\n"},
		"jsonl":     {"a.jsonl": `{"id":"x","prompt":"a cat","shop":"north"}` + "\n" + `{"id":"y","prompt":"a dog"}` + "\n"},
		"xlsx":      {"a.xlsx": book("a cat", "a dog")},
		"yaml":      {"a.yaml": "items:\n  - prompt: a {{.c}} cat\n    matrix: {c: [red, blue]}\n  - {id: y, prompt: a dog}\n"},
		"rows csv":  {"a.yaml": "rows: b.csv\ndefaults: {prompt: 'a {{.Thing}}'}\n", "b.csv": "Thing\ncat\ndog\n"},
		"rows xlsx": {"a.yaml": "rows: b.xlsx\n", "b.xlsx": book("a cat", "a dog")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			path := ""
			for file, text := range files {
				write(t, file, text)
				if path == "" || file < path {
					path = file
				}
			}
			m := open(t, path)
			defer m.Close()
			want := told(t, m, nil)
			if strings.Count(want, "\n") < 2 {
				t.Fatalf("items are %s", want)
			}
			spoil := func() {
				for file := range files {
					write(t, file, "saved anew, shorter")
				}
			}
			if got := told(t, m, spoil); got != want {
				t.Error("items changed while they were read")
			}
			for file := range files {
				os.Remove(file)
			}
			if got := told(t, m, nil); got != want {
				t.Error("items changed with their file")
			}
			if totals, err := m.Check(); err != nil || totals.Items != strings.Count(want, "\n") {
				t.Errorf("Check = %+v, %v", totals, err)
			}
		})
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// told is all that the items say, with the places of the first; between is called behind the first.
func told(t *testing.T, m *Manifest, between func()) string {
	t.Helper()
	var b strings.Builder
	for it, err := range m.Items() {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, it.ID, it.Row, it.Prompt, it.Columns)
		if b.Len() < 1000 {
			fmt.Fprint(&b, it.At("prompt"), " ")
		}
		if between != nil {
			between()
			between = nil
		}
	}
	return b.String()
}
