package manifests

import (
	"strings"
	"testing"
)

func TestYAML(t *testing.T) {
	for _, r := range []readingCase{
		{"the example of cli.md", "a.yaml", `
defaults: {model: qwen-image-plus, size: "16:9", watermark: false, negative_prompt: 低分辨率}
items:
  - id: couplet
    prompt: 一副典雅庄重的对联
    seed: 42
  - id: cat
    prompt: A sitting cat
    count: 2
    columns: {sku: A-17}
`, `1 id=couplet prompt="一副典雅庄重的对联" negative_prompt="低分辨率" model=qwen-image-plus size=16:9 seed=42 watermark=false columns=[""]
2 id=cat prompt="A sitting cat" negative_prompt="低分辨率" model=qwen-image-plus size=16:9 watermark=false columns=["A-17"]
2.2 id=cat-2 prompt="A sitting cat" negative_prompt="低分辨率" model=qwen-image-plus size=16:9 watermark=false columns=["A-17"]`},
		{"text stays as it is written", "a.yaml", "items:\n- {id: 007, prompt: 2026-01-02, size: 16:9, model: 1.10, file: off}\n",
			`1 id=007 prompt="2026-01-02" model=1.10 size=16:9 file=off`},
		{"an empty negative prompt is said", "a.yaml", "defaults: {negative_prompt: x}\nitems:\n- {prompt: a, negative_prompt: ''}\n- {prompt: b, negative_prompt: ~}\n",
			"1 prompt=\"a\" negative_prompt=\"\"\n2 prompt=\"b\" negative_prompt=\"x\""},
		{"words for true and false", "a.yaml", "items:\n- {prompt: a, watermark: yes, prompt_extend: 否, skip: 1}\n",
			`1 prompt="a" prompt_extend=false watermark=true skip=true`},
		{"defaults of count and seed", "a.yaml", "items:\n- {prompt: a}\n- {prompt: b, count: 1}\ndefaults: {count: 2, seed: 5}\n",
			"1 prompt=\"a\" seed=5\n1.2 prompt=\"a\" seed=6\n2 prompt=\"b\" seed=5"},
		{"block text", "a.yml", "items:\n- prompt: |\n    one\n    two\n- prompt: >\n    one\n    two\n", "1 prompt=\"one\\ntwo\"\n2 prompt=\"one two\""},
		{"columns in order of appearance", "a.yaml", "items:\n- {prompt: a, columns: {b: 1, a: true}}\n- {prompt: b, columns: {c: x, b: ~}}\n",
			"1 prompt=\"a\" columns=[\"1\" \"true\" \"\"]\n2 prompt=\"b\" columns=[\"\" \"\" \"x\"]"},
		{"an alias for one value", "a.yaml", "items:\n- {prompt: a, negative_prompt: &n no}\n- {prompt: b, negative_prompt: *n}\n",
			"1 prompt=\"a\" negative_prompt=\"no\"\n2 prompt=\"b\" negative_prompt=\"no\""},
		{"empty file", "a.yaml", "", ""},
		{"comments only", "a.yaml", "# nothing yet\n", ""},
		{"no items", "a.yaml", "defaults:\nitems:\n", ""},
		{"empty list", "a.yaml", "items: []\n", ""},
	} {
		r.test(t)
	}
}

