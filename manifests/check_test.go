package manifests

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/qwenbatch/qwenbatch/manifests/spool"
)

func TestM3DuplicateIDs(t *testing.T) {
	for _, r := range []refusal{
		{"twice", "a.csv", "id,prompt\nx,a\ny,b\nx,c\nx,d\n",
			"a.csv:4:1: id: \"x\" is used already at a.csv:2:1\na.csv:5:1: id: \"x\" is used already at a.csv:2:1"},
		{"by count", "a.yaml", "items:\n- {id: cat, prompt: a, count: 2}\n- {id: cat-2, prompt: b}\n",
			`a.yaml:3:8: id: "cat-2" is used already at a.yaml:2:8`},
		{"by count, the other way round", "a.csv", "id,prompt,count\ncat-3,a,\ncat,b,3\n", `a.csv:3:1: id: "cat-3" is used already at a.csv:2:1`},
		{"skipped rows keep their ids", "a.csv", "id,prompt,skip\nx,a,yes\nx,b,\n", `a.csv:3:1: id: "x" is used already at a.csv:2:1`},
		{"in JSONL", "a.jsonl", "{\"prompt\": \"a\", \"id\": 1}\n{\"id\": \"1\", \"prompt\": \"b\"}\n", `a.jsonl:2:8: id: "1" is used already at a.jsonl:1:23`},
	} {
		r.test(t)
	}
}

// M4: equal prompts without ids are items of their own.
func TestM4EqualPrompts(t *testing.T) {
	refusal{"", "a.csv", "prompt\na\na\n", ""}.test(t)
}

// D14: file systems that fold case, or the forms of Unicode, would write one picture over the other.
func TestD14Collisions(t *testing.T) {
	composed, split := "caf\u00e9", "cafe\u0301"
	for _, r := range []refusal{
		{"files", "a.csv", "prompt,file\na,x.png\nb,x\n", `a.csv:3:3: file: "x" is used already at a.csv:2:3`},
		{"files by case", "a.csv", "prompt,file\na,Cat.PNG\nb,cAT.png\n",
			`a.csv:3:3: file: "cAT" and "Cat" at a.csv:2:3 differ only in case or Unicode form: some file systems take them for the same`},
		{"ids by case", "a.csv", "prompt,id\na,Cat\nb,cat\n",
			`a.csv:3:3: id: "cat" and "Cat" at a.csv:2:3 differ only in case or Unicode form: some file systems take them for the same`},
		{"ids by Unicode form", "a.csv", "prompt,id\na," + composed + "\nb," + split + "\n",
			fmt.Sprintf(`a.csv:3:3: id: %q and %q at a.csv:2:3 differ only in case or Unicode form: some file systems take them for the same`, split, composed)},
		{"files by count", "a.csv", "prompt,file,count\na,x.png,2\nb,x-2.png,\n", `a.csv:3:3: file: "x-2" is used already at a.csv:2:3`},
		{"a file and an id that names its picture", "a.csv", "prompt,id,file\na,x,\nb,y,X.png\nc,z,q\nd,q,\n",
			`a.csv:3:5: file: "X" and "x" at a.csv:2:3 differ only in case or Unicode form: some file systems take them for the same
a.csv:5:3: id: "q" is used already at a.csv:4:5`},
		{"an id whose picture has another name", "a.csv", "prompt,id,file\na,x,1\nb,y,x\n", ""},
		{"id and file of one row", "a.csv", "prompt,id,file\na,x,x.png\nb,y,y.png\n", ""},
		{"skipped rows make no picture", "a.csv", "prompt,file,skip\na,x,yes\nb,x,\n", ""},
	} {
		r.test(t)
	}
}

func TestMaxItems(t *testing.T) {
	for _, r := range []refusal{
		{"one row", "a.csv", "prompt,count\na,10002\n", "a.csv:2:3: count: 10002 adds more items than the 10000 that are allowed (--max-items)"},
		{"together", "a.csv", "prompt,count\na,6001\nb,4001\nc,2\nd,9\n", "a.csv:4:3: count: adds up to more than the 10000 items that are allowed (--max-items)"},
		{"just so", "a.csv", "prompt,count\na,10001\nb,\n", ""},
	} {
		r.test(t)
	}
	if got, want := mistakes(t, "a.csv", "prompt,count\na,4\n", Options{MaxItems: 2}), "a.csv:2:3: count: 4 adds more items than the 2 that are allowed (--max-items)"; got != want {
		t.Errorf("mistakes are %s, want %s", got, want)
	}
}

