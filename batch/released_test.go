package batch

import (
	"strings"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// A task that was found by its words alone and made a picture of another size than asked is somebody else's, as a rule. These
// stories are of the exceptions.

// TestP4OtherSizeThanAsked loses an answer, and the task that it was about makes a picture of another size: nobody else can have
// asked for it, and it is not paid again.
func TestP4OtherSizeThanAsked(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		lost := once("a red cat", emulator.Fault{LoseAnswer: true})
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "image" {
				return emulator.Fault{WrongSize: c.Prompt == "a red cat"}
			}
			return lost(c)
		}
		s.ends()
		s.wantPosts(3)
		rec := s.records()["a red cat"]
		if rec.Phase != state.Held || len(rec.Released) != 1 || !strings.Contains(rec.Message, rec.Released[0]) {
			t.Fatalf("it is %s, released %q: %q; want held, with the task to adopt", rec.Phase, rec.Released, rec.Message)
		}
		if err := s.resolve(Resolution{Adopt: rec.Released[0]}, "a"); err != nil {
			t.Fatalf("Resolve = %v", err)
		}
		s.ends()
		s.wantPaidOnce(3)
	})
}

// TestD9TwinOfAnotherSize loses the state of an item whose words a row above it uses in another size. That row was never sent, or
// its submission is in doubt: it is paid, and the older one is not paid again.
func TestD9TwinOfAnotherSize(t *testing.T) {
	for seed := range uint64(4) {
		play(t, "id,prompt,size\nb,twin,16:9\nc,other,1:1\n", emulator.Options{Seed: seed}, func(s *scene) {
			s.dies(on("create", "images/.", 2))
			s.cutBehind(`"run":"start"`)
			s.retype("id,prompt,size\na,twin,1:1\nb,twin,16:9\nc,other,1:1\n")
			s.ends()
			s.wantPosts(3)
			s.wantPaidOnce(3)
		})
		play(t, "id,prompt,size\na,twin,1:1\nb,twin,16:9\nc,other,1:1\n", emulator.Options{Seed: seed}, func(s *scene) {
			s.fault = once("twin", emulator.Fault{LoseRequest: true})
			s.startUnder(s.stopAfter(5 * time.Second))
			s.cutBehind(`"prompt":"twin"`, `"phase":"intent"`)
			s.submitElsewhere(client.Request{Model: DefaultModel, Prompt: "twin", Size: "1664*928"})
			s.ends()
			s.wantPaidOnce(3)
		})
	}
}

// TestD9OtherSizeThanAsked loses the state of an item whose task makes a picture of another size: it is held, with or without an
// intent that survived, and the task can be adopted; or sent again by who says so.
func TestD9OtherSizeThanAsked(t *testing.T) {
	for words, row := range map[string]string{"start": `"run":"start"`, "intent": `"prompt":"a red cat"`} {
		for _, doubt := range []string{"hold", "resubmit"} {
			t.Run(words+" "+doubt, func(t *testing.T) {
				play(t, "id,prompt\na,a red cat\n", emulator.Options{}, func(s *scene) {
					s.fault = func(c emulator.Call) emulator.Fault { return emulator.Fault{WrongSize: c.Op == "image"} }
					s.dies(on("create", "images/.", 2))
					s.cutBehind(row)
					s.options.OnDoubt = doubt
					s.ends()
					if rec := s.records()["a red cat"]; doubt == "resubmit" {
						s.wantPosts(2)
					} else if s.wantPosts(1); rec.Phase != state.Held || len(rec.Released) != 1 {
						t.Errorf("it is %s, released %q: %q", rec.Phase, rec.Released, rec.Message)
					}
				})
			})
		}
	}
}
