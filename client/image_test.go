package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// aPNG begins as a PNG does, with n bytes in all.
func aPNG(n int) []byte {
	return append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte{7, 1, 255}, n)...)[:n]
}

// receive answers a call with a picture and keeps its body.
func receive(t *testing.T, into *map[string]any) *Client {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if int64(len(body)) != r.ContentLength || err != nil {
			t.Errorf("a body of %d bytes, announced as %d: %v", len(body), r.ContentLength, err)
		}
		if err := json.Unmarshal(body, into); err != nil {
			t.Errorf("the body is no JSON: %v", err)
		}
		io.WriteString(w, recordedSync)
	})
}

// The pictures stand in their order before the text; a size that nobody says, and a parameter that the model does not take, are not sent.
func TestImagesInTheBody(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shirt.png")
	content := aPNG(100_001)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	var body map[string]any
	c := receive(t, &body)
	yes, prompt := true, `a "content":[ of 图1`
	r := Request{Model: "qwen-image-edit", Prompt: prompt, PromptExtend: &yes,
		Images: []Image{ImageFile(path), ImageURL("https://example.com/a.jpg?x=1&y=<2>"), ImageBytes([]byte("\xff\xd8\xffxy"))}}
	if _, err := c.Generate(context.Background(), r); err != nil {
		t.Fatalf("Generate = %v", err)
	}
	parts := body["input"].(map[string]any)["messages"].([]any)[0].(map[string]any)["content"].([]any)
	want := []any{
		map[string]any{"image": "data:image/png;base64," + base64.StdEncoding.EncodeToString(content)},
		map[string]any{"image": "https://example.com/a.jpg?x=1&y=<2>"},
		map[string]any{"image": "data:image/jpeg;base64,/9j/eHk="},
		map[string]any{"text": prompt},
	}
	same(t, "content", parts, want)
	same(t, "parameters", body["parameters"], map[string]any{"n": 1.0, "watermark": false})
}

// What is wrong with a picture is found before a byte is sent.
func TestImagesThatCannotBeSent(t *testing.T) {
	c := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })
	for name, image := range map[string]Image{
		"no file": ImageFile(filepath.Join(t.TempDir(), "none.png")), "a folder": ImageFile(t.TempDir()),
		"no picture": ImageBytes([]byte("<svg/>")), "empty": ImageBytes(nil), "nothing": {}, "a path": ImageURL("a.jpg"), "ftp": ImageURL("ftp://a/b"),
	} {
		if _, err := c.Generate(context.Background(), Request{Model: "qwen-image-edit", Prompt: "a", Images: []Image{image}}); class(err) != "not sent" {
			t.Errorf("%s: Generate = %v, want not sent", name, err)
		}
	}
	if _, err := c.Submit(context.Background(), Request{Prompt: "a", Images: []Image{ImageBytes(aPNG(9))}}); class(err) != "not sent" {
		t.Errorf("Submit to text2image = %v, want not sent", err)
	}
}

// A picture that is changed between a look at it and its sending creates nothing, although more bytes than the body has may have gone out.
func TestImageChangesWhileItIsSent(t *testing.T) {
	hash := "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81" // of 1, 2, 3
	short := func(b []byte, length int64) Image {
		opened := 0
		return Image{Open: func() (io.ReadCloser, int64, error) {
			if opened++; opened == 1 {
				length = max(length, int64(len(b)))
			}
			return io.NopCloser(bytes.NewReader(b)), length, nil
		}}
	}
	other := ImageBytes(aPNG(300_000))
	other.SHA256 = hash
	gone := ImageBytes(aPNG(300_000))
	opened, open := 0, gone.Open
	gone.Open = func() (io.ReadCloser, int64, error) {
		if opened++; opened > 1 {
			return nil, 0, errors.New("gone")
		}
		return open()
	}
	longer := short(aPNG(300_000), 0)
	longer.Open = func() (io.ReadCloser, int64, error) {
		return io.NopCloser(bytes.NewReader(aPNG(300_001))), 300_000, nil
	}
	for name, image := range map[string]Image{"another content": other, "shorter": short(aPNG(200_000), 300_000), "longer": longer, "gone": gone} {
		for _, async := range []bool{true, false} {
			whole := make(chan bool, 1)
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				_, err := io.Copy(io.Discard, r.Body)
				whole <- err == nil
			})
			r := Request{Model: "qwen-image-3.0", Prompt: "a", Images: []Image{image}}
			call := c.Generate
			if async {
				call = c.Submit
			}
			opened = 0
			if _, err := call(context.Background(), r); class(err) != "not sent" || !errors.Is(err, ErrImage) {
				t.Errorf("%s, async %v: %v, want not sent", name, async, err)
			}
			if <-whole {
				t.Errorf("%s: the server got a whole body", name)
			}
		}
	}
}

// A right hash lets a picture pass.
func TestImageHash(t *testing.T) {
	var body map[string]any
	content := aPNG(1000)
	image, sum := ImageBytes(content), sha256.Sum256(content)
	image.SHA256 = hex.EncodeToString(sum[:])
	if _, err := receive(t, &body).Generate(context.Background(), Request{Model: "qwen-image-edit", Prompt: "a", Images: []Image{image}}); err != nil {
		t.Errorf("Generate = %v", err)
	}
}

