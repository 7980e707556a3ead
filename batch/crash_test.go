package batch

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/halt"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/output/disktest"
)

// Crashes that are worth a story of their own. TestEveryCrash has them all.

// one is the sheet of stories about one item.
const one = "id,prompt\na,a red cat\n"

// TestP4LostAnswer loses the answer to a submission: its task is found in the list and adopted.
func TestP4LostAnswer(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.fault = at("submit", 2, emulator.Fault{LoseAnswer: true})
		s.ends()
		s.wantPosts(3)
		s.wantPaidOnce(3)
		adopted := 0
		for _, rec := range s.records() {
			if rec.Adopted == "prompt" {
				adopted++
			}
		}
		if adopted != 1 {
			t.Errorf("%d items adopted a task, want 1", adopted)
		}
	})
}

// TestP4DiedBeforeTheAnswer kills the process when the service has taken the submission: the next one adopts the task.
func TestP4DiedBeforeTheAnswer(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.dies(on("write", state.FileName, 4)) // header, start, intent; the task
		s.wantPosts(1)
		s.ends()
		s.wantPosts(3)
		s.wantPaidOnce(3)
	})
}

// TestP5AnswerNotRecorded loses the record of an answer that named the request: it is adopted by that.
func TestP5AnswerNotRecorded(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.fault = at("submit", 2, emulator.Fault{Status: 500, Code: "InternalError", DoneFirst: true}) // tells the request id
		s.ends()
		s.wantPosts(3)
		s.wantPaidOnce(3)
		for _, rec := range s.records() {
			if rec.Adopted == "request_id" {
				return
			}
		}
		t.Error("no item adopted its task by the request's id")
	})
}

// TestP7Resume kills the process when all tasks are open: the next one submits nothing.
func TestP7Resume(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.dies(on("create", "images/.", 2)) // the probe; the first picture
		s.wantPhases(map[string]state.Phase{"a red cat": state.Open, "a blue dog": state.Open, "a bird": state.Open})
		s.ends()
		s.wantPosts(3)
		s.wantPaidOnce(3)
	})
}

// TestP8SucceededNotRecorded kills the process when it has downloaded: the task is asked again, for nothing.
func TestP8SucceededNotRecorded(t *testing.T) {
	play(t, one, emulator.Options{}, func(s *scene) {
		s.dies(on("create", "images/.a", 1))
		s.ends()
		s.wantPosts(1)
		s.wantDownloads(2)
		s.wantPaidOnce(1)
	})
}

// TestP11WholePart kills the process before the picture gets its name: it gets it without another download.
func TestP11WholePart(t *testing.T) {
	play(t, one, emulator.Options{}, func(s *scene) {
		s.dies(on("rename", "images/a.png", 1))
		s.ends()
		s.wantPosts(1)
		s.wantDownloads(1)
		s.wantPaidOnce(1)
	})
}

// TestP13PublishedNotRecorded kills the process between the picture's name and its record, and, with the service's memory
// of the task gone, finds it all the same.
func TestP13PublishedNotRecorded(t *testing.T) {
	for _, later := range []time.Duration{0, 25 * time.Hour} {
		play(t, one, emulator.Options{}, func(s *scene) {
			named := false
			s.dies(func(op disktest.Op) bool {
				named = named || op.Kind == "rename" && op.Name == "images/a.png"
				return named && op.Kind == "write"
			})
			time.Sleep(later)
			s.ends()
			s.wantPosts(1)
			s.wantDownloads(1)
			s.wantPaidOnce(1)
		})
	}
}

// TestM9BudgetSurvivesCrashes dies at every effect of a run with a budget of two pictures and starts it again: no more are
// ever charged.
func TestM9BudgetSurvivesCrashes(t *testing.T) {
	path := writeManifest(t, "p.csv", three)
	crowd(t, 30, number, func(t *testing.T, i int) {
		stage(t, path, emulator.Options{}, func(s *scene) {
			s.options.Budget = 400_000
			for n := range 4 {
				s.suffer(death{int64(10 + 3*i + 7*n), i%2 == 0, i%3 == 0, disktest.Loss(n % 3)})
			}
			for range 2 {
				if err := s.start(); err != nil && !errors.Is(err, halt.ErrLimit) {
					t.Fatalf("Run = %v", err)
				}
			}
			if n := s.server.Books().Charges; n > 2 {
				t.Errorf("%d pictures charged, the budget is for 2", n)
			}
		})
	})
}

// TestS5PanicInAnItem panics in an item: the others' records are safe, the run ends with an error, and the next one pays
// nothing twice.
func TestS5PanicInAnItem(t *testing.T) {
	for _, in := range []string{"open", "done", "ready", "held", "failed"} {
		play(t, three, emulator.Options{}, func(s *scene) {
			if in == "open" {
				lostEnd(s, 2) // whose tasks are adopted outside of items
			}
			panics := true
			s.fault = at("submit", 2, emulator.Fault{FailCode: "InternalError.Algo"})
			s.options.Tell = func(e Event) {
				if panics && e.Phase == in {
					panic("in " + e.Phase)
				}
			}
			err := s.start()
			if reached := in == "open" || in == "done" || in == "ready"; reached != (err != nil) {
				t.Errorf("panic when %s: Run = %v", in, err)
			}
			panics = false
			s.wantFinish(3)
		})
	}
}

// TestP1IntentIsDurableFirst looks at the disk whenever a submission reaches the service: a power cut would leave its intent.
func TestP1IntentIsDurableFirst(t *testing.T) {
	play(t, "prompt\ntwin\ntwin\nother\n", emulator.Options{}, func(s *scene) {
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op != "submit" {
				return emulator.Fault{}
			}
			durable, _ := s.disk.Durable(state.FileName)
			last := durable[bytes.LastIndex(durable, []byte(`{"seq":`)):]
			if !bytes.Contains(last, []byte(`"phase":"intent"`)) || !bytes.Contains(last, []byte(`"prompt":"`+c.Prompt+`"`)) {
				t.Errorf("a submission of %q went out behind the durable line %s", c.Prompt, last)
			}
			return emulator.Fault{}
		}
		s.ends()
		s.wantPaidOnce(3)
	})
}
