package term

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestWorkBarLines: where no terminal is, a line every ten seconds says how far the work is and
// how long it takes, and short work says nothing.
func TestWorkBarLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		b := &WorkBar{What: "thumbnails", Stderr: &out}
		for i := range 251 {
			b.Tell(i, 1000)
			time.Sleep(100 * time.Millisecond)
		}
		b.End()
		want := "thumbnails: 100/1,000, 1 min 30 s left\nthumbnails: 200/1,000, 1 min 20 s left\n"
		if out.String() != want {
			t.Errorf("printed %q, want %q", out.String(), want)
		}
		out.Reset()
		for i := range 51 {
			b.Tell(i, 50)
			time.Sleep(100 * time.Millisecond)
		}
		if b.End(); out.Len() > 0 {
			t.Errorf("short work printed %q", out.String())
		}
	})
}
