package download

import (
	"testing"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// TestP4OtherFormOfTheSize adopts a task whose picture has the other of the two forms that the vendor's pages give for 4:3: it is
// what was asked for.
func TestP4OtherFormOfTheSize(t *testing.T) {
	made := imagefile.Picture{Width: 1472, Height: 1104}
	for size, want := range map[string]bool{"1472*1140": false, "1472*1104": false, "1104*1472": true, "1328*1328": true} {
		rec := state.Record{Adopted: "prompt", Sent: state.Request{Size: size}}
		if got := isForeign(&rec, made); got != want {
			t.Errorf("a picture of 1472*1104 where %s was asked for: foreign is %v, want %v", size, got, want)
		}
	}
}
