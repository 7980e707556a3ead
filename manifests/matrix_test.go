package manifests

import (
	"fmt"
	"strings"
	"testing"
)

func TestMatrix(t *testing.T) {
	for _, r := range []readingCase{
		{"the example of cli.md", "a.yaml", `
items:
  - id: cat-{{.color}}
    prompt: A sitting {{.color}} cat, {{.mood}}
    matrix: {color: [ginger, black], mood: [happy]}
    count: 2
    columns: {sku: A-17, colour: "{{.color | upper}}"}
`, `1 id=cat-ginger prompt="A sitting ginger cat, happy" columns=["A-17" "GINGER"]
1.2 id=cat-ginger-2 prompt="A sitting ginger cat, happy" columns=["A-17" "GINGER"]
1.3 id=cat-black prompt="A sitting black cat, happy" columns=["A-17" "BLACK"]
1.4 id=cat-black-2 prompt="A sitting black cat, happy" columns=["A-17" "BLACK"]`},
		{"the product in order", "a.yaml", "items:\n- {prompt: '{{.b}}{{.a}}', matrix: {b: [1, 2], a: [x, y]}}\n- prompt: z\n",
			"1 prompt=\"1x\"\n1.2 prompt=\"1y\"\n1.3 prompt=\"2x\"\n1.4 prompt=\"2y\"\n2 prompt=\"z\""},
		{"a plain id is numbered", "a.yaml", "items:\n- {id: cat, file: c.png, prompt: '{{.a}}', matrix: {a: [x, y]}, count: 2, seed: 7}\n",
			`1 id=cat prompt="x" seed=7 file=c.png
1.2 id=cat-2 prompt="x" seed=8 file=c.png
1.3 id=cat-3 prompt="y" seed=7 file=c.png
1.4 id=cat-4 prompt="y" seed=8 file=c.png`},
		{"seeds", "a.yaml", "items:\n- {id: cat, prompt: 'a {{ b }}', seeds: [3, 1]}\n", "1 id=cat prompt=\"a {{ b }}\" seed=3\n1.2 id=cat-2 prompt=\"a {{ b }}\" seed=1"},
		{"seeds and matrix", "a.yaml", "defaults: {count: 2}\nitems:\n- {id: '{{.a}}', file: '{{.a}}/{{.seed}}', prompt: p, seeds: [3, 1], matrix: {a: [x, y]}}\n",
			`1 id=x prompt="p" seed=3 file=x/3
1.2 id=x-2 prompt="p" seed=1 file=x/1
1.3 id=y prompt="p" seed=3 file=y/3
1.4 id=y-2 prompt="p" seed=1 file=y/1`},
		{"braces are text without a matrix", "a.yaml", "items:\n- prompt: a {{b}} {{\n", `1 prompt="a {{b}} {{"`},
		{"all settings that are text", "a.yaml", "items:\n- {prompt: p, model: 'qwen-{{.m}}', size: '{{.w}}:9', negative_prompt: 'no {{.m}}', matrix: {m: [image], w: [16]}}\n",
			`1 prompt="p" negative_prompt="no image" model=qwen-image size=16:9`},
		{"Chinese names, and names with blanks", "a.yaml", "items:\n- {prompt: '{{.风格}} {{index . \"two words\"}}', matrix: {风格: [水墨], two words: [a]}}\n", `1 prompt="水墨 a"`},
		{"functions", "a.yaml", `
items:
  - matrix: {a: [" Red Fox "], b: [""], c: [x]}
    prompt: |-
      {{.a | trim | lower}}; {{upper .c}}; {{.b | default "none"}}; {{.a | replace "Fox" "Cat" | trim}}; {{join ", " .c .b .a}}
      {{- with .b}}, {{.}}{{end}}{{if eq .c "x"}}; {{printf "%03d" 7}}{{end}}{{/* note */}}{{$y := .c}}; {{$y}}{{$.c}} {{len .c}}
`, `1 prompt="red fox; X; none; Red Cat; x,  Red Fox ; 007; xx 1"`},
		{"an empty negative prompt by a word", "a.yaml", "defaults: {negative_prompt: dogs}\nitems:\n- {prompt: p, negative_prompt: '{{.n}}', matrix: {n: ['', x]}}\n",
			"1 prompt=\"p\" negative_prompt=\"\"\n1.2 prompt=\"p\" negative_prompt=\"x\""},
	} {
		r.test(t)
	}
}

