package manifests

import (
	"os"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// loadOver writes a manifest and the sheets beside it, and opens the manifest.
func loadOver(t testing.TB, yaml string, files map[string]string, o Options) (*Manifest, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	os.Mkdir("sub", 0o700)
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile("sub/a.yaml", []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := Open("sub/a.yaml", o)
	if err == nil {
		t.Cleanup(func() { m.Close() })
	}
	return m, err
}

func overCSV(text string) map[string]string { return map[string]string{"sub/a.csv": text} }

func overBook(t testing.TB, sheet string, rows ...[]any) map[string]string {
	b := newBook(t)
	b.NewSheet(sheet)
	text, err := b.rows(sheet, "B3", rows...).WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{"sub/a.xlsx": text.String()}
}

func TestOverASheet(t *testing.T) {
	gb, _ := simplifiedchinese.GB18030.NewEncoder().String("描述,风格\n一只猫,水墨\n")
	for name, c := range map[string]struct {
		yaml  string
		files map[string]string
		o     Options
		want  string
	}{
		"the example of cli.md": {`
rows: a.xlsx
sheet: my sheet
defaults: {prompt: "{{.Prompt}}, {{.Style}}", model: qwen-image-plus, size: "1:1"}
`, overBook(t, "My Sheet", cells{"Prompt", "Style", "Size"}, cells{"a cat", "ink", "1024x1024"}, cells{"a dog", "oil"}), Options{},
			"4 prompt=\"a cat, ink\" model=qwen-image-plus size=1024*1024 columns=[\"ink\"]\n5 prompt=\"a dog, oil\" model=qwen-image-plus size=1:1 columns=[\"oil\"]"},
		"without templates": {"rows: a.csv\ndefaults: {size: '1:1', id: x}\n", overCSV("prompt,size\na {{.b}},16:9\n"), Options{}, `2 id=x prompt="a {{.b}}" size=16:9`},
		"no prompt column": {"rows: a.csv\ndefaults: {prompt: 'a {{.Colour}} {{.Thing}}', id: '{{lower .SKU}}', file: '{{.SKU}}.png'}\n", overCSV("SKU,Thing,Colour\nA-1,cup,red\n"), Options{},
			`2 id=a-1 prompt="a red cup" file=A-1.png columns=["A-1" "cup" "red"]`},
		"no prompt column, in a workbook with a title": {"rows: a.xlsx\nsheet: S\ndefaults: {prompt: 'a {{.Colour}} {{.Thing}}'}\n",
			overBook(t, "S", cells{"Our things"}, cells{"Thing", "Colour"}, cells{"cup", "red"}), Options{}, `5 prompt="a red cup" columns=["cup" "red"]`},
		"one prompt for all": {"rows: a.csv\ndefaults: {prompt: a cat}\n", overCSV("seed\n1\n2\n"), Options{}, "2 prompt=\"a cat\" seed=1\n3 prompt=\"a cat\" seed=2"},
		"by meaning, case and blanks": {"rows: a.csv\ndefaults: {prompt: '{{.Prompt}} {{.STYLE}} {{.my_note}} {{index . \"my note\"}}'}\n", overCSV("提示词,style,My Note\n猫,a,b\n"), Options{},
			`2 prompt="猫 a b b" columns=["a" "b"]`},
		"GB18030, Chinese names, columns": {"rows: a.csv\nencoding: gb18030\ncolumns: {prompt: 描述}\ndefaults: {prompt: '{{.描述}}，{{.风格}}', negative_prompt: '{{index . \"风格\"}}画'}\n", overCSV(gb), Options{},
			`2 prompt="一只猫，水墨" negative_prompt="水墨画" columns=["水墨"]`},
		"the flags, where the manifest does not say": {"rows: a.csv\n", overCSV("描述\na\n"), Options{Columns: map[string]string{"prompt": "描述"}, Defaults: Defaults{Size: "4:3"}}, `2 prompt="a" size=4:3`},
		"JSON lines":          {"rows: ../b.jsonl\ndefaults: {prompt: '{{.text}} {{.style}}'}\n", map[string]string{"b.jsonl": `{"text": "a", "style": "b"}` + "\n" + `{"prompt": "c"}`}, Options{}, "1 prompt=\"a b\" columns=[\"b\"]\n2 prompt=\"c\" columns=[\"\"]"},
		"braces in the sheet": {"rows: a.csv\ndefaults: {prompt: '{{.prompt}}!'}\n", overCSV("prompt\n{{.x}} {{\n"), Options{}, `2 prompt="{{.x}} {{!"`},
		"a matrix and seeds over rows": {"rows: a.csv\ndefaults: {id: '{{.id}}-{{.color}}', prompt: '{{.color}} {{.prompt}}', matrix: {color: [red, blue]}, seeds: [5, 6]}\n", overCSV("id,prompt,seed\na,cup,\nb,jug,9\n"), Options{},
			`2 id=a-red prompt="red cup" seed=5
2.2 id=a-red-2 prompt="red cup" seed=6
2.3 id=a-blue prompt="blue cup" seed=5
2.4 id=a-blue-2 prompt="blue cup" seed=6
3 id=b-red prompt="red jug" seed=9
3.2 id=b-blue prompt="blue jug" seed=9`},
		"a template that gives nothing": {"rows: a.csv\ndefaults: {size: '{{.w}}', prompt: '{{.prompt}}'}\n", overCSV("prompt,w\na,16:9\nb,\n"), Options{}, "2 prompt=\"a\" size=16:9 columns=[\"16:9\"]\n3 prompt=\"b\" columns=[\"\"]"},
		"an empty sheet":                {"rows: a.csv\n", overCSV(""), Options{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := loadOver(t, c.yaml, c.files, c.o)
			if err != nil {
				t.Fatal(err)
			}
			if got := showAll(t, m); got != c.want {
				t.Errorf("items are\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestOverMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		yaml  string
		files map[string]string
		want  string
	}{
		"no such file":   {"rows: b.csv\n", nil, "sub/a.yaml:1:7: rows: sub/b.csv does not exist"},
		"no name":        {"rows: ''\n", nil, "sub/a.yaml:1:7: rows: names no file"},
		"another YAML":   {"rows: a.yaml\n", nil, "sub/a.yaml:1:7: rows: names a YAML manifest; it is for sheets: .xlsx, .csv, .tsv or .jsonl"},
		"a list":         {"rows: [a.csv]\n", nil, "sub/a.yaml:1:7: rows: must be a single value, not a list; text that begins with [ or { must stand in quotes"},
		"another kind":   {"rows: a.ods\n", map[string]string{"sub/a.ods": ""}, "sub/a.ods: .ods is not read; in LibreOffice: File, Save As, Excel 2007-365 (.xlsx)"},
		"no sheet":       {"rows: a.xlsx\nsheet: Tow\n", overBook(t, "Two"), `sub/a.xlsx: there is no sheet "Tow"; did you mean "Two"? there are "Sheet1", "Two"`},
		"sheet of a CSV": {"rows: a.csv\nsheet: x\n", overCSV("prompt\na\n"), "sub/a.csv: --sheet names a sheet of a workbook, and this is none"},
		"no prompts":     {"rows: a.csv\n", overCSV("描述\na\n"), `sub/a.csv:1:1: no column holds the prompts; the first row is "描述"; name the column: --column prompt=描述`},
		"missing columns": {"rows: a.csv\ndefaults:\n  prompt: 'a {{.Stlye}}'\n  id: '{{.zzzzzzz}}'\n", overCSV("prompt,Style\na,b\n"),
			`sub/a.yaml:3:16: prompt: the sheet has no column {{.Stlye}}; did you mean {{.Style}}?
sub/a.yaml:4:10: id: the sheet has no column {{.zzzzzzz}}; there are "prompt", "Style"`},
		"a word of the matrix that is a column": {"rows: a.csv\ndefaults: {matrix: {Style: [a]}}\n", overCSV("prompt,style\na,b\n"), "sub/a.yaml:2:20: matrix.Style: is a column of the sheet too; take another word"},
		"a template that cannot be read, and therefore no prompts": {"rows: a.csv\ndefaults:\n  prompt: \"{{.Image Prompt}}, {{.Style Name}}\"\n", overCSV("Image Prompt,Style Name\nA cat,oil\n"),
			"sub/a.yaml:3:12: prompt: {{.Image Prompt}}: a name of several words is written {{.Image_Prompt}}"},
		"names with other signs": {"rows: a.csv\ndefaults:\n  prompt: 'a {{.Thing (EN)}}'\n  id: '{{.SKU-Nr}}'\n  size: '{{- .a.b c -}}'\n", overCSV("Thing (EN)\nA cat\n"),
			`sub/a.yaml:3:14: prompt: {{.Thing (EN)}}: a name of several words is written {{.Thing__EN_}}
sub/a.yaml:4:8: id: {{.SKU-Nr}}: a name of several words is written {{.SKU_Nr}}
sub/a.yaml:5:10: size: {{.a.b c}}: a name of several words is written {{.a_b_c}}`},
		"a slip in the defaults, and therefore no prompts": {"rows: a.csv\ndefaults: {promt: '{{.Thing}}'}\n", overCSV("Thing\nA cat\n"),
			"sub/a.yaml:2:12: promt: is not a key here; did you mean prompt?"},
		"a template that cannot be read, and no sheet": {"rows: b.csv\ndefaults: {prompt: '{{.Thing'}\n", nil,
			"sub/a.yaml:2:21: prompt: a text with {{…}} that cannot be read: unclosed action"},
		"columns that are no fields": {"rows: a.csv\ncolumns: {promt: x, size: [y]}\n", overCSV("x\na\n"),
			"sub/a.yaml:2:18: columns.promt: is not a field; did you mean prompt?\nsub/a.yaml:2:27: columns.size: must be a single value, not a list; text that begins with [ or { must stand in quotes"},
		"mistakes in the rows": {"rows: a.csv\ndefaults: {size: '{{.w}}', id: '{{.prompt}}'}\n", overCSV("prompt,w\na,big\na,\n"),
			"sub/a.csv:2:1: size: \"big\" is not a size; write 1328*1328 or 16:9\nsub/a.csv:3:1: id: \"a\" is used already at sub/a.csv:2:1"},
		"a prompt of nothing": {"rows: a.csv\ndefaults: {prompt: '{{.w}}'}\n", overCSV("x,w\na,\n"), "sub/a.csv:2:1: prompt: is empty"},
		"mistakes in the defaults": {"rows: a.csv\ndefaults: {size: big, skip: yes, prompt: '{{.x'}\n", overCSV("prompt\na\n"),
			`sub/a.yaml:2:18: size: "big" is not a size; write 1328*1328 or 16:9
sub/a.yaml:2:23: skip: belongs to an item and has no default
sub/a.yaml:2:43: prompt: a text with {{…}} that cannot be read: unclosed action`},
		"a matrix that is too large":  {"rows: a.csv\ndefaults: {matrix: {a: [1, 2]}, count: 3001}\n", overCSV("prompt\na\nb\n"), "sub/a.yaml:2:20: matrix: adds up to more than the 10000 items that are allowed (--max-items)"},
		"count and seeds":             {"rows: a.csv\ndefaults: {seeds: [1], count: 3}\n", overCSV("prompt\na\n"), "sub/a.yaml:2:31: count: stands beside seeds, of which each makes one item"},
		"braces where no template is": {"rows: a.csv\ndefaults: {seed: '{{.x}}'}\n", overCSV("prompt,x\na,1\n"), `sub/a.yaml:2:18: seed: "{{.x}}" is not a whole number`},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := loadOver(t, c.yaml, c.files, Options{})
			if err == nil {
				_, err = m.Check()
			}
			if err == nil || err.Error() != c.want {
				t.Errorf("mistakes are\n%v\nwant\n%s", err, c.want)
			}
		})
	}
}

// An error of a formula matters where a template uses it, and only there.
func TestOverSpoiledCells(t *testing.T) {
	b := newBook(t).rows("Sheet1", "A1", cells{"prompt", "x", "y"}, cells{"a", nil, "c"})
	b.SetCellFormula("Sheet1", "B2", "1+1")
	text, _ := b.WriteToBuffer()
	for yaml, want := range map[string]string{
		"rows: a.xlsx\ndefaults: {prompt: '{{.prompt}} {{.x}}'}\n": "sub/a.xlsx:Sheet1!B2: x: is a formula that was never calculated; open the workbook in a spreadsheet program and save it",
		"rows: a.xlsx\ndefaults: {prompt: '{{.prompt}} {{.y}}'}\n": "",
	} {
		m, err := loadOver(t, yaml, map[string]string{"sub/a.xlsx": text.String()}, Options{})
		if err == nil {
			_, err = m.Check()
		}
		if err == nil && want != "" || err != nil && err.Error() != want {
			t.Errorf("%s gives %v, want %s", yaml, err, want)
		}
	}
}
