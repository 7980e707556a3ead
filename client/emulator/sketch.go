package emulator

import (
	"bytes"
	"image"
	"sync"

	"golang.org/x/image/draw"
)

// sketches are small copies of the last pictures that requests have shown, for what is drawn of
// them. They are not in the books: after a restart a task is drawn as one without pictures.
type sketches struct {
	mu    sync.Mutex // held while one is made, so that one large picture is decoded at a time
	bySHA map[string]*image.RGBA
	order []string
}

const (
	sketchSide  = 384
	sketchesMax = 200
)

// add keeps a small copy of a picture that can be decoded.
func (s *sketches) add(sha string, content []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bySHA[sha] != nil {
		return
	}
	whole, _, err := image.Decode(bytes.NewReader(content))
	if err != nil {
		return
	}
	size := whole.Bounds()
	long := max(size.Dx(), size.Dy(), 1)
	side := min(long, sketchSide)
	small := image.NewRGBA(image.Rect(0, 0, max(size.Dx()*side/long, 1), max(size.Dy()*side/long, 1)))
	draw.ApproxBiLinear.Scale(small, small.Rect, whole, size, draw.Src, nil)
	if s.bySHA == nil {
		s.bySHA = map[string]*image.RGBA{}
	}
	s.bySHA[sha] = small
	if s.order = append(s.order, sha); len(s.order) > sketchesMax {
		delete(s.bySHA, s.order[0])
		s.order = s.order[1:]
	}
}

// of is the small copy of the last picture of a task that there is one of, nil without.
func (s *sketches) of(inputs []Input) image.Image {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(inputs) - 1; i >= 0; i-- {
		if small := s.bySHA[inputs[i].SHA256]; small != nil {
			return small
		}
	}
	return nil
}
