package draw

import (
	"image"
	"image/color"

	xdraw "golang.org/x/image/draw"
)

// Edit returns a PNG that shows a picture in the frame of a poster, with few colours which seed and
// prompt tint: it visibly comes from the picture, and cannot be taken for a paid one. What does not
// fit the size is cut off at its sides.
func Edit(s Scene, from image.Image) []byte {
	r := s.random()
	colours := newScheme(r.Float64(), r.Float64(), false)
	c := newCanvas(s.Width, s.Height, colours.paper)
	tone := colours.accents[r.IntN(len(colours.accents))]
	first := c.cube(tone, 0.22)
	scaled := image.NewRGBA(image.Rect(0, 0, c.w, c.h))
	xdraw.ApproxBiLinear.Scale(scaled, scaled.Rect, from, cropped(from.Bounds(), c.w, c.h),
		xdraw.Src, nil)
	for y := range c.h {
		row := c.span(y, 0, c.w)
		for x := range row {
			p := scaled.Pix[y*scaled.Stride+x*4:]
			row[x] = first + level(p[0])*levels*levels + level(p[1])*levels + level(p[2])
		}
	}
	if s.Watermark {
		c.mark(colours)
	}
	c.caption(colours)
	return encodePNG(c.m)
}

// levels is how many steps of red, green and blue an edited picture has.
const levels = 6

func level(v uint8) uint8 { return uint8((int(v)*(levels-1) + 127) / 255) }

// cube adds all mixtures of red, green and blue, each mixed with a tone, and returns the index of
// the first.
func (c *canvas) cube(tone tint, part float64) uint8 {
	first := uint8(len(c.m.Palette))
	to := tone.rgb()
	step := func(v int, to uint8) uint8 {
		return uint8(float64(v*255/(levels-1))*(1-part) + float64(to)*part)
	}
	for red := range levels {
		for green := range levels {
			for blue := range levels {
				c.m.Palette = append(c.m.Palette,
					color.RGBA{step(red, to.R), step(green, to.G), step(blue, to.B), 255})
			}
		}
	}
	return first
}

// cropped is the largest part in the middle of a picture that has the shape of w to h.
func cropped(r image.Rectangle, w, h int) image.Rectangle {
	if wide := r.Dy() * w / h; wide < r.Dx() {
		r.Min.X += (r.Dx() - wide) / 2
		r.Max.X = r.Min.X + max(wide, 1)
		return r
	}
	high := max(r.Dx()*h/w, 1)
	r.Min.Y += (r.Dy() - high) / 2
	r.Max.Y = r.Min.Y + high
	return r
}
