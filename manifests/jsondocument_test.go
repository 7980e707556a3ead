package manifests

import (
	"fmt"
	"strings"
	"testing"
)

// What people have as .json: a list of objects or texts, one in an object, objects one behind
// the other, and JSON lines by another name.
func TestJSONDocuments(t *testing.T) {
	two := "1 id=p1 prompt=\"A cat\"\n2 id=p2 prompt=\"A dog\""
	for _, r := range []readingCase{
		{"an array of objects", "a.json", "[\n  {\"id\": \"p1\", \"prompt\": \"A cat\"},\n  {\"id\": \"p2\", \"prompt\": \"A dog\"}\n]\n", two},
		{"in one line", "a.json", `[{"id":"p1","prompt":"A cat"},{"id":"p2","prompt":"A dog"}]`, two},
		{"called .jsonl", "a.jsonl", `[{"id":"p1","prompt":"A cat"},{"id":"p2","prompt":"A dog"}]`, two},
		{"an array of texts", "a.json", `["A \"cat\", [1] }", "\u4e00只猫"]`, "1 prompt=\"A \\\"cat\\\", [1] }\"\n2 prompt=\"一只猫\""},
		{"texts and objects", "a.json", `["A cat", {"prompt": "A dog", "sku": 7}]`, "1 prompt=\"A cat\" columns=[\"\"]\n2 prompt=\"A dog\" columns=[\"7\"]"},
		{"an array in an object", "a.json", "{\n \"version\": 1,\n \"prompts\": [\n  {\"id\": \"p1\", \"prompt\": \"A cat\"},\n  {\"id\": \"p2\", \"prompt\": \"A dog\"}]\n}", two},
		{"texts in an object", "a.json", `{"prompts": ["A cat", "A dog"], "tags": ["x"]}`, "1 prompt=\"A cat\"\n2 prompt=\"A dog\""},
		{"an object of arrays, one of them of items", "a.json", `{"tags": ["x", "y"], "data": [{"id": "p1", "prompt": "A cat"}, {"id": "p2", "prompt": "A dog"}], "authors": [{"name": "z"}]}`, two},
		{"one object", "a.json", "{\n  \"id\": \"p1\",\n  \"prompt\": \"A cat\"\n}\n", `1 id=p1 prompt="A cat"`},
		{"one object behind the other, as jq writes them", "a.json", "{\n  \"id\": \"p1\",\n  \"prompt\": \"A cat\"\n}\n{\n  \"id\": \"p2\",\n  \"prompt\": \"A dog\"\n}\n", two},
		{"so in .jsonl", "a.jsonl", "{\n  \"id\": \"p1\",\n  \"prompt\": \"A cat\"\n}\n{\n  \"id\": \"p2\",\n  \"prompt\": \"A dog\"\n}\n", two},
		{"JSON lines called .json", "a.json", "{\"prompt\": \"a\"}\n\n{\"prompt\": \"b\"}\n", "1 prompt=\"a\"\n3 prompt=\"b\""},
		{"an item with a list, in one line of .jsonl", "a.jsonl", `{"prompt": "a", "tags": ["x", "y"]}`, `1 prompt="a" columns=["[\"x\", \"y\"]"]`},
		{"an empty array", "a.json", " [ ] ", ""},
		{"an empty file", "a.json", "", ""},
		{"a byte order mark", "a.json", "\ufeff[{\"prompt\": \"a\"}]", `1 prompt="a"`},
	} {
		r.test(t)
	}
}

