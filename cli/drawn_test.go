package cli

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"
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

// bookOfPictures is the script command book FILE PROMPT…: a sheet of prompts with a logo at its header, and a picture in
// each row.
func bookOfPictures(ts *testscript.TestScript, _ bool, args []string) {
	f := excelize.NewFile()
	put := func(cell string, n int) {
		ts.Check(f.AddPictureFromBytes("Sheet1", cell, &excelize.Picture{Extension: ".png", File: photo(n, false),
			Format: &excelize.GraphicOptions{ScaleX: 0.2, ScaleY: 0.2, OffsetX: 3, OffsetY: 3}}))
	}
	header := "原图"
	if args[0] == "-floating" {
		header, args = "备注", args[1:]
	}
	ts.Check(f.SetSheetRow("Sheet1", "A1", &[]any{"货号", header, "提示词"}))
	ts.Check(f.SetColWidth("Sheet1", "B", "B", 20))
	put("D1", 99)
	for i, prompt := range args[1:] {
		ts.Check(f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+2), &[]any{fmt.Sprintf("SKU-%d", i+1), nil, prompt}))
		ts.Check(f.SetRowHeight("Sheet1", i+2, 70))
		put(fmt.Sprintf("B%d", i+2), i)
	}
	ts.Check(f.SaveAs(ts.MkAbs(args[0])))
}
