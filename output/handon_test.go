package output

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/qwenbatch/qwenbatch/output/disktest"
)

var insideElement = regexp.MustCompile(`<script type="text/plain" class="inside" data-name="([^"]*)">` +
	`data:(image/\w+);base64,([^<]*)</script>\n`)

// singleOf returns the pictures in a page, by their names, and what was told of it.
func singleOf(t *testing.T, d Page, limit int64, rows ...Result) (map[string]int, SingleFile, string) {
	t.Helper()
	var b bytes.Buffer
	told, err := WriteSingleFile(&b, d, rowsOf(rows...), limit)
	if err != nil {
		t.Fatal(err)
	}
	if told.Bytes != int64(b.Len()) {
		t.Errorf("told of %d bytes, wrote %d", told.Bytes, b.Len())
	}
	inside := map[string]int{}
	for _, m := range insideElement.FindAllStringSubmatch(b.String(), -1) {
		picture, err := base64.StdEncoding.DecodeString(m[3])
		if err != nil {
			t.Fatal(err)
		}
		inside[m[1]] = len(picture)
	}
	return inside, told, b.String()
}

// TestSingleFile: all thumbnails are inside the page, made where they are not there, and large
// pictures as far as the limit allows, in the order of the rows.
func TestSingleFile(t *testing.T) {
	d := picturedFolder(t)
	rows := pictured()
	rows = append(rows, Result{Status: "missing", File: "images/a.png", SHA256: "cccccccc33"})
	inside, told, page := singleOf(t, Page{Manifest: "a.csv", Disk: d}, 1<<20, rows...)
	want := []string{"images/a.png", "images/b-2.png", "images/b.png",
		"thumbs/a-aaaaaaaa.jpg", "thumbs/b-2-bbbbbbbb.jpg", "thumbs/b-bbbbbbbb.jpg"}
	var got []string
	for name := range inside {
		got = append(got, name)
	}
	if slices.Sort(got); !slices.Equal(got, want) || told.Pictures != 3 || told.Large != 3 {
		t.Errorf("inside = %q, told %+v\nwant     %q", got, told, want)
	}
	for _, name := range want[3:] { // what the rows call them
		if !strings.Contains(page, `"`+name+`"]`) {
			t.Errorf("no row shows %s", name)
		}
	}
	if _, err := d.Lstat("thumbs/a-aaaaaaaa.jpg"); err == nil {
		t.Error("a thumbnail was left on the disk")
	}
	all := told.Bytes
	for _, c := range []struct {
		limit int64
		large int
	}{{all, 3}, {all - 1, 2}, {0, 0}} {
		inside, told, _ := singleOf(t, Page{Manifest: "a.csv", Disk: d}, c.limit, rows...)
		if told.Large != c.large || told.Pictures != 3 || len(inside) != 3+c.large {
			t.Errorf("with %d bytes %+v, want %d large ones", c.limit, told, c.large)
		}
		if _, first := inside["images/a.png"]; c.large > 0 && !first {
			t.Error("the first picture is not among the large ones")
		}
	}
}

// TestSingleFileNames: the name of a picture ends no element and begins none.
func TestSingleFileNames(t *testing.T) {
	const evil = "images/a\"><script>x.png"
	d := disktest.New()
	d.Put(evil, pngOf(t, plain(64, 48, 0)))
	_, told, page := singleOf(t, Page{Disk: d}, 1<<20, Result{File: evil, SHA256: "aaaaaaaa11"})
	if told.Pictures != 1 || strings.Count(page, "<script>") != 1 {
		t.Errorf("told %+v; %d scripts, want the page's own", told, strings.Count(page, "<script>"))
	}
}

func TestSingleFileErrors(t *testing.T) {
	full, broken := errors.New("disk full"), errors.New("the state is broken")
	page := Page{Disk: picturedFolder(t)}
	if _, err := WriteSingleFile(failing{full}, page, rowsOf(pictured()...), 1<<20); !errors.Is(err, full) {
		t.Errorf("WriteSingleFile = %v, want the disk's error", err)
	}
	breaks := func(yield func(Result, error) bool) { yield(Result{}, broken) }
	if _, err := WriteSingleFile(io.Discard, page, breaks, 1<<20); !errors.Is(err, broken) {
		t.Errorf("WriteSingleFile = %v, want the rows' error", err)
	}
	if err := WriteZip(failing{full}, page.Disk, "a", nil, rowsOf(pictured()...)); !errors.Is(err, full) {
		t.Errorf("WriteZip = %v, want the disk's error", err)
	}
	if err := WriteZip(io.Discard, page.Disk, "a", nil, breaks); !errors.Is(err, broken) {
		t.Errorf("WriteZip = %v, want the rows' error", err)
	}
}

// TestZip: an archive has reports and pictures, each once and byte for byte, and not the state.
func TestZip(t *testing.T) {
	d := picturedFolder(t)
	rows := append(pictured(), pictured()[0], Result{Status: "missing", File: "images/b.png"})
	if err := Thumbs(t.Context(), d, rowsOf(rows...)); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	err := WriteZip(&b, d, "秋季", []string{"images/a.png", "results.xlsx"}, rowsOf(rows...))
	if err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, part := range r.File {
		names = append(names, strings.TrimPrefix(part.Name, "秋季/"))
		f, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(f)
		want, failed := readPicture(d, names[len(names)-1])
		if err != nil || failed != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs: %v, %v", part.Name, err, failed)
		}
	}
	want := []string{"images/a.png", "thumbs/a-aaaaaaaa.jpg", "images/b.png", "thumbs/b-bbbbbbbb.jpg",
		"images/b-2.png", "thumbs/b-2-bbbbbbbb.jpg", "images/bomb.png"}
	if !slices.Equal(names, want) {
		t.Errorf("in the archive: %q\nwant %q", names, want)
	}
}
