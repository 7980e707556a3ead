package batch

import (
	"testing"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
)

// TestSamePictures: rows are repetitions of the first of their kind, or of one that is paid already; several pictures of
// one row are none.
func TestSamePictures(t *testing.T) {
	type row struct {
		asks byte
		row  int
		due  bool
		cost client.Money
	}
	for name, c := range map[string]struct {
		rows []row
		want int
		cost client.Money
	}{
		"none":                        {[]row{{1, 2, true, 5}, {2, 3, true, 5}}, 0, 0},
		"three rows of four":          {[]row{{1, 2, true, 5}, {1, 3, true, 5}, {2, 4, true, 5}, {1, 5, true, 7}}, 2, 12},
		"count":                       {[]row{{1, 2, true, 5}, {1, 2, true, 5}, {1, 2, true, 5}}, 0, 0},
		"a row with count, repeated":  {[]row{{1, 2, true, 5}, {1, 2, true, 5}, {1, 3, true, 5}, {1, 3, true, 5}}, 1, 10},
		"done rows cost nothing":      {[]row{{1, 2, false, 0}, {1, 3, false, 0}}, 0, 0},
		"of a done row":               {[]row{{1, 2, true, 5}, {1, 3, false, 0}, {1, 4, true, 5}}, 2, 10},
		"count of a row half of done": {[]row{{1, 2, false, 0}, {1, 2, true, 5}}, 0, 0},
		"without a known price":       {[]row{{1, 2, true, 0}, {1, 3, true, 0}}, 1, 0},
	} {
		var s samePictures
		for _, r := range c.rows {
			s.add(state.Fingerprint{r.asks}, r.row, r.due, r.cost)
		}
		if rows, cost := s.repeated(); rows != c.want || cost != c.cost {
			t.Errorf("%s: repeated() = %d, %v, want %d, %v", name, rows, cost, c.want, c.cost)
		}
	}
}
