package imagefile

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"
	"testing"
)

// painted is a picture whose left half is red and whose right half is clear.
func painted(width, height int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width / 2 {
			m.SetNRGBA(x, y, color.NRGBA{R: 200, A: 255})
		}
	}
	return m
}

func encoded(t testing.TB, encode func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t testing.TB, m image.Image) []byte {
	return encoded(t, func(w io.Writer) error { return png.Encode(w, m) })
}

// smallWebP is 1×1.
const smallWebP = "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA"

// thumbnail makes a picture small in one size.
func thumbnail(b []byte, side int) ([]byte, error) {
	small, err := Thumbnails(b, Size{side, 80})
	if err != nil {
		return nil, err
	}
	return small[0], nil
}

func TestThumbnailSizes(t *testing.T) {
	webp, err := base64.StdEncoding.DecodeString(smallWebP)
	if err != nil {
		t.Fatal(err)
	}
	paletted := image.NewPaletted(image.Rect(0, 0, 640, 480), color.Palette{color.White, color.Black})
	for _, c := range []struct {
		name          string
		picture       []byte
		width, height int
	}{
		{"wide PNG", pngOf(t, painted(1664, 928)), 320, 178},
		{"tall PNG", pngOf(t, painted(928, 1664)), 178, 320},
		{"small PNG", pngOf(t, painted(64, 48)), 64, 48},
		{"thin PNG", pngOf(t, painted(4000, 2)), 320, 1},
		{"paletted PNG", pngOf(t, paletted), 320, 240},
		{"JPEG", encoded(t, func(w io.Writer) error { return jpeg.Encode(w, painted(640, 640), nil) }), 320, 320},
		{"GIF", encoded(t, func(w io.Writer) error { return gif.Encode(w, painted(400, 200), nil) }), 320, 160},
		{"WebP", webp, 1, 1},
	} {
		b, err := thumbnail(c.picture, 320)
		if err != nil {
			t.Errorf("Thumbnail(%s) = %v", c.name, err)
			continue
		}
		got, err := jpeg.DecodeConfig(bytes.NewReader(b))
		if err != nil || got.Width != c.width || got.Height != c.height {
			t.Errorf("Thumbnail(%s) = %d×%d, %v, want %d×%d", c.name, got.Width, got.Height, err, c.width, c.height)
		}
	}
}

func TestThumbnailColours(t *testing.T) {
	b, err := thumbnail(pngOf(t, painted(640, 320)), 320)
	if err != nil {
		t.Fatal(err)
	}
	m, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for x, want := range map[int]color.Gray{40: {60}, 280: {255}} { // red is 200 × 0.299; clear becomes white
		got := color.GrayModel.Convert(m.At(x, 80)).(color.Gray)
		if diff := int(got.Y) - int(want.Y); diff < -4 || diff > 4 {
			t.Errorf("grey at %d = %d, want %d", x, got.Y, want.Y)
		}
	}
}

// bomb is a PNG of no more than 100 bytes that claims any size.
func bomb(width, height uint32) []byte {
	b := []byte(pngSignature)
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), width), height)
	for _, chunk := range [][]byte{append(header, 8, 6, 0, 0, 0), []byte("IDAT\x78\x9c\x03\x00\x00\x00\x00\x01"), []byte("IEND")} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(chunk)-4))
		b = append(b, chunk...)
		b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(chunk))
	}
	return b
}

// A GIF and a WebP with a header of 65535×65535 and 16384×16384, a JPEG of 65500×65500.
var bombs = map[string][]byte{
	"GIF":  []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00;"),
	"WebP": []byte("RIFF\x16\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\xff\x3f\x00\xff\x3f\x00"),
	"JPEG": []byte("\xff\xd8\xff\xc2\x00\x11\x08\xff\xdc\xff\xdc\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01\xff\xd9"),
}

func TestH4BombsGetNoThumbnail(t *testing.T) {
	bombs := map[string][]byte{"PNG": bomb(60000, 60000), "just too large": bomb(8192, 4097), "nothing": nil, "text": []byte("hello"),
		"cut": pngOf(t, painted(64, 64))[:100], "GIF": bombs["GIF"], "WebP": bombs["WebP"], "JPEG": bombs["JPEG"]}
	for name, b := range bombs {
		allocated := allocations(func() {
			if _, err := thumbnail(b, 320); !errors.Is(err, ErrNoThumbnail) {
				t.Errorf("Thumbnail(%s) = %v, want ErrNoThumbnail", name, err)
			}
		})
		if allocated > 1<<20 {
			t.Errorf("Thumbnail(%s) took %d bytes", name, allocated)
		}
	}
}

// allocations is how many bytes a function took.
func allocations(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestS5DecoderPanics(t *testing.T) {
	fails := func(io.Reader) (image.Image, error) { panic("index out of range") }
	image.RegisterFormat("panics", "panics", fails, func(io.Reader) (image.Config, error) { return image.Config{Width: 8, Height: 8}, nil })
	if b, err := thumbnail([]byte("panics"), 320); !errors.Is(err, ErrNoThumbnail) || b != nil {
		t.Errorf("Thumbnail = %d bytes, %v, want ErrNoThumbnail", len(b), err)
	}
}

func FuzzH4Thumbnail(f *testing.F) {
	f.Add(pngOf(f, painted(8, 8)))
	f.Add(bomb(60000, 60000))
	f.Add(bombs["WebP"])
	webp, _ := base64.StdEncoding.DecodeString(smallWebP)
	f.Add(webp)
	f.Fuzz(func(t *testing.T, b []byte) {
		small, err := thumbnail(b, 32)
		if err != nil {
			return
		}
		if c, err := jpeg.DecodeConfig(bytes.NewReader(small)); err != nil || c.Width > 32 || c.Height > 32 {
			t.Errorf("thumbnail = %d×%d, %v", c.Width, c.Height, err)
		}
	})
}

func BenchmarkThumbnail(b *testing.B) {
	paletted := image.NewPaletted(image.Rect(0, 0, 1664, 928), color.Palette{color.White, color.Black})
	for name, m := range map[string]image.Image{"NRGBA": painted(1664, 928), "paletted": paletted} {
		picture := pngOf(b, m)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := thumbnail(picture, 320); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
