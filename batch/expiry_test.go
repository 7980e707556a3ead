package batch

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/download"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// TestT1ExpiredURL lets the URLs expire while the task can still be asked: a fresh one is as good.
func TestT1ExpiredURL(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.fault = func(c emulator.Call) emulator.Fault {
			return emulator.Fault{ExpireURL: c.Op == "image" && c.N <= 4}
		}
		s.ends()
		s.wantPosts(3)
		s.wantPaidOnce(3)
	})
}

// TestT3ResumedTooLate goes on after more than a day: what was open, or in doubt, may be paid for and is not sent again;
// what was never sent is.
func TestT3ResumedTooLate(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.dies(on("create", "images/.", 2))
		time.Sleep(25 * time.Hour)
		s.ends()
		s.ends()
		s.wantPosts(3)
		s.wantPhases(map[string]state.Phase{"a red cat": state.Held, "a blue dog": state.Held, "a bird": state.Held})
	})
	play(t, three, emulator.Options{}, func(s *scene) {
		s.dies(on("write", state.FileName, 4)) // one intent, whose task is there
		time.Sleep(25 * time.Hour)
		s.ends()
		s.ends()
		s.wantPosts(3)
		heldItems := 0
		for _, rec := range s.records() {
			if rec.Phase == state.Held {
				heldItems++
			}
		}
		if heldItems != 1 {
			t.Errorf("%d items held, want 1", heldItems)
		}
	})
}

// TestT3ResumedInTime goes on a little earlier: everything is collected.
func TestT3ResumedInTime(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.dies(on("create", "images/.", 2))
		time.Sleep(23*time.Hour + 55*time.Minute)
		s.ends()
		s.wantPosts(3)
		s.wantPaidOnce(3)
	})
}

// TestT4N13OurClockIsWrong sets our clock a day off, either way: doubts are settled, tasks resumed and expiries judged by the
// service's.
func TestT4N13OurClockIsWrong(t *testing.T) {
	for _, off := range []time.Duration{-24 * time.Hour, -time.Hour, -90 * time.Second, 90 * time.Second, time.Hour, 24 * time.Hour, 400 * 24 * time.Hour} {
		for _, lost := range []emulator.Fault{{LoseAnswer: true}, {LoseRequest: true}} {
			play(t, three, emulator.Options{Offset: off}, func(s *scene) { // while it runs
				s.fault = at("submit", 2, lost)
				s.ends()
				s.wantPaidOnce(3)
			})
		}
		for n := 3; n < 9; n++ {
			play(t, three, emulator.Options{Offset: off}, func(s *scene) { // over a crash
				s.dies(on("write", state.FileName, n))
				s.ends()
				s.wantPosts(3)
				s.wantPaidOnce(3)
			})
		}
		play(t, three, emulator.Options{Offset: off}, func(s *scene) { // and over a day
			s.dies(on("create", "images/.", 2))
			time.Sleep(25 * time.Hour)
			s.ends()
			s.wantPosts(3)
			s.wantPhases(map[string]state.Phase{"a red cat": state.Held, "a blue dog": state.Held, "a bird": state.Held})
		})
	}
}

// TestT4OurClockStepsBetweenRuns sets our clock back or forward between two runs, while the service's goes on: its books do.
func TestT4OurClockStepsBetweenRuns(t *testing.T) {
	path := writeManifest(t, "p.csv", three)
	for _, clocks := range [][2]time.Duration{{0, 23 * time.Hour}, {23 * time.Hour, 0}, {0, 30 * 24 * time.Hour}, {30 * 24 * time.Hour, 0}} {
		books := t.TempDir() + "/books"
		var left []byte
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(clocks[0])
			stage(t, path, emulator.Options{Books: books}, func(s *scene) {
				s.fault = at("submit", 2, emulator.Fault{LoseAnswer: true})
				s.dies(on("create", "images/.", 2))
				left = s.stateBytes()
				s.server.Close()
			})
		})
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(clocks[1]) // a bubble's clock begins anew
			stage(t, path, emulator.Options{Books: books}, func(s *scene) {
				s.rewrite(left)
				s.ends()
				s.wantPosts(3)
				s.wantPaidOnce(3)
			})
		})
	}
}

// TestT6PictureGone lets the service lose a picture that it says is there, while it gives others out: it is paid for, so it
// stays open and is tried again, also by later runs, which are not kept from anything else by it. A day later it is held.
func TestT6PictureGone(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		lost := true
		s.fault = func(c emulator.Call) emulator.Fault {
			return emulator.Fault{Gone: c.Op == "image" && c.Prompt == "a red cat" && lost}
		}
		begun := time.Now()
		s.ends()
		if took := time.Since(begun); took < 10*time.Minute || took > 15*time.Minute {
			t.Errorf("the run took %v, want ten minutes more than for the others", took)
		}
		s.wantPhases(map[string]state.Phase{"a red cat": state.Open, "a blue dog": state.Done, "a bird": state.Done})
		if rec := s.records()["a red cat"]; rec.Cost != 200_000 || rec.Code != download.CodeGone {
			t.Errorf("%s at %v, want %s, paid", rec.Code, rec.Cost, download.CodeGone)
		}
		s.retype(three + "d,a fish\n")
		s.ends()
		s.wantPhases(map[string]state.Phase{"a red cat": state.Open, "a fish": state.Done})
		s.wantPosts(4)
		lost = false
		s.ends()
		s.wantPosts(4)
		s.wantPaidOnce(4)
	})
	play(t, three, emulator.Options{}, func(s *scene) {
		s.fault = func(c emulator.Call) emulator.Fault {
			return emulator.Fault{Gone: c.Op == "image" && c.Prompt == "a red cat"}
		}
		s.ends()
		time.Sleep(22 * time.Hour)
		s.ends()
		s.wantPhases(map[string]state.Phase{"a red cat": state.Open})
		time.Sleep(3 * time.Hour)
		s.ends()
		s.wantPhases(map[string]state.Phase{"a red cat": state.Held})
		s.wantPosts(3)
	})
}
