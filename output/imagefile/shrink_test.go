package imagefile

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"testing"
	"time"
)

// textured is a picture like a photograph: large shapes, fine detail and noise in all channels.
func textured(width, height int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	seed := uint32(1)
	for y := range height {
		for x := range width {
			seed = seed*1664525 + 1013904223
			noise := float64(seed>>24)/40 - 3
			wave := math.Sin(float64(x)/70+3*math.Sin(float64(y)/90)) + math.Sin(float64(x*y)/4000)/2
			m.SetRGBA(x, y, color.RGBA{uint8(128 + 50*wave + noise), uint8(110 + 40*wave + noise),
				uint8(90 - 30*wave - noise), 255})
		}
	}
	return m
}

// mean is what a pixel of the small picture should be: the mean of those that it covers, the
// outer ones in part.
func mean(m *image.RGBA, x, y, width, height, channel int) float64 {
	across, down := float64(m.Rect.Dx())/float64(width), float64(m.Rect.Dy())/float64(height)
	sum := 0.0
	for j := int(float64(y) * down); j < m.Rect.Dy() && float64(j) < float64(y+1)*down; j++ {
		tall := min(float64(j+1), float64(y+1)*down) - max(float64(j), float64(y)*down)
		for i := int(float64(x) * across); i < m.Rect.Dx() && float64(i) < float64(x+1)*across; i++ {
			wide := min(float64(i+1), float64(x+1)*across) - max(float64(i), float64(x)*across)
			sum += tall * wide * float64(m.Pix[m.PixOffset(i, j)+channel])
		}
	}
	return sum / across / down
}

func TestShrink(t *testing.T) {
	for _, c := range []struct{ width, height, toWidth, toHeight int }{
		{100, 80, 50, 40}, {101, 83, 48, 39}, {7, 5, 3, 2}, {640, 2, 320, 1}, {33, 1, 32, 1}, {9, 9, 9, 9},
		{1500, 3, 2, 1},
	} {
		m := textured(c.width, c.height)
		small := shrink(m, image.Rect(0, 0, c.toWidth, c.toHeight))
		if small.Rect.Dx() != c.toWidth || small.Rect.Dy() != c.toHeight {
			t.Fatalf("%v is %v", c, small.Rect)
		}
		for y := range c.toHeight {
			for x := range c.toWidth {
				for channel := range 4 {
					got := float64(small.Pix[small.PixOffset(x, y)+channel])
					want := mean(m, x, y, c.toWidth, c.toHeight, channel)
					if math.Abs(got-want) > 2.5 {
						t.Fatalf("%v: channel %d of %d,%d = %g, want %.1f", c, channel, x, y, got, want)
					}
				}
			}
		}
	}
}

// TestThumbnailsOfOneDecoding: sizes are made of each other, and none is larger than the picture.
func TestThumbnailsOfOneDecoding(t *testing.T) {
	small, err := Thumbnails(pngOf(t, textured(900, 450)), Size{640, 60}, Size{320, 80}, Size{2000, 80})
	if err != nil || len(small) != 3 {
		t.Fatalf("%d thumbnails, %v", len(small), err)
	}
	for i, want := range []int{640, 320, 320} {
		if c, _, err := image.DecodeConfig(bytes.NewReader(small[i])); err != nil || c.Width != want {
			t.Errorf("thumbnail %d is %d pixels wide, %v, want %d", i, c.Width, err, want)
		}
	}
}

// BenchmarkThumbnails tells how many times as long as decoding alone it takes to decode a
// picture and make the thumbnail of the page, and that of the workbook, too.
func BenchmarkThumbnails(b *testing.B) {
	picture := pngOf(b, textured(1328, 1328))
	page, both, alone := time.Hour, time.Hour, time.Hour
	timed := func(least *time.Duration, f func() error) {
		start := time.Now()
		if err := f(); err != nil {
			b.Fatal(err)
		}
		*least = min(*least, time.Since(start))
	}
	for b.Loop() {
		timed(&alone, func() error { _, err := png.Decode(bytes.NewReader(picture)); return err })
		timed(&page, func() error { _, err := Thumbnails(picture, Size{640, 60}); return err })
		timed(&both, func() error { _, err := Thumbnails(picture, Size{640, 60}, Size{320, 80}); return err })
	}
	b.ReportMetric(float64(page)/float64(alone), "page/decoding")
	b.ReportMetric(float64(both)/float64(alone), "both/decoding")
	b.ReportMetric(alone.Seconds()*1000, "ms-decoding")
}
