package manifests

import (
	"fmt"
	"strings"
	"testing"
)

// toldOf is what a reading says without refusing anything: its guesses, then its warnings.
func toldOf(t *testing.T, m *Manifest) string {
	t.Helper()
	totals, err := m.Check()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range append(totals.Guesses, totals.Warnings...) {
		lines = append(lines, e.Error())
	}
	return strings.Join(lines, "\n")
}

// Width and height together are the size, and that is said; what is not read is said, too.
func TestWidthAndHeight(t *testing.T) {
	const pair = `a.csv: "width" and "height" are read as the size; with --column size= they are only carried along`
	for _, c := range []struct{ name, file, text, sizes, told string }{
		{"both", "a.csv", "id,prompt,width,height\n1,a,928,1664\n2,b,1328.0,1328\n3,c,,\n", "928*1664 1328*1328 -", pair},
		{"in Chinese", "a.csv", "提示词,宽,高\na,928,1664\n", "928*1664", strings.ReplaceAll(strings.ReplaceAll(pair, "width", "宽"), "height", "高")},
		{"with units", "a.csv", "prompt,Width (px),Height (px)\na,928,1664\n", "928*1664", strings.ReplaceAll(strings.ReplaceAll(pair, "width", "Width (px)"), "height", "Height (px)")},
		{"of JSON lines", "a.jsonl", `{"prompt": "a", "width": 928, "height": 1664}` + "\n" + `{"prompt": "b"}`, "928*1664 -", strings.Replace(pair, "csv", "jsonl", 1)},
		{"beside a size", "a.csv", "prompt,size,width,height\na,16:9,928,1664\n", "16:9",
			`a.csv:1:13: "width" is only carried along, as another column is the size` + "\n" + `a.csv:1:19: "height" is only carried along, as another column is the size`},
		{"alone", "a.csv", "prompt,width\na,928\n", "-", `a.csv:1:8: "width" is only carried along; with a column height beside it, both would be the size`},
		{"short ones alone", "a.csv", "prompt,w,x\na,928,1\n", "-", ""},
		{"short ones together", "a.csv", "prompt,W,H\na,928,1664\n", "928*1664", strings.ReplaceAll(strings.ReplaceAll(pair, "width", "W"), "height", "H")},
	} {
		m, err := load(t, c.file, c.text, Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var sizes []string
		for _, it := range all(t, m) {
			if it.Size == "" {
				it.Size = "-"
			}
			sizes = append(sizes, it.Size)
		}
		if got := strings.Join(sizes, " "); got != c.sizes {
			t.Errorf("%s: the sizes are %s, want %s", c.name, got, c.sizes)
		}
		if got := toldOf(t, m); got != c.told {
			t.Errorf("%s: told is\n%s\nwant\n%s", c.name, got, c.told)
		}
	}
	if m, err := load(t, "a.csv", "prompt,width,height\na,928,1664\n", Options{Columns: map[string]string{"size": ""}}); err != nil || all(t, m)[0].Size != "" || toldOf(t, m) != "" {
		t.Errorf("with --column size=: %v", err)
	}
	for text, want := range map[string]string{
		"prompt,width,height\na,928,\n":     `a.csv:2:7: height: width and height are both wanted, or neither`,
		"prompt,width,height\na,,928\n":     `a.csv:2:3: width: width and height are both wanted, or neither`,
		"prompt,width,height\na,30cm,928\n": `a.csv:2:3: width: "30cm" and "928" are no width and height in pixels`,
	} {
		if got := mistakes(t, "a.csv", text, Options{}); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestWidthAndHeightOfAWorkbook(t *testing.T) {
	m, err := newBook(t).rows("Sheet1", "A1", cells{"prompt", "Width", "Height"}, cells{"a", 928, 1664}, cells{"b"}).open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(all(t, m)[0].Size, all(t, m)[1].Size); got != "928*1664" {
		t.Errorf("the sizes are %s", got)
	}
}

// An item is known by what an earlier version made of its row, in which widths and heights said nothing.
func TestEarlierFingerprint(t *testing.T) {
	m, err := load(t, "a.csv", "prompt,width,height\na,928,1664\nb,,\n", Options{Defaults: Defaults{Size: "1:1"}})
	if err != nil {
		t.Fatal(err)
	}
	items := all(t, m)
	want := (&Item{Prompt: "a", Size: "1:1"}).Fingerprint()
	if got, other := items[0].EarlierFingerprint(); !other || got != want {
		t.Errorf("EarlierFingerprint = %x, %t, want %x", got, other, want)
	}
	if _, other := items[1].EarlierFingerprint(); other {
		t.Error("a row that is read as ever has an earlier reading")
	}
}

// Of a column with a weak name and one that speaks of prompts nobody can tell which is drawn.
func TestWhichColumnHoldsThePrompts(t *testing.T) {
	for _, r := range []refusal{
		{"text and image_prompt", "a.csv", "text,image_prompt,schedule\nsave this post,flashcards,x\n",
			`a.csv:1:6: "image_prompt", "text" may both hold the prompts; choose with --column prompt=image_prompt or --column prompt=text`},
		{"Text and Image prompt", "a.csv", "Text,Image prompt\na,b\n",
			`a.csv:1:6: "Image prompt", "Text" may both hold the prompts; choose with --column 'prompt=Image prompt' or --column prompt=Text`},
		{"text and 提示词内容", "a.csv", "text,提示词内容\na,b\n",
			`a.csv:1:6: "提示词内容", "text" may both hold the prompts; choose with --column prompt=提示词内容 or --column prompt=text`},
		{"an id of the prompt", "a.csv", "prompt_id,text\n1,a sitting cat\n",
			`a.csv:1:1: "prompt_id", "text" may both hold the prompts; choose with --column prompt=text or --column prompt=prompt_id`},
		{"JSON lines, an id", "a.jsonl", `{"prompt_id": "1", "text": "a sitting ginger cat"}`,
			`a.jsonl:1:1: "prompt_id", "text" may both hold the prompts; choose with --column prompt=text or --column prompt=prompt_id`},
		{"JSON lines", "a.jsonl", `{"text": "a", "image_prompt": "b"}`,
			`a.jsonl:1:1: "image_prompt", "text" may both hold the prompts; choose with --column prompt=image_prompt or --column prompt=text`},
		{"two aliases", "a.csv", "提示词,prompt\na,b\n",
			`a.csv:1:5: "提示词" and "prompt" both mean prompt; rename one, or choose with --column prompt=提示词`},
		{"the longest texts", "a.csv", "提示词标题,提示词内容,提示词分类\n猫,一只坐着的橘黄色的猫,动物\n",
			`a.csv:1:1: no column holds the prompts; the first row is "提示词标题", "提示词内容", "提示词分类"; name the column: --column prompt=提示词内容`},
		{"a negative one may be longer", "a.csv", "Image Prompt,Negative image prompt\na cat,\"blurred, low resolution, ugly\"\n",
			`a.csv:1:1: no column holds the prompts; the first row is "Image Prompt", "Negative image prompt"; name the column: --column 'prompt=Image Prompt'`},
		{"JSON lines, the longest", "a.jsonl", `{"prompt_title": "cat", "prompt_body": "a sitting ginger cat"}` + "\n" + `{"prompt_title": "dog"}`,
			`a.jsonl:1:1: no column holds the prompts; the first row is "prompt_title", "prompt_body"; name the column: --column prompt=prompt_body`},
	} {
		r.test(t)
	}
	for _, text := range []string{"text,label\na,b\n", "text,negative prompt (en)\na,b\n", "prompt,image_prompt\na,b\n", "text,prompt_extend\na,true\n"} {
		if got := mistakes(t, "a.csv", text, Options{}); got != "" {
			t.Errorf("%q: %s", text, got)
		}
	}
	b := newBook(t).rows("Sheet1", "A1", cells{"Text", "Image prompt"}, cells{"a", "b"})
	if _, err := b.open(Options{}); err == nil || !strings.Contains(err.Error(), `Sheet1!B1: "Image prompt", "Text" may both`) {
		t.Errorf("the workbook gives %v", err)
	}
	if m, err := b.open(Options{Columns: map[string]string{"prompt": "image prompt"}}); err != nil || all(t, m)[0].Prompt != "b" {
		t.Errorf("as the hint says: %v", err)
	}
}

// Columns that are nearly ours are told.
func TestNearlyOurColumn(t *testing.T) {
	for header, want := range map[string]string{
		"img_size": "size", "Image Sizes": "size", "outputResolution": "size", "图片尺寸(px)": "size", "resolutions": "size", "生成尺寸": "size",
		"seeds": "seed", "random seed": "seed", "negatives": "negative_prompt", "neg. negative": "negative_prompt", "反向词": "negative_prompt",
		"water mark on": "watermark", "File Names": "file", "label": "", "score": "", "tags": "", "价格": "",
	} {
		m, err := load(t, "a.csv", "prompt,"+header+"\na,1\n", Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := toldOf(t, m)
		if want == "" && got != "" || want != "" && !strings.Contains(got, "if it is the "+want) {
			t.Errorf("%q: %q, want the %s", header, got, want)
		}
	}
	m, err := load(t, "a.jsonl", `{"prompt": "a", "Sizes": "16:9"}`, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := toldOf(t, m), `a.jsonl:1:1: "Sizes" is only carried along; if it is the size: --column size=Sizes`; got != want {
		t.Errorf("told is %s, want %s", got, want)
	}
}

// Other tools write -1 for any seed; it is said once, however many rows have it.
func TestAnySeed(t *testing.T) {
	m, err := load(t, "a.csv", "prompt,seed\na,42.0\nb,-1\nc,-1.0\nd,－１\n", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := showAll(t, m), "2 prompt=\"a\" seed=42\n3 prompt=\"b\"\n4 prompt=\"c\"\n5 prompt=\"d\""; got != want {
		t.Errorf("the items are\n%s\nwant\n%s", got, want)
	}
	if got, want := toldOf(t, m), "a.csv:3:3: seed: -1 stands for any seed, as in other tools, and is read as an empty cell"; got != want {
		t.Errorf("told is\n%s\nwant\n%s", got, want)
	}
	if got, want := mistakes(t, "a.csv", "prompt,seed\na,-2\n", Options{}),
		"a.csv:2:3: seed: -2 is not among 0…2147483647; leave it empty for a seed of the tool's choice"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A first row that can only be data is no header, and no hint makes one of it.
func TestNoHeader(t *testing.T) {
	const looks = "no column holds the prompts, and the first row looks like one of them: "
	for _, r := range []refusal{
		{"quoted prompts", "a.csv", "\"A sign that says \"\"OPEN\"\", neon\"\n\"A cat, oil on canvas\"\n",
			`a.csv:1:1: ` + looks + `"A sign that says \"OPEN\", neon"; if the file has no header: --no-header`},
		{"short ones", "a.csv", "一只猫\n一只小狗\n", `a.csv:1:1: ` + looks + `"一只猫"; if the file has no header: --no-header`},
		{"numbered", "a.csv", "1,a photo of a bench\n2,a photo of a cow\n", `a.csv:1:1: ` + looks + `"1", "a photo of a bench"; if the file has no header: --no-header --column prompt=2`},
		{"one row", "a.tsv", "a cat and a dog in the snow", `a.tsv:1:1: ` + looks + `"a cat and a dog in the snow"; if the file has no header: --no-header`},
		{"a header", "a.csv", "Titel\nEine lange Beschreibung eines Bildes\n", `a.csv:1:1: no column holds the prompts; the first row is "Titel"; if it is the header, name the column: --column prompt=Titel; if the file has no header: --no-header`},
		{"what may be either", "a.csv", "it's a cat,red\nit's a dog,blue\n", `a.csv:1:1: no column holds the prompts; the first row is "it's a cat", "red"; if it is the header, name the column: --column 'prompt=it'\''s a cat'; if the file has no header: --no-header --column prompt=1`},
		{"a header that speaks of texts", "a.csv", "内容\n猫\n", `a.csv:1:1: no column holds the prompts; the first row is "内容"; name the column: --column prompt=内容`},
	} {
		r.test(t)
	}
	for _, c := range []struct{ name, file, text, prompt, want string }{
		{"CSV", "a.csv", "\"A sign, neon\"\n\n\"A cat, oil\"\n", "", "1 prompt=\"A sign, neon\"\n3 prompt=\"A cat, oil\""},
		{"the second column", "a.csv", "1,a bench\n2,a cow\n", "2", "1 prompt=\"a bench\" columns=[\"1\"]\n2 prompt=\"a cow\" columns=[\"2\"]"},
		{"the word prompt is a prompt", "a.csv", "prompt\na\n", "", "1 prompt=\"prompt\"\n2 prompt=\"a\""},
		{"lines", "a.txt", "a, b\nc; d\n", "", "1 prompt=\"a, b\"\n2 prompt=\"c; d\""},
	} {
		o := Options{NoHeader: true}
		if c.prompt != "" {
			o.Columns = map[string]string{"prompt": c.prompt}
		}
		m, err := load(t, c.file, c.text, o)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if got := showAll(t, m); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
	if _, err := load(t, "a.csv", "1,a bench\n2,a cow\n", Options{NoHeader: true}); err == nil ||
		err.Error() != "a.csv:1:1: the rows have 2 columns and no header; say which has the prompts: --column prompt=2" {
		t.Errorf("of two columns none is named: %v", err)
	}
	if _, err := load(t, "a.jsonl", `{"prompt": "a"}`, Options{NoHeader: true}); err == nil || !strings.Contains(err.Error(), "--no-header is for") {
		t.Errorf("JSON lines: %v", err)
	}
	if _, err := newBook(t).rows("Sheet1", "A1", cells{"a photo of a bench"}, cells{"a photo of a cow"}).open(Options{}); err == nil || strings.Contains(err.Error(), "--column") {
		t.Errorf("a workbook: %v", err)
	}
}

// A text is one prompt a line, unless its first line names its columns.
func TestLinesOfPrompts(t *testing.T) {
	for _, r := range []readingCase{
		{"lines", "a.txt", "a photo of a bench\na photo of a cow\n\na photo of a bicycle\n", "1 prompt=\"a photo of a bench\"\n2 prompt=\"a photo of a cow\"\n4 prompt=\"a photo of a bicycle\""},
		{"quotes and separators are text", "a.txt", "\"OPEN\", a neon sign; at night\nportrait of a man, text, watermark\n", "1 prompt=\"\\\"OPEN\\\", a neon sign; at night\"\n2 prompt=\"portrait of a man, text, watermark\""},
		{"a prompt that has names of ours in it", "a.txt", "landscape, nobody, text, watermark\nb\n", "1 prompt=\"landscape, nobody, text, watermark\"\n2 prompt=\"b\""},
		{"a later line is no header", "a.txt", "a cat\ntext\nb\n", "1 prompt=\"a cat\"\n2 prompt=\"text\"\n3 prompt=\"b\""},
		{"a header", "a.txt", "prompt\na cat\n", "2 prompt=\"a cat\""},
		{"Excel's Unicode text", "a.txt", "id\tprompt\n1\ta cat\n", "2 id=1 prompt=\"a cat\""},
		{"a header with commas", "a.txt", "id,prompt\n1,a cat\n", "2 id=1 prompt=\"a cat\""},
	} {
		r.test(t)
	}
}
