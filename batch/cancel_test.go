package batch

import (
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// TestP18CancelWithoutAnAnswer cancels an open task from outside, and the answer is lost, before or after it was done: the task's
// own status decides. What was cancelled cost nothing and is not sent again; what ran all the same is kept.
func TestP18CancelWithoutAnAnswer(t *testing.T) {
	const waits = "[[pending:10m]] a red cat"
	for _, c := range []struct {
		fault   emulator.Fault
		want    state.Phase
		charges int
	}{{emulator.Fault{LoseAnswer: true}, state.Failed, 0}, {emulator.Fault{LoseRequest: true}, state.Done, 1}} {
		play(t, "id,prompt\na,"+waits+"\n", emulator.Options{}, func(s *scene) {
			s.startUnder(s.stopAfter(time.Minute))
			s.fault = at("cancel", 1, c.fault)
			if err := s.cancelTask(s.records()[waits].Task); err == nil {
				t.Fatal("Cancel = nil, want that its answer is lost")
			}
			s.ends()
			s.ends()
			s.wantPosts(1)
			s.wantPhases(map[string]state.Phase{waits: c.want})
			if n := s.charges(waits); n != c.charges {
				t.Errorf("%d pictures are charged, want %d", n, c.charges)
			}
		})
	}
}

// cancelTask cancels a task as tasks cancel does.
func (s *scene) cancelTask(task string) error {
	c, err := client.New(client.Config{BaseURL: "http://api.test/api/v1", Key: client.NewKey(canary), Dial: s.net.Dial, Insecure: true})
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	return c.Cancel(s.t.Context(), task)
}