func TestH12YAMLMistakes(t *testing.T) {
	for _, r := range []refusal{
		{"unknown keys", "a.yaml", "default: {}\nitems:\n- promt: a\n  Seed: 1\n  text: b\n  sed: 3\n  zzzzzz: 1\n- {prompt: a, colums: {}}\n",
			`a.yaml:1:1: default: is not a key of a manifest; did you mean defaults?
a.yaml:3:3: promt: is not a key here; did you mean prompt?
a.yaml:4:3: Seed: is not a key here; did you mean seed?
a.yaml:5:3: text: is not a key here; did you mean prompt?
a.yaml:6:3: sed: is not a key here; did you mean seed?
a.yaml:7:3: zzzzzz: is not a key here; there are id, prompt, negative_prompt, model, size, seed, count, n, prompt_extend, watermark, file, skip, image, prompt_extend_mode, enable_thinking, thinking_mode, color_palette, bbox_list, columns, matrix, seeds
a.yaml:8:15: colums: is not a key here; did you mean columns?`},
		{"a key of items", "a.yaml", "matrix: {a: [b]}\nitems:\n- prompt: a\n",
			"a.yaml:1:1: matrix: is not a key of a manifest; it belongs to an item, or under defaults"},
		{"types", "a.yaml", "items:\n- prompt: [a, b]\n- prompt: {{.x}}\n- {prompt: a, seed: \"42\"}\n- {prompt: a, seed: 1.5}\n- {prompt: a, seed: 010}\n- {prompt: a, seed: 0x10}\n- {prompt: a, seed: [1]}\n- {prompt: a, watermark: maybe}\n- {prompt: !!binary aGk=}\n- {prompt: a, columns: [x]}\n- {prompt: a, columns: {x: [1]}}\n",
			`a.yaml:2:11: prompt: must be a single value, not a list; text that begins with [ or { must stand in quotes
a.yaml:3:11: prompt: must be a single value, not a mapping; text that begins with [ or { must stand in quotes
a.yaml:4:21: seed: "42" is text; write the number without quotes
a.yaml:5:21: seed: "1.5" is not a whole number
a.yaml:6:21: seed: 010 may be read as another number; write 10
a.yaml:7:21: seed: "0x10" is not a whole number
a.yaml:8:21: seed: must be a single value, not a list; text that begins with [ or { must stand in quotes
a.yaml:9:26: watermark: "maybe" is neither true nor false; write true, false, yes, no, 1, 0, 是 or 否
a.yaml:10:12: prompt: the tag !!binary is not known here
a.yaml:11:24: columns: must be a mapping, as in columns: {sku: A-17}
a.yaml:12:28: columns.x: must be a single value, not a list; text that begins with [ or { must stand in quotes`},
		{"duplicate keys", "a.yaml", "items: []\nitems:\n- {prompt: a, prompt: b}\n", "a.yaml:2:1: items: stands here twice, first in line 1"},
		{"duplicate keys of an item", "a.yaml", "items:\n- prompt: a\n  prompt: b\n", "a.yaml:3:3: prompt: stands here twice, first in line 2"},
		{"merge keys", "a.yaml", "defaults: &d {size: 1:1}\nitems:\n- {<<: *d, prompt: a}\n", "a.yaml:3:4: <<: merge keys are not read; put what all items share under defaults"},
		{"aliases of more than one value", "a.yaml", "items:\n- &a {prompt: a}\n- *a\n- prompt: &p [x]\n- prompt: *p\n",
			`a.yaml:3:3: an item is a mapping; write "- prompt: " and then the text
a.yaml:4:11: prompt: must be a single value, not a list; text that begins with [ or { must stand in quotes
a.yaml:5:11: prompt: an alias may stand for a single value only, not for a list or a mapping`},
		{"items that are no mappings", "a.yaml", "items:\n- a cat\n- [x]\n", "a.yaml:2:3: an item is a mapping; write \"- prompt: \" and then the text\na.yaml:3:3: an item is a mapping; write \"- prompt: \" and then the text"},
		{"items that are no list", "a.yaml", "items: {prompt: a}\n", `a.yaml:1:8: items: must be a list, each item beginning with "- prompt: "`},
		{"a list alone", "a.yaml", "- prompt: a\n", "a.yaml:1:1: a manifest has the keys defaults and items; put the list under items:"},
		{"defaults of an item's own", "a.yaml", "defaults: {prompt: a, id: x, sise: 1:1, size: big}\nitems: []\n",
			`a.yaml:1:12: prompt: belongs to an item and has no default
a.yaml:1:23: id: belongs to an item and has no default
a.yaml:1:30: sise: is not a key here; did you mean size?
a.yaml:1:47: size: "big" is not a size; write 1328*1328 or 16:9`},
		{"columns of defaults", "a.yaml", "defaults: {columns: {x: 1}}\n", "a.yaml:1:12: columns: belongs to an item and has no default"},
		{"defaults that are no mapping", "a.yaml", "defaults: x\n", "a.yaml:1:11: defaults: must be a mapping, as in defaults: {model: qwen-image-plus}"},
		{"rows and items", "a.yaml", "rows: prompts.xlsx\nitems:\n- {prompt: a}\n", "a.yaml:1:7: rows: stands beside items; say one of them"},
		{"keys of rows without rows", "a.yaml", "sheet: x\nencoding: y\ncolumns: {prompt: z}\n",
			`a.yaml:1:8: sheet: belongs to rows: FILE, which is not there
a.yaml:2:11: encoding: belongs to rows: FILE, which is not there
a.yaml:3:10: columns: belongs to rows: FILE, which is not there`},
		{"second document", "a.yaml", "items: []\n---\nitems: []\n", "a.yaml:2:1: a second document begins here; a manifest is one"},
		{"NUL", "a.yaml", `items: [{prompt: "a\0b"}]`, "a.yaml:1:18: prompt: has a NUL character in it"},
		{"empty prompts", "a.yaml", "items:\n- prompt:\n- prompt: '  '\n- id: x\n-\n",
			"a.yaml:2:10: prompt: is empty\na.yaml:3:11: prompt: is empty\na.yaml:4:3: prompt: is empty\na.yaml:5:2: an item is a mapping; write \"- prompt: \" and then the text"},
	} {
		r.test(t)
	}
}

