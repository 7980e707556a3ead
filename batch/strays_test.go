package batch

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/output/disktest"
)

// Doubts, the sweep and the ledger, where a fault of one meets another.

// TestL16SweepOfAListOfAnotherClock loses the end of the state file, or all of it, while the list's times are off: what it has lost
// is found all the same.
func TestL16SweepOfAListOfAnotherClock(t *testing.T) {
	for _, off := range []time.Duration{8 * time.Hour, -8 * time.Hour, 10 * time.Minute, -10 * time.Minute} {
		for _, lines := range []int{0, 2, 4} {
			play(t, three, emulator.Options{}, func(s *scene) {
				s.fault = at("list", 0, emulator.Fault{ListOffset: off})
				lostEnd(s, lines)
				s.start()
				if n := s.posts(); n != 3 {
					t.Errorf("list %v off, %d lines kept: %d submissions, want 3", off, lines, n)
				}
				s.wantPaidOnce(3)
			})
		}
	}
}

// TestL16SweepOfAFewKnown loses the end of the state file, of which ten tasks are known, while the list's times are off.
func TestL16SweepOfAFewKnown(t *testing.T) {
	for _, off := range []time.Duration{8 * time.Hour, -8 * time.Hour} {
		play(t, many(12), emulator.Options{NoQuota: true}, func(s *scene) {
			s.fault = at("list", 0, emulator.Fault{ListOffset: off})
			s.first(9)
			kept := len(s.stateBytes())
			time.Sleep(time.Hour)
			s.dies(on("create", "images/.", 2))
			s.rewrite(s.stateBytes()[:kept])
			s.options.Restored = true
			time.Sleep(10 * time.Minute)
			s.start()
			if n := s.posts(); n != 12 {
				t.Errorf("list %v off: %d submissions, want 12", off, n)
			}
			s.wantPaidOnce(12)
		})
	}
}

// TestL17TakenElsewhere has a batch in doubt about a task that another batch has adopted for its words: the item is held, and
// the run ends.
func TestL17TakenElsewhere(t *testing.T) {
	play(t, "id,prompt\na,a red cat\n", emulator.Options{}, func(s *scene) {
		s.fault = once("a red cat", emulator.Fault{LoseAnswer: true})
		s.startUnder(s.stopAfter(5 * time.Second))
		s.elsewhere("id,prompt\nx,a red cat\n", func() {
			s.fault = once("a red cat", emulator.Fault{LoseRequest: true})
			s.ends()
			if rec := s.records()["a red cat"]; rec.Adopted != "prompt" {
				t.Fatalf("the other batch is %s, adopted %q", rec.Phase, rec.Adopted)
			}
		})
		lists := s.server.Books().Lists
		s.startUnder(s.stopAfter(time.Hour))
		if n := s.server.Books().Lists - lists; n > 30 {
			t.Errorf("the task list was read %d times", n)
		}
		s.wantPhases(map[string]state.Phase{"a red cat": state.Held})
	})
}

// TestL18ListOfAnotherClock is TestL12OtherBatchOfTheSameWords with a list whose times are off.
func TestL18ListOfAnotherClock(t *testing.T) {
	const items, kept = 20, 4
	for _, off := range []time.Duration{8 * time.Hour, -8 * time.Hour} {
		play(t, seedSheet(items, 1), emulator.Options{}, func(s *scene) {
			s.fault = at("list", 0, emulator.Fault{ListOffset: off})
			s.dies(on("rename", "images/p", kept))
			s.disk = s.disk.After(disktest.PowerCut, nil)
			s.elsewhere(seedSheet(items, 2), s.ends)
			s.ends()
			if n := s.madeFor(1); n > 0 {
				t.Errorf("list %v off: %d of %d pictures are the other batch's", off, n, items)
			}
			s.wantPosts(2 * items)
		})
	}
}

