package client

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A Size is the width and height of a picture in pixels.
type Size struct{ W, H int }

// String returns the form that the API wants: "1328*1328".
func (s Size) String() string { return fmt.Sprintf("%d*%d", s.W, s.H) }

// Ratio returns the shape in small numbers where the vendor's documents name one ("16:9"), else
// reduced: "1:2".
func (s Size) Ratio() string {
	for _, named := range namedRatios {
		if slices.Contains(named.sizes, s) {
			return named.ratio
		}
	}
	if s.W <= 0 || s.H <= 0 {
		return ""
	}
	return reduced(s.W, s.H)
}

func reduced(w, h int) string {
	g := gcd(w, h)
	return fmt.Sprintf("%d:%d", w/g, h/g)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// namedRatios are the sizes that the documents call by a ratio that they only nearly have.
// 1472*1140 is the user's document (2025-09), 1472*1104 every edition since 2026.
var namedRatios = []struct {
	ratio string
	sizes []Size
}{
	{"16:9", []Size{{1664, 928}, {2688, 1536}}},
	{"9:16", []Size{{928, 1664}, {1536, 2688}}},
	{"4:3", []Size{{1472, 1104}, {1472, 1140}, {2368, 1728}}},
	{"3:4", []Size{{1104, 1472}, {1140, 1472}, {1728, 2368}}},
}

// longest keeps the arithmetic of sizes far from overflow; no picture has such a side.
const longest = 100_000

// ParseSize reads "1328*1328", "1328x1328" and "1328×1328"; false for anything else, sides
// above 100,000 among it.
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
		if errA != nil || errB != nil || min(a, b) <= 0 || max(a, b) > longest {
			return 0, 0, false
		}
		return a, b, true
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
	return fmt.Sprintf("%s is not offered by %s; nearest: %s (%s)", e.Said, e.Model, e.Nearest,
		e.Nearest.Ratio())
}

// Size returns what is sent for a size as people write it: "" is the model's default, a ratio
// is the model's size of that shape, a width and height are sent as typed. The error is a
// *SizeError.
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
	return Size{}, &SizeError{Said: size.String(), Model: m.Name,
		Nearest: m.nearest(size.W, size.H)}
}

// Default is the size of a request without one. It is always sent: the service's
// own default has changed once and costs double on qwen-image-3.0-pro (QI 2026, community
// measurement 2026-09-04).
func (m Model) Default() Size {
	if len(m.Sizes) > 0 {
		return m.Sizes[0]
	}
	return Size{1328, 1328}
}

// shape finds the model's size for a ratio.
func (m Model) shape(said string, w, h int) (Size, error) {
	ratio := reduced(w, h)
	for _, s := range m.named() {
		if s.Ratio() == ratio {
			return s, nil
		}
	}
	near := m.nearest(w, h)
	if m.free() && apart(near, float64(w)/float64(h)) < 0.05 {
		return near, nil
	}
	return Size{}, &SizeError{Said: said, Model: m.Name, Nearest: near}
}

// named are the sizes that ratios stand for: those of the family where the model is not known.
func (m Model) named() []Size {
	if len(m.Sizes) == 0 {
		return fiveSizes
	}
	return m.Sizes
}

// free reports whether any size within an area and a shape is allowed.
func (m Model) free() bool { return m.MaxArea > 0 }

func (m Model) offers(s Size) bool {
	if slices.Contains(m.Sizes, s) || slices.Contains(m.AlsoSizes, s) {
		return true
	}
	if !m.free() {
		return len(m.Sizes) == 0 // an unknown model: the service decides
	}
	area := s.W * s.H
	long, short := max(s.W, s.H), min(s.W, s.H)
	return area >= m.MinArea && area <= m.MaxArea &&
		(m.MaxRatio == 0 || long <= m.MaxRatio*short) &&
		short >= m.MinSide && (m.MaxSide == 0 || long <= m.MaxSide)
}

// nearest is the allowed size nearest in shape to w:h.
func (m Model) nearest(w, h int) Size {
	if m.free() {
		return m.fit(w, h)
	}
	return closest(m.named(), float64(w)/float64(h))
}

// closest returns the size with the most similar shape, the first of several.
func closest(sizes []Size, ratio float64) Size {
	var best Size
	least := math.Inf(1)
	for _, s := range sizes {
		if d := apart(s, ratio); d < least {
			best, least = s, d
		}
	}
	return best
}

// apart measures how much a shape differs from a ratio, the same for 2:1 as for 1:2.
func apart(s Size, ratio float64) float64 {
	return math.Abs(math.Log(float64(s.W) / float64(s.H) / ratio))
}

// fit is an allowed size in steps of 16 pixels that is nearest in shape to w:h and has about
// the area of the default.
func (m Model) fit(w, h int) Size {
	limit := m.longestShape()
	ratio := min(max(float64(w)/float64(h), 1/limit), limit)
	d := m.Default()
	height := math.Sqrt(float64(d.W*d.H) / ratio)
	if long := max(height, height*ratio); m.MaxSide > 0 && long > float64(m.MaxSide) {
		height *= float64(m.MaxSide) / long
	}
	return closest(m.around(int(height*ratio)/16, int(height)/16), ratio)
}

// longestShape is the ratio of the long side to the short one that a model goes to; 16 where
// only areas bound it.
func (m Model) longestShape() float64 {
	switch {
	case m.MaxRatio > 0:
		return float64(m.MaxRatio)
	case m.MinSide > 0:
		return float64(m.MaxSide) / float64(m.MinSide)
	}
	return 16
}

// around lists the allowed sizes near w by h steps of 16 pixels, the same size first.
func (m Model) around(w, h int) []Size {
	var all []Size
	for _, dw := range []int{0, 1, -1, 2, -2} {
		for _, dh := range []int{0, 1, -1, 2, -2} {
			if s := (Size{(w + dw) * 16, (h + dh) * 16}); s.W > 0 && s.H > 0 && m.offers(s) {
				all = append(all, s)
			}
		}
	}
	return all
}

// AlternativeSize returns the size that another edition of the vendor's page gives for the same
// shape: 1472*1140 in the user's document (2025-09), 1472*1104 since 2026. Which of them the
// service accepts is not known, so one is tried after the other.
func AlternativeSize(size string) (string, bool) {
	forms := map[string]string{"1472*1104": "1472*1140", "1472*1140": "1472*1104",
		"1104*1472": "1140*1472", "1140*1472": "1104*1472"}
	other, ok := forms[size]
	return other, ok
}
