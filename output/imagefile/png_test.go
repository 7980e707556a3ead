package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"strings"
	"testing"
	"time"
)

// drawing is a small picture of which no two pixels are alike.
func drawing(width, height int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		m.Set(i%width, i/width, color.RGBA{R: uint8(i), G: uint8(i * 7), B: uint8(i * 31), A: 255})
	}
	return m
}

func smallPNG(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, drawing(5, 4)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// rawChunk is a chunk with its right checksum.
func rawChunk(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func rawPNG(width, height uint32, chunks ...[]byte) []byte {
	ihdr := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	b := append([]byte(pngSignature), rawChunk("IHDR", append(ihdr, 8, 2, 0, 0, 0))...)
	for _, c := range chunks {
		b = append(b, c...)
	}
	return append(b, rawChunk("IEND", nil)...)
}

func TestInspectPNG(t *testing.T) {
	b := smallPNG(t)
	p, err := Inspect(b)
	if err != nil {
		t.Fatal(err)
	}
	if p.Ext != ".png" || p.Width != 5 || p.Height != 4 || p.Bytes != int64(len(b)) || p.Warnings != nil {
		t.Errorf("Inspect = %+v", p)
	}
}

// Every single flip is found, without exception: the checksums cover type, data and themselves, a wrong
// length moves them, and the signature is compared.
func TestH3EveryBitFlipOfAPNGIsFound(t *testing.T) {
	b := smallPNG(t)
	for bit := range len(b) * 8 {
		b[bit/8] ^= 1 << (bit % 8)
		if p, err := Inspect(b); !errors.Is(err, ErrDamaged) {
			t.Errorf("bit %d of byte %d flipped: Inspect = %+v, %v", bit%8, bit/8, p, err)
		}
		b[bit/8] ^= 1 << (bit % 8)
	}
}

func TestH3EveryCutOfAPNGIsFound(t *testing.T) {
	b := smallPNG(t)
	for n := range b {
		if p, err := Inspect(b[:n]); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut after %d bytes: Inspect = %+v, %v", n, p, err)
		}
	}
}

func TestP9PartOfADownloadIsNoPicture(t *testing.T) {
	b := Annotate(smallPNG(t), []Text{{"qwenbatch.key", "couplet"}})
	for n := range b {
		if _, err := Inspect(b[:n]); !errors.Is(err, ErrDamaged) {
			t.Fatalf("the first %d of %d bytes: Inspect = %v, want ErrDamaged", n, len(b), err)
		}
	}
}

func TestH3WhatIsNoPictureIsDamaged(t *testing.T) {
	const ossError = `<Error><Code>AccessDenied</Code><Message>Request has expired.</Message><StringToSign>secret</StringToSign></Error>`
	for _, c := range []struct{ body, want string }{
		{"", "empty"},
		{"<!DOCTYPE html><html><body>502", "HTML"},
		{"\n <html>", "HTML"},
		{`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + ossError, `"AccessDenied"`},
		{ossError, `"AccessDenied"`},
		{"\xef\xbb\xbf" + ossError, `"AccessDenied"`},
		{`<?xml version="1.0"?><Error><Code>` + "\x1b[31m", "XML"},
		{"<Error><Code>a\u202e\u009b" + strings.Repeat("x", 200) + "</Code></Error>", `"a\u202e\u009bxxx`},
		{"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "XML"},
		{`{"code":"InternalError"}`, "JSON"},
		{"upstream connect error", "text"},
		{"系统繁忙", "text"},
		{"\xff\xfe<\x00h\x00t\x00m\x00l\x00", "text"},
	} {
		_, err := Inspect([]byte(c.body))
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Inspect(%.60q) = %v, want ErrDamaged with %s", c.body, err, c.want)
			continue
		}
		if s := err.Error(); strings.Contains(s, "secret") || len(s) > 250 || strings.ContainsAny(s, "\x1b\u202e\u009b") {
			t.Errorf("Inspect(%.60q) says %q", c.body, s)
		}
	}
}

func TestH3WholePicturesAreNeverRefused(t *testing.T) {
	var jpg, animated bytes.Buffer
	if err := jpeg.Encode(&jpg, drawing(5, 4), nil); err != nil {
		t.Fatal(err)
	}
	if err := gif.Encode(&animated, drawing(5, 4), nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name          string
		body          []byte
		ext           string
		width, height int
		warning       string
	}{
		{"bytes after IEND", append(smallPNG(t), "tail"...), ".png", 5, 4, "4 bytes follow"},
		{"JPEG", jpg.Bytes(), ".jpg", 5, 4, "a JPEG"},
		{"GIF", animated.Bytes(), ".gif", 5, 4, "a GIF"},
		{"WebP extended", webp("VP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x2f\x05\x00\x9f\x03\x00"), ".webp", 1328, 928, "a WebP"},
		{"WebP lossless", webp("VP8L\x0a\x00\x00\x00\x2f\x2f\xc5\xe7\x00"), ".webp", 1328, 928, "a WebP"},
		{"WebP lossy", webp("VP8 \x0a\x00\x00\x00\x10\x02\x00\x9d\x01\x2a\x30\x05\xa0\x03"), ".webp", 1328, 928, "a WebP"},
		{"WebP cut", webp("VP8L")[:20], ".webp", 0, 0, "no size"},
		{"JPEG cut", jpg.Bytes()[:20], ".jpg", 0, 0, "no size"},
		{"AVIF", []byte("\x00\x00\x00\x20ftypavif\x00\x00\x00\x00avifmif1"), ".bin", 0, 0, "not known"},
	} {
		p, err := Inspect(c.body)
		if err != nil || p.Ext != c.ext || p.Width != c.width || p.Height != c.height {
			t.Errorf("%s: Inspect = %+v, %v", c.name, p, err)
		}
		if !strings.Contains(strings.Join(p.Warnings, "; "), c.warning) {
			t.Errorf("%s: warnings %q, want %q", c.name, p.Warnings, c.warning)
		}
	}
}

// TestH23NoPixels is failure mode H23: a PNG without image data, or of no size, is not whole. What the service
// has in no better form is saved all the same, with its damage as a warning.
func TestH23NoPixels(t *testing.T) {
	pixels, cut := rawChunk("IDAT", []byte("x")), smallPNG(t)[:60]
	for _, c := range []struct {
		name          string
		body          []byte
		width, height int
		warning       string
	}{
		{"no IDAT", rawPNG(5, 4), 5, 4, "without image data"},
		{"empty IDAT", rawPNG(5, 4, rawChunk("IDAT", nil)), 5, 4, "without image data"},
		{"0×4", rawPNG(0, 4, pixels), 0, 4, "no size"},
		{"5×0", rawPNG(5, 0, pixels), 5, 0, "no size"},
		{"size that PNG forbids", rawPNG(math.MaxUint32, 4, pixels), 0, 0, "no size"},
		{"cut", cut, 5, 4, "cut after 60 bytes"},
		{"signature only", cut[:8], 0, 0, "cut after 8 bytes"},
	} {
		if _, err := Inspect(c.body); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), c.warning) {
			t.Errorf("%s: Inspect = %v, want ErrDamaged with %s", c.name, err, c.warning)
		}
		p, ok := Salvage(c.body)
		if !ok || p.Ext != ".png" || p.Width != c.width || p.Height != c.height || !strings.Contains(strings.Join(p.Warnings, ""), c.warning) {
			t.Errorf("%s: Salvage = %+v, %v", c.name, p, ok)
		}
	}
	for _, body := range []string{"", "<!DOCTYPE html><html>", `<?xml version="1.0"?><Error/>`, `{"code":"x"}`, "busy", string(smallPNG(t))} {
		if p, ok := Salvage([]byte(body)); ok {
			t.Errorf("Salvage(%.20q) = %+v, want nothing", body, p)
		}
	}
}