// TestA40ListThrottledForEver answers every list with 429: the run ends all the same.
func TestA40ListThrottledForEver(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		lose := once("a blue dog", emulator.Fault{LoseAnswer: true})
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "list" {
				return emulator.Fault{Status: 429, Code: "Throttling.RateQuota"}
			}
			return lose(c)
		}
		if err := s.startUnder(s.stopAfter(5 * time.Hour)); err != nil {
			t.Errorf("Run = %v after five hours", err)
		}
		s.wantPosts(3)
		s.faults.Store(false)
		s.ends()
		s.wantPaidOnce(3)
	})
	play(t, three, emulator.Options{}, func(s *scene) {
		lostEnd(s, 2)
		s.fault = at("list", 0, emulator.Fault{Status: 429, Code: "Throttling.RateQuota"})
		if err := s.startUnder(s.stopAfter(5 * time.Hour)); err == nil || errors.Is(err, context.Canceled) {
			t.Errorf("Run = %v after a crash", err)
		}
		s.faults.Store(false)
		s.wantAdopted()
	})
}

// TestL16OrphanUnknown has a lost task that the service says is UNKNOWN, while the list's times are ahead: the run does not wait
// for hours.
func TestL16OrphanUnknown(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.fault = at("list", 0, emulator.Fault{ListOffset: 8 * time.Hour})
		lostEnd(s, 2)
		listed := s.fault
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "query" {
				return emulator.Fault{Unknown: true}
			}
			return listed(c)
		}
		begun := time.Now()
		s.startUnder(s.stopAfter(20 * time.Hour))
		if took := time.Since(begun); took > time.Hour {
			t.Errorf("the run took %v", took)
		}
	})
}

// TestL16BusyAccount sweeps while another program makes a task every second, and the list's times are off.
func TestL16BusyAccount(t *testing.T) {
	for _, off := range []time.Duration{0, 8 * time.Hour, -8 * time.Hour} {
		play(t, three, emulator.Options{NoQuota: true}, func(s *scene) {
			s.fault = at("list", 0, emulator.Fault{ListOffset: off})
			lostEnd(s, 4)
			ctx := s.stopAfter(time.Hour)
			var over atomic.Bool
			defer time.Sleep(2 * time.Second)
			defer over.Store(true)
			go func() {
				for i := 0; !over.Load() && ctx.Err() == nil; i++ {
					s.submitElsewhere(client.Request{Model: DefaultModel, Prompt: fmt.Sprintf("other %d", i), Size: "1664*928"})
					time.Sleep(time.Second)
				}
			}()
			if err := s.startUnder(ctx); err != nil {
				t.Errorf("list %v off: Run = %v", off, err)
			}
			if p := s.phases(); p[state.Done] != 3 {
				t.Errorf("%v", p)
			}
		})
	}
}

// TestL19ListThatLeavesOutAnother loses the end of a state file that still knows nine tasks, while the list leaves another row
// out each time: where it lacks one that is known, or was shown before, nothing is sent.
func TestL19ListThatLeavesOutAnother(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3, 13, 40, 47, 48, 81, 108, 123, 168, 186, 190} { // most of them have paid twice
		play(t, many(12), emulator.Options{NoQuota: true, Seed: seed}, func(s *scene) {
			s.first(9)
			kept := len(s.stateBytes())
			time.Sleep(time.Hour)
			s.dies(on("create", "images/.", 2))
			s.rewrite(s.stateBytes()[:kept])
			s.options.Restored = true
			time.Sleep(10 * time.Minute)
			s.fault = at("list", 0, emulator.Fault{OmitRow: true, ShuffleList: true})
			err := s.startUnder(s.stopAfter(5 * time.Hour))
			if s.posts() > 12 {
				t.Errorf("seed %d: %d posts, %v", seed, s.posts(), err)
			}
			s.fault = nil
			s.start()
			if n := s.paidTwice(); n > 0 {
				t.Errorf("seed %d: %d paid twice", seed, n)
			}
		})
	}
}
