package batch

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// What the task list proves. It may tell times by another clock, be capped, and never show some tasks.

// listsBy gives every list call one fault, and every so many-th submission another.
func listsBy(list, lost emulator.Fault, every int) func(emulator.Call) emulator.Fault {
	return func(c emulator.Call) emulator.Fault {
		switch {
		case c.Op == "list":
			return list
		case c.Op == "submit" && c.N%every == 0:
			return lost
		}
		return emulator.Fault{}
	}
}

// paidTwice counts the charges beyond one a prompt.
func (s *scene) paidTwice() int {
	charges, more := map[string]int{}, 0
	for _, t := range s.server.Books().Tasks {
		if charges[t.Prompt] += t.Charged; charges[t.Prompt] > 1 {
			more += t.Charged
		}
	}
	return more
}

// phases counts the items in each phase.
func (s *scene) phases() map[state.Phase]int {
	n := map[state.Phase]int{}
	for _, rec := range s.records() {
		n[rec.Phase]++
	}
	return n
}

// TestL1ListOfAnotherClock lets the list tell times that are hours or minutes off, while every third answer is lost, or every
// third request: each task is found, and nothing is paid twice.
func TestL1ListOfAnotherClock(t *testing.T) {
	for _, off := range []time.Duration{8 * time.Hour, -8 * time.Hour, 10 * time.Minute, -10 * time.Minute, 90 * time.Second, -90 * time.Second} {
		for _, lost := range []emulator.Fault{{LoseAnswer: true}, {LoseRequest: true}} {
			play(t, many(24), emulator.Options{NoQuota: true}, func(s *scene) {
				s.options.Window = 4
				s.fault = listsBy(emulator.Fault{ListOffset: off}, lost, 3)
				if err := s.start(); err != nil {
					t.Errorf("Run = %v", err)
				}
				if n, p := s.paidTwice(), s.phases(); n > 0 || p[state.Done] != 24 {
					t.Errorf("list %v off, %+v: %d paid twice, %v", off, lost, n, p)
				}
			})
		}
	}
}

// TestL1DoubtsOfAnEarlierRun kills a run in the midst of lost answers. Where nothing is left to be sent, only the tasks of that
// run tell how far the list's times are off.
func TestL1DoubtsOfAnEarlierRun(t *testing.T) {
	for _, off := range []time.Duration{0, 8 * time.Hour, -10 * time.Minute} {
		play(t, many(8), emulator.Options{NoQuota: true}, func(s *scene) {
			s.fault = listsBy(emulator.Fault{ListOffset: off, LagList: time.Minute}, emulator.Fault{LoseAnswer: true}, 2)
			s.startUnder(s.stopAfter(25 * time.Second))
			time.Sleep(10 * time.Minute)
			s.fault = at("list", 0, emulator.Fault{ListOffset: off})
			s.ends()
			if n, p := s.paidTwice(), s.phases(); n > 0 || p[state.Done] != 8 {
				t.Errorf("list %v off: %d paid twice, %v", off, n, p)
			}
		})
	}
}

// TestL2CappedList shows ten rows, and counts no more: its silence about an older task proves nothing.
func TestL2CappedList(t *testing.T) {
	for seed := range uint64(4) {
		play(t, many(40), emulator.Options{NoQuota: true, Seed: seed}, func(s *scene) {
			s.fault = listsBy(emulator.Fault{ListCap: 10, LagList: 5 * time.Second}, emulator.Fault{LoseAnswer: true}, 3)
			s.start()
			if n, p := s.paidTwice(), s.phases(); n > 0 || p[state.Done]+p[state.Intent] != 40 {
				t.Errorf("seed %d: %d paid twice, %v", seed, n, p)
			}
		})
	}
}

