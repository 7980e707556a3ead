package draw

import (
	"math/rand/v2"
)

// tiles paints a grid of square tiles with quarter, half and whole discs.
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

// tile paints one of five figures in colours a and b.
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

// waves paints overlapping rows of discs with rings, as in a fish-scale pattern.
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