// H15: lengths are a rule of the API, so that they come from the caller; here, that its findings get their places.
func TestH15RulesOfTheCaller(t *testing.T) {
	rules := func(it *Item) (found []Problem) {
		if n := utf8.RuneCountInString(it.Prompt); n > 3 {
			found = append(found, Problem{Field: "prompt", Text: fmt.Sprintf("%d characters, 3 are allowed", n)})
		}
		if it.Size == "1024*1024" {
			found = append(found, Problem{Field: "size", Text: "1024*1024 is not offered by qwen-image-plus; nearest: 1328*1328 (1:1)"})
		}
		if it.Model == "" {
			found = append(found, Problem{Field: "model", Text: "is not said", Warning: true})
		}
		return found
	}
	m, err := load(t, "a.csv", "size,prompt,skip\n1024x1024,一只猫咪,\n16:9,long enough,yes\n,abc,\n", Options{Check: rules})
	if err != nil {
		t.Fatal(err)
	}
	totals, err := m.Check()
	const want = `a.csv:2:1: size: 1024*1024 is not offered by qwen-image-plus; nearest: 1328*1328 (1:1)
a.csv:2:11: prompt: 4 characters, 3 are allowed`
	if err == nil || err.Error() != want {
		t.Errorf("Check() = %v, want %s", err, want)
	}
	const warnings = "[a.csv:2:1: model: is not said a.csv:4:1: model: is not said]"
	if got := fmt.Sprint(totals.Warnings); got != warnings || totals.WarningsTotal != 2 {
		t.Errorf("%d warnings: %s, want %s", totals.WarningsTotal, got, warnings)
	}
	if totals.Rows != 3 || totals.Items != 3 || totals.Skipped != 1 {
		t.Errorf("totals are %+v", totals)
	}
}

// All mistakes in one go, the first 50 and a count, in the order of their places.
func TestErrorListIsCapped(t *testing.T) {
	text := "prompt,size\n" + strings.Repeat("a,b\n", 80)
	got := strings.Split(mistakes(t, "a.csv", text, Options{}), "\n")
	if len(got) != 51 || got[0] != `a.csv:2:3: size: "b" is not a size; write 1328*1328 or 16:9` || got[50] != "… and 30 more" {
		t.Errorf("%d lines, from %s to %s", len(got), got[0], got[len(got)-1])
	}
	yaml := "items:\n" + strings.Repeat("- {promt: a}\n", 60) + "zzz: 1\n"
	if got := strings.Split(mistakes(t, "a.yaml", yaml, Options{}), "\n"); got[49] != "a.yaml:51:4: promt: is not a key here; did you mean prompt?" || got[50] != "… and 11 more" {
		t.Errorf("the last lines are %q", got[49:])
	}
}

// What Check finds, Items ends with.
func TestItemsEndAtTheFirstMistake(t *testing.T) {
	m, err := load(t, "a.csv", "prompt,size\na,1:1\nb,x\nc,y\n", Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for it, err := range m.Items() {
		if err != nil {
			got = append(got, err.Error())
			continue
		}
		got = append(got, it.Prompt)
	}
	if want := `[a a.csv:3:3: size: "x" is not a size; write 1328*1328 or 16:9]`; fmt.Sprint(got) != want {
		t.Errorf("Items() give %s, want %s", got, want)
	}
}

func TestDefaultsOfFlags(t *testing.T) {
	seed, yes := int64(7), true
	flags := Defaults{Model: "flag", Size: "4x3", NegativeSaid: true, Seed: &seed, Watermark: &yes, N: 2}
	m, err := load(t, "a.yaml", "defaults: {model: own, negative_prompt: own, prompt_extend: false}\nitems:\n- {prompt: a, count: 2}\n- {prompt: b, model: row, negative_prompt: row, seed: 1, n: 1, watermark: no, size: 1:1}\n", Options{Defaults: flags})
	if err != nil {
		t.Fatal(err)
	}
	const want = `1 prompt="a" negative_prompt="" model=flag size=4*3 seed=7 n=2 prompt_extend=false watermark=true
1.2 prompt="a" negative_prompt="" model=flag size=4*3 seed=8 n=2 prompt_extend=false watermark=true
2 prompt="b" negative_prompt="row" model=row size=1:1 seed=1 n=1 prompt_extend=false watermark=false`
	if got := showAll(t, m); got != want {
		t.Errorf("items are\n%s\nwant\n%s", got, want)
	}
	if _, err := load(t, "a.csv", "prompt\na\n", Options{Defaults: Defaults{Size: "big"}}); err == nil || err.Error() != `default size: "big" is not a size; write 1328*1328 or 16:9` {
		t.Errorf("a default size of big gives %v", err)
	}
}

// A manifest may be read from several goroutines at once.
func TestReadingAtTheSameTime(t *testing.T) {
	for name, text := range map[string]string{
		"a.csv": "id,prompt\n" + strings.Repeat(",a\n", 500), "a.jsonl": strings.Repeat("{\"prompt\": \"a\"}\n", 500), "a.yaml": "items:\n" + strings.Repeat("- {prompt: a}\n", 500),
	} {
		m, err := load(t, name, text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				n := 0
				for it := range m.Items() {
					if it.At("prompt").Line > 0 {
						n++
					}
				}
				if n != 500 {
					t.Errorf("%s: %d items, want 500", name, n)
				}
			})
		}
		wait.Wait()
	}
}