// TestL3ListThatOmits never shows a fifth of the tasks, as some of lost answers: where it leaves out one that we know, its
// silence proves nothing.
func TestL3ListThatOmits(t *testing.T) {
	fifth := func(prompt string) (n int, of bool) {
		n, err := strconv.Atoi(strings.TrimPrefix(prompt, "picture "))
		return n, err == nil && n%5 == 0
	}
	hidden := func(t *emulator.Task) bool { _, of := fifth(t.Prompt); return of }
	play(t, many(40), emulator.Options{NoQuota: true, Unlisted: hidden}, func(s *scene) {
		s.fault = func(c emulator.Call) emulator.Fault {
			n, of := fifth(c.Prompt)
			return emulator.Fault{LoseAnswer: c.Op == "submit" && of && n%2 == 1}
		}
		if err := s.start(); err != nil {
			t.Errorf("Run = %v", err)
		}
		if n, p := s.paidTwice(), s.phases(); n > 0 || p[state.Done] != 36 || p[state.Intent] != 4 {
			t.Errorf("%d paid twice, %v, want 36 done and 4 in doubt", n, p)
		}
	})
}

// TestL3HiddenAndGone hides two tasks of ours, the second of which is in doubt, until the first is too old for the list: that
// it is not missed any more proves nothing.
func TestL3HiddenAndGone(t *testing.T) {
	hidden := func(t *emulator.Task) bool { return t.Prompt != "a bird" }
	sheet := "id,prompt\na,a red cat\nb,a blue dog\nc,a bird\n"
	play(t, sheet, emulator.Options{NoQuota: true, Unlisted: hidden}, func(s *scene) {
		s.first(1)
		time.Sleep(4 * time.Hour)
		s.fault = once("a blue dog", emulator.Fault{LoseAnswer: true})
		s.ends()
		time.Sleep(19*time.Hour + 30*time.Minute)
		s.ends()
		s.wantPosts(3)
		if n, p := s.paidTwice(), s.phases(); n > 0 || p[state.Done] != 2 || p[state.Intent] != 1 {
			t.Errorf("%d paid twice, %v, want 2 done and 1 in doubt", n, p)
		}
	})
}

// TestL4AnotherBatchLater loses five requests and dies. Another batch asks for the same pictures 150 s later: its tasks are not
// taken, whether or not this run has tasks of its own, and the five are made.
func TestL4AnotherBatchLater(t *testing.T) {
	for _, rows := range []int{6, 9} {
		play(t, many(rows), emulator.Options{NoQuota: true}, func(s *scene) {
			s.first(1)
			s.options.Limit = 5
			s.fault = at("submit", 0, emulator.Fault{LoseRequest: true})
			s.startUnder(s.stopAfter(time.Second))
			s.options.Limit, s.fault = 0, nil
			time.Sleep(150 * time.Second)
			theirs := map[string]bool{}
			for i := 1; i < 6; i++ {
				task := s.submitElsewhere(client.Request{Model: DefaultModel, Prompt: fmt.Sprintf("picture %d", i), Size: "1664*928"})
				theirs[task.ID] = true
			}
			time.Sleep(time.Hour)
			if err := s.start(); err != nil {
				t.Errorf("Run = %v", err)
			}
			for prompt, rec := range s.records() {
				if theirs[rec.Task] {
					t.Errorf("%d rows: %s has another batch's task", rows, prompt)
				}
				if n := s.charges(prompt); n > 2 || n > 1 && !strings.HasPrefix(prompt, "picture") {
					t.Errorf("%d rows: %s is charged %d times", rows, prompt, n)
				}
			}
		})
	}
}

// TestL5TaskOfAnotherTime has a task with the words of a lost request, made after that had ended and before the list could be
// read: it may be ours, late, or another's. It is neither taken nor passed over.
func TestL5TaskOfAnotherTime(t *testing.T) {
	play(t, three, emulator.Options{NoQuota: true}, func(s *scene) {
		s.first(1)
		s.fault = once("a blue dog", emulator.Fault{LoseRequest: true})
		s.options.Limit = 1
		s.startUnder(s.stopAfter(5 * time.Second))
		s.options.Limit, s.fault = 0, nil
		time.Sleep(10 * time.Minute)
		s.submitElsewhere(client.Request{Model: DefaultModel, Prompt: "a blue dog", Size: "1664*928"})
		time.Sleep(time.Minute)
		s.ends()
		s.wantPosts(4) // with the other's
		rec := s.records()["a blue dog"]
		if rec.Phase != state.Held || !strings.Contains(rec.Message, "at another time") {
			t.Errorf("it is %s: %s, want held", rec.Phase, rec.Message)
		}
	})
}

