package manifests

import (
	"archive/zip"
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/qwenbatch/qwenbatch/manifests/spool"
)

// TestBook: whoever writes beside the rows gets the workbook that was read, whatever becomes of the file.
func TestBook(t *testing.T) {
	rows := []cells{{"Autumn posters"}, {"Thing", "Prompt"}, {"cup", "a red cup"}}
	files := overBook(t, "海报", rows...)
	for name, manifest := range map[string]string{
		"the manifest":     "a.xlsx",
		"rows of a YAML":   "a.yaml",
		"a large manifest": "large.xlsx",
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			text := []byte(files["sub/a.xlsx"])
			if manifest == "large.xlsx" {
				text = withPart(t, text, spool.MemoryLimit)
			}
			for file, b := range map[string][]byte{"a.xlsx": text, "large.xlsx": text, "a.yaml": []byte("rows: a.xlsx\nsheet: 海报\n")} {
				if err := os.WriteFile(file, b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			o := Options{}
			if manifest != "a.yaml" {
				o.Sheet = "海报"
			}
			m, err := Open(manifest, o)
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			if err := os.WriteFile("a.xlsx", []byte("saved in the middle of a run"), 0o600); err != nil {
				t.Fatal(err)
			}
			wantBook(t, m, text)
		})
	}
}

func wantBook(t *testing.T, m *Manifest, text []byte) {
	t.Helper()
	book := m.Book()
	if book == nil || book.Sheet != "海报" || book.Header != 4 || !slices.Equal(book.Fields, []string{"prompt"}) {
		t.Fatalf("Book = %+v, want the prompts of 海报 below row 4", book)
	}
	for range 2 { // as often as one likes
		if b, err := io.ReadAll(book.Reader()); err != nil || !bytes.Equal(b, text) {
			t.Errorf("Reader gives %d bytes, %v, want the file's %d", len(b), err, len(text))
		}
	}
	for it, err := range m.Items() {
		if err != nil || it.Row != 5 || it.Prompt != "a red cup" {
			t.Errorf("item = %+v, %v, want that of row 5", it, err)
		}
	}
}

// withPart puts a part of that size into a workbook that no compression makes smaller.
func withPart(t *testing.T, text []byte, size int64) []byte {
	t.Helper()
	old, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, part := range old.File {
		if err := w.Copy(part); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.Create("xl/media/image1.png")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(part, rand.NewChaCha8([32]byte{1}), size); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestBookFields: what a template makes does not stand in the sheet, though the words that it is made of may.
func TestBookFields(t *testing.T) {
	m, err := loadOver(t, "rows: a.xlsx\nsheet: S\ndefaults: {prompt: '{{.Prompt}}, ink'}\n",
		overBook(t, "S", cells{"编号", "Prompt"}, cells{"x", "a cup"}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Book().Fields; !slices.Equal(got, []string{"id"}) {
		t.Errorf("Fields = %q, want the id", got)
	}
}

func TestNoBook(t *testing.T) {
	for name, text := range map[string]string{"a.csv": "prompt\na cat\n", "a.yaml": "items: [{prompt: a cat}]\n", "a.jsonl": `{"prompt":"a cat"}`} {
		m, err := load(t, name, text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if book := m.Book(); book != nil {
			t.Errorf("%s: Book = %+v, want none", name, book)
		}
	}
}
