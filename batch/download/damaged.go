package download

import (
	"crypto/sha256"
	"fmt"

	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// maxRepeats is how often in a row the service gives out the same damaged bytes before they are
// saved: they are what it has, and they are paid for.
const maxRepeats = 3

// Repeats counts how often in a row downloads of one picture have brought the same damaged
// bytes.
type repeats struct {
	sum   [sha256.Size]byte
	times int
}

// inspect is [imagefile.Inspect], except that a damaged picture that was repeated often enough
// is described, with a warning. A page or a text in place of a picture never is.
func (r *repeats) inspect(body []byte) (imagefile.Picture, error) {
	found, err := imagefile.Inspect(body)
	if err == nil {
		return found, nil
	}
	if sum := sha256.Sum256(body); sum != r.sum {
		r.sum, r.times = sum, 0
	}
	if r.times++; r.times < maxRepeats {
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
