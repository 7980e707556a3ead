package output

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"iter"
	"strings"
	"testing"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

func TestThumbName(t *testing.T) {
	sum := strings.Repeat("ab", 32)
	for _, c := range []struct{ file, sum, want string }{
		{"images/cat.png", sum, "thumbs/cat-abababab.jpg"},
		{"images/一副.对联.png", sum, "thumbs/一副.对联-abababab.jpg"},
		{"images/cat~2.webp", "", "thumbs/cat~2.jpg"},
	} {
		if got := ThumbName(c.file, c.sum); got != c.want {
			t.Errorf("ThumbName(%q) = %q, want %q", c.file, got, c.want)
		}
	}
}

func TestFiles(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"", ""}, {"images/a.png", "images/a.png"}, {"a;b.png", "a;b.png"},
		{"images/a;b.png;images/a;b-2.png", "images/a;b.png|images/a;b-2.png"},
	} {
		if got := strings.Join(Result{File: c.file}.Files(), "|"); got != c.want {
			t.Errorf("Files(%q) = %q, want %q", c.file, got, c.want)
		}
	}
}

// bomb is a GIF which claims 65535×65535 pixels.
var bomb = []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00;")

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pictured() []Result {
	return []Result{
		{File: "images/a.png", SHA256: "aaaaaaaa11"}, {Status: "failed"},
		{File: "images/b.png;images/b-2.png", SHA256: "bbbbbbbb22"},
		{File: "images/gone.png"}, {File: "images/bomb.png"},
	}
}

// picturedFolder is a folder with the pictures of pictured, as far as they are there.
func picturedFolder(t testing.TB) *durable.Dir {
	d, err := durable.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	err = d.Mkdir("images")
	for name, b := range picturedFiles(t) {
		err = errors.Join(err, durable.ReplaceUnsynced(d, name, b))
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func picturedFiles(t testing.TB) map[string][]byte {
	return map[string][]byte{"images/a.png": pngOf(t, plain(64, 48, 0)), "images/b.png": pngOf(t, plain(48, 64, 0)),
		"images/b-2.png": pngOf(t, plain(24, 32, 0)), "images/bomb.png": bomb}
}

// Thumbs makes the thumbnails of report.html one after the other, as [ThumbMaker.Follow] does.
func Thumbs(ctx context.Context, d durable.Disk, rows iter.Seq2[Result, error]) error {
	return ThumbMaker{Disk: d}.Follow(ctx, rows)
}