func TestMatrixMistakes(t *testing.T) {
	for _, r := range []refusal{
		{"an id for several combinations", "a.yaml", "items:\n- id: cat-{{.color}}\n  prompt: p\n  matrix: {color: [red, blue], mood: [happy, sad], one: [x], two words: [a, b]}\n",
			`a.yaml:2:7: id: "cat-red" is the id of several combinations of the matrix; put {{.mood}} and {{index . "two words"}} into it`},
		{"words that become the same", "a.yaml", "items:\n- {id: '{{lower .a}}', prompt: p, matrix: {a: [X, x]}}\n", `a.yaml:2:8: id: "x" is the id of several combinations of the matrix`},
		{"words that are not there", "a.yaml", "items:\n- id: x\n  prompt: A {{.colour}} cat\n  file: '{{.zzzzzz}}'\n  model: \"\\u0061{{.mod}}\"\n  matrix: {color: [red], mood: [happy]}\n",
			`a.yaml:3:15: prompt: {{.colour}} is not a word of the matrix; did you mean {{.color}}?
a.yaml:4:12: file: {{.zzzzzz}} is not a word of the matrix; there are "color", "mood"
a.yaml:5:10: model: {{.mod}} is not a word of the matrix; did you mean {{.mood}}?`},
		{"in a block", "a.yaml", "items:\n- matrix: {a: [x]}\n  prompt: |\n    one\n    two 二 {{.b}}\n", `a.yaml:5:13: prompt: {{.b}} is not a word of the matrix; there are "a"`},
		{"syntax", "a.yaml", "items:\n- {prompt: 'a {{.a', matrix: {a: [x]}}\n- {prompt: 'a {{color}}', matrix: {color: [x]}}\n- {prompt: '{{.a | lowr}}', matrix: {a: [x]}}\n- {prompt: '{{if .a}}', matrix: {a: [x]}}\n",
			`a.yaml:2:15: prompt: a text with {{…}} that cannot be read: unclosed action
a.yaml:3:17: prompt: there is no function color; words are written {{.color}}, functions are lower, upper, trim, default, replace, join, index, printf, print, len, eq, ne, lt, le, gt, ge, and, or, not
a.yaml:4:20: prompt: there is no function lowr; did you mean lower?
a.yaml:5:13: prompt: a text with {{…}} that cannot be read: unexpected EOF`},
		{"what is not for manifests", "a.yaml", `items:
- {matrix: {a: [x]}, prompt: '{{range 1000000000000}}{{end}}'}
- {matrix: {a: [x]}, prompt: '{{define "x"}}{{template "x"}}{{end}}{{template "x"}}'}
- {matrix: {a: [x]}, prompt: '{{template "text"}}'}
- {matrix: {a: [x]}, prompt: 'x {{.}}'}
- {matrix: {a: [x]}, prompt: '{{.a.b}}'}
- {matrix: {a: [x]}, prompt: '{{with .a}}{{.a}}{{end}}'}
- {matrix: {a: [x]}, prompt: '{{html .a}}'}
- {matrix: {a: [x]}, prompt: '{{index .a 0}}'}
`, `a.yaml:2:31: prompt: range is not for manifests
a.yaml:3:31: prompt: define and block are not for manifests
a.yaml:4:31: prompt: template is not for manifests
a.yaml:5:35: prompt: {{.}} is all words at once; write {{.name}}
a.yaml:6:35: prompt: a word has no parts; write {{.a}}, or {{index . "two words"}}
a.yaml:7:44: prompt: inside {{with …}} a word is written {{$.a}}
a.yaml:8:33: prompt: there is no function html; words are written {{.html}}, functions are lower, upper, trim, default, replace, join, index, printf, print, len, eq, ne, lt, le, gt, ge, and, or, not
a.yaml:9:33: prompt: index is written {{index . "a name with blanks"}}`},
		{"matrices that are none", "a.yaml", "items:\n- {prompt: p, matrix: [a]}\n- {prompt: p, matrix: {a: x}}\n- {prompt: p, matrix: {a: []}}\n- {prompt: p, matrix: {a: [x, ~, [y], x]}}\n- {prompt: p, matrix: {a: [x], a: [y]}}\n",
			`a.yaml:2:23: matrix: must be a mapping of lists, as in matrix: {color: [ginger, black]}
a.yaml:3:27: matrix.a: must be a list with something in it, as in color: [ginger, black]
a.yaml:4:27: matrix.a: must be a list with something in it, as in color: [ginger, black]
a.yaml:5:31: matrix.a: has nothing here; an empty word is written ''
a.yaml:5:34: matrix.a: must be a single value, not a list; text that begins with [ or { must stand in quotes
a.yaml:5:39: matrix.a: "x" stands here twice
a.yaml:6:32: matrix.a: stands here twice, first in line 6`},
		{"seeds that are none", "a.yaml", "items:\n- {prompt: p, seeds: 3}\n- {prompt: p, seeds: [1, -2, x, '3', 1]}\n- {prompt: p, seeds: [1], seed: 2}\n- {prompt: p, seeds: [1, 2], count: 2}\n- {prompt: p, seeds: [1], matrix: {seed: [2]}}\n",
			`a.yaml:2:22: seeds: must be a list with something in it, as in seeds: [1, 2, 3]
a.yaml:3:26: seeds: -2 is not among 0…2147483647
a.yaml:3:30: seeds: "x" is not a whole number
a.yaml:3:33: seeds: "3" is text; write the number without quotes
a.yaml:3:38: seeds: "1" stands here twice
a.yaml:4:33: seed: stands beside seeds; say one of them
a.yaml:5:37: count: stands beside seeds, of which each makes one item
a.yaml:6:35: matrix: seed is the number of the seeds already; take another word`},
		{"mistakes of the parts are told once", "a.yaml", "items:\n- {prompt: '{{.a}}', size: big, matrix: {a: [x, y, z]}}\n- {prompt: '{{.a}}', matrix: {a: [x, ' ']}}\n",
			"a.yaml:2:28: size: \"big\" is not a size; write 1328*1328 or 16:9\na.yaml:3:12: prompt: is empty"},
		{"a default with a word in it", "a.yaml", "defaults: {negative_prompt: 'no {{.a}}', model: 'm{{.b}}'}\nitems:\n- {prompt: '{{.a}}', matrix: {a: [x]}}\n- {prompt: '{{.a}}', negative_prompt: '', matrix: {a: [x]}}\n",
			"a.yaml:1:29: negative_prompt: {{.a}} is put into the texts of items, not into their defaults; write it there"},
		{"a matrix for all items", "a.yaml", "defaults: {matrix: {a: [x]}, seeds: [1]}\nitems: []\n", "a.yaml:1:12: matrix: belongs to an item and has no default\na.yaml:1:30: seeds: belongs to an item and has no default"},
		{"an id that another item has", "a.yaml", "items:\n- {id: 'cat-{{.a}}', prompt: p, matrix: {a: [x, y]}}\n- {id: cat-y, prompt: p}\n", `a.yaml:3:8: id: "cat-y" is used already at a.yaml:2:8`},
	} {
		r.test(t)
	}
}

