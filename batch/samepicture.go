package batch

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
)

// samePictures finds the rows that ask for the very same picture as another row, word by word
// and setting by setting. The pictures of one row (count) are meant to be several.
type samePictures []sameRow

// A sameRow is what an item of a row asks for.
type sameRow struct {
	asks uint64 // the beginning of its state.Fingerprint
	row  int32
	due  bool         // a run would send it
	cost client.Money // and pay that
}

func (s *samePictures) add(print state.Fingerprint, row int, due bool, cost client.Money) {
	*s = append(*s, sameRow{binary.BigEndian.Uint64(print[:]), int32(row), due, cost})
}

// repeated is how many rows are to be paid beside another one of their kind, which is one that
// is not to be paid if there is any, and what they cost.
func (s samePictures) repeated() (rows int, cost client.Money) {
	slices.SortFunc(s, func(a, b sameRow) int {
		return cmp.Or(cmp.Compare(a.asks, b.asks), compareBool(a.due, b.due),
			cmp.Compare(a.row, b.row))
	})
	for i := 0; i < len(s); {
		first, last := s[i], s[i].row
		for ; i < len(s) && s[i].asks == first.asks; i++ {
			if s[i].row == first.row || !s[i].due {
				continue
			}
			if cost += s[i].cost; s[i].row != last {
				rows, last = rows+1, s[i].row
			}
		}
	}
	return rows, cost
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