func webp(chunk string) []byte {
	return []byte("RIFF\x20\x00\x00\x00WEBP" + chunk + strings.Repeat("\x00", 16))
}

func TestH4BombIsNotInflated(t *testing.T) {
	bomb := rawPNG(60000, 60000, rawChunk("IDAT", []byte("\x78\x9c\x03\x00")))
	start := time.Now()
	p, err := Inspect(bomb)
	if err != nil || p.Width != 60000 || p.Height != 60000 || !strings.Contains(strings.Join(p.Warnings, ""), "no thumbnail") {
		t.Errorf("Inspect = %+v, %v", p, err)
	}
	if n := testing.AllocsPerRun(10, func() { Inspect(bomb) }); n > 50 || time.Since(start) > time.Second {
		t.Errorf("Inspect of a bomb: %v allocations, %v", n, time.Since(start))
	}
}

func FuzzInspect(f *testing.F) {
	b := smallPNG(f)
	for _, seed := range [][]byte{b, b[:20], b[1:], []byte("<Error>"), webp("VP8X"), rawPNG(60000, 60000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Inspect(b)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("Inspect = %v, want ErrDamaged", err)
			}
			return
		}
		if p.Bytes != int64(len(b)) || p.Width < 0 || p.Height < 0 || p.Ext == "" {
			t.Errorf("Inspect = %+v", p)
		}
		if p.Ext != ".png" && len(p.Warnings) == 0 {
			t.Errorf("Inspect = %+v without a warning", p)
		}
	})
}

func BenchmarkInspect(b *testing.B) {
	body := rawPNG(1328, 1328, rawChunk("IDAT", make([]byte, 2<<20)))
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := Inspect(body); err != nil {
			b.Fatal(err)
		}
	}
}
