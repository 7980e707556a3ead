package manifests

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/qwenbatch/qwenbatch/manifests/inputs"
)

// drawn is a PNG of one colour.
func drawn(t testing.TB, shade uint8) string {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 8, 6))
	for i := range m.Pix {
		m.Pix[i] = shade
	}
	m.SetGray(0, 0, color.Gray{shade + 1})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// beside goes to an empty folder and writes files.
func beside(t testing.TB, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// shown are the pictures of all items, or what is wrong.
func shown(t testing.TB, name string, o Options) string {
	t.Helper()
	m, err := Open(name, o)
	if err != nil {
		return err.Error()
	}
	defer m.Close()
	if _, err := m.Check(); err != nil {
		return err.Error()
	}
	var lines []string
	for it, err := range m.Items() {
		if err != nil {
			return err.Error()
		}
		var names []string
		for _, i := range it.Images {
			names = append(names, i.Name())
		}
		lines = append(lines, strings.TrimSpace(it.ID+" "+it.Prompt+": "+strings.Join(names, "+")))
	}
	return strings.Join(lines, "\n")
}

// Pictures may be named in every kind of manifest, in every way that people write them.
func TestImagesOfRows(t *testing.T) {
	files := map[string]string{"photos/a.png": drawn(t, 1), "photos/b;c.png": drawn(t, 2), "d.png": drawn(t, 3)}
	for _, tt := range []struct{ name, text, want string }{
		{"a.csv", "prompt,image\nx,photos/a.png\ny,\nz, photos\\a.png ; d.png\n", "x: a.png\ny:\nz: a.png+d.png"},
		{"a.csv", "prompt,image\nx,photos/b;c.png\ny,https://h/a.png?x=1；d.png\n", "x: b;c.png\ny: https://h/a.png?x=1+d.png"},
		{"a.csv", "提示词,原图,参考图\nx,photos/a.png,d.png\ny,,d.png\n", "x: a.png+d.png\ny: d.png"},
		{"a.csv", "image1,prompt,image2,image3\nd.png,x,,photos/a.png\n", "x: d.png+a.png"},
		{"a.csv", "prompt,Images\nx,photos/a*\ny,d.???\n", "x: a.png\ny: d.png"},
		{"a.csv", "prompt,image\nx,\"photos/a.png\nphotos/b;c.png\"\n", "x: a.png+b;c.png"},
		{"a.yaml", "items:\n- {prompt: x, image: photos/a.png}\n- {prompt: y, image: [d.png, 'photos/b;c.png', 'https://h/x.jpg']}\n", "x: a.png\ny: d.png+b;c.png+https://h/x.jpg"},
		{"a.yaml", "items:\n- prompt: x {{.c}}\n  image: '{{.c}}.png'\n  matrix: {c: [d]}\n", "x d: d.png"},
		{"a.jsonl", `{"prompt":"x","image":"d.png"}` + "\n" + `{"prompt":"y","image":["d.png","photos/a.png"]}` + "\n" + `{"prompt":"z","image1":"d.png","image2":"photos/a.png"}`, "x: d.png\ny: d.png+a.png\nz: d.png+a.png"},
		{"a.csv", "prompt,image,skip\nx,none.png,yes\n", "x:"},
	} {
		beside(t, files)
		if err := os.WriteFile(tt.name, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := shown(t, tt.name, Options{}); got != tt.want {
			t.Errorf("%s %q:\n%s\nwant\n%s", tt.name, tt.text, got, tt.want)
		}
	}
}

// What is wrong with a picture is told before anything is sent, with its place.
func TestImagesThatAreWrong(t *testing.T) {
	beside(t, map[string]string{"photos/Cat.png": drawn(t, 1), "photos/cow.png": drawn(t, 2), "x.heic": "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "x.svg": "<svg/>",
		"note.png": "hello", "a.csv": "prompt,image\n" + strings.Join([]string{"a,photos/cat.png", "b,photos/c*.png", "c,photos/z*", "d,photos", "e,x.heic", "f,x.svg",
			"g,note.png", "h,ftp://a/b.png", "i,\"data:image/png;base64,AAAA\"", "j,photos/Cat", "k,photos/Cat.png;none.png"}, "\n")})
	got := shown(t, "a.csv", Options{})
	for _, want := range []string{
		`a.csv:2:3: image: photos/cat.png: does not exist; did you mean photos/Cat.png?`,
		`a.csv:4:3: image: photos/z*: matches no file`,
		`a.csv:5:3: image: photos: is a folder; --images-dir makes a row of each picture in one`,
		`a.csv:6:3: image: x.heic: is HEIC, as iPhones write; no model takes it: export it as JPEG`,
		`a.csv:7:3: image: x.svg: is SVG, a drawing of lines; no model takes it: export it as PNG`,
		`a.csv:8:3: image: note.png: is no picture; JPEG, PNG, WEBP, BMP, TIFF and GIF are`,
		`a.csv:9:3: image: ftp://a/b.png: is neither a file nor an http:// or https:// URL`,
		`a picture as text in a cell is not taken`,
		`a.csv:11:3: image: photos/Cat: does not exist; did you mean photos/Cat.png?`,
		`a.csv:12:3: image: none.png: does not exist`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("not told: %s\n%s", want, got)
		}
	}
	beside(t, map[string]string{"c1.png": drawn(t, 1), "c2.png": drawn(t, 2), "a.csv": "prompt,image\nb,c*.png\n"})
	if got, want := shown(t, "a.csv", Options{}), `a.csv:2:3: image: c*.png: matches 2 files, and must match one: "c1.png", "c2.png"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A row is as its pictures' content: a renamed file changes nothing, another content its row alone, another order is another request.
func TestFingerprintOfImages(t *testing.T) {
	prints := func(files map[string]string, image string) string {
		beside(t, files)
		m, err := load2("prompt,image\nx,\"" + image + "\"\n")
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		for it, err := range m.Items() {
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf("%x", it.Fingerprint())
		}
		return ""
	}
	one, two := drawn(t, 1), drawn(t, 9)
	first := prints(map[string]string{"a.png": one, "b.png": two}, "a.png;b.png")
	for name, c := range map[string]struct {
		files map[string]string
		image string
		same  bool
	}{
		"renamed":        {map[string]string{"x/y.jpg": one, "b.png": two}, "x/y.jpg;b.png", true},
		"another order":  {map[string]string{"a.png": one, "b.png": two}, "b.png;a.png", false},
		"another file":   {map[string]string{"a.png": two, "b.png": two}, "a.png;b.png", false},
		"one less":       {map[string]string{"a.png": one}, "a.png", false},
		"none":           {nil, "", false},
		"a URL":          {map[string]string{"a.png": one}, "a.png;https://h/b.png", false},
		"the same again": {map[string]string{"a.png": one, "b.png": two}, "a.png ；b.png", true},
	} {
		if same := prints(c.files, c.image) == first; same != c.same {
			t.Errorf("%s: the same is %v", name, same)
		}
	}
	none := Item{Prompt: "x"}
	if got := prints(nil, ""); got != fmt.Sprintf("%x", none.Fingerprint()) {
		t.Error("a row without pictures has another fingerprint than before")
	}
}

func load2(text string) (*Manifest, error) {
	if err := os.WriteFile("m.csv", []byte(text), 0o600); err != nil {
		return nil, err
	}
	return Open("m.csv", Options{})
}

// A folder is a row for each of its pictures, alone or under a YAML manifest.
func TestImagesDir(t *testing.T) {
	files := map[string]string{"photos/b.png": drawn(t, 1), "photos/a.jpg": drawn(t, 2), "photos/b.jpg": drawn(t, 3), "photos/Thumbs.db": "x", "photos/.a.png": "x",
		"photos/sub/c.png": drawn(t, 4), "photos/notes.txt": "x", "d.yaml": "defaults:\n  prompt: '{{.image.name}} on white'\n  id: 'new-{{.image.name}}-{{.id}}'\n",
		"e.yaml": "rows: photos\ndefaults: {prompt: on white}\n", "i.yaml": "items: [{prompt: x}]\n", "p.csv": "prompt\nx\n", "s.csv": "image\nphotos/a.jpg\n"}
	for _, tt := range []struct {
		name string
		o    Options
		want string
	}{
		{"photos", Options{Prompt: "white"}, "a white: a.jpg\nb-jpg white: b.jpg\nb-png white: b.png"},
		{"photos", Options{Prompt: "{{.image.name}} on white"}, "a a on white: a.jpg\nb-jpg b on white: b.jpg\nb-png b on white: b.png"},
		{"photos", Options{Prompt: "{{.name}}"}, "--prompt:1:3: there is no {{.name}} here; {{.image.name}} is the name of the picture"},
		{"photos", Options{}, "open photos: is a folder; name the manifest in it, or say --prompt for all of its pictures"},
		{"d.yaml", Options{ImagesDir: "photos"}, "new-a-a a on white: a.jpg\nnew-b-b-jpg b on white: b.jpg\nnew-b-b-png b on white: b.png"},
		{"e.yaml", Options{}, "a on white: a.jpg\nb-jpg on white: b.jpg\nb-png on white: b.png"},
		{"i.yaml", Options{ImagesDir: "photos"}, "i.yaml: --images-dir makes the rows, and the manifest has rows of its own; leave items and rows out of it"},
		{"p.csv", Options{ImagesDir: "photos"}, "p.csv: --images-dir makes the rows, and this has its own; it goes with a YAML manifest, or alone"},
		{"s.csv", Options{Prompt: "white"}, "white: a.jpg"},
	} {
		beside(t, files)
		if got := shown(t, tt.name, tt.o); got != tt.want {
			t.Errorf("%s %+v:\n%s\nwant\n%s", tt.name, tt.o, got, tt.want)
		}
	}
	beside(t, files)
	m, err := Open("photos", Options{Prompt: "x", Names: Names{Template: "{{.image.name}}-{{.row}}"}})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	totals, err := m.Check()
	if err != nil || len(totals.Guesses) != 1 || !strings.Contains(totals.Guesses[0].Text, `"notes.txt"`) {
		t.Errorf("Check = %+v, %v", totals, err)
	}
	for it := range m.Items() {
		if got, want := it.Picture(), fmt.Sprintf("%s-%d", stemOf(it.Images[0].Name()), it.Row); got != want {
			t.Errorf("a picture is called %s, want %s", got, want)
		}
	}
}

// A photo is read once, however often the manifest is, and not at all where it is remembered.
func TestImagesAreReadOnce(t *testing.T) {
	beside(t, map[string]string{"a.png": drawn(t, 1), "m.csv": "prompt,image\nx,a.png\ny,a.png\nz,./a.png\n"})
	memory := &inputs.Memory{}
	for range 3 {
		if got := shown(t, "m.csv", Options{Inputs: memory}); strings.Count(got, "a.png") != 3 {
			t.Fatal(got)
		}
	}
	if memory.FilesRead() != 1 {
		t.Errorf("%d files read, want 1", memory.FilesRead())
	}
}

// What few models know is read from sheets, YAML and JSON alike, and is part of what is paid for.
func TestExtras(t *testing.T) {
	for name, text := range map[string]string{
		"a.csv":   "prompt,prompt_extend_mode,enable_thinking,thinking_mode,color_palette,bbox_list\nx,Agent,no,yes,\"[ {\"\"hex\"\": \"\"#fff\"\"} ]\",\"[[[0, 0, 4, 3]]]\"\n",
		"a.yaml":  "items:\n- {prompt: x, prompt_extend_mode: agent, enable_thinking: false, thinking_mode: true, color_palette: [{hex: '#fff'}], bbox_list: [[[0, 0, 4, 3]]]}\n",
		"a.jsonl": `{"prompt":"x","prompt_extend_mode":"agent","enable_thinking":false,"thinking_mode":true,"color_palette":[{"hex":"#fff"}],"bbox_list":[[[0,0,4,3]]]}`,
	} {
		m, err := load(t, name, text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for it, err := range m.Items() {
			if err != nil {
				t.Fatal(err)
			}
			if got, want := fmt.Sprint(it.Parameters()), `map[bbox_list:[91 91 91 48 44 48 44 52 44 51 93 93 93] color_palette:`; !strings.HasPrefix(got, want) ||
				it.PromptExtendMode != "agent" || *it.EnableThinking || !*it.ThinkingMode || it.ColorPalette != `[{"hex":"#fff"}]` || it.BboxList != "[[[0,0,4,3]]]" {
				t.Errorf("%s: %s", name, got)
			}
			if plain := (Item{Prompt: "x"}); plain.Fingerprint() == it.Fingerprint() {
				t.Errorf("%s: they are no part of the fingerprint", name)
			}
		}
	}
	if got := mistakes(t, "a.csv", "prompt,prompt_extend_mode,bbox_list\nx,fast,{}\n", Options{}); !strings.Contains(got, "a.csv:2:3: prompt_extend_mode: is direct or agent") || !strings.Contains(got, "is not a JSON list") {
		t.Error(got)
	}
}
