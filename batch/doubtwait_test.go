package batch

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/settle"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// What a doubt does to the run that it is in, and to the next.

// TestA36UnavailableForAWhile answers the first fourteen submissions with 503 ModelUnavailable: none of them is held because the
// list has shown no task of ours yet.
func TestA36UnavailableForAWhile(t *testing.T) {
	play(t, many(40), emulator.Options{}, func(s *scene) {
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "submit" && c.N <= 14 {
				return emulator.Fault{Status: 503, Code: "ModelUnavailable"}
			}
			return emulator.Fault{}
		}
		s.ends()
		if p := s.phases(); p[state.Done] != 40 {
			t.Errorf("%v, want 40 done", p)
		}
		s.wantPaidOnce(40)
	})
}

// TestA37DoubtOutlivesTheRun shows lists without a task of ours. The run ends five settling times after all else, the item is
// still in doubt, and the next run settles it.
func TestA37DoubtOutlivesTheRun(t *testing.T) {
	for _, lost := range []emulator.Fault{{LoseAnswer: true}, {LoseRequest: true}} {
		play(t, three, emulator.Options{NoQuota: true}, func(s *scene) {
			begun, blind := time.Now(), true
			lose := once("a blue dog", lost)
			s.fault = func(c emulator.Call) emulator.Fault {
				if c.Op == "list" && blind {
					return emulator.Fault{LagList: 48 * time.Hour}
				}
				return lose(c)
			}
			s.ends()
			if took := time.Since(begun); took > 8*settle.DefaultTime {
				t.Errorf("the run took %v", took)
			}
			s.wantPhases(map[string]state.Phase{"a red cat": state.Done, "a blue dog": state.Intent, "a bird": state.Done})
			s.wantPosts(3)
			blind = false
			s.ends()
			s.wantPaidOnce(3)
		})
	}
}

// TestA38SiblingsGoOn has rows with the words of a submission that the list cannot settle: they are made in the same run, one at
// a time and from the settling time on, and the doubt is settled by the next.
func TestA38SiblingsGoOn(t *testing.T) {
	play(t, "prompt\ntwin\ntwin\ntwin\n", emulator.Options{NoQuota: true}, func(s *scene) {
		begun, blind := time.Now(), true
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "list" && blind {
				return emulator.Fault{LagList: 48 * time.Hour}
			}
			return emulator.Fault{LoseAnswer: c.Op == "submit" && c.N == 1}
		}
		s.startUnder(s.stopAfter(10 * time.Minute))
		var at []time.Duration
		for _, task := range s.server.Books().Tasks {
			at = append(at, task.Submitted.Sub(begun).Round(time.Second))
		}
		if len(at) != 3 || at[1] < settle.DefaultTime || at[2] > 5*time.Minute {
			t.Errorf("twins submitted at %v, want three, the second after %v", at, settle.DefaultTime)
		}
		blind = false
		s.ends()
		s.wantPosts(3)
		s.wantPaidOnce(3)
	})
}

// TestA39WhatItWasAnsweredWith holds two items whose submissions may have made a task: the reason says of each whether it was
// answered, and with what.
func TestA39WhatItWasAnsweredWith(t *testing.T) {
	play(t, three, emulator.Options{NoQuota: true}, func(s *scene) {
		s.fault = func(c emulator.Call) emulator.Fault {
			switch {
			case c.Op == "list":
				return emulator.Fault{Status: 403, Code: "AccessDenied"}
			case c.Op == "submit" && c.Prompt == "a red cat":
				return emulator.Fault{LoseAnswer: true}
			case c.Op == "submit" && c.Prompt == "a blue dog":
				return emulator.Fault{Status: 503, Code: "ModelUnavailable"}
			case c.Op == "submit":
				return emulator.Fault{Status: 502}
			}
			return emulator.Fault{}
		}
		s.ends()
		for prompt, want := range map[string]string{"a red cat": "was not answered, and", "a blue dog": "was answered with ModelUnavailable, which", "a bird": "was answered with "} {
			if rec := s.records()[prompt]; rec.Phase != state.Held || !strings.Contains(rec.Message, want) {
				t.Errorf("%s is %s: %q, want %q in it", prompt, rec.Phase, rec.Message, want)
			}
		}
	})
}

// TestA37ManyDoubts loses more requests than are held in memory, with a list that proves nothing: the rest of the sheet is made
// all the same.
func TestA37ManyDoubts(t *testing.T) {
	sheet := "id,prompt\n"
	for i := range 2 * pace.Slack {
		sheet += fmt.Sprintf("l%d,lost %d\n", i, i)
	}
	sheet += "z,a bird\n"
	play(t, sheet, emulator.Options{NoQuota: true}, func(s *scene) {
		s.options.Window = 4
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "list" {
				return emulator.Fault{LagList: 48 * time.Hour}
			}
			return emulator.Fault{LoseAnswer: c.Op == "submit" && strings.HasPrefix(c.Prompt, "lost")}
		}
		s.startUnder(s.stopAfter(12 * time.Hour))
		if p := s.phases(); p[state.Done] != 1 || p[state.Intent] != 2*pace.Slack {
			t.Errorf("%v, want 1 done and %d in doubt", p, 2*pace.Slack)
		}
		s.faults.Store(false)
		s.ends()
		s.wantPaidOnce(2*pace.Slack + 1)
	})
}
