package batch

import (
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// TestM4TwinOfAResumedDoubtWaits stops a run whose submission was answered with nothing. In the next run its twin, an item with
// the same words, is not submitted before the list has told what became of it: a second answer that is lost could not be
// told from the first.
func TestM4TwinOfAResumedDoubtWaits(t *testing.T) {
	play(t, "prompt\nother\ntwin\ntwin\n", emulator.Options{}, func(s *scene) {
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "submit" && c.Prompt == "twin" {
				s.killer.Load().cancel()
				return emulator.Fault{LoseAnswer: true}
			}
			return emulator.Fault{}
		}
		if s.start() == nil {
			t.Fatal("Run = nil, want that it was stopped")
		}
		const lag = 20 * time.Second
		lost := false
		s.fault = func(c emulator.Call) emulator.Fault {
			switch {
			case c.Op == "list":
				return emulator.Fault{LagList: lag}
			case c.Op == "submit" && c.Prompt == "twin" && !lost:
				lost = true
				return emulator.Fault{LoseAnswer: true}
			}
			return emulator.Fault{}
		}
		s.ends()
		s.wantPaidOnce(3)
		var twins []time.Time
		for _, task := range s.server.Books().Tasks {
			if task.Prompt == "twin" {
				twins = append(twins, task.Submitted)
			}
		}
		if len(twins) != 2 || twins[1].Sub(twins[0]) < lag {
			t.Errorf("twins submitted at %v, want two, and the second when the list shows the first", twins)
		}
	})
}
