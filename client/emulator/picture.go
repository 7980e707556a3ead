package emulator

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
)

// scene is what a picture is drawn from; equal scenes make equal pictures.
type scene struct {
	prompt        string
	seed          int64
	width, height int
	watermark     bool
}

// drawPicture draws a small poster: a landscape or a composition in a frame, and the word REHEARSAL below it, so that
// nobody takes it for a picture that was paid for. Its budget is 30 ms and 60 KB.
func drawPicture(s scene) []byte {
	r := s.random()
	kind := r.IntN(5)
	colours := newScheme(r.Float64(), r.Float64(), kind < 3 && r.IntN(4) == 0)
	c := newCanvas(s.width, s.height, colours.paper)
	switch kind {
	case 0, 1:
		mountains(c, colours, r)
	case 2:
		sea(c, colours, r)
	case 3:
		tiles(c, colours, r)
	case 4:
		waves(c, colours, r)
	}
	if s.watermark {
		c.mark(colours)
	}
	c.caption(colours)
	return encodePNG(c.m)
}

// random returns the source of everything that a picture draws by chance. Prompt and seed decide
// it alone, so that one scene in two sizes has the same motif.
func (s scene) random() *rand.Rand {
	h := fnv.New64a()
	for _, part := range []string{s.prompt, strconv.FormatInt(s.seed, 10)} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return rand.New(rand.NewPCG(h.Sum64()^7<<56, 0))
}

// caption writes the word below the scene.
func (c *canvas) caption(s scheme) {
	const word = "REHEARSAL"
	whole := &canvas{m: c.m, w: c.m.Rect.Dx(), h: c.m.Rect.Dy()}
	room := whole.h - c.y - c.h
	scale := max(min(whole.w/140, room/14), 1)
	whole.write(word, (whole.w-writtenWidth(word, scale))/2, c.y+c.h+(room-7*scale)/2, scale, whole.ink(s.ink))
}

// mark writes the service's own watermark at the bottom right; later documents than the user's call it "Qwen-Image".
func (c *canvas) mark(s scheme) {
	const word = "QWEN-IMAGE"
	scale := max(min(c.w, c.h)/500, 1)
	w := writtenWidth(word, scale)
	c.rect(c.w-w-10*scale, c.h-17*scale, w+6*scale, 13*scale, c.ink(s.ink))
	c.write(word, c.w-w-7*scale, c.h-14*scale, scale, c.ink(s.paper))
}

// sky paints bands of colour from the zenith down to a row, and a sun or moon with its light around it.
func sky(c *canvas, s scheme, r *rand.Rand, down int) (sunX, sunR int) {
	const bands = 32
	first := c.inks(s.zenith, s.horizon, bands)
	for i := range uint8(2) { // the same again in the light of the sun
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

// mountains paints ridges behind each other, each in more mist than the one before it.
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
		first := c.inks(s.far.mix(s.near, part), s.far.mix(s.near, part).mix(s.horizon, 0.45*(1-part)), bands)
		from, depth := int(base)-c.h/10, max(c.h/4, 1)
		c.ridge(top, func(y int) uint8 { return first + uint8(min(max((y-from)*bands/depth, 0), bands-1)) })
	}
}

// hills draws a line of heights around base: waves of rising pitch and falling height.
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

// trees puts firs on a ridge.
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

// sea paints water under a low sun, with its path on the water and an island or two.
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
		top := hills(c.w, float64(line)+float64(c.h)*0.015, float64(c.h)*0.05, 0.7+1.1*float64(i), r)
		ink := c.ink(s.far.mix(s.near, part))
		shore.ridge(top, func(int) uint8 { return ink })
	}
	glints(c, s, r, line, x, size)
}

// glints paints the sun's path: dashes that grow wider and fewer towards us.
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

// tiles paints a grid of quarter and half discs, as on a tiled wall.
func tiles(c *canvas, s scheme, r *rand.Rand) {
	var inks [5]uint8
	for i, a := range s.accents {
		inks[i] = c.ink(a)
	}
	side := max(min(c.w, c.h)/(4+r.IntN(3)), 2)
	columns := max(c.w/side, 1)
	side = (c.w + columns - 1) / columns
	for y := 0; y < c.h; y += side {
		for x := 0; x < c.w; x += side {
			cell := &canvas{c.m, c.x + x, c.y + y, min(side, c.w-x), min(side, c.h-y)}
			ground := r.IntN(5)
			cell.rect(0, 0, side, side, inks[ground])
			tile(cell, side, inks[(ground+1+r.IntN(4))%5], inks[(ground+1+r.IntN(4))%5], r)
		}
	}
}

// tile paints one of four figures.
func tile(c *canvas, side int, a, b uint8, r *rand.Rand) {
	corner := func() int { return r.IntN(2) * side }
	switch r.IntN(5) {
	case 0:
		c.disc(corner(), corner(), side-1, with(a))
	case 1:
		x, y := corner(), corner()
		c.disc(x, y, side-1, with(a))
		c.disc(x, y, side/2, with(b))
	case 2:
		c.disc(side/2, side/2, side*2/5, with(a))
		c.disc(side/2, side/2, side/6, with(b))
	case 3:
		c.disc(side/2, corner(), side/2, with(a))
	case 4:
		c.disc(0, corner(), side/2, with(a))
		c.disc(side, corner(), side/2, with(b))
	}
}

// waves paints rows of scales, each of rings within each other.
func waves(c *canvas, s scheme, r *rand.Rand) {
	ground := c.ink(s.horizon)
	c.rect(0, 0, c.w, c.h, ground)
	radius := max(min(c.w, c.h)*2/(5+r.IntN(3)), 2)
	rings := [3]uint8{c.ink(s.near.mix(s.zenith, 0.55)), c.ink(s.horizon), c.ink(s.accents[0])}
	dark := c.ink(s.accents[1])
	gold := 2 + r.IntN(5)
	for row := 0; row*radius/2 < c.h+2*radius; row++ {
		y := row*radius/2 + radius/3
		for x, col := row%2*radius-radius, 0; x < c.w+radius; x, col = x+2*radius, col+1 {
			rim := rings[0]
			if (row+col)%gold == 0 {
				rim = dark
			}
			c.disc(x, y, radius, with(rings[1]))
			c.disc(x, y, radius*92/100, with(rim))
			c.disc(x, y, radius*60/100, with(rings[1]))
			c.disc(x, y, radius*50/100, with(rings[2]))
		}
	}
}
