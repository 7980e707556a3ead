package manifests

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzCSV: whatever stands in a table, reading it does not panic, mistakes lie inside the file, and the items found
// are those found again when the same table is written with every quote where strict CSV wants it.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{
		"prompt,size,x\na,16:9,b\n", "prompt;id\n\"a\nb\";\"c\"\"d\"\n", "Prompt\tNote\n\"G I G\" painted\t\"x\"\n",
		"提示词,数量,种子\r\n一只猫,3,7\r\n", "prompt\n\"\"\"a\n\"b\" c\n", "prompt,x,x,,\n\na,\r,\"\r\r\n\",\n", "id,prompt\n,\n\"a", "prompt,watermark,skip,n,file,negative\na,是,no,2,b.png,c\n",
	} {
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, text string, detect bool) {
		o := Options{Encoding: "utf-8"}
		if detect {
			o.Encoding = ""
		}
		items := probe(t, "a.csv", text, o)
		same(t, items, probe(t, "a.csv", asStrictCSV(items), Options{Encoding: "utf-8"}))
		same(t, items, probe(t, "b.jsonl", asObjects(items), Options{Encoding: "utf-8"}))
	})
}

// FuzzYAML: the same for YAML, written again as JSON lines.
func FuzzYAML(f *testing.F) {
	for _, seed := range []string{
		"defaults: {model: m, size: 16:9}\nitems:\n- {prompt: a, columns: {x: 1}}\n", "items:\n- prompt: |\n    a\n  seed: 010\n", "items: [&a {prompt: b}, *a]\n",
		"items:\n- prompt: a: b\n", "items: [{prompt: a, <<: {id: b}}]\n---\n", "items:\n- {prompt: a, negative_prompt: '', watermark: yes, count: 3, seed: 5}\n", "? [a]\n: b\n", "items:\n\t- a", "items: [{prompt: !x a}]",
		"%TAG ! x\n---\nitems:", "items: [{prompt: *x}]", "defaults: {count: 99}\nitems: [{prompt: a, n: 2, file: x, skip: 1}]",
		"items: [{prompt: 'a {{.b}}', id: '{{.b}}-{{.c}}', matrix: {b: [x, 1], c: [y]}, count: 2, columns: {d: '{{upper .b}}'}}]", "items: [{prompt: a, seeds: [1, 2], matrix: {b: [x]}}]\ndefaults: {model: '{{.b}}'}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		items := probe(t, "a.yaml", text, Options{Encoding: "utf-8"})
		same(t, items, probe(t, "b.jsonl", asObjects(items), Options{Encoding: "utf-8"}))
	})
}

// FuzzJSONL: the same for JSON lines.
func FuzzJSONL(f *testing.F) {
	for _, seed := range []string{
		`{"prompt": "a", "seed": 1}` + "\n" + `{"text": "b", "x": [1, "}"]}`, `{"prompt": "\ud83d\ude00", "columns": {"a": null}}`, "{\"prompt\": \"a\"}\r\n\n[]", `{"prompt": "\ud800"}`,
		`{"prompt": "a", "Prompt": "b", "": 1, "a\"": true}`, ` {"prompt" : "a" , "count":2,"skip":true,"watermark":"是"} `,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		items := probe(t, "a.jsonl", text, Options{Encoding: "utf-8"})
		same(t, items, probe(t, "b.jsonl", asObjects(items), Options{Encoding: "utf-8"}))
	})
}

