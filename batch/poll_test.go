package batch

import (
	"fmt"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// many is a sheet of n rows.
func many(n int) string {
	sheet := "id,prompt\n"
	for i := range n {
		sheet += fmt.Sprintf("%d,picture %d\n", i, i)
	}
	return sheet
}

// TestListOnlySaysWhenToAsk runs many tasks at once while the list lags, leaves rows out, shuffles them, or is not to be
// had: nothing is forgotten, and nothing takes much longer.
func TestListOnlySaysWhenToAsk(t *testing.T) {
	usual := time.Duration(0)
	for _, f := range []emulator.Fault{{}, {LagList: 2 * time.Minute}, {OmitRow: true}, {ShuffleList: true}, {Status: 500, Code: "InternalError"}, {Garbage: true}} {
		quota := func(model string) (emulator.Quota, bool) {
			return emulator.Quota{Submissions: 20, Per: time.Second, Running: 100, Queue: 500}, model != ""
		}
		play(t, many(300), emulator.Options{Quota: quota}, func(s *scene) {
			s.fault = func(c emulator.Call) emulator.Fault {
				if c.Op == "list" && c.N > 1 {
					return f
				}
				return emulator.Fault{}
			}
			s.options.SubmitRate, s.options.Window = 20, 200
			begun := time.Now()
			s.ends()
			took := time.Since(begun)
			s.wantPaidOnce(300)
			if usual == 0 {
				usual = took
			} else if took > usual*3/2 {
				t.Errorf("with %+v it took %v, %v without", f, took, usual)
			}
			if lists := s.server.Books().Lists; f == (emulator.Fault{}) && lists < 3 {
				t.Errorf("the list was read %d times", lists)
			}
		})
	}
}

// TestUnknownSpeedIsLearned runs against a service whose time is 60 times as fast, which nobody has told.
func TestUnknownSpeedIsLearned(t *testing.T) {
	play(t, many(9), emulator.Options{Speed: 60}, func(s *scene) {
		begun := time.Now()
		s.ends()
		s.wantPaidOnce(9)
		if took := time.Since(begun); took > 20*time.Second {
			t.Errorf("nine tasks of a third of a second took %v", took)
		}
	})
}
