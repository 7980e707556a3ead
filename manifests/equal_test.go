package manifests

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// quickstart.yaml and quickstart.csv are the same manifest; only the row numbers differ.
func TestQuickstartIsTheSameInBothForms(t *testing.T) {
	var forms []string
	for _, name := range []string{"examples/quickstart.yaml", "examples/quickstart.csv"} {
		m, err := Open(name, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		var form strings.Builder
		fmt.Fprintln(&form, m.Columns())
		for _, it := range all(t, m) {
			it.Row = 0
			fmt.Fprintf(&form, "%s %x\n", show(it), it.Fingerprint())
		}
		forms = append(forms, form.String())
	}
	if forms[0] != forms[1] {
		t.Errorf("the YAML form is\n%s\nthe CSV form\n%s", forms[0], forms[1])
	}
	if !strings.Contains(forms[0], `id=couplet prompt="一副典雅庄重的对联悬挂于厅堂之中`) {
		t.Error("the couplet is missing")
	}
}

func TestQuickstartCSVOpensInExcel(t *testing.T) {
	text, err := os.ReadFile("examples/quickstart.csv")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(text, []byte("\ufeff")) {
		t.Error("without its byte order mark Excel shows Chinese as rubbish")
	}
}

// A spec is an item as a person means it, before it is written down in some format.
type spec struct {
	text  map[string]string // of the fields that are said
	extra string            // of the one carried-through column
}

var specFields = []string{"id", "prompt", "negative_prompt", "model", "size", "seed", "count", "n", "prompt_extend", "watermark", "file", "skip"}

// drawSpecs draws manifests whose items say anything that all formats can say.
func drawSpecs(t *rapid.T) (specs []spec) {
	words := rapid.StringOfN(rapid.RuneFrom([]rune("abc \"',;:\t\n|#{}[]&*!%@`\\-一猫é😀=")), 1, 30, -1).
		Filter(func(s string) bool { return strings.TrimSpace(s) != "" })
	choices := map[string][]string{
		"model": {"qwen-image", "qwen-image-plus"}, "size": {"16:9", "1328*1328", "1328x1328", "４：３"},
		"seed": {"0", "42", "2147483640"}, "count": {"1", "3"}, "n": {"1", "2"},
		"prompt_extend": {"true", "no"}, "watermark": {"1", "false"}, "skip": {"yes", "0"},
	}
	for i := range rapid.IntRange(0, 8).Draw(t, "items") {
		s := spec{text: map[string]string{"prompt": words.Draw(t, "prompt")}, extra: words.Draw(t, "extra")}
		if rapid.Bool().Draw(t, "negative said") {
			s.text["negative_prompt"] = words.Draw(t, "negative")
		}
		if rapid.Bool().Draw(t, "id said") {
			s.text["id"] = "item" + strconv.Itoa(i)
		}
		if rapid.Bool().Draw(t, "file said") {
			s.text["file"] = "file" + strconv.Itoa(i) + ".png"
		}
		for _, field := range specFields {
			if list, ok := choices[field]; ok && rapid.Bool().Draw(t, field+" said") {
				s.text[field] = rapid.SampledFrom(list).Draw(t, field)
			}
		}
		specs = append(specs, s)
	}
	return specs
}

func asTable(specs []spec, sep rune) string {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Comma = sep
	w.Write(append(append([]string{}, specFields...), "extra"))
	for _, s := range specs {
		var row []string
		for _, field := range specFields {
			row = append(row, s.text[field])
		}
		w.Write(append(row, s.extra))
	}
	w.Flush()
	return b.String()
}

func asJSONL(specs []spec) string {
	var b strings.Builder
	for _, s := range specs {
		object := map[string]any{"extra": s.extra}
		for field, text := range s.text {
			object[field] = text
		}
		line, _ := json.Marshal(object)
		b.Write(append(line, '\n'))
	}
	return b.String()
}

// asYAML writes text as JSON does, which is YAML too: yaml.v3 itself writes text with a line break at its start in a
// form that it cannot read.
func asYAML(specs []spec) string {
	b := strings.Builder{}
	b.WriteString("items:\n")
	for _, s := range specs {
		extra, _ := json.Marshal(s.extra)
		fmt.Fprintf(&b, "- columns: {extra: %s}\n", extra)
		for field, text := range s.text {
			if _, err := strconv.Atoi(text); err != nil {
				quoted, _ := json.Marshal(text)
				text = string(quoted)
			}
			fmt.Fprintf(&b, "  %s: %s\n", field, text)
		}
	}
	return b.String()
}

// What a manifest means does not depend on its format.
func TestFormatsAreEquivalent(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		specs := drawSpecs(t)
		want := ""
		for name, text := range map[string]string{
			"a.csv": asTable(specs, ','), "b.csv": asTable(specs, ';'), "a.tsv": asTable(specs, '\t'), "a.jsonl": asJSONL(specs), "a.yaml": asYAML(specs),
		} {
			got := readForm(t, filepath.Join(dir, name), text)
			if want == "" {
				want = got
			}
			if got != want {
				t.Fatalf("%s\n%s\nis read as\n%s\nanother format as\n%s", name, text, got, want)
			}
		}
	})
}

// readForm shows the items of a manifest with their fingerprints, without rows, as formats number them differently.
func readForm(t *rapid.T, path, text string) string {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := Open(path, Options{Encoding: "utf-8"})
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	defer m.Close()
	if _, err := m.Check(); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	form := "\n"
	for it, err := range m.Items() {
		if err != nil {
			t.Fatal(err)
		}
		it.Row = 0
		form += fmt.Sprintf("%s %x\n", show(it), it.Fingerprint())
	}
	return form
}
