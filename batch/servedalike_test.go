package batch

import (
	"strings"
	"testing"

	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// TestD31ServedAlike is failure mode D31: what the service serves damaged in the same way three times is saved with a
// warning, since it is paid for; an error page never is.
func TestD31ServedAlike(t *testing.T) {
	play(t, three, emulator.Options{Seed: 1}, func(s *scene) {
		s.fault = at("image", 0, emulator.Fault{FlipByte: true, NoCRC: true})
		s.ends()
		s.wantPaidOnce(3)
		s.wantDownloads(9)
		for prompt, rec := range s.records() {
			if got := strings.Join(rec.Warnings, "; "); !strings.Contains(got, "served it so 3 times") {
				t.Errorf("%s: warnings %q", prompt, got)
			}
		}
	})
	play(t, three, emulator.Options{Seed: 1}, func(s *scene) {
		pages := 0
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "image" && pages < 20 {
				pages++
				return emulator.Fault{Garbage: true}
			}
			return emulator.Fault{}
		}
		s.ends()
		s.wantPaidOnce(3)
		for prompt, rec := range s.records() {
			if len(rec.Warnings) > 0 {
				t.Errorf("%s: warnings %q", prompt, rec.Warnings)
			}
		}
	})
}
