package batch

import (
	"errors"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// Pictures that do not come, beside what a run has to do besides.

// TestT14ForgottenMeanwhile has all pictures that a run could not fetch forgotten by the service before the next: that one has no
// picture to try, and goes on.
func TestT14ForgottenMeanwhile(t *testing.T) {
	play(t, sixty(), emulator.Options{}, func(s *scene) {
		refusals()["403"](s)
		s.start()
		bought := s.posts()
		s.back()
		time.Sleep(72 * time.Hour)
		if err := s.start(); err != nil {
			t.Errorf("Run = %v", err)
		}
		if n := s.posts(); n != 60 {
			t.Errorf("%d bought, want 60", n)
		}
		if p := s.phases(); p[state.Held] != bought || p[state.Done] != 60-bought {
			t.Errorf("%v, want %d held and the rest done", p, bought)
		}
	})
}

// TestT15DoubtThatTakesLong has one picture that is gone and one task that is found in the list and waits there for long: the run
// does not end before it has that one's picture.
func TestT15DoubtThatTakesLong(t *testing.T) {
	const slow = "[[pending:40m]] a blue dog"
	play(t, "id,prompt\na,a red cat\nb,"+slow+"\nc,a bird\n", emulator.Options{}, func(s *scene) {
		lose := once(slow, emulator.Fault{LoseAnswer: true})
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "image" && c.Prompt == "a red cat" {
				return emulator.Fault{Gone: true}
			}
			return lose(c)
		}
		s.start()
		s.wantPhases(map[string]state.Phase{"a red cat": state.Open, slow: state.Done, "a bird": state.Done})
	})
}

// TestT16GoneOfALongTask has a picture gone whose task has waited for two hours: after the 24 h since its submission it keeps
// nothing from being bought.
func TestT16GoneOfALongTask(t *testing.T) {
	const slow = "[[pending:2h]] a blue dog"
	play(t, "id,prompt\na,a red cat\nb,"+slow+"\n", emulator.Options{}, func(s *scene) {
		s.fault = func(c emulator.Call) emulator.Fault { return emulator.Fault{Gone: c.Op == "image" && c.Prompt == slow} }
		s.start()
		time.Sleep(24*time.Hour + 30*time.Minute - 2*time.Hour - 15*time.Minute)
		s.retype("id,prompt\na,a red cat\nb," + slow + "\nc,a bird\nd,a fish\n")
		err := s.start()
		var host *PictureHostError
		if errors.As(err, &host) {
			t.Errorf("Run = %v", err)
		}
		s.wantPhases(map[string]state.Phase{"a bird": state.Done, "a fish": state.Done})
	})
}

// TestT17ForgottenOneOfTwo deletes one of two pictures, and the service has forgotten the task when it is fetched again: it was
// made and paid for all the same.
func TestT17ForgottenOneOfTwo(t *testing.T) {
	play(t, "id,prompt,n,model\na,a red cat,2,wan2.2-t2i-plus\n", emulator.Options{}, func(s *scene) {
		s.ends()
		was := s.records()["a red cat"]
		s.disk.Decide = nil
		s.disk.Remove("images/a_2.png")
		time.Sleep(time.Hour)
		s.fault = func(c emulator.Call) emulator.Fault { return emulator.Fault{Unknown: c.Op == "query"} }
		s.start()
		now := s.records()["a red cat"]
		if now.Cost != was.Cost || len(now.Pictures) != 2 {
			t.Errorf("%s, %d pictures for %v, %q; was %d for %v", now.Phase, len(now.Pictures), now.Cost, now.Warnings, len(was.Pictures), was.Cost)
		}
		s.fault = nil
		s.start()
		now = s.records()["a red cat"]
		if now.Cost != was.Cost || len(now.Pictures) != 2 {
			t.Errorf("then %s, %d pictures for %v, %q", now.Phase, len(now.Pictures), now.Cost, now.Warnings)
		}
	})
}
