package inputs

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// picture is a picture of a format as a file.
func picture(t *testing.T, format string, w, h int, alpha bool) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	if !alpha {
		for i := range w * h {
			m.SetNRGBA(i%w, i/w, color.NRGBA{uint8(i), 9, 9, 255})
		}
	}
	var b bytes.Buffer
	err := map[string]func() error{
		"png":  func() error { return png.Encode(&b, m) },
		"jpeg": func() error { return jpeg.Encode(&b, m, nil) },
		"gif":  func() error { return gif.Encode(&b, m, nil) },
		"bmp":  func() error { return bmp.Encode(&b, m) },
		"tiff": func() error { return tiff.Encode(&b, m, nil) },
	}[format]()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// turned puts an EXIF orientation into a JPEG.
func turned(jpeg []byte, orientation byte) []byte {
	exif := "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(rune(orientation)) + "\x00\x00\x00\x00\x00\x00"
	segment := append([]byte{0xff, 0xe1, 0, byte(len(exif) + 2)}, exif...)
	return append(append(bytes.Clone(jpeg[:2]), segment...), jpeg[2:]...)
}

func TestRead(t *testing.T) {
	for _, format := range []string{"png", "jpeg", "gif", "bmp", "tiff"} {
		b := picture(t, format, 30, 20, false)
		f, err := Read(bytes.NewReader(b))
		if err != nil || f.Format != format || f.Width != 30 || f.Height != 20 || f.Bytes != int64(len(b)) || f.Transparent || len(f.SHA256) != 64 {
			t.Errorf("Read of a %s = %+v, %v", format, f, err)
		}
	}
	if f, err := Read(bytes.NewReader(picture(t, "png", 3, 2, true))); err != nil || !f.Transparent {
		t.Errorf("Read of a transparent PNG = %+v, %v", f, err)
	}
	for orientation, want := range map[byte]string{1: "30×20 0", 3: "30×20 3", 6: "20×30 6", 8: "20×30 8", 9: "30×20 0"} {
		f, err := Read(bytes.NewReader(turned(picture(t, "jpeg", 30, 20, false), orientation)))
		if got := fmt.Sprintf("%d×%d %d", f.Width, f.Height, f.Turned); err != nil || got != want {
			t.Errorf("orientation %d: %s, %v, want %s", orientation, got, err, want)
		}
	}
}

// What no model takes gets a sentence of its own.
func TestReadWhatIsNoPicture(t *testing.T) {
	for content, want := range map[string]string{
		"": "is empty", "hello": "is no picture", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00": "is HEIC", "\x00\x00\x00\x18ftypavif0000": "is AVIF",
		"<?xml version='1.0'?>\n<svg xmlns='…'/>": "is SVG", "%PDF-1.7": "is a PDF", "<!DOCTYPE html><title>": "is a web page",
		"\x89PNG\r\n\x1a\n\x00\x00": "is a damaged picture",
	} {
		_, err := Read(strings.NewReader(content))
		var wrong *Error
		if !errors.As(err, &wrong) || !strings.HasPrefix(wrong.Text, want) {
			t.Errorf("Read(%q) = %v, want %s", content, err, want)
		}
	}
}

// A file is read again only when its size or time has changed, and never trusted that has just been written.
func TestMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.png")
	write := func(content []byte, age time.Duration) {
		t.Helper()
		at := time.Now().Add(-age).Truncate(time.Second)
		if err := errors.Join(os.WriteFile(path, content, 0o600), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	var saved []byte
	look := func(name string, reads int) string {
		t.Helper()
		m := &Memory{}
		if err := m.Load(bytes.NewReader(saved)); err != nil {
			t.Fatal(err)
		}
		f, err := m.File(path)
		if again, _ := m.File(path); err != nil || again != f {
			t.Errorf("%s: %v, then %+v, %v", name, f, again, err)
		}
		if m.FilesRead() != reads {
			t.Errorf("%s: %d files read, want %d", name, m.FilesRead(), reads)
		}
		var b bytes.Buffer
		if err := m.Save(&b); err != nil {
			t.Fatal(err)
		}
		saved = b.Bytes()
		return f.SHA256
	}
	write(picture(t, "png", 3, 2, false), time.Hour)
	first := look("new", 1)
	if look("again", 0) != first {
		t.Error("another hash of the same file")
	}
	write(picture(t, "png", 3, 2, true), time.Minute)
	if look("changed", 1) == first {
		t.Error("the hash of the older file")
	}
	write(picture(t, "png", 3, 2, false), 0)
	look("just written", 1)
	look("written a moment ago", 1)
	saved = append(saved, "{\"path\":\ngarbage\n"...)
	look("damaged memory", 1)
}
