package manifests

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// PartiPrompts has quotes in the middle and at the start of fields; a lenient reader merges 14 of its rows.
func TestPartiPromptsHas1632Rows(t *testing.T) {
	m, err := Open("testdata/PartiPrompts.tsv", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	items := all(t, m)
	if len(items) != 1632 {
		t.Errorf("%d items, want 1632", len(items))
	}
	for i, it := range items {
		if it.Row != i+2 || it.At("prompt").Line != i+2 {
			t.Fatalf("item %d has row %d in line %d, want %d", i, it.Row, it.At("prompt").Line, i+2)
		}
	}
	if got := strings.Join(m.Columns(), ","); got != "Category,Challenge,Note" {
		t.Errorf("Columns() = %s", got)
	}
	const giggle = `"G I G G L E" painted in thick colorful lettering as graffiti on a faded red brick wall with a splotch of exploding white paint.`
	if got := items[1560].Prompt; got != giggle {
		t.Errorf("row 1562 is %q", got)
	}
}

// H13: what people's editors and spreadsheets make of CSV.
func TestH13Tables(t *testing.T) {
	for _, r := range []readingCase{
		{"one column", "a.csv", "prompt\na cat\n", `2 prompt="a cat"`},
		{"no line end at the end", "a.csv", "prompt\na cat", `2 prompt="a cat"`},
		{"CRLF", "a.csv", "prompt,size\r\na cat,16:9\r\n", `2 prompt="a cat" size=16:9`},
		{"CR", "a.csv", "prompt,size\ra cat,16:9\ra dog,1:1\r", "2 prompt=\"a cat\" size=16:9\n3 prompt=\"a dog\" size=1:1"},
		{"byte order mark and quoted header", "a.csv", "\ufeff\"prompt\",\"id\"\na,b\n", `2 id=b prompt="a"`},
		{"semicolons", "a.csv", "prompt;size\na, b;16:9\n", `2 prompt="a, b" size=16:9`},
		{"tabs in .csv", "a.csv", "prompt\tsize\na, b\t16:9\n", `2 prompt="a, b" size=16:9`},
		{"commas in .tsv", "a.tsv", "prompt,size\na,16:9\n", `2 prompt="a" size=16:9`},
		{"any order and case", "a.csv", "SIZE,Negative Prompt, PROMPT \n16:9,no,a\n", `2 prompt="a" negative_prompt="no" size=16:9`},
		{"Chinese header", "a.csv", "编号,提示词,反向提示词,尺寸,种子,数量,模型,文件名,水印\nx,一只猫,狗,１６：９,７,1,m,f,否\n",
			`2 id=x prompt="一只猫" negative_prompt="狗" model=m size=16:9 seed=7 watermark=false file=f`},
		{"full-width header", "a.csv", "Ｐｒｏｍｐｔ，\na\n", `2 prompt="a"`},
		{"blank rows count as rows", "a.csv", "prompt,size\n\na,1:1\n,\n  \nb,\n", "3 prompt=\"a\" size=1:1\n6 prompt=\"b\""},
		{"blank rows before the header", "a.csv", "\n,\nprompt,size\na,1:1\n", `4 prompt="a" size=1:1`},
		{"missing and surplus empty cells", "a.csv", "prompt,size,x\na\nb,1:1,c,, \n", "2 prompt=\"a\" columns=[\"\"]\n3 prompt=\"b\" size=1:1 columns=[\"c\"]"},
		{"header with empty cells at its end", "a.csv", "prompt,x,,\na,b,,\n", `2 prompt="a" columns=["b"]`},
		{"header with an empty cell inside", "a.csv", "prompt,,x,x\na,1,2,3\n", `2 prompt="a" columns=["1" "2" "3"]`},
		{"several lines in a cell", "a.csv", "prompt,x\n\"a\r\nb\nc\",\"d\r\n\"\"e\"\"\"\nf,g\n",
			"2 prompt=\"a\\nb\\nc\" columns=[\"d\\n\\\"e\\\"\"]\n3 prompt=\"f\" columns=[\"g\"]"},
		{"white space around", "a.csv", "prompt,x\n  a  , b \n\u3000一\u3000,c\n", "2 prompt=\"a\" columns=[\" b \"]\n3 prompt=\"一\" columns=[\"c\"]"},
		{"empty cells say nothing", "a.csv", "prompt,negative_prompt,seed\na,\"\",\n", `2 prompt="a"`},
		{"empty file", "a.csv", "", ""},
		{"header only", "a.csv", "prompt,size\n", ""},
		{"only blank rows", "a.csv", "\n , \n", ""},
		{"a title above the header", "a.csv", "My prompts 2026;;\n;;\nid;prompt;size\n1;A cat;16:9\n", `4 id=1 prompt="A cat" size=16:9`},
		{"a title and a note, of more cells", "a.csv", "Summer, campaign\nsee also,the brief,of May\nid,prompt,size\n1,A cat,16:9\n", `4 id=1 prompt="A cat" size=16:9`},
		{"a title with the separator in quotes, and a line end", "a.csv", "\"Prompts, all\nof them\"\n\nNo,Prompt\n1,A cat\n", `4 prompt="A cat" columns=["1"]`},
		{"a title above one column", "a.csv", "My prompts\nprompt\nA cat\ntext\n", "3 prompt=\"A cat\"\n4 prompt=\"text\""},
		{"a title that is a name of ours", "a.tsv", "Prompts\nid\tprompt\n1\tA cat\n", `3 id=1 prompt="A cat"`},
		{"a title above a header in Chinese", "a.csv", "夏季活动,,\n编号,提示词,尺寸\n1,一只猫,16:9\n", `3 id=1 prompt="一只猫" size=16:9`},
		{"a title above tabs", "a.csv", "My prompts, all of them\nid\tprompt\n1\tA cat, sitting\n", `3 id=1 prompt="A cat, sitting"`},
		{"the separator said", "a.csv", "sep=;\nid;prompt\n1;A cat, sitting\n", `2 id=1 prompt="A cat, sitting"`},
		{"the separator said in quotes, with others", "a.csv", "\ufeff\"SEP=|\"||\r\nid|prompt\r\n1|A cat, sitting\r\n", `2 id=1 prompt="A cat, sitting"`},
		{"the separator said, and a title", "a.tsv", "sep=,\nAll,\nid,prompt\n1,\"A cat, sitting\"\n", `3 id=1 prompt="A cat, sitting"`},
		{"a row of words that are ours is no header", "a.csv", "prompt\nid\nprompts\ntext\n", "2 prompt=\"id\"\n3 prompt=\"prompts\"\n4 prompt=\"text\""},
		{"UTF-8 by name", "a.txt", "prompt\tid\na\tb\n", `2 id=b prompt="a"`},
	} {
		r.test(t)
	}
}

// cli.md: a field is quoted only if it opens with a quote and its closing quote is followed by a separator or the end
// of the line; else quotes are text.
func TestH13Quotes(t *testing.T) {
	for cells, want := range map[string]string{
		`"a"`:              `a`,
		`"a,b"`:            `a,b`,
		`"a ""b"" c"`:      `a "b" c`,
		`""""`:             `"`,
		`"""a"""`:          `"a"`,
		`a "b" c`:          `a "b" c`,
		`"a" b`:            `"a" b`,
		`"a" "b"`:          `"a" "b"`,
		`5" by 7"`:         `5" by 7"`,
		`"`:                `"`,
		`"a`:               `"a`,
		`"a""`:             `"a""`,
		`"" a`:             `"" a`,
		` "a"`:             `"a"`,
		`a"`:               `a"`,
		`"a"" b" c`:        `"a"" b" c`,
		`"` + "a\nb" + `"`: "a\nb",
	} {
		m, err := load(t, "a.csv", "prompt,id\n"+cells+",x\nb,y\n", Options{})
		if err != nil {
			t.Fatal(err)
		}
		items := all(t, m)
		if len(items) != 2 || items[0].Prompt != want || items[0].ID != "x" {
			t.Errorf("cell %s is read as %s, want %q", cells, showAll(t, m), want)
		}
	}
}

func TestH13TableMistakes(t *testing.T) {
	many := strings.Repeat("c,", 20000)
	for _, r := range []refusal{
		{"no prompt column", "a.csv", "描述,大小\na,b\n",
			`a.csv:1:1: no column holds the prompts; the first row is "描述", "大小"; name the column: --column prompt=描述`},
		{"no prompt column below a title", "a.csv", "My prompts;;\n;;\nNr;Beschreibung;X\n1;Katze;y\n",
			`a.csv:3:1: no column holds the prompts; the first row is "Nr", "Beschreibung", "X"; name the column: --column prompt=Beschreibung`},
		{"known columns are no prompt", "a.csv", "id,size,what\na,b,c\n",
			`a.csv:1:1: no column holds the prompts; the first row is "id", "size", "what"; name the column: --column prompt=what`},
		{"a column that sounds like prompts", "a.csv", "图片编号,画面描述\na,b\n",
			`a.csv:1:1: no column holds the prompts; the first row is "图片编号", "画面描述"; name the column: --column prompt=画面描述`},
		{"a slip", "a.csv", "sku,promt\na,b\n",
			`a.csv:1:1: no column holds the prompts; the first row is "sku", "promt"; name the column: --column prompt=promt`},
		{"bars", "a.csv", "prompt|size\na|b\n",
			`a.csv:1:1: no column holds the prompts; the first row is "prompt|size"; columns are separated by commas, semicolons or tabs, not by |`},
		{"commas of full width", "a.csv", "提示词，尺寸\n猫，16:9\n",
			`a.csv:1:1: no column holds the prompts; the first row is "提示词，尺寸"; columns are separated by commas, semicolons or tabs, not by ，`},
		{"two prompt columns", "a.csv", "id,Prompt,提示词,seed,种子\n1,b,c,1,2\n",
			`a.csv:1:11: "Prompt" and "提示词" both mean prompt; rename one, or choose with --column prompt=Prompt` + "\n" +
				`a.csv:1:20: "seed" and "种子" both mean seed; rename one, or choose with --column seed=seed`},
		{"too many cells", "a.csv", "prompt,size\n一只猫, 两只狗,1:1\nb,1:1\n",
			`a.csv:2:10: the row has 3 cells, the header 2; a cell with a comma in it must stand in quotes`},
		{"empty prompt", "a.csv", "id,prompt\nx,\n\n,a\ny\n", "a.csv:2:3: prompt: is empty\na.csv:5:1: prompt: is empty"},
		{"place behind several lines", "a.csv", "x,prompt,size\r\n\"1\r\n2\r\n3 三\",a,foo\r\n",
			`a.csv:4:8: size: "foo" is not a size; write 1328*1328 or 16:9`},
		{"50,000 columns", "a.csv", "prompt," + strings.Repeat("c,", 50000) + "c\na\n",
			"a.csv:1:32774: the header has 50002 columns; a sheet has at most 16384"},
		{"many cells", "a.csv", "prompt,c\na," + many + "\n",
			"a.csv:2:5: the row has 20002 cells, the header 2; a cell with a comma in it must stand in quotes"},
		{"name with a line break", "a.csv", "prompt,id\na,\"b\nc\"\n", `a.csv:2:3: id: "b\nc" has a line break or another control character in it`},
	} {
		r.test(t)
	}
}

func TestColumnFlag(t *testing.T) {
	text := "描述,prompt,Text,id\na,b,c,d\n"
	m, err := load(t, "a.csv", text, Options{Columns: map[string]string{"prompt": " 描述 "}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := showAll(t, m), `2 id=d prompt="a" columns=["b" "c"]`; got != want {
		t.Errorf("items are %s, want %s", got, want)
	}
	if got := fmt.Sprint(m.Columns()); got != "[prompt Text]" {
		t.Errorf("Columns() = %s", got)
	}
	for want, columns := range map[string]map[string]string{
		`a.csv:1:1: --column prompt=描: there is no column "描"; there are "描述", "prompt", "Text", "id"`: {"prompt": "描"},
		`a.csv:1:1: --column sed=x: there is no field sed; there are id, prompt, negative_prompt, model, size, seed, count, n, ` +
			`prompt_extend, watermark, file, skip, image, prompt_extend_mode, enable_thinking, thinking_mode, color_palette, bbox_list` + "\n" + `a.csv:1:11: "prompt" and "Text" both mean prompt; rename one, or choose with --column prompt=prompt`: {"sed": "x"},
	} {
		if got := mistakes(t, "a.csv", text, Options{Columns: columns}); got != want {
			t.Errorf("mistakes are\n%s\nwant\n%s", got, want)
		}
	}
}

// Positions are those of an editor: code points from 1, the opening quote being the first character of a cell.
func TestPositionsOfCells(t *testing.T) {
	m, err := load(t, "a.csv", "描述,prompt,x\n\"一\n二三\",\"四\"\"\",五\n", Options{})
	if err != nil {
		t.Fatal(err)
	}
	it := all(t, m)[0]
	for field, want := range map[string]string{"描述": "a.csv:2:1", "prompt": "a.csv:3:5", "x": "a.csv:3:11", "id": "a.csv:2:1"} {
		if got := it.At(field).String(); got != want {
			t.Errorf("At(%s) = %s, want %s", field, got, want)
		}
	}
}

func TestRowWithoutEndIsRefused(t *testing.T) {
	text := "prompt\n" + strings.Repeat("a", maxRecord+2) + "\nb\n"
	if got, want := mistakes(t, "a.csv", text, Options{}), "a.csv:2:1: the row is longer than 16 MiB; is a line end or a quote missing?"; got != want {
		t.Errorf("mistakes are %.200s, want %s", got, want)
	}
}

// TestH20OpenQuote is failure mode H20: a quote that is not closed within a MiB is refused with its line and column, wherever
// it stands, and nothing behind it is read.
func TestH20OpenQuote(t *testing.T) {
	rest := strings.Repeat("x,a prompt that goes on\n", 6<<20/24)
	for _, c := range []struct{ text, want string }{
		{"id,prompt\na,one\nb,一 \"quoted\" word\nc,\"an open quote\n" + rest, "a.csv:4:3: "},
		{"id,prompt\n\"open,two\n" + rest, "a.csv:2:1: "},
		{"id,\"prompt\n" + rest, "a.csv:1:4: "},
		{"id,prompt\na,one\nb,\"open\n" + rest + "c,\"closed\"\n", "a.csv:3:3: "},
	} {
		want := c.want + "a quote opens here and is not closed within 1 MiB"
		if got := mistakes(t, "a.csv", c.text, Options{}); got != want {
			t.Errorf("mistakes of %.50q are %.200s, want %s", c.text, got, want)
		}
	}
}

// The scanner, which reads in pieces and looks ahead as little as it can, cuts what cli.md's rule, put as a regular
// expression over the whole text, cuts.
func TestScannerFollowsTheQuotingRule(t *testing.T) {
	quoted := regexp.MustCompile(`^"((?:[^"]|"")*)"(,|\r\n|\n|\r|$)`)
	plain := regexp.MustCompile(`^([^,\r\n]*)(,|\r\n|\n|\r|$)`)
	byRule := func(text string) (rows [][]string) {
		for text != "" {
			var row []string
			for end := ","; end == ","; {
				m := quoted.FindStringSubmatch(text)
				cell := ""
				if m != nil {
					cell = strings.ReplaceAll(m[1], `""`, `"`)
				} else {
					m = plain.FindStringSubmatch(text)
					cell = m[1]
				}
				row, end, text = append(row, cell), m[2], text[len(m[0]):]
			}
			rows = append(rows, row)
		}
		return rows
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("\"\"\",,\n\r a一")), 0, 40, -1).Draw(t, "text")
		var rows [][]string
		line := 1
		s := newScanner(iotest.OneByteReader(strings.NewReader(text)), ',', ref{line: 1}, 0, 1)
		for s.next() {
			var row []string
			for _, c := range s.cells {
				row = append(row, string(s.text(c)))
			}
			rows = append(rows, row)
			if s.line != line || s.offset != int64(strings.Index(text[s.offset:], string(s.bytes())))+s.offset {
				t.Fatalf("record %q of %q is said to stand in line %d, offset %d, want line %d", s.bytes(), text, s.line, s.offset, line)
			}
			line += lineBreaks(s.bytes())
		}
		if want := byRule(text); fmt.Sprintf("%q", rows) != fmt.Sprintf("%q", want) {
			t.Fatalf("%q is cut into %q, want %q", text, rows, want)
		}
	})
}
