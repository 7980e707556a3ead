package draw

import (
	"math"
	"math/rand/v2"
	"slices"
)

// sky paints bands of colour from the top to row down, and a sun with a glow or a moon with stars.
// It returns the position and radius of the disc.
func sky(c *canvas, s scheme, r *rand.Rand, down int) (sunX, sunR int) {
	const bands = 32
	first := c.inks(s.zenith, s.horizon, bands)
	for i := range uint8(2) { // the same bands inside the two rings of the glow
		glow := 0.14 + 0.16*float64(i)
		c.inks(s.zenith.mix(s.sun, glow), s.horizon.mix(s.sun, glow), bands)
	}
	for y := range c.h {
		fill(c.span(y, 0, c.w), first+uint8(min(y*bands/max(down, 1), bands-1)))
	}
	short := min(c.w, c.h)
	sunR = short/14 + r.IntN(short/14+1)
	sunX, sunY := c.w/5+r.IntN(c.w*3/5+1), down*3/10+r.IntN(down/3+1)
	clip := &canvas{c.m, c.x, c.y, c.w, down}
	if s.night {
		stars(c, s, r, down)
	} else {
		clip.disc(sunX, sunY, sunR*2, raised(bands))
		clip.disc(sunX, sunY, sunR*3/2, raised(bands))
	}
	clip.disc(sunX, sunY, sunR, with(c.ink(s.sun)))
	return sunX, sunR
}

func stars(c *canvas, s scheme, r *rand.Rand, down int) {
	ink, size := c.ink(s.sun.mix(s.zenith, 0.3)), max(min(c.w, c.h)/450, 1)
	for range 60 {
		c.rect(r.IntN(c.w), r.IntN(max(down*3/4, 1)), size, size, ink)
	}
}

// mountains paints ridges from far to near; the farther ones are paler.
func mountains(c *canvas, s scheme, r *rand.Rand) {
	sky(c, s, r, c.h*3/5)
	layers := 4 + r.IntN(3)
	for i := range layers {
		part := float64(i) / float64(layers-1)
		base := float64(c.h) * (0.46 + 0.40*part)
		top := hills(c.w, base, float64(c.h)*(0.11-0.075*part), 1.1+1.2*part, r)
		if i == layers-1 {
			trees(top, c.h/11, r)
		}
		const bands = 10
		first := c.inks(s.far.mix(s.near, part),
			s.far.mix(s.near, part).mix(s.horizon, 0.45*(1-part)), bands)
		from, depth := int(base)-c.h/10, max(c.h/4, 1)
		c.ridge(top, func(y int) uint8 {
			return first +
				uint8(min(max((y-from)*bands/depth, 0), bands-1))
		})
	}
}

// hills returns heights around base: a sum of sines of rising frequency and falling amplitude.
func hills(width int, base, height, pitch float64, r *rand.Rand) []int {
	top := make([]int, width)
	var phase, speed, size [5]float64
	for k := range phase {
		phase[k] = r.Float64() * 2 * math.Pi
		speed[k] = pitch * math.Pow(2.1, float64(k)) * (0.8 + 0.4*r.Float64()) * 2 * math.Pi / float64(width)
		size[k] = height / math.Pow(2.2, float64(k))
	}
	for x := range top {
		y := base
		for k := range phase {
			y += size[k] * math.Sin(phase[k]+speed[k]*float64(x))
		}
		top[x] = int(y)
	}
	return top
}

// trees raises a ridge by triangles that look like firs.
func trees(top []int, tallest int, r *rand.Rand) {
	ground := slices.Clone(top)
	for range 24 + r.IntN(30) {
		at, tall := r.IntN(len(top)), tallest/3+r.IntN(tallest*2/3+1)
		half := max(tall/5, 1)
		for dx := -half; dx <= half; dx++ {
			if x := at + dx; x >= 0 && x < len(top) {
				rise := tall * (half - max(dx, -dx)) / half
				top[x] = min(top[x], ground[x]-rise)
			}
		}
	}
}

// sea paints water below a sky, two islands, and the reflection of the sun.
func sea(c *canvas, s scheme, r *rand.Rand) {
	line := c.h*52/100 + r.IntN(c.h/8+1)
	x, size := sky(c, s, r, line)
	const bands = 24
	first := c.inks(s.water.mix(s.horizon, 0.45), s.water.mix(s.near, 0.35), bands)
	for y := line; y < c.h; y++ {
		fill(c.span(y, 0, c.w), first+uint8((y-line)*bands/max(c.h-line, 1)))
	}
	for i := range 2 {
		part := 0.35 + 0.4*float64(i)
		shore := &canvas{c.m, c.x, c.y, c.w, line}
		top := hills(c.w, float64(line)+float64(c.h)*0.015, float64(c.h)*0.05, 0.7+1.1*float64(i),
			r)
		ink := c.ink(s.far.mix(s.near, part))
		shore.ridge(top, func(int) uint8 { return ink })
	}
	glints(c, s, r, line, x, size)
}

// glints paints the reflection of the sun: dashes that grow wider and sparser towards the bottom.
func glints(c *canvas, s scheme, r *rand.Rand, line, x, size int) {
	ink, thick := c.ink(s.sun.mix(s.horizon, 0.4)), max(c.h/300, 1)
	for y := line + thick*2; y < c.h; {
		near := float64(y-line) / float64(c.h-line)
		reach := size + int(near*float64(size))
		for range 3 {
			long := size/4 + r.IntN(size+1)
			c.rect(x-reach+r.IntN(2*reach+1)-long/2, y, long, thick, ink)
		}
		y += thick*2 + int(near*float64(c.h)/40)
	}
}
