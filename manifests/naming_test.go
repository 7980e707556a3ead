package manifests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sheetFile is a file of that text.
func sheetFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "p.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// namesOfSheet are the names of the pictures of a sheet, or the mistakes.
func namesOfSheet(t *testing.T, sheet, template string) string {
	t.Helper()
	m, err := Open(sheetFile(t, sheet), Options{Names: Names{Template: template,
		Words: func(it *Item) map[string]string {
			return map[string]string{"size": "1664x928", "slug": "slug-" + it.Prompt}
		},
		File: func(want string) string { return strings.NewReplacer("/", "-", ":", "-").Replace(want) }}})
	if err != nil {
		return err.Error()
	}
	defer m.Close()
	if _, err := m.Check(); err != nil {
		return strings.ReplaceAll(err.Error(), m.path, "p.csv")
	}
	var all []string
	for it, err := range m.Items() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, it.Picture())
	}
	return strings.Join(all, " ")
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ sheet, template, want string }{
		{"id,prompt\na,cat\nb,dog\n", "{{.id}}-x", "a-x b-x"},
		{"id,prompt\na,cat\nb,dog\n", "{{.row}}.png", "2 3"},
		{"id,prompt,货号\na,cat,甲一\nb,dog,乙二\n", "{{.货号}}", "甲一 乙二"},
		{"编号,提示词,Style Name\na,猫,ink\nb,狗,oil\n", `{{.提示词}}-{{index . "Style Name"}}`, "猫-ink 狗-oil"},
		{"id,Prompt,sku\na,cat,1\n", "{{.Prompt}}-{{.SKU}}-{{.slug}}-{{.size}}", "cat-1-slug-cat-1664x928"},
		{"id,prompt,file\na,cat,cover.png\nb,dog,\n", "{{.id}}-x", "cover b-x"},
		{"id,prompt,count\na,cat,3\nb,dog,1\n", "{{.prompt}}", "cat cat-2 cat-3 dog"},
		{"id,prompt,count\na,cat,3\n", "{{.prompt}}_{{.index}}", "cat_1 cat_2 cat_3"},
		{"id,prompt,count\na,cat,3\n", "{{.id}}", "a a-2 a-3"},
		{"prompt,seed,count\ncat,7,2\n", "{{.prompt}} {{.seed}}", "cat 7 cat 8"},
		{"prompt,seed\ncat,7\ndog,\n", "{{.prompt}}{{if .seed}}-{{.seed}}{{end}}", "cat-7 dog"},
		{"id,prompt,skip\na,cat,\nb,cat,yes\n", "{{.prompt}}", "cat cat"},
		{"id,prompt\na,cat\nb,dog\n", "", "a b"},

		{"id,prompt\na,cat\nb,cat\n", "{{.prompt}}", `p.csv:3:1: --name: "cat" is used already at p.csv:2:1; {{.row}}, {{.id}} or {{.index}} in it would tell them apart`},
		{"id,prompt\na,cat\nb,Cat\n", "{{.prompt}}", `p.csv:3:1: --name: "Cat" and "cat" at p.csv:2:1 differ only in case or Unicode form: some file systems take them for the same; {{.row}}, {{.id}} or {{.index}} in it would tell them apart`},
		{"id,prompt\na,a/b\nb,a:b\n", "{{.prompt}}", `p.csv:3:1: --name: "a:b" and "a/b" at p.csv:2:1 become the same file name, "a-b"; {{.row}}, {{.id}} or {{.index}} in it would tell them apart`},
		{"id,prompt,file\na,cat,b\nb,dog,\n", "{{.id}}", `p.csv:3:1: --name: "b" is used already at p.csv:2:7; {{.row}}, {{.id}} or {{.index}} in it would tell them apart`},
		{"id,prompt,sku\na,cat,x\nb,dog,\n", "{{.sku}}", `p.csv:3:1: --name: makes an empty name of this row; {{.row}} and {{.hash}} are never empty`},
		{"id,prompt,sku\na,cat,x\nb,dog,\n", "{{.sku}}.png", `p.csv:3:1: --name: makes an empty name of this row; {{.row}} and {{.hash}} are never empty`},
		{"id,prompt,sku\na,cat,x\n", "x-{{.sko}}", `--name:1:5: there is no column or field {{.sko}}; did you mean {{.sku}}?`},
		{"id,prompt\na,cat\n", "{{.id", `--name:1:1: a text with {{…}} that cannot be read: unclosed action`},
		{"id,prompt\na,cat\n", "{{slug .id}}", `--name:1:3: there is no function slug; words are written {{.slug}}, functions are lower, upper`},
	} {
		if got := namesOfSheet(t, c.sheet, c.template); got != c.want && !(strings.HasPrefix(c.want, "--name") && strings.HasPrefix(got, c.want)) {
			t.Errorf("%q of %q:\n got %s\nwant %s", c.template, c.sheet, got, c.want)
		}
	}
}

// TestNamesAreNotPaidFor changes the template: what is said of an item is the same, and so is its hash.
func TestNamesAreNotPaidFor(t *testing.T) {
	var prints []string
	for _, template := range []string{"", "{{.hash}}", "{{.hash}}-{{.row}}"} {
		m, err := Open(sheetFile(t, "prompt\na cat\n"), Options{Names: Names{Template: template}})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		for it := range m.Items() {
			f := it.Fingerprint()
			prints = append(prints, string(f[:]))
		}
	}
	if prints[0] != prints[1] || prints[1] != prints[2] {
		t.Errorf("fingerprints differ: %q", prints)
	}
}
