package draw

import (
	"image"
	"image/color"
	"math"
)

// canvas is a rectangle of a picture with a palette. Coordinates run from 0 to w and h inside the
// rectangle, and what lies outside is clipped. Canvases of one picture share its pixels.
type canvas struct {
	m          *image.Paletted
	x, y, w, h int
}

// newCanvas returns a canvas inside a frame of colour paper, with room for a caption below.
func newCanvas(width, height int, paper tint) *canvas {
	m := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{paper.rgb()})
	short := min(width, height)
	frame, caption := short/24, short/9
	return &canvas{m, frame, frame, max(width-2*frame, 1), max(height-frame-caption, 1)}
}

// ink adds a colour to the palette and returns its index. A poster uses fewer than 256.
func (c *canvas) ink(t tint) uint8 {
	c.m.Palette = append(c.m.Palette, t.rgb())
	return uint8(len(c.m.Palette) - 1)
}

// inks adds n colours in even steps from t to u and returns the index of the first.
func (c *canvas) inks(t, u tint, n int) uint8 {
	first := uint8(len(c.m.Palette))
	for i := range n {
		c.ink(t.mix(u, float64(i)/float64(max(n-1, 1))))
	}
	return first
}

// span returns the pixels of row y from a to b, clipped.
func (c *canvas) span(y, a, b int) []uint8 {
	a, b = max(a, 0), min(b, c.w)
	if y < 0 || y >= c.h || a >= b {
		return nil
	}
	start := (c.y+y)*c.m.Stride + c.x
	return c.m.Pix[start+a : start+b]
}

// fill sets all pixels of a span to one colour.
func fill(span []uint8, ink uint8) {
	if len(span) == 0 {
		return
	}
	span[0] = ink
	for n := 1; n < len(span); n *= 2 {
		copy(span[n:], span[:n])
	}
}

// rect paints a rectangle.
func (c *canvas) rect(x, y, w, h int, ink uint8) {
	for row := max(y, 0); row < min(y+h, c.h); row++ {
		fill(c.span(row, x, x+w), ink)
	}
}

// disc paints a disc, calling paint for each row.
func (c *canvas) disc(cx, cy, r int, paint func([]uint8)) {
	for dy := max(-r, -cy); dy <= min(r, c.h-cy); dy++ {
		dx := int(math.Sqrt(float64(r*r - dy*dy)))
		if span := c.span(cy+dy, cx-dx, cx+dx); span != nil {
			paint(span)
		}
	}
}

// with returns a painter for one colour.
func with(ink uint8) func([]uint8) { return func(span []uint8) { fill(span, ink) } }

// raised returns a painter that adds to the palette index of each pixel.
func raised(by uint8) func([]uint8) {
	return func(span []uint8) {
		for i := range span {
			span[i] += by
		}
	}
}

// ridge paints all pixels below top, the height at each x, with the colour of their row.
func (c *canvas) ridge(top []int, ink func(y int) uint8) {
	low, high := c.h, 0
	for _, t := range top {
		low, high = min(low, t), max(high, t)
	}
	for y := max(low, 0); y < c.h; y++ {
		row, i := c.span(y, 0, c.w), ink(y)
		if y >= high {
			fill(row, i)
			continue
		}
		for x, t := range top {
			if y >= t {
				row[x] = i
			}
		}
	}
}
