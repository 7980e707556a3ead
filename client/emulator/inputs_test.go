package emulator

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"time"
)

// halves is a picture that is red on its left and blue on its right.
func halves(w, h int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		c := color.RGBA{255, 0, 0, 255}
		if i%w >= w/2 {
			c = color.RGBA{0, 0, 255, 255}
		}
		m.SetRGBA(i%w, i/w, c)
	}
	return m
}

// encoded is a picture as a file.
func encoded(m image.Image, format string) []byte {
	var b bytes.Buffer
	switch format {
	case "png":
		png.Encode(&b, m)
	case "jpeg":
		jpeg.Encode(&b, m, nil)
	case "gif":
		gif.Encode(&b, m, nil)
	}
	return b.Bytes()
}

func dataURL(content []byte) string {
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(content)
}

// showing is a body with pictures.
func showing(model, parameters string, pictures ...string) string {
	var parts strings.Builder
	for _, p := range pictures {
		fmt.Fprintf(&parts, `{"image":%q},`, p)
	}
	return `{"model":"` + model + `","input":{"messages":[{"role":"user","content":[` + parts.String() +
		`{"text":"a cat"}]}]},"parameters":{` + parameters + `}}`
}

// What the documents refuse is refused, and nothing is charged.
func TestPicturesThatAreRefused(t *testing.T) {
	small := dataURL(encoded(halves(200, 300), "png"))
	clear := image.NewNRGBA(image.Rect(0, 0, 300, 300))
	for name, c := range map[string]struct {
		model, parameters string
		picture           string
		code, message     string
	}{
		"no picture":          {"qwen-image-edit", "", dataURL([]byte("<svg/>")), "InvalidParameter", "format"},
		"no base64":           {"qwen-image-edit", "", "data:image/png;base64,%%%", "InvalidParameter", "format"},
		"a path":              {"qwen-image-edit", "", "photos/1.png", "InvalidURL", ""},
		"an upload":           {"qwen-image-edit", "", "oss://dashscope/1.png", "InvalidURL", ""},
		"a host that is none": {"qwen-image-edit", "", "https://x.invalid/1.png", "InvalidParameter.DataInspection", "download"},
		"a size for edit":     {"qwen-image-edit", `"size":"1024*1024"`, small, "InvalidParameter", "size"},
		"wan, small":          {"wan2.7-image", "", small, "InvalidParameter", "sides"},
		"wan, a GIF":          {"wan2.7-image", "", dataURL(encoded(halves(300, 300), "gif")), "InvalidParameter", "format"},
		"wan, a strip":        {"wan2.7-image", "", dataURL(encoded(halves(2400, 240), "png")), "InvalidParameter", "ratio"},
		"wan, transparent":    {"wan2.7-image", "", dataURL(encoded(clear, "png")), "InvalidParameter", "alpha"},
		"3.0, an agent":       {"qwen-image-3.0", `"prompt_extend_mode":"agent"`, small, "InvalidParameter", "agent"},
		"too large":           {"qwen-image-edit", "", dataURL(append(encoded(halves(9, 9), "png"), make([]byte, 10_000_000)...)), "InvalidParameter", "10 MB"},
	} {
		bubble(t, exact(), func(t *testing.T, r *rig) {
			a := r.ask("POST", pathSync, showing(c.model, c.parameters, c.picture), "X-Test: 1")
			if a.status != 400 || !strings.Contains(string(a.body), `"`+c.code+`"`) || !strings.Contains(string(a.body), c.message) {
				t.Errorf("%s: %d %.300s, want %s %s", name, a.status, a.body, c.code, c.message)
			}
			time.Sleep(time.Minute)
			if b := r.s.Books(); b.Charges != 0 || len(b.Tasks) != 0 {
				t.Errorf("%s: %d charged", name, b.Charges)
			}
		})
	}
}

// The books name the pictures of a task, the answer counts them, and the picture has the shape of the last one.
func TestPicturesInTheBooks(t *testing.T) {
	photo := encoded(halves(600, 400), "jpeg")
	sum := sha256.Sum256(photo)
	for _, c := range []struct{ model, door, parameters, size string }{
		{"qwen-image-edit", pathSync, "", "1248*832"}, {"qwen-image-2.0", pathSync, "", "1248*832"},
		{"qwen-image-edit-plus", pathSync, `"size":"1033*1032"`, "1040*1024"},
		{"qwen-image-3.0", pathSync, "", "2512*1664"}, {"qwen-image-3.0", pathSync, `"size":"1000*1000"`, "1000*1000"},
		{"wan2.7-image", pathSync, "", "2512*1664"},
	} {
		bubble(t, exact(), func(t *testing.T, r *rig) {
			body := strings.ReplaceAll(showing(c.model, c.parameters, "https://x/1.png", dataURL(photo)), "/", `\/`)
			a := r.ask("POST", c.door, body, "X-Test: 1")
			if a.status != 200 {
				t.Fatalf("%s: %d %s", c.model, a.status, a.body)
			}
			task := r.s.Books().Tasks[0]
			want := []Input{{URL: "https://x/1.png"}, {SHA256: hex.EncodeToString(sum[:]), Bytes: int64(len(photo)), Format: "jpeg", Width: 600, Height: 400}}
			if task.Size != c.size || len(task.Inputs) != 2 || task.Inputs[0] != want[0] || task.Inputs[1] != want[1] {
				t.Errorf("%s: size %s of %+v, want %s of %+v", c.model, task.Size, task.Inputs, c.size, want)
			}
			if counted := strings.Contains(string(a.body), `"input_image_count":2`); counted != strings.HasPrefix(c.model, "qwen-image-3") {
				t.Errorf("%s counts its pictures: %v", c.model, counted)
			}
		})
	}
}

// What is drawn comes from what was shown: red on the left, blue on the right, the same bytes each time.
func TestPicturesAreDrawn(t *testing.T) {
	o := exact()
	o.Tiny = false
	bubble(t, o, func(t *testing.T, r *rig) {
		a := r.ask("POST", pathSync, showing("qwen-image-edit", "", dataURL(encoded(halves(600, 400), "png"))), "X-Test: 1")
		if a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		url := strings.ReplaceAll(string(a.body), `\u0026`, "&")
		url = url[strings.Index(url, "http://pictures"):]
		url = url[:strings.IndexByte(url, '"')]
		first := r.fetch(url).body
		if !bytes.Equal(first, r.fetch(url).body) {
			t.Error("another picture the second time")
		}
		m, err := png.Decode(bytes.NewReader(first))
		if err != nil || len(first) > 60_000 {
			t.Fatalf("%d bytes, %v", len(first), err)
		}
		at := func(part int) (red, blue uint32) {
			red, _, blue, _ = m.At(m.Bounds().Dx()*part/4, m.Bounds().Dy()/2).RGBA()
			return red, blue
		}
		if red, blue := at(1); red <= blue {
			t.Errorf("the left is not red: %d, %d", red, blue)
		}
		if red, blue := at(3); blue <= red {
			t.Errorf("the right is not blue: %d, %d", red, blue)
		}
	})
}
