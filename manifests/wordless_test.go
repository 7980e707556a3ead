package manifests

import (
	"strings"
	"testing"
)

// warnings are the warnings of a manifest without mistakes.
func warnings(t testing.TB, m *Manifest) string {
	t.Helper()
	totals, err := m.Check()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, w := range totals.Warnings {
		lines = append(lines, w.Error())
	}
	return strings.Join(lines, "\n")
}

// hintOf is the first hint among the mistakes of a manifest.
func hintOf(t testing.TB, name, text string) string {
	t.Helper()
	m, err := load(t, name, text, Options{})
	if err == nil {
		_, err = m.Check()
	}
	list, ok := err.(*ErrorList)
	if !ok {
		t.Fatalf("%v is no list of mistakes", err)
	}
	for _, e := range list.Errors {
		if e.Hint != "" {
			return e.Hint
		}
	}
	return ""
}

// A row that is skipped needs no prompt, and what else stands in it says nothing.
func TestSkippedRowsNeedNoPrompt(t *testing.T) {
	for _, r := range []readingCase{
		{"empty", "a.csv", "id,prompt,skip\na,A cat,\nb,,yes\n", "2 id=a prompt=\"A cat\"\n3 id=b prompt=\"\" skip=true"},
		{"totals", "a.csv", "编号,提示词,数量,种子,跳过\na,一只猫,1,,\n合计,,12,1.5,是\n", "2 id=a prompt=\"一只猫\"\n3 id=合计 prompt=\"\" skip=true"},
		{"the error of a formula", "a.csv", "prompt,skip\nA cat,\n#REF!,1\n", "2 prompt=\"A cat\"\n3 prompt=\"\" skip=true"},
		{"JSON", "a.json", `[{"prompt": "A cat"}, {"prompt": null, "skip": true}]`, "1 prompt=\"A cat\"\n2 prompt=\"\" skip=true"},
		{"YAML", "a.yaml", "items: [{prompt: A cat}, {skip: true}]", "1 prompt=\"A cat\"\n2 prompt=\"\" skip=true"},
	} {
		r.test(t)
	}
	b := newBook(t).rows("Sheet1", "A1", cells{"prompt", "skip"}, cells{"A cat"}, cells{nil, "yes"})
	b.SetCellFormula("Sheet1", "A3", "1/0") // never calculated
	b.check("2 prompt=\"A cat\"\n3 prompt=\"\" skip=true", Options{})
}

// Rows without a prompt are mistakes, and one hint says both ways out for all of them.
func TestRowsWithoutPromptHaveOneHint(t *testing.T) {
	const leave = ", or leave such rows out with --skip-empty"
	for _, c := range []struct{ name, text, want string }{
		{"a.csv", "id,prompt\na,A cat\nTotal,\n", "row 3 has no prompt. Where no picture is meant, write yes into a column skip" + leave},
		{"a.csv", "编号,提示词\na,一只猫\nb,\nc,\n合计,\n", "rows 3, 4 and 5 have no prompt. Where no picture is meant, write 是 into a column 跳过" + leave},
		{"a.csv", "编号,提示词,跳过\na,一只猫,\nb,,\n", "row 3 has no prompt. Where no picture is meant, write 是 into the column 跳过" + leave},
		{"a.csv", "id,prompt\n" + strings.Repeat("x,\n", 20), "20 rows (2, 3, 4, 5, 6, 7, 8, 9, …) have no prompt. Where no picture is meant, write yes into a column skip" + leave},
		{"a.json", `[{"prompt": "a"}, {"id": 7}]`, `row 2 has no prompt. Where no picture is meant, write "skip": true` + leave},
		{"a.yaml", "items: [{prompt: A cat}, {id: x}]", "row 2 has no prompt. Where no picture is meant, write skip: true" + leave},
	} {
		if got := hintOf(t, c.name, c.text); got != c.want {
			t.Errorf("hint of %q is\n%s\nwant\n%s", c.text, got, c.want)
		}
	}
}

func TestSkipEmpty(t *testing.T) {
	o := Options{SkipEmpty: true}
	for _, c := range []struct{ name, text, items, told string }{
		{"a.csv", "id,prompt,count\na,A cat,1\nb,,\nTotal,,12\n", "2 id=a prompt=\"A cat\"", "a.csv: rows 3 and 4 have no prompt and are left out (--skip-empty)"},
		{"a.csv", "id,prompt\na,A cat\nb,nan\n", "2 id=a prompt=\"A cat\"", "a.csv: row 3 has no prompt and is left out (--skip-empty)"},
		{"a.csv", "id,prompt,skip\na,A cat,\nb,,yes\n", "2 id=a prompt=\"A cat\"\n3 id=b prompt=\"\" skip=true", ""},
		{"a.csv", "id,prompt\na,A cat\n", "2 id=a prompt=\"A cat\"", ""},
	} {
		m, err := load(t, c.name, c.text, o)
		if err != nil {
			t.Fatal(err)
		}
		if got := guesses(t, m); got != c.told {
			t.Errorf("told of %q is %q, want %q", c.text, got, c.told)
		}
		if got := showAll(t, m); got != c.items {
			t.Errorf("items of %q are\n%s\nwant\n%s", c.text, got, c.items)
		}
	}
	if got := mistakes(t, "a.csv", "id,prompt\nx,#REF!\n", o); got == "" {
		t.Error("--skip-empty leaves the error of a formula out")
	}
}

