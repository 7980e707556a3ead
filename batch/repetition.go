package batch

import (
	"crypto/sha256"
	"fmt"

	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// alike is how often in a row the service gives out the same damaged bytes before they are
// saved: they are what it has, and they are paid for.
const alike = 3

// A repetition counts how often in a row a download of one picture has brought the same damaged
// bytes.
type repetition struct {
	sum   [sha256.Size]byte
	times int
}

// inspect is imagefile.Inspect, but for a damaged picture that has come alike often enough:
// that is described with a warning. A page or a text in place of a picture is never taken for
// one.
func (r *repetition) inspect(body []byte) (imagefile.Picture, error) {
	found, err := imagefile.Inspect(body)
	if err == nil {
		return found, nil
	}
	if sum := sha256.Sum256(body); sum != r.sum {
		r.sum, r.times = sum, 0
	}
	if r.times++; r.times < alike {
		return found, err
	}
	salvaged, ok := imagefile.Salvage(body)
	if !ok {
		return found, err
	}
	salvaged.Warnings = append(salvaged.Warnings,
		fmt.Sprintf("the service has served it so %d times", r.times))
	return salvaged, nil
}
