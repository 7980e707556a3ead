package batch

import (
	"fmt"
	"strings"
	"testing"

	"github.com/qwenbatch/qwenbatch/batch/download"
	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// TestArraysOfPicturesAreUsedAgain saves many more pictures than are downloaded at once, of two sizes and some torn on their way: each
// file holds what its own task has made.
func TestArraysOfPicturesAreUsedAgain(t *testing.T) {
	var sheet strings.Builder
	sheet.WriteString("id,prompt,size,n\n")
	for i := range 6 * download.MaxParallel {
		fmt.Fprintf(&sheet, "p%d,picture %d,%s,1\n", i, i, []string{"1328*1328", "1664*928"}[i%2])
	}
	play(t, sheet.String(), emulator.Options{NoQuota: true}, func(s *scene) {
		s.options.Window = 6 * download.MaxParallel
		s.fault = func(c emulator.Call) emulator.Fault {
			return emulator.Fault{Truncate: c.Op == "image" && c.N%5 == 0, FlipByte: c.Op == "image" && c.N%7 == 0}
		}
		s.ends()
		s.wantPaidOnce(6 * download.MaxParallel)
		for _, rec := range s.records() {
			p := rec.Pictures[0]
			content, _ := s.disk.Content(p.File)
			if imagefile.SHA256([]byte(content)) != p.SHA256 {
				t.Errorf("%s holds something else than was recorded", p.File)
			}
			if id, ok := pictures.ReadIdentity(s.disk, p.File); !ok || id.Task != rec.Task || id.Sent.Prompt != rec.Sent.Prompt {
				t.Errorf("%s is of %+v, want of task %s", p.File, id, rec.Task)
			}
			if fmt.Sprintf("%d*%d", p.Width, p.Height) != rec.Sent.Size {
				t.Errorf("%s has %d*%d, want %s", p.File, p.Width, p.Height, rec.Sent.Size)
			}
		}
	})
}