// M5: what is read is what was there when the manifest was opened.
func TestM5PrivateCopy(t *testing.T) {
	for _, name := range []string{"TMPDIR", "TMP"} { // other tests have copies of theirs meanwhile
		t.Setenv(name, t.TempDir())
	}
	for _, rows := range []int{1, 2 * spool.MemoryLimit / 100} {
		text := "prompt\n" + strings.Repeat(strings.Repeat("a", 99)+"\n", rows)
		m, err := load(t, "a.csv", text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if onDisk := m.text.OnDisk(); onDisk != (rows > 1) {
			t.Errorf("a copy of %d rows on disk: %t", rows, onDisk)
		}
		if err := os.WriteFile("a.csv", []byte("other\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := len(all(t, m)); got != rows {
			t.Errorf("%d items, want %d", got, rows)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "qwenbatch-*")); len(left) > 0 {
		t.Errorf("temporary files are left: %s", left)
	}
}

func TestWhatCannotBeOpened(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "none.csv"), Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file gives %v", err)
	}
	for _, r := range []refusal{
		{"workbook", "a.xlsx", "PK\x03\x04", "a.xlsx: is damaged: zip: not a valid zip file; open it and save it again"},
		{"workbook by another name", "a.csv", "PK\x03\x04x", "a.csv: is a workbook by another name; call it .xlsx"},
		{"old workbook", "a.XLS", "x", "a.XLS: .xls is not read; in Excel or WPS: File, Save As, Excel workbook (.xlsx), or CSV UTF-8"},
		{"something else", "a.docx", "x", "a.docx: not a kind of manifest that is known: .yaml, .csv, .tsv, .xlsx, .jsonl or .json"},
	} {
		r.test(t)
	}
	if _, err := load(t, "a.csv", "prompt\na\n", Options{Encoding: "klingon"}); err == nil || !strings.Contains(err.Error(), `encoding "klingon" is not known`) {
		t.Errorf("an unknown encoding gives %v", err)
	}
	if got, want := mistakes(t, "a.csv", "prompt\n", Options{Sheet: "x"}), "a.csv: --sheet names a sheet of a workbook, and this is none"; got != want {
		t.Errorf("a sheet of a CSV gives %s, want %s", got, want)
	}
	if got, want := mistakes(t, "a.yaml", "", Options{Columns: map[string]string{"prompt": "x"}}), "a.yaml: --column is for sheets and JSON lines; the keys of YAML are fixed"; got != want {
		t.Errorf("a column of YAML gives %s, want %s", got, want)
	}
	if err := os.Mkdir("b.csv", 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Open("b.csv", Options{}); err == nil || err.Error() != "open b.csv: is a folder; name the manifest in it, or say --prompt for all of its pictures" {
		t.Errorf("a folder gives %v", err)
	}
}

// A header that is nearly a field's may be a slip, which would be paid for: it is told, and does not stop the run.
func TestHeaderSlips(t *testing.T) {
	for text, want := range map[string]string{
		"id,prompt,negativ_prompt,Sizes\na,b,c,d\n": `[a.csv:1:11: "negativ_prompt" is only carried along; if it is the negative_prompt: --column negative_prompt=negativ_prompt ` +
			`a.csv:1:26: "Sizes" is only carried along; if it is the size: --column size=Sizes]`,
		"prompt,size,sizes,sku,note,title,style\na,1:1,b,c,d,e,f\n": "[]",
	} {
		m, err := load(t, "a.csv", text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		totals, err := m.Check()
		if got := fmt.Sprint(totals.Warnings); err != nil || got != want {
			t.Errorf("%q warns %s (%v), want %s", text, got, err, want)
		}
	}
	b := newBook(t).rows("Sheet1", "A1", cells{"prompt", "seeds"}, cells{"a", "1"})
	m, err := b.open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	totals, err := m.Check()
	if got := fmt.Sprint(totals.Warnings); err != nil || got != `[a.xlsx:Sheet1!B1: "seeds" is only carried along; if it is the seed: --column seed=seeds]` {
		t.Errorf("a workbook warns %s (%v)", got, err)
	}
}
