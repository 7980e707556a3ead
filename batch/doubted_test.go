package batch

import (
	"testing"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// TestM9DoubtedSubmissionsStayInTheBudget sends a held item again by hand: what its first submission may have cost still counts.
func TestM9DoubtedSubmissionsStayInTheBudget(t *testing.T) {
	for name, how := range map[string]Resolution{"resubmit": {Resubmit: true}, "abandon": {Abandon: true}} {
		t.Run(name, func(t *testing.T) {
			play(t, three, emulator.Options{}, func(s *scene) {
				forbidden := emulator.Fault{Status: 403, Code: "AccessDenied"}
				s.fault = func(c emulator.Call) emulator.Fault {
					if c.Op == "submit" && c.Prompt == "a red cat" {
						return emulator.Fault{LoseAnswer: true}
					}
					return at("list", 0, forbidden)(c)
				}
				s.options.Budget, s.options.Window = 400_000, 1 // two pictures, in the order of the sheet
				s.start()
				s.wantPhases(map[string]state.Phase{"a red cat": state.Held, "a blue dog": state.Done})
				b, closed := s.open()
				err := b.Resolve([]string{"a"}, how)
				closed()
				if err != nil {
					t.Fatalf("Resolve = %v", err)
				}
				s.fault = nil
				s.start()
				s.wantPosts(2)
				charged := 0
				for _, task := range s.server.Books().Tasks {
					charged += task.Charged
				}
				if charged > 2 {
					t.Errorf("%d pictures are charged within a budget of 2", charged)
				}
			})
		})
	}
}