func TestJSONDocumentMistakes(t *testing.T) {
	for _, r := range []refusal{
		{"places over several lines", "a.json", "[\n  {\"id\": \"p1\",\n   \"prompt\": \"\"}, {\"prompt\": \"一\",\n   \"size\": 7}]",
			"a.json:3:14: prompt: is empty\na.json:4:12: size: \"7\" is not a size; write 1328*1328 or 16:9"},
		{"elements that are no items", "a.json", `[{"prompt": "a"}, 7, null, ["x"]]`,
			`a.json:1:19: each item is one JSON object, as in {"prompt": "a cat"}
a.json:1:22: each item is one JSON object, as in {"prompt": "a cat"}
a.json:1:28: each item is one JSON object, as in {"prompt": "a cat"}`},
		{"a comma too many", "a.json", "[\n{\"prompt\": \"a\"},\n]", "a.json:3:1: a comma before this has nothing behind it"},
		{"a comma too few", "a.json", "[\n{\"prompt\": \"a\"}\n{\"prompt\": \"b\"}]", "a.json:3:1: a comma is missing before this"},
		{"not closed", "a.json", "[\n{\"prompt\": \"a\"}", "a.json:2:16: the file ends, and the list of objects is not closed with ]"},
		{"cut", "a.json", "[\n{\"prompt\": \"a\"}, {\"pro", "a.json:2:22: is not valid JSON: unexpected end of JSON input"},
		{"more behind it", "a.json", "[{\"prompt\": \"a\"}]\nx", "a.json:2:1: the list of objects has ended before this"},
		{"syntax in an item", "a.json", "[{\"prompt\": \"a\"},\n {\"prompt\" \"b\"}]", `a.json:2:12: is not valid JSON: invalid character '"' after object key`},
		{"syntax in an object", "a.json", "{\"items\": [{\"prompt\": \"a\"}],\n\"x\": }", `a.json:2:6: is not valid JSON: invalid character '}' looking for beginning of value`},
		{"no prompts", "a.json", `[{"title": "a"}]`, `a.json:1:2: no column holds the prompts; the first row is "title"; name the column: --column prompt=title`},
		{"two lists", "a.json", `{"train": [{"prompt": "a"}], "test": [{"prompt": "b"}]}`,
			`a.json:1:1: "train", "test" in it are lists of items; take one with --sheet train`},
		{"columns", "a.json", `{"id": ["a", "b"], "prompt": ["A cat", "A dog"]}`,
			`a.json:1:1: has a list for each column; write it as a list of objects, in pandas with to_json(…, orient="records")`},
		{"objects by id", "a.json", `{"p1": {"prompt": "a"}, "p2": {"prompt": "b"}}`,
			`a.json:1:1: no list of objects stands in it, as in [{"prompt": "a cat"}]; if each of its keys is an id: jq '[to_entries[] | {id: .key} + .value]' a.json > a-items.json`},
		{"a list deeper down", "a.json", `{"data": {"my items": [{"prompt": "a"}], "n": 1}}`,
			`a.json:1:1: no list of objects stands in it, as in [{"prompt": "a cat"}]; one stands deeper: jq '.["data"]["my items"]' a.json > a-items.json`},
		{"prompts by id", "a.json", `{"p1": "a", "p2": "b"}`,
			`a.json:1:1: no list of objects stands in it, as in [{"prompt": "a cat"}]; if each of its keys is an id: jq '[to_entries[] | {id: .key, prompt: .value}]' a.json > a-items.json`},
		{"a number", "a.json", `7`, `a.json:1:1: each line is one JSON object, as in {"prompt": "a cat"}`},
		{"a broken object", "a.json", "{\"a\": [1, 2}", `a.json:1:12: is not valid JSON: invalid character '}' after array element`},
		{"one twice", "a.json", "[{\"id\": \"a\", \"prompt\": \"x\"},\n {\"id\": \"a\", \"prompt\": \"y\"}]", `a.json:2:9: id: "a" is used already at a.json:1:9`},
	} {
		r.test(t)
	}
}

func TestJSONListByName(t *testing.T) {
	text := `{"train": [{"prompt": "a"}], "test": [{"prompt": "b"}]}`
	m, err := load(t, "a.json", text, Options{Sheet: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if got := showAll(t, m); got != `1 prompt="b"` {
		t.Errorf("items are %s", got)
	}
	for asked, want := range map[string]string{
		"tset": `a.json:1:1: there is no list "tset" in it; there are "train", "test"`} {
		if got := mistakes(t, "a.json", text, Options{Sheet: asked}); got != want {
			t.Errorf("--sheet %s: %s, want %s", asked, got, want)
		}
	}
	if got := mistakes(t, "a.json", `[{"prompt": "a"}]`, Options{Sheet: "x"}); got != "a.json: "+notASheet {
		t.Errorf("--sheet in an array: %s", got)
	}
}

// What stands beside the list may be meant for its items.
func TestJSONBesideTheList(t *testing.T) {
	m, err := load(t, "a.json", "{\"model\": \"qwen-image\", \"note\": 1,\n \"prompts\": [\"A cat\"], \"size\": \"1:1\", \"tags\": [\"x\"]}", Options{})
	if err != nil {
		t.Fatal(err)
	}
	totals, err := m.Check()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range append(totals.Warnings, totals.Guesses...) {
		got = append(got, w.Error())
	}
	want := `a.json:1:2: "model" stands beside "prompts" and is not read; say the model in each object, or with a flag
a.json:2:24: "size" stands beside "prompts" and is not read; say the size in each object, or with a flag
a.json:2:13: the list "prompts" is read, "tags" beside it is not; --sheet NAME takes another`
	if strings.Join(got, "\n") != want {
		t.Errorf("warnings are\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}

// Each of many objects, which no buffer holds all of, is found again at its place.
func TestJSONArrayOfManyObjects(t *testing.T) {
	var b strings.Builder
	b.WriteString("[")
	for i := range 3000 {
		fmt.Fprintf(&b, "\n  {\"id\": \"p%d\", \"prompt\": \"%s\"},", i, strings.Repeat("一只猫, ", 20))
	}
	m, err := load(t, "a.json", strings.TrimSuffix(b.String(), ",")+"\n]", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, it := range all(t, m) {
		if it.ID != fmt.Sprintf("p%d", i) || it.Row != i+1 || it.At("id").String() != fmt.Sprintf("a.json:%d:10", i+2) {
			t.Fatalf("item %d is %q of row %d at %s", i, it.ID, it.Row, it.At("id"))
		}
	}
}