// What spreadsheets and programs write in place of a text is no prompt, in no kind of manifest.
func TestErrorsOfSheetsAreNoPrompts(t *testing.T) {
	formula := func(s string) string {
		return `prompt: "` + s + `" is what a spreadsheet shows where a formula has no value; mend it, and save or export the sheet again`
	}
	nothing := func(s string) string {
		return `prompt: "` + s + `" is what programs write for an empty cell, not a prompt`
	}
	for _, r := range []refusal{
		{"CSV", "a.csv", "id,prompt\n1,#REF!\n2,#NAME?\n3,Loading...\n4,nan\n5,null\n", "a.csv:2:3: " + formula("#REF!") + "\na.csv:3:3: " + formula("#NAME?") +
			"\na.csv:4:3: " + formula("Loading...") + "\na.csv:5:3: " + nothing("nan") + "\na.csv:6:3: " + nothing("null")},
		{"JSON", "a.json", `["None", "undefined", " #n/a "]`, "a.json:1:2: " + nothing("None") + "\na.json:1:10: " + nothing("undefined") + "\na.json:1:23: " + formula("#n/a")},
		{"YAML", "a.yaml", "items: [{prompt: NaN}, {prompt: 'Err:502'}]", "a.yaml:1:18: " + nothing("NaN") + "\na.yaml:1:33: " + formula("Err:502")},
		{"other languages", "a.csv", "prompt\n#BEZUG!\n#NOM?\n#¡VALOR!\n正在加载...\n########\n", "a.csv:2:1: " + formula("#BEZUG!") + "\na.csv:3:1: " + formula("#NOM?") +
			"\na.csv:4:1: " + formula("#¡VALOR!") + "\na.csv:5:1: " + formula("正在加载...") + "\na.csv:6:1: " + formula("########")},
	} {
		r.test(t)
	}
	for _, prompt := range []string{"None of them", "#sunset!", "nancy", "A sign that says Loading...", "#1", "NA-TO"} {
		if got := mistakes(t, "a.csv", "prompt\n"+prompt+"\n", Options{}); got != "" {
			t.Errorf("prompt %q: %s", prompt, got)
		}
	}
	if m, err := load(t, "a.csv", "prompt,negative_prompt\na,nan\nb,nan\n", Options{}); err != nil {
		t.Error(err)
	} else if got, want := warnings(t, m), `a.csv:2:3: negative_prompt: "nan" is no negative prompt and is sent as one; an empty cell says nothing`; got != want {
		t.Errorf("warnings are %q, want %q", got, want)
	}
}