// FuzzFlat: the short way to tell that a line is an object says what encoding/json says.
func FuzzFlat(f *testing.F) {
	for _, seed := range []string{
		`{"prompt":"一只猫","n":-1.5e3,"skip":true}`, "{ \"a\" :\t\"b\" , \"\": null }", `{}`, `{"a":[1,"}"]}`, `{"a":{},"a":1}`, `{"a":"\n"}`, `{"\u0061":1}`,
		`{`, `{"`, `{"a`, `{"a"`, `{"a"}`, `{"a":}`, `{"a":1`, `{"a":1,}`, `{,"a":1}`, `{"a":01}`, `{"a":tru}`, `{"a":1 2}`, `{"a" "b"}`, `{"a":"b}`, "{\"a\":\"\x01\"}",
		`{"a":1}}`, `{"a":1}{"b":2}`, `{"a":"b""c":1}`, `{"a":"b" "c":1}`, `{a:1}`, `{1:1}`, `{"a":1]}`, `{"a":"b",,"c":1}`, `{"a"::1}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		line := bytes.TrimSpace([]byte(text))
		if len(line) == 0 || line[0] != '{' {
			return
		}
		if got, want := isFlat(line), json.Valid(line) && flatMembers(line); got != want {
			t.Fatalf("isFlat(%q) = %v, want %v", line, got, want)
		}
	})
}

// flatMembers reports whether a valid object has members, all of them plain.
func flatMembers(line []byte) bool {
	n := 0
	for m := range members(line) {
		if m.value[0] == '{' || m.value[0] == '[' {
			return false
		}
		n++
	}
	return n > 0 && !bytes.Contains(line, []byte(`\`))
}

// probe reads a manifest in every way there is, checks the places of its mistakes, and gives the items up to the first.
func probe(t *testing.T, name, text string, o Options) (items []*Item) {
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o.MaxItems = 100
	m, err := Open(path, o)
	inside(t, err, text)
	if err != nil {
		return nil
	}
	defer m.Close()
	_, checked := m.Check()
	inside(t, checked, text)
	for it, err := range m.Items() {
		if inside(t, err, text); err != nil {
			if checked == nil {
				t.Fatalf("Items() = %v, but Check() = nil", err)
			}
			break
		}
		for _, name := range append(fieldNames[:], m.Columns()...) {
			inside(t, Error{Pos: it.At(name)}, text)
		}
		items = append(items, it)
	}
	return items
}

// inside fails if a mistake is not in the file.
func inside(t *testing.T, err error, text string) {
	var list *ErrorList
	var one Error
	switch {
	case errors.As(err, &list):
		for _, e := range list.Errors {
			inside(t, e, text)
		}
	case errors.As(err, &one) && one.Pos.Line > 0:
		// YAML takes more characters for line ends than editors do, JSON lines fewer.
		all := strings.Split(strings.Map(yamlBreak, strings.ReplaceAll(text, "\r\n", "\n")), "\n")
		longest := 0
		for _, line := range strings.Split(text, "\n") {
			longest = max(longest, utf8.RuneCountInString(line))
		}
		if one.Pos.Line > len(all) || one.Pos.Column < 1 || one.Pos.Column > longest+2 {
			t.Fatalf("%v is not inside %q", one, text)
		}
	}
}

func yamlBreak(r rune) rune {
	if strings.ContainsRune("\r\u0085\u2028\u2029", r) {
		return '\n'
	}
	return r
}

// same fails if two readings have not the same items.
func same(t *testing.T, a, b []*Item) {
	if len(a) != len(b) {
		t.Fatalf("%d items, written again %d", len(a), len(b))
	}
	for i := range a {
		x, y := *a[i], *b[i]
		x.Row, x.Index, y.Row, y.Index = 0, 0, 0, 0
		if got, want := show(&y), show(&x); got != want || x.Fingerprint() != y.Fingerprint() {
			t.Fatalf("%s\nwritten again is\n%s", want, got)
		}
	}
}

// said are the fields of an item as text.
func said(it *Item) map[string]string {
	text := map[string]string{"id": it.ID, "prompt": it.Prompt, "model": it.Model, "size": it.Size, "file": it.File, "skip": strconv.FormatBool(it.Skip)}
	if it.NegativeSaid {
		text["negative_prompt"] = it.NegativePrompt
	}
	if it.Seed != nil {
		text["seed"] = fmt.Sprint(*it.Seed)
	}
	if it.N != 0 {
		text["n"] = fmt.Sprint(it.N)
	}
	if it.PromptExtend != nil {
		text["prompt_extend"] = fmt.Sprint(*it.PromptExtend)
	}
	if it.Watermark != nil {
		text["watermark"] = fmt.Sprint(*it.Watermark)
	}
	return text
}

// plainFields are those that are no columns of the reports, too.
var plainFields = fieldNames[:fieldImage]

func asStrictCSV(items []*Item) string {
	if len(items) == 0 {
		return ""
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	header := append([]string{}, plainFields...)
	for i := range items[0].Columns {
		header = append(header, fmt.Sprintf("extra%d", i))
	}
	w.Write(header)
	for _, it := range items {
		var row []string
		for _, name := range plainFields {
			row = append(row, said(it)[name])
		}
		w.Write(append(row, it.Columns...))
	}
	w.Flush()
	return b.String()
}

func asObjects(items []*Item) string {
	var b strings.Builder
	for _, it := range items {
		object := map[string]any{}
		for name, text := range said(it) {
			object[name] = text
		}
		if it.Columns != nil {
			columns := map[string]string{}
			for i, value := range it.Columns {
				columns[fmt.Sprintf("extra%05d", i)] = value
			}
			object["columns"] = columns
		}
		line, _ := json.Marshal(object)
		b.Write(append(line, '\n'))
	}
	return b.String()
}
