package cli

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// photo is a picture of 600×400, another one for each number.
func photo(n int, asJPEG bool) []byte {
	m := image.NewRGBA(image.Rect(0, 0, 600, 400))
	for i := range 600 * 400 {
		m.SetRGBA(i%600, i/600, color.RGBA{uint8(n * 37), uint8(i % 600 / 3), uint8(i / 1200), 255})
	}
	var b bytes.Buffer
	var err error
	if asJPEG {
		err = jpeg.Encode(&b, m, nil)
	} else {
		err = png.Encode(&b, m)
	}
	if err != nil {
		panic(err)
	}
	return b.Bytes()
}

// drawPictures is the script command draw FILE…: each is another picture, an hour old.
func drawPictures(ts *testscript.TestScript, _ bool, files []string) {
	for _, file := range files {
		n := 0
		for _, r := range filepath.Base(file) {
			n = n*31 + int(r)
		}
		path := ts.MkAbs(file)
		ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
		ts.Check(os.WriteFile(path, photo(n, strings.HasSuffix(file, ".jpg")), 0o644))
		old := time.Now().Add(-time.Hour)
		ts.Check(os.Chtimes(path, old, old))
	}
}
