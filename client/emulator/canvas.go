package emulator

import (
	"image"
	"image/color"
	"math"
)

// canvas is a picture of few flat colours, which is what makes it quick to draw and small to keep. Scenes draw inside
// its frame, in coordinates from 0 to w and h.
type canvas struct {
	m          *image.Paletted
	x, y, w, h int
}

// newCanvas makes a canvas whose ground is paper, with a frame and room for a caption below.
func newCanvas(width, height int, paper tint) *canvas {
	m := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{paper.rgb()})
	short := min(width, height)
	frame, caption := short/24, short/9
	return &canvas{m, frame, frame, max(width-2*frame, 1), max(height-frame-caption, 1)}
}

// ink adds a colour and returns its index. Scenes stay below 256.
func (c *canvas) ink(t tint) uint8 {
	c.m.Palette = append(c.m.Palette, t.rgb())
	return uint8(len(c.m.Palette) - 1)
}

// inks adds n colours from t to u and returns the first one's index.
func (c *canvas) inks(t, u tint, n int) uint8 {
	first := uint8(len(c.m.Palette))
	for i := range n {
		c.ink(t.mix(u, float64(i)/float64(max(n-1, 1))))
	}
	return first
}

// span returns the pixels of a row from a to b, as far as they are inside.
func (c *canvas) span(y, a, b int) []uint8 {
	a, b = max(a, 0), min(b, c.w)
	if y < 0 || y >= c.h || a >= b {
		return nil
	}
	start := (c.y+y)*c.m.Stride + c.x
	return c.m.Pix[start+a : start+b]
}

// fill paints pixels.
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

// disc paints a disc with paint, row by row.
func (c *canvas) disc(cx, cy, r int, paint func([]uint8)) {
	for dy := max(-r, -cy); dy <= min(r, c.h-cy); dy++ {
		dx := int(math.Sqrt(float64(r*r - dy*dy)))
		if span := c.span(cy+dy, cx-dx, cx+dx); span != nil {
			paint(span)
		}
	}
}

// with returns a painter of one ink.
func with(ink uint8) func([]uint8) { return func(span []uint8) { fill(span, ink) } }

// raised returns a painter that adds to what is there.
func raised(by uint8) func([]uint8) {
	return func(span []uint8) {
		for i := range span {
			span[i] += by
		}
	}
}

// ridge paints everything below a line of heights; ink may depend on the row.
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

// write puts a text of the letters of glyphs at a place, each of its dots scale pixels wide.
func (c *canvas) write(text string, x, y, scale int, ink uint8) {
	for i := range len(text) {
		for row, bits := range glyph(text[i]) {
			for col := range 5 {
				if bits>>(4-col)&1 == 1 {
					c.rect(x+(i*7+col)*scale, y+row*scale, scale, scale, ink)
				}
			}
		}
	}
}

// writtenWidth is how wide write makes a text.
func writtenWidth(text string, scale int) int { return (len(text)*7 - 2) * scale }

// glyph is a letter of 5 by 7 dots, the highest bit on the left. Only the letters of what we write are here.
func glyph(letter byte) [7]uint8 {
	switch letter {
	case 'R':
		return [7]uint8{0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001}
	case 'E':
		return [7]uint8{0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111}
	case 'H':
		return [7]uint8{0b10001, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001}
	case 'A':
		return [7]uint8{0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001}
	case 'S':
		return [7]uint8{0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110}
	case 'L':
		return [7]uint8{0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111}
	case 'Q':
		return [7]uint8{0b01110, 0b10001, 0b10001, 0b10001, 0b10101, 0b10010, 0b01101}
	case 'W':
		return [7]uint8{0b10001, 0b10001, 0b10001, 0b10101, 0b10101, 0b11011, 0b10001}
	case 'N':
		return [7]uint8{0b10001, 0b11001, 0b10101, 0b10101, 0b10011, 0b10001, 0b10001}
	case 'I':
		return [7]uint8{0b01110, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110}
	case 'M':
		return [7]uint8{0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001}
	case 'G':
		return [7]uint8{0b01110, 0b10001, 0b10000, 0b10111, 0b10001, 0b10001, 0b01110}
	case '-':
		return [7]uint8{0, 0, 0, 0b01110, 0, 0, 0}
	}
	return [7]uint8{}
}
