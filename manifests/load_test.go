package manifests

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// load writes text to a file of that name in a folder of its own and opens it under the bare name.
func load(t testing.TB, name, text string, o Options) (*Manifest, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := Open(name, o)
	if err == nil {
		t.Cleanup(func() { m.Close() })
	}
	return m, err
}

// mistakes are all that Open and Check have against a manifest, "" for nothing.
func mistakes(t testing.TB, name, text string, o Options) string {
	t.Helper()
	m, err := load(t, name, text, o)
	if err == nil {
		_, err = m.Check()
	}
	if err == nil {
		return ""
	}
	if !errors.As(err, new(*ErrorList)) {
		t.Errorf("%q is a %T, not an *ErrorList", err, err)
	}
	return err.Error()
}

// all are the items of a manifest without mistakes.
func all(t testing.TB, m *Manifest) (items []*Item) {
	t.Helper()
	if _, err := m.Check(); err != nil {
		t.Fatal(err)
	}
	for it, err := range m.Items() {
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, it)
	}
	return items
}

// show is an item in one line: what is said of it, in the order of its fields.
func show(it *Item) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d", it.Row)
	if it.Index > 1 {
		fmt.Fprintf(&b, ".%d", it.Index)
	}
	say := func(said bool, name string, value any) {
		if said {
			fmt.Fprintf(&b, " %s=%v", name, value)
		}
	}
	say(it.ID != "", "id", it.ID)
	say(true, "prompt", fmt.Sprintf("%q", it.Prompt))
	say(it.NegativeSaid, "negative_prompt", fmt.Sprintf("%q", it.NegativePrompt))
	say(it.Model != "", "model", it.Model)
	say(it.Size != "", "size", it.Size)
	if it.Seed != nil {
		say(true, "seed", *it.Seed)
	}
	say(it.N != 0, "n", it.N)
	if it.PromptExtend != nil {
		say(true, "prompt_extend", *it.PromptExtend)
	}
	if it.Watermark != nil {
		say(true, "watermark", *it.Watermark)
	}
	say(it.File != "", "file", it.File)
	say(it.Skip, "skip", it.Skip)
	say(it.Columns != nil, "columns", fmt.Sprintf("%q", it.Columns))
	return b.String()
}

func showAll(t testing.TB, m *Manifest) string {
	t.Helper()
	var lines []string
	for _, it := range all(t, m) {
		lines = append(lines, show(it))
	}
	return strings.Join(lines, "\n")
}

// A readingCase is a manifest and the items in it.
type readingCase struct{ name, file, text, want string }

func (r readingCase) test(t *testing.T) {
	t.Run(r.name, func(t *testing.T) {
		m, err := load(t, r.file, r.text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := showAll(t, m); got != r.want {
			t.Errorf("items of %q are\n%s\nwant\n%s", r.text, got, r.want)
		}
	})
}

// A refusal is a manifest and the mistakes in it.
type refusal struct{ name, file, text, want string }

func (r refusal) test(t *testing.T) {
	t.Run(r.name, func(t *testing.T) {
		if got := mistakes(t, r.file, r.text, Options{}); got != r.want {
			t.Errorf("mistakes of %q are\n%s\nwant\n%s", r.text, got, r.want)
		}
	})
}