// anyLength is a picture of any length that is nowhere in memory.
type anyLength struct{ left int64 }

func (e *anyLength) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := copy(p, "\x89PNG\r\n\x1a\n")
	n = int(min(int64(n), e.left))
	e.left -= int64(n)
	return n, nil
}

// A request holds less than a megabyte, whatever its pictures weigh.
func TestImagesAreStreamed(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		if n < 40_000_000 {
			t.Errorf("a body of %d bytes", n)
		}
		io.WriteString(w, recordedSync)
	})
	big := Image{Open: func() (io.ReadCloser, int64, error) {
		return io.NopCloser(&anyLength{10_000_000}), 10_000_000, nil
	}}
	r := Request{Model: "qwen-image-edit-plus", Prompt: "a", Images: []Image{big, big, big}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := c.Generate(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("three pictures of 10 MB took %d bytes, want at most 1 MiB", got)
	}
}

// No error and no text of a request shows the bytes of a picture.
func TestImagesAreNotPrinted(t *testing.T) {
	image := ImageBytes([]byte("not a picture, but a secret"))
	_, err := serve(t, func(http.ResponseWriter, *http.Request) {}).Generate(context.Background(),
		Request{Model: "qwen-image-edit", Prompt: "a", Images: []Image{image}})
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("Generate = %v", err)
	}
}

func TestInputRules(t *testing.T) {
	good := Look{Bytes: 3_000_000, Format: "jpeg", Width: 1200, Height: 900}
	for _, tt := range []struct {
		model  string
		change func(*Look)
		want   string
		large  bool
	}{
		{"qwen-image-edit-plus", func(*Look) {}, "", false},
		{"qwen-image-edit-plus", func(l *Look) { l.Format = "gif" }, "", false},
		{"qwen-image-edit-plus", func(l *Look) { l.Bytes = 10_000_001 }, "has 10.0 MB; qwen-image-edit-plus takes up to 10", true},
		{"wan2.7-image", func(l *Look) { l.Format = "gif" }, "is GIF; wan2.7-image takes JPEG, PNG, BMP, WEBP", false},
		{"wan2.7-image", func(l *Look) { l.Bytes = 19_000_000 }, "", false},
		{"wan2.7-image", func(l *Look) { l.Width, l.Height = 300, 200 }, "is 300×200; wan2.7-image takes sides of 240 to 8000 pixels", false},
		{"wan2.7-image", func(l *Look) { l.Width = 9000 }, "is 9000×900; wan2.7-image takes shapes up to 8:1", false},
		{"wan2.7-image", func(l *Look) { l.Width, l.Height = 9000, 9000 }, "is 9000×9000; wan2.7-image takes sides of 240 to 8000 pixels", true},
		{"wan2.7-image", func(l *Look) { l.Format, l.Transparent = "png", true }, "has transparency, which wan2.7-image does not take; save it without, or as JPEG", false},
		{"qwen-image-edit", func(l *Look) { l.Format, l.Transparent = "png", true }, "", false},
		{"a model of tomorrow", func(l *Look) { l.Format, l.Bytes = "tiff", 1e9 }, "", false},
	} {
		look, got, wrong := good, "", (*InputError)(nil)
		tt.change(&look)
		if err := LookupModel(tt.model).Inputs.Check(tt.model, look); errors.As(err, &wrong) {
			got = wrong.Text
		}
		if got != tt.want || wrong != nil && wrong.TooLarge != tt.large {
			t.Errorf("%s takes %+v: %q, want %q", tt.model, look, got, tt.want)
		}
	}
	for model, want := range map[string]int{"qwen-image-plus": 0, "qwen-image-edit": 3, "qwen-image-edit-plus-2025-12-15": 3, "qwen-image-2.0-pro": 3,
		"qwen-image-3.0": 3, "qwen-image-2.1-turbo": 10, "wan2.7-image-pro": 9, "wan2.6-t2i": 0, "z-image-turbo": 0} {
		if got := LookupModel(model).Inputs.Most; got != want {
			t.Errorf("%s takes %d pictures, want %d", model, got, want)
		}
	}
}

func TestSizeLike(t *testing.T) {
	for _, tt := range []struct {
		model string
		w, h  int
		want  string
	}{
		{"qwen-image-edit-plus", 3000, 2000, ""}, {"qwen-image-edit", 30, 20, ""}, {"qwen-image-2.0", 3000, 2000, ""},
		{"qwen-image-3.0-pro", 3000, 2000, "1632*1088"}, {"qwen-image-3.0-pro", 0, 0, "1328*1328"}, {"qwen-image-3.0", 0, 0, ""},
		{"qwen-image-2.1-turbo", 1000, 1000, "1328*1328"},
	} {
		if got := LookupModel(tt.model).SizeLike(tt.w, tt.h); got != tt.want {
			t.Errorf("%s like %d×%d: %q, want %q", tt.model, tt.w, tt.h, got, tt.want)
		}
	}
	if got := LookupModel("wan2.7-image-pro").Editing().MaxArea; got != 2048*2048 {
		t.Errorf("wan2.7-image-pro makes %d pixels of pictures", got)
	}
}
