package draw

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
)

// A Scene says what a poster shows. Prompt and Seed choose the motif and its colours.
type Scene struct {
	Prompt        string
	Seed          int64
	Width, Height int
	Watermark     bool
}

// Poster returns a PNG of a framed landscape or pattern. The word REHEARSAL below it keeps it from
// being taken for a paid picture. Its budget is 30 ms and 60,000 bytes.
func Poster(s Scene) []byte {
	r := s.random()
	kind := r.IntN(5)
	colours := newScheme(r.Float64(), r.Float64(), kind < 3 && r.IntN(4) == 0)
	c := newCanvas(s.Width, s.Height, colours.paper)
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
	if s.Watermark {
		c.mark(colours)
	}
	c.caption(colours)
	return encodePNG(c.m)
}

// random returns the source of all random numbers of a poster. It depends on prompt and seed
// alone, so that a scene keeps its motif in every size.
func (s Scene) random() *rand.Rand {
	h := fnv.New64a()
	for _, part := range []string{s.Prompt, strconv.FormatInt(s.Seed, 10)} {
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
	whole.write(word, (whole.w-writtenWidth(word, scale))/2, c.y+c.h+(room-7*scale)/2, scale,
		whole.ink(s.ink))
}

// mark writes the service's watermark at the bottom right: "Qwen-Image" in the documents since
// 2026.
func (c *canvas) mark(s scheme) {
	const word = "QWEN-IMAGE"
	scale := max(min(c.w, c.h)/500, 1)
	w := writtenWidth(word, scale)
	c.rect(c.w-w-10*scale, c.h-17*scale, w+6*scale, 13*scale, c.ink(s.ink))
	c.write(word, c.w-w-7*scale, c.h-14*scale, scale, c.ink(s.paper))
}