// So in what is put into a template, and a row with nothing to put into it is told.
func TestWordsOfTemplates(t *testing.T) {
	const yaml = "rows: a.csv\ndefaults: {prompt: '{{.Thing}}, {{.Style}}'}\n"
	m, err := loadOver(t, yaml, overCSV("Thing,Style\ncup,#REF!\n"), Options{})
	if err == nil {
		_, err = m.Check()
	}
	if want := `sub/a.csv:2:5: Style: "#REF!" is what a spreadsheet shows where a formula has no value; mend it, and save or export the sheet again`; err == nil || err.Error() != want {
		t.Errorf("mistakes are %v, want %s", err, want)
	}
	sheet := overCSV("Thing,Style,Cost\ncup,oil,1\n,,12\njug,,\n,,13\n")
	m, err = loadOver(t, yaml, sheet, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := warnings(t, m), "sub/a.yaml: rows 3 and 5 put no word into the template of the prompt, and are made all the same; --skip-empty leaves such rows out"; got != want {
		t.Errorf("warnings are\n%s\nwant\n%s", got, want)
	}
	m, err = loadOver(t, yaml, sheet, Options{SkipEmpty: true})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := showAll(t, m), "2 prompt=\"cup, oil\" columns=[\"cup\" \"oil\" \"1\"]\n4 prompt=\"jug,\" columns=[\"jug\" \"\" \"\"]"; got != want {
		t.Errorf("items are\n%s\nwant\n%s", got, want)
	}
	m, err = loadOver(t, yaml, overCSV("Thing,Style,skip\ncup,oil,\ncup,#REF!,yes\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Check(); err != nil {
		t.Errorf("a skipped row: %v", err)
	}
}

// Sheets that were put together repeat their headers.
func TestRepeatedHeaders(t *testing.T) {
	for _, r := range []refusal{
		{"CSV", "a.csv", "id,prompt,size\n1,A cat,1:1\nid,prompt,size\n2,A dog,1:1\n", "a.csv:3:1: " + headerAgain},
		{"in another case, and not all of it", "a.csv", "ID,Prompt,Size,Note\n1,A cat,1:1,\nid, PROMPT ,,note\n", "a.csv:3:1: " + headerAgain},
		{"one column", "a.csv", "prompt\nA cat\nprompt\nA dog\n", "a.csv:3:1: " + headerAgain},
	} {
		r.test(t)
	}
	newBook(t).rows("Sheet1", "A1", cells{"id", "提示词"}, cells{1, "A cat"}, cells{"id", "提示词"}, cells{2, "A dog"}).check("a.xlsx:Sheet1!A3: "+headerAgain, Options{})
	m, err := loadOver(t, "rows: a.csv\ndefaults: {prompt: '{{.Thing}}, {{.Style}}'}\n", overCSV("Thing,Style\ncup,oil\nThing,Style\n"), Options{})
	if err == nil {
		_, err = m.Check()
	}
	if want := "sub/a.csv:3:1: " + headerAgain; err == nil || err.Error() != want {
		t.Errorf("mistakes are %v, want %s", err, want)
	}
	if got := mistakes(t, "a.csv", "id,prompt\nx,prompt\nid,A cat\n", Options{}); got != "" {
		t.Errorf("rows in which one word is that of the header: %s", got)
	}
}

// Characters without width at the edges of a cell go, and what was paid with them stays paid.
func TestCharactersWithoutWidth(t *testing.T) {
	const zero = "\u200b"
	m, err := load(t, "a.csv", "\ufeff"+zero+"id,"+zero+"prompt\ufeff,size\na,"+zero+"A cat \u2060,\u200e1:1"+zero+"\nb,\ufeff一只❤️,\n"+zero+",\u00a0"+zero+",\n", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := showAll(t, m), "2 id=a prompt=\"A cat\" size=1:1\n3 id=b prompt=\"一只❤️\""; got != want {
		t.Errorf("items are\n%s\nwant\n%s", got, want)
	}
	items := all(t, m)
	earlier, ok := items[0].EarlierFingerprint()
	was := Item{Prompt: zero + "A cat \u2060", Size: "1:1"}
	if want := was.Fingerprint(); !ok || earlier != want {
		t.Errorf("EarlierFingerprint() = %x, %v, want %x", earlier, ok, want)
	}
	newBook(t).rows("Sheet1", "A1", cells{zero + "id", "prompt" + zero}, cells{1, zero + "A cat" + zero}, cells{zero, " " + zero}).check(`2 id=1 prompt="A cat"`, Options{})
}

// So where the words of a template had them.
func TestCharactersWithoutWidthInTemplates(t *testing.T) {
	m, err := loadOver(t, "rows: a.csv\ndefaults: {prompt: '{{.Thing}}, {{.Style}}', matrix: {n: [a]}}\n", overCSV("Thing,Style\n\u200bcup\u200b,oil\njug,ink\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	items := all(t, m)
	was := Item{Prompt: "\u200bcup\u200b, oil"}
	if earlier, ok := items[0].EarlierFingerprint(); !ok || items[0].Prompt != "cup, oil" || earlier != was.Fingerprint() {
		t.Errorf("prompt %q, earlier %x, %v, want that of %q", items[0].Prompt, earlier, ok, was.Prompt)
	}
	if _, ok := items[1].EarlierFingerprint(); ok {
		t.Error("an item that is read as before has an earlier fingerprint")
	}
}

// A row of totals may have its name where the prompts are.
func TestTotalsAsPrompts(t *testing.T) {
	for text, want := range map[string]string{
		"prompt,price\nA cat,5\nTotal:,5\n": `a.csv:3:1: prompt: "Total:" looks like a row of totals and is made as a picture; the column skip leaves a row out`,
		"提示词,价格\n一只猫,5\n合计,5\n":             `a.csv:3:1: prompt: "合计" looks like a row of totals and is made as a picture; the column skip leaves a row out`,
		"prompt\nTotal eclipse\n":           "",
		"prompt,skip\nA cat,\nTotal,yes\n":  "",
	} {
		m, err := load(t, "a.csv", text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := warnings(t, m); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