func TestH12YAMLSyntax(t *testing.T) {
	for _, r := range []refusal{
		{"a colon in the text", "a.yaml", "items:\n- id: x\n  prompt: A cat: sitting\n",
			"a.yaml:3:16: mapping values are not allowed in this context; text with a colon and a space in it must stand in quotes"},
		{"a colon in the first line", "a.yaml", "items: a: b", "a.yaml:1:9: mapping values are not allowed in this context; text with a colon and a space in it must stand in quotes"},
		{"indentation", "a.yaml", "items:\n- id: x\n  prompt: a\n- id: y\n prompt: b\n- id: z\n",
			"a.yaml:5:2: did not find expected key; is the line indented as its neighbours are, and are its quotes and brackets closed?"},
		{"tabs", "a.yaml", "items:\n- id: x\n\tprompt: a\n",
			"a.yaml:3:1: found a tab character that violates indentation; indent with spaces"},
		{"a sign that YAML keeps for itself", "a.yaml", "items:\n- id: x\n  prompt: @home\n",
			"a.yaml:3:11: found character that cannot start any token; text that begins with @, `, % or a tab must stand in quotes"},
		{"a quote that is not closed", "a.yaml", "items:\n- id: x\n  prompt: \"a\n- id: y\n  prompt: b\n",
			"a.yaml:3:11: found unexpected end of stream; a quote that opens here is not closed"},
		{"a bracket that is not closed", "a.yaml", "items:\n- {prompt: a\n- {prompt: b}\n",
			"a.yaml:2:1: did not find expected ',' or '}'; is the line indented as its neighbours are, and are its quotes and brackets closed?"},
		{"unknown anchor", "a.yaml", "items:\n- prompt: *cat\n", "a.yaml:2:11: unknown anchor 'cat' referenced"},
		{"control character", "a.yaml", "items:\n- prompt: a\x07\n", "a.yaml:2:12: control characters are not allowed"},
	} {
		r.test(t)
	}
}

// H12: neither a bomb of aliases, nor depth, nor size takes the machine with it.
func TestH12YAMLBombs(t *testing.T) {
	bomb := "items:\n- prompt: &a [x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'j'; c++ {
		alias := "*" + string(c-1)
		bomb += "- prompt: &" + string(c) + " [" + strings.Repeat(alias+", ", 8) + alias + "]\n"
	}
	if got := mistakes(t, "a.yaml", bomb, Options{}); strings.Count(got, "must be a single value") != 9 {
		t.Errorf("an alias bomb gives %s", got)
	}
	if got := mistakes(t, "a.yaml", "items: "+strings.Repeat("[", 200000), Options{}); !strings.Contains(got, "exceeded max depth") {
		t.Errorf("200,000 brackets give %.200s", got)
	}
	if got, want := mistakes(t, "a.yaml", strings.Repeat("#", maxYAML+1), Options{}), "a.yaml: a YAML manifest has at most 32 MiB; CSV and JSONL may be of any size"; got != want {
		t.Errorf("a large file gives %s, want %s", got, want)
	}
}
