package draw

import (
	"bytes"
	"fmt"
	"image/png"
	"testing"
)

func TestPictureIsWhatWasAskedFor(t *testing.T) {
	seen := map[string]bool{}
	for _, size := range [][2]int{{1664, 928}, {1472, 1140}, {1328, 1328}, {928, 1664}, {512, 512}, {2048, 2048}} {
		for seed := range int64(3_000_000 / (size[0] * size[1]) * 2) {
			s := Scene{"a cat", seed, size[0], size[1], seed%2 == 1}
			data := Poster(s)
			m, err := png.DecodeConfig(bytes.NewReader(data))
			if err != nil || m.Width != size[0] || m.Height != size[1] {
				t.Errorf("%v: %v, %d*%d", s, err, m.Width, m.Height)
			}
			if len(data) > 60_000 {
				t.Errorf("%v: %d bytes, want at most 60,000", s, len(data))
			}
			if seen[string(data)] {
				t.Errorf("%v: the same picture as another", s)
			}
			seen[string(data)] = true
			if seed == 0 && !bytes.Equal(Poster(s), data) {
				t.Errorf("%v: another picture the second time", s)
			}
		}
	}
	if a, b := Poster(Scene{"a cat", 1, 512, 512, false}), Poster(Scene{"a dog", 1, 512, 512, false}); bytes.Equal(a, b) {
		t.Error("two prompts make the same picture")
	}
}

// BenchmarkPoster reports the time, and as B/picture the largest size, over 200 pictures of
// each size; the budget is 30 ms and 60,000 bytes.
func BenchmarkPoster(b *testing.B) {
	for _, size := range [][2]int{{1664, 928}, {1328, 1328}, {2048, 2048}} {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			largest := 0
			for i := 0; b.Loop(); i++ {
				largest = max(largest, len(Poster(Scene{"a cat", int64(i % 200), size[0], size[1], true})))
			}
			b.ReportMetric(float64(largest), "B/picture")
		})
	}
}

func BenchmarkBlank(b *testing.B) {
	for b.Loop() {
		Blank(1664, 928, "REHEARSAL")
	}
}

func TestBlankPicturesTellTheirTask(t *testing.T) {
	a, b := Blank(1328, 1328, "one"), Blank(1328, 1328, "two")
	if bytes.Equal(a, b) || !bytes.Contains(a, []byte("one")) || len(a) > 500 {
		t.Errorf("blank pictures of %d bytes do not tell their task", len(a))
	}
}
