package manifests

import (
	"strings"
	"testing"
)

func TestJSONL(t *testing.T) {
	for _, r := range []readingCase{
		{"typed and text values", "a.jsonl", `{"id": 7, "prompt": "a", "seed": 42, "count": "2", "watermark": false, "skip": "yes"}`,
			"1 id=7 prompt=\"a\" seed=42 watermark=false skip=true\n1.2 id=7-2 prompt=\"a\" seed=43 watermark=false skip=true"},
		{"aliases", "a.jsonl", `{"Text": "a", "反向提示词": "b", "aspect-ratio": "16:9", "File Name": "c"}`, `1 prompt="a" negative_prompt="b" size=16:9 file=c`},
		{"blank lines, CRLF, byte order mark", "a.ndjson", "\ufeff{\"prompt\": \"a\"}\r\n\r\n  {\"prompt\": \"b\"}  \r\n", "1 prompt=\"a\"\n3 prompt=\"b\""},
		{"null says nothing, an empty negative prompt does", "a.jsonl", "{\"prompt\": \"a\", \"negative_prompt\": null}\n{\"prompt\": \"b\", \"negative_prompt\": \"\", \"size\": \"\"}\n",
			"1 prompt=\"a\"\n2 prompt=\"b\" negative_prompt=\"\""},
		{"carried-through values", "a.jsonl", "{\"b\": 1.50, \"prompt\": \"a\", \"a\": [1, {\"x\": \"}\"}]}\n{\"c\": true, \"prompt\": \"b\", \"b\": null, \"columns\": {\"d\": \"e\", \"a\": \"f\"}}\n",
			"1 prompt=\"a\" columns=[\"1.50\" \"[1, {\\\"x\\\": \\\"}\\\"}]\" \"\" \"\"]\n2 prompt=\"b\" columns=[\"\" \"f\" \"true\" \"e\"]"},
		{"escapes", "a.jsonl", `{"\u0070rompt": "\u4e00\ud83d\ude00 \"x\" \n y \\ \ufffd"}`, `1 prompt="一😀 \"x\" \n y \\ �"`},
		{"empty file", "a.jsonl", "", ""},
	} {
		r.test(t)
	}
}

// TestJSONLMistakes has failure mode H19 among them, a line of 17 MiB.
func TestJSONLMistakes(t *testing.T) {
	long := `{"prompt": "` + strings.Repeat("a", maxRecord) + `"}`
	for _, r := range []refusal{
		{"types", "a.jsonl", `{"prompt": ["a"]}
{"prompt": {"a": 1}}
{"prompt": true}
{"prompt": "a", "seed": 1.0, "count": 1e3, "n": true}
{"prompt": "a", "watermark": "perhaps", "size": 1024}`,
			`a.jsonl:1:12: prompt: must be a single value, not a list or an object
a.jsonl:2:12: prompt: must be a single value, not a list or an object
a.jsonl:3:12: prompt: true stands where text is wanted
a.jsonl:4:39: count: "1e3" is not a whole number; write 1000
a.jsonl:4:49: n: true stands where a whole number is wanted
a.jsonl:5:30: watermark: "perhaps" is neither true nor false; write true, false, yes, no, 1, 0, 是 or 否
a.jsonl:5:49: size: "1024" is not a size; write 1328*1328 or 16:9`},
		{"syntax", "a.jsonl", "{\"prompt\": \"a\"}\n{\"prompt\": \"一\" \"x\"}\n[1]\n\"a\"\n{\"prompt\": \"a\n",
			`a.jsonl:2:16: is not valid JSON: invalid character '"' after object key:value pair
a.jsonl:3:1: each line is one JSON object, as in {"prompt": "a cat"}
a.jsonl:4:1: each line is one JSON object, as in {"prompt": "a cat"}
a.jsonl:5:13: is not valid JSON: unexpected end of JSON input`},
		{"duplicates", "a.jsonl", `{"prompt": "a", "prompt": "b"}
{"prompt": "a", "text": "b"}
{"prompt": "a", "x": 1, "x": 2, "columns": {"x": 3}}`,
			`a.jsonl:1:17: prompt: stands here twice
a.jsonl:2:17: "prompt" and "text" both mean prompt; rename one, or choose with --column prompt=prompt
a.jsonl:3:25: x: stands here twice
a.jsonl:3:45: x: stands here twice`},
		{"no prompt at all", "a.jsonl", "{\"title\": \"a\"}\n{\"title\": \"b\"}\n",
			`a.jsonl:1:1: no column holds the prompts; the first row is "title"; name the column: --column prompt=title`},
		{"no prompt in a line", "a.jsonl", "{\"prompt\": \"a\"}\n  {\"id\": \"b\"}\n", `a.jsonl:2:3: prompt: is empty`},
		{"half a character and NUL", "a.jsonl", "{\"prompt\": \"a\\ud83d\"}\n{\"prompt\": \"a\\u0000\"}\n",
			"a.jsonl:1:12: prompt: has half a character in it (a \\ud800…\\udfff that does not belong to a pair)\na.jsonl:2:12: prompt: has a NUL character in it"},
		{"a line that is much too long", "a.jsonl", "{\"prompt\": \"a\"}\n" + long[:len(long)-2] + strings.Repeat("b", 1<<20) + "\"}\n{\"prompt\": 1}\n",
			"a.jsonl:2:1: the line is longer than 16 MiB"},
		{"a line without end", "a.jsonl", "{\"prompt\": \"a\"}\n" + long, "a.jsonl:2:1: the line is longer than 16 MiB"},
	} {
		r.test(t)
	}
}

func TestJSONLColumnFlag(t *testing.T) {
	m, err := load(t, "a.jsonl", `{"描述": "a", "prompt": "b", "#": 4}`, Options{Columns: map[string]string{"prompt": "描述", "seed": "#"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := showAll(t, m), `1 prompt="a" seed=4 columns=["b"]`; got != want {
		t.Errorf("items are %s, want %s", got, want)
	}
}