// What a matrix adds is bounded before it is made.
func TestMatrixIsBounded(t *testing.T) {
	upTo := func(n int) string {
		words := make([]string, n)
		for i := range words {
			words[i] = fmt.Sprint(i)
		}
		return "[" + strings.Join(words, ", ") + "]"
	}
	hundred := upTo(100)
	huge := "items:\n- {prompt: p, matrix: {" + strings.TrimSuffix(strings.Repeat("%: "+hundred+", ", 8), ", ") + "}}\n"
	for i := range 8 {
		huge = strings.Replace(huge, "%", string(rune('a'+i)), 1)
	}
	for text, want := range map[string]string{
		huge: "a.yaml:2:23: matrix: adds more items than the 10000 that are allowed (--max-items)",
		"items:\n- {prompt: p, count: 200, matrix: {a: " + hundred + "}}\n":                          "a.yaml:2:22: count: 200 for each of 100 combinations adds more items than the 10000 that are allowed (--max-items)",
		"items:\n" + strings.Repeat("- {prompt: p, matrix: {a: "+hundred+", b: "+upTo(60)+"}}\n", 2): "a.yaml:3:23: matrix: adds up to more than the 10000 items that are allowed (--max-items)",
	} {
		if got := mistakes(t, "a.yaml", text, Options{}); got != want {
			t.Errorf("mistakes are %s, want %s", got, want)
		}
	}
	m, err := load(t, "a.yaml", "items:\n- {prompt: p, matrix: {a: [x, y]}, count: 3}\n- prompt: q\n- {prompt: r, seeds: [1, 2]}\n", Options{MaxItems: 6})
	if err != nil {
		t.Fatal(err)
	}
	if totals, err := m.Check(); err != nil || totals.Rows != 3 || totals.Items != 9 || totals.Added != 6 {
		t.Errorf("Check() = %+v, %v", totals, err)
	}
}

// The fingerprint is of the texts with the words in them.
func TestFingerprintsOfAMatrix(t *testing.T) {
	m, err := load(t, "a.yaml", "items:\n- {prompt: 'a {{.what}}', matrix: {what: [cat, dog]}}\n", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := all(t, m)[0].Fingerprint(), (&Item{Prompt: "a cat"}).Fingerprint(); got != want {
		t.Errorf("the fingerprint is %x, want that of the plain item, %x", got, want)
	}
}

// Picture is the name that collisions are looked for by.
func TestPictureNames(t *testing.T) {
	m, err := load(t, "a.yaml", "items:\n- {prompt: '{{.a}}', file: '{{.a}}.png', matrix: {a: [x, y]}, count: 2}\n- {prompt: p, file: c.png, matrix: {a: [x, y]}}\n- {prompt: p, id: i, count: 2}\n- prompt: p\n", Options{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, it := range all(t, m) {
		names = append(names, it.Picture())
	}
	if got, want := fmt.Sprintf("%q", names), `["x" "x-2" "y" "y-2" "c" "c-2" "i" "i-2" ""]`; got != want {
		t.Errorf("pictures are %s, want %s", got, want)
	}
}
