package emulator

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
			s := scene{"a cat", seed, size[0], size[1], seed%2 == 1}
			data := drawPicture(s)
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
			if seed == 0 && !bytes.Equal(drawPicture(s), data) {
				t.Errorf("%v: another picture the second time", s)
			}
		}
	}
	if a, b := drawPicture(scene{"a cat", 1, 512, 512, false}), drawPicture(scene{"a dog", 1, 512, 512, false}); bytes.Equal(a, b) {
		t.Error("two prompts make the same picture")
	}
}

// BenchmarkPicture reports the time, and as B/picture the largest size, over 200 pictures of each size; the budget is
// 30 ms and 60,000 bytes.
func BenchmarkPicture(b *testing.B) {
	for _, size := range [][2]int{{1664, 928}, {1328, 1328}, {2048, 2048}} {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			largest := 0
			for i := 0; b.Loop(); i++ {
				largest = max(largest, len(drawPicture(scene{"a cat", int64(i % 200), size[0], size[1], true})))
			}
			b.ReportMetric(float64(largest), "B/picture")
		})
	}
}

func BenchmarkTinyPicture(b *testing.B) {
	for b.Loop() {
		tinyPicture(1664, 928, "REHEARSAL")
	}
}
