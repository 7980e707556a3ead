package batch

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// TestN3OutcomeUnknown ends a submission in every way that leaves its outcome unknown: paid once, whatever had happened.
func TestN3OutcomeUnknown(t *testing.T) {
	for _, f := range []emulator.Fault{
		{LoseAnswer: true}, {LoseRequest: true}, {Reset: true}, {Hang: true}, {Delay: 10 * time.Minute}, {Garbage: true}, {Truncate: true},
		{LoseAnswer: true, Late: 20 * time.Second}, {Delay: 10 * time.Minute, Late: 70 * time.Second},
	} {
		for n := 1; n <= 3; n++ {
			play(t, three, emulator.Options{}, func(s *scene) {
				s.fault = at("submit", n, f)
				s.ends()
				s.wantPaidOnce(3)
				if posts := s.posts(); posts > 4 {
					t.Errorf("%+v: %d submissions", f, posts)
				}
			})
		}
	}
}

// TestN3KilledWhileItWaits kills a process that has waited for an answer longer than the settling time, and starts another at once:
// the request may have arrived a moment ago.
func TestN3KilledWhileItWaits(t *testing.T) {
	for _, late := range []time.Duration{20 * time.Second, 50 * time.Second, 80 * time.Second} {
		play(t, three, emulator.Options{}, func(s *scene) {
			s.first(1) // a task that the list shows
			n := s.posts() + 1
			s.fault = at("submit", n, emulator.Fault{Delay: 10 * time.Minute, Late: late})
			s.startUnder(s.stopAfter(late - 5*time.Second))
			s.ends()
			s.wantPaidOnce(3)
		})
	}
}

// TestN8QueriesFail gives every question a fate of its own, 1,000 times: the task is never taken for failed.
func TestN8QueriesFail(t *testing.T) {
	path := writeManifest(t, "p.csv", one)
	bad := []emulator.Fault{
		{LoseRequest: true}, {LoseAnswer: true}, {Reset: true}, {Garbage: true}, {Truncate: true}, {Hang: true}, {Status: 500, Code: "InternalError"},
		{Status: 502}, {Status: 404}, {Status: 403}, {Status: 400, Code: "InvalidParameter"}, {Status: 429, Code: "Throttling.RateQuota"},
		{WrongTask: true}, {TaskStatus: "SUSPENDED"}, {TaskStatus: "?"}, {Status: 407}, {Status: 200, Code: "DataInspectionFailed"},
	}
	crowd(t, 1000, number, func(t *testing.T, i int) {
		stage(t, path, emulator.Options{Seed: uint64(i)}, func(s *scene) {
			random := rand.New(rand.NewPCG(uint64(i), 8))
			fate, until := random.Float64(), random.IntN(30)
			s.fault = func(c emulator.Call) emulator.Fault {
				if c.Op == "query" && c.N <= until && random.Float64() < fate {
					return bad[random.IntN(len(bad))]
				}
				return emulator.Fault{}
			}
			s.ends()
			s.wantPosts(1)
			s.wantPaidOnce(1)
		})
	})
}

// startAway is start with the network away for a while.
func (s *scene) startAway(from, to time.Duration) error {
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	k := &killer{cancel: func() {}, disk: s.disk}
	s.disk.Decide = nil
	go func() {
		if pace.Sleep(ctx, from) != nil {
			return
		}
		k.kill()
		if pace.Sleep(ctx, to-from) == nil {
			k.dead.Store(false)
		}
	}()
	err := s.process(ctx, k, s.sheet)
	cancel()
	synctest.Wait()
	return err
}

// TestN10N13NetworkAway takes the network away for three hours: no attempt is used up, nothing is held, the run goes on by
// itself, and what waited does not go out in a burst.
func TestN10N13NetworkAway(t *testing.T) {
	sheet := "id,prompt\n"
	for i := range 12 {
		sheet += number(i) + ",picture " + number(i) + "\n"
	}
	for _, from := range []time.Duration{900 * time.Millisecond, 10 * time.Second, 30 * time.Second} {
		play(t, sheet, emulator.Options{}, func(s *scene) {
			begun := time.Now()
			if err := s.startAway(from, 3*time.Hour); err != nil {
				t.Errorf("Run = %v", err)
			}
			s.wantPaidOnce(12)
			s.wantPosts(12)
			if took := time.Since(begun); took > 3*time.Hour+5*time.Minute {
				t.Errorf("the batch took %v", took)
			}
			for _, rec := range s.records() {
				if rec.Attempt != 1 {
					t.Errorf("%q took %d attempts", rec.Sent.Prompt, rec.Attempt)
				}
			}
			tasks := s.server.Books().Tasks
			for i := 1; i < len(tasks); i++ {
				if gap := tasks[i].Submitted.Sub(tasks[i-1].Submitted); gap < 490*time.Millisecond {
					t.Errorf("two submissions within %v", gap)
				}
			}
		})
	}
}