// TestL6HeldIsLookedAtAgain holds an item because the list is refused. The next run, to which it answers, settles it: found, or
// sent again.
func TestL6HeldIsLookedAtAgain(t *testing.T) {
	for _, lost := range []emulator.Fault{{LoseAnswer: true}, {LoseRequest: true}} {
		play(t, three, emulator.Options{NoQuota: true}, func(s *scene) {
			refused := true
			s.fault = func(c emulator.Call) emulator.Fault {
				switch {
				case c.Op == "list" && refused:
					return emulator.Fault{Status: 403, Code: "AccessDenied"}
				case c.Op == "submit" && c.N == 2:
					return lost
				}
				return emulator.Fault{}
			}
			s.ends()
			if n := s.phases()[state.Held]; n != 1 {
				t.Errorf("%d held, want 1", n)
			}
			time.Sleep(time.Hour)
			refused = false
			b, closed := s.open()
			p, err := b.Plan()
			closed()
			if err != nil || p.Idle() || p.Unsettled != 1 {
				t.Errorf("Plan = %+v, %v, want one to be looked at", p, err)
			}
			s.ends()
			s.wantPaidOnce(3)
		})
	}
}

// TestL6HeldStaysHeld leaves an item alone that the list does not reach back to any more.
func TestL6HeldStaysHeld(t *testing.T) {
	play(t, three, emulator.Options{NoQuota: true}, func(s *scene) {
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "list" {
				return emulator.Fault{Status: 403, Code: "AccessDenied"}
			}
			return emulator.Fault{LoseAnswer: c.Op == "submit" && c.N == 2}
		}
		s.ends()
		time.Sleep(tasklist.Reach)
		s.faults.Store(false)
		lists := s.server.Books().Lists
		s.ends()
		if n, p := s.server.Books().Lists-lists, s.phases(); n > 0 || p[state.Held] != 1 {
			t.Errorf("%d lists read, %v, want none and one held", n, p)
		}
		s.wantPosts(3)
	})
}

// TestL7ASuspectIsNotForgotten shows the task of a lost answer once, while it runs, and never again: no later run says that
// there is none.
func TestL7ASuspectIsNotForgotten(t *testing.T) {
	const words = "[[pending:2m]] a blue dog"
	var hide atomic.Bool
	hidden := func(t *emulator.Task) bool { return hide.Load() && t.Prompt == words }
	play(t, "id,prompt\na,a red cat\nb,"+words+"\nc,a bird\n", emulator.Options{NoQuota: true, Unlisted: hidden}, func(s *scene) {
		s.first(1)
		s.fault = once(words, emulator.Fault{LoseAnswer: true})
		s.startUnder(s.stopAfter(40 * time.Second))
		if rec := s.records()[words]; rec.Phase != state.Intent || len(rec.Suspects) != 1 {
			t.Fatalf("it is %s with suspects %q, want intent and one", rec.Phase, rec.Suspects)
		}
		hide.Store(true)
		s.ends()
		s.wantPosts(3)
		s.wantPaidOnce(3)
	})
}

// TestL8TwinsInDoubt loses the answers of twins while the list shows nothing yet: each gets a task, whichever, and none is paid
// again.
func TestL8TwinsInDoubt(t *testing.T) {
	for seed := range uint64(8) {
		play(t, "prompt\nother\n"+strings.Repeat("twin\n", 4), emulator.Options{NoQuota: true, Seed: seed, CV: 0.5}, func(s *scene) {
			begun := time.Now()
			s.first(1)
			s.fault = func(c emulator.Call) emulator.Fault {
				switch {
				case c.Op == "list" && time.Since(begun) < 150*time.Second:
					return emulator.Fault{LagList: time.Hour}
				case c.Op == "submit":
					return emulator.Fault{LoseAnswer: true}
				}
				return emulator.Fault{}
			}
			s.startUnder(s.stopAfter(10 * time.Minute))
			s.fault = nil
			if err := s.finish(s.sheet); err != nil {
				t.Fatal(err)
			}
			s.wantPaidOnce(5)
			s.wantPosts(5)
		})
	}
}
