package batch

import (
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// TestT2NoSubmissionWhileFetchingIsLate lets the picture host be away for so long that the first picture may not be fetched
// in time: what could be submitted meanwhile waits until it is back.
func TestT2NoSubmissionWhileFetchingIsLate(t *testing.T) {
	sheet := "id,prompt\na,a red cat\nb,[[pending:13h]] a blue dog\nc,a bird\n" // c's turn comes when b has ended
	play(t, sheet, emulator.Options{}, func(s *scene) {
		s.options.Window = 1
		began := time.Now()
		back := began.Add(15 * time.Hour)
		last := time.Duration(0)
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "submit" {
				last = time.Since(began)
			}
			if c.Op == "image" && time.Now().Before(back) {
				return emulator.Fault{Status: 503}
			}
			return emulator.Fault{}
		}
		for err := s.start(); err != nil; err = s.start() { // with 13 h behind it, it waits no longer than ten minutes
			time.Sleep(10 * time.Minute)
		}
		s.wantPaidOnce(3)
		if last < 15*time.Hour {
			t.Errorf("the last submission was after %v, want it after 15h, when pictures could be fetched again", last)
		}
	})
}