// TestN10NoNetworkAtAll gives up at the start, where nobody waits for anything yet.
func TestN10NoNetworkAtAll(t *testing.T) {
	play(t, one, emulator.Options{}, func(s *scene) {
		begun := time.Now()
		if err := s.startAway(0, time.Hour); err == nil {
			t.Error("Run = nil without a network")
		}
		if took := time.Since(begun); took > 10*time.Minute {
			t.Errorf("it took %v to say so", took)
		}
		s.wantPosts(0)
		s.ends()
		s.wantPaidOnce(1)
	})
}

// stopAfter is a context that ends like a signal's: without a deadline that anybody could know of.
func (s *scene) stopAfter(d time.Duration) context.Context {
	ctx, cancel := context.WithCancel(s.t.Context())
	time.AfterFunc(d, cancel)
	return ctx
}

// TestS1StopWithAnAnswerOnItsWay stops the run while a submission is on the wire: its answer is recorded within the grace.
func TestS1StopWithAnAnswerOnItsWay(t *testing.T) {
	play(t, one, emulator.Options{}, func(s *scene) {
		s.fault = at("submit", 1, emulator.Fault{Delay: 2500 * time.Millisecond})
		begun := time.Now()
		ctx := s.stopAfter(time.Second)
		if err := s.startUnder(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Run = %v, want the context's error", err)
		}
		if took := time.Since(begun); took > 6*time.Second {
			t.Errorf("the run took %v to stop", took)
		}
		s.wantPhases(map[string]state.Phase{"a red cat": state.Open})
		s.ends()
		s.wantPosts(1)
		s.wantPaidOnce(1)
	})
}

// TestS1StopUnderSilence stops a run over a service that never answers, at many moments: it is out within 5 s, nothing
// counts as failed, and the same command goes on.
func TestS1StopUnderSilence(t *testing.T) {
	path := writeManifest(t, "p.csv", three)
	silent := emulator.Fault{Hang: true}
	crowd(t, 200, number, func(t *testing.T, i int) {
		stage(t, path, emulator.Options{}, func(s *scene) {
			s.fault = func(c emulator.Call) emulator.Fault {
				if i%2 == 0 || c.Op == "submit" && c.N > i%4 || c.Op == "image" {
					return silent
				}
				return emulator.Fault{}
			}
			after := time.Duration(i) * 300 * time.Millisecond
			ctx := s.stopAfter(after)
			begun := time.Now()
			if err := s.startUnder(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("Run = %v, want the context's error", err)
			}
			if took := time.Since(begun) - after; took > 5*time.Second {
				t.Errorf("the run took %v to stop", took)
			}
			for prompt, rec := range s.recordsIfAny() {
				if rec.Phase == state.Failed || rec.Phase == state.Held {
					t.Errorf("%q is %s", prompt, rec.Phase)
				}
			}
			s.faults.Store(false)
			s.wantFinish(3)
		})
	})
}

// recordsIfAny is records where there may be no state file.
func (s *scene) recordsIfAny() map[string]state.Record {
	if _, ok := s.disk.Content(state.FileName); !ok {
		return nil
	}
	return s.records()
}

// TestTwoModels holds one model up: the other goes on at its own pace. A model that is refused stops nobody else.
func TestTwoModels(t *testing.T) {
	sheet := "id,prompt,model\n"
	for i := range 6 {
		sheet += number(i) + ",picture " + number(i) + "," + []string{"qwen-image", "qwen-image-plus"}[i%2] + "\n"
	}
	play(t, sheet, emulator.Options{}, func(s *scene) {
		begun := time.Now()
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "submit" && c.Model == "qwen-image" && time.Since(begun) < 10*time.Minute {
				return emulator.Fault{Status: 429, Code: "Throttling.RateQuota"}
			}
			return emulator.Fault{}
		}
		s.ends()
		for _, task := range s.server.Books().Tasks {
			if age := task.Submitted.Sub(begun); (task.Model == "qwen-image-plus") != (age < 3*time.Minute) {
				t.Errorf("a task of %s was submitted after %v", task.Model, age)
			}
		}
		s.wantPaidOnce(6)
	})
	play(t, sheet, emulator.Options{}, func(s *scene) {
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "submit" && c.Model == "qwen-image" {
				return emulator.Fault{Status: 404, Code: "ModelNotFound"}
			}
			return emulator.Fault{}
		}
		if err := s.start(); err == nil {
			t.Error("Run = nil, want why qwen-image was not used")
		}
		s.wantPosts(4)
		if n := s.server.Books().Charges; n != 3 {
			t.Errorf("%d charged, want 3", n)
		}
		s.faults.Store(false)
		s.ends()
		s.wantPaidOnce(6)
	})
}
