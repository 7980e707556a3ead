package client

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Size is the width and height of a picture in pixels.
type Size struct{ W, H int }

// String returns the form that the API wants: "1328*1328".
func (s Size) String() string { return fmt.Sprintf("%d*%d", s.W, s.H) }

// Ratio returns the shape in small numbers where the vendor's documents name one ("16:9"), else reduced: "1:2".
func (s Size) Ratio() string {
	for name, shapes := range namedRatios {
		for _, shape := range shapes {
			if shape == s {
				return name
			}
		}
	}
	if s.W <= 0 || s.H <= 0 {
		return ""
	}
	g := gcd(s.W, s.H)
	return fmt.Sprintf("%d:%d", s.W/g, s.H/g)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// namedRatios are the sizes that the documents call by a ratio that they only nearly have. 1472*1140 is the user's
// document (2025-09), 1472*1104 every edition since 2026.
var namedRatios = map[string][]Size{
	"16:9": {{1664, 928}, {2688, 1536}},
	"9:16": {{928, 1664}, {1536, 2688}},
	"4:3":  {{1472, 1104}, {1472, 1140}, {2368, 1728}},
	"3:4":  {{1104, 1472}, {1140, 1472}, {1728, 2368}},
}

// ParseSize reads "1328*1328", "1328x1328" and "1328×1328"; false for anything else.
func ParseSize(s string) (Size, bool) {
	w, h, ok := cutAny(s, "*", "x", "X", "×")
	return Size{w, h}, ok
}

// parseRatio reads "16:9" and "16：9".
func parseRatio(s string) (w, h int, ok bool) { return cutAny(s, ":", "：") }

func cutAny(s string, seps ...string) (a, b int, ok bool) {
	for _, sep := range seps {
		left, right, found := strings.Cut(s, sep)
		if !found {
			continue
		}
		a, errA := strconv.Atoi(strings.TrimSpace(left))
		b, errB := strconv.Atoi(strings.TrimSpace(right))
		return a, b, errA == nil && errB == nil && a > 0 && b > 0
	}
	return 0, 0, false
}

// A SizeError is a size that a model does not offer.
type SizeError struct {
	Said, Model string
	Nearest     Size // the allowed size nearest in shape; zero where Said is no size at all
}

// Error names the model and the nearest size that it offers.
func (e *SizeError) Error() string {
	if e.Nearest == (Size{}) {
		return fmt.Sprintf("%q is no size; write 1328*1328 or 16:9", e.Said)
	}
	return fmt.Sprintf("%s is not offered by %s; nearest: %s (%s)", e.Said, e.Model, e.Nearest, e.Nearest.Ratio())
}

// Size returns what is sent for a size as people write it: "" is the model's default, a ratio is the model's size of
// that shape, a width and height are sent as typed. The error is a *SizeError.
func (m Model) Size(said string) (Size, error) {
	if said == "" {
		return m.Default(), nil
	}
	if w, h, ok := parseRatio(said); ok {
		return m.shape(said, w, h)
	}
	size, ok := ParseSize(said)
	switch {
	case !ok:
		return Size{}, &SizeError{Said: said, Model: m.Name}
	case m.offers(size):
		return size, nil
	}
	return Size{}, &SizeError{Said: size.String(), Model: m.Name, Nearest: m.nearest(size.W, size.H)}
}

// Default is the size that is sent where nobody asks for one. It is always sent: the service's own default has changed
// once and costs double on qwen-image-3.0-pro (QI 2026, community measurement 2026-09-04).
func (m Model) Default() Size {
	if len(m.Sizes) > 0 {
		return m.Sizes[0]
	}
	return Size{1328, 1328}
}

// shape finds the model's size for a ratio.
func (m Model) shape(said string, w, h int) (Size, error) {
	ratio := fmt.Sprintf("%d:%d", w, h)
	for _, s := range m.Sizes {
		if s.Ratio() == ratio {
			return s, nil
		}
	}
	near := m.nearest(w, h)
	if m.free() && m.offers(near) && math.Abs(math.Log(float64(near.W)/float64(near.H)*float64(h)/float64(w))) < 0.05 {
		return near, nil
	}
	return Size{}, &SizeError{Said: said, Model: m.Name, Nearest: near}
}

// free reports whether any size within an area and a shape is allowed.
func (m Model) free() bool { return m.MaxArea > 0 }

func (m Model) offers(s Size) bool {
	for _, offered := range append(m.Sizes, m.AlsoSizes...) {
		if offered == s {
			return true
		}
	}
	if !m.free() {
		return len(m.Sizes) == 0 // an unknown model: the service decides
	}
	area := s.W * s.H
	long, short := max(s.W, s.H), min(s.W, s.H)
	return area >= m.MinArea && area <= m.MaxArea && (m.MaxRatio == 0 || long <= m.MaxRatio*short)
}

// nearest is the allowed size nearest in shape to w:h.
func (m Model) nearest(w, h int) Size {
	if m.free() {
		return m.fit(w, h)
	}
	var best Size
	distance := math.Inf(1)
	for _, s := range m.Sizes {
		d := math.Abs(math.Log(float64(s.W) * float64(h) / (float64(s.H) * float64(w))))
		if d < distance {
			best, distance = s, d
		}
	}
	return best
}

// fit scales w:h to the area of the model's default, in steps of 16 pixels, within its limits of shape.
func (m Model) fit(w, h int) Size {
	ratio := float64(w) / float64(h)
	if limit := float64(m.MaxRatio); limit > 0 {
		ratio = min(max(ratio, 1/limit), limit)
	}
	d := m.Default()
	height := math.Sqrt(float64(d.W*d.H) / ratio)
	size := Size{round16(height * ratio), round16(height)}
	for size.W*size.H > m.MaxArea || (m.MaxRatio > 0 && max(size.W, size.H) > m.MaxRatio*min(size.W, size.H)) {
		if size.W > size.H {
			size.W -= 16
		} else {
			size.H -= 16
		}
	}
	return size
}

func round16(x float64) int { return max(16, int(math.Round(x/16))*16) }
