package batch

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// TestScheduleAsksWhereTasksEnd wants one question for tasks that all run alike, and several where they do not, none of
// them too late.
func TestScheduleAsksWhereTasksEnd(t *testing.T) {
	alike := &times{delay: shortDelay, guess: service}
	spread := &times{delay: shortDelay, guess: service}
	for i := range 100 {
		alike.add(20 * time.Second)
		spread.add(10*time.Second + time.Duration(i)*200*time.Millisecond)
	}
	if got := alike.after(0); got != 20*time.Second {
		t.Errorf("of tasks that run 20 s the first question is at %v", got)
	}
	var asked []time.Duration
	for age := spread.after(0); age < 30*time.Second; age = spread.after(age) {
		asked = append(asked, age)
	}
	if len(asked) < 3 || asked[0] > 18*time.Second {
		t.Errorf("tasks that run 10 to 30 s are asked at %v", asked)
	}
	if beyond := alike.after(time.Minute) - time.Minute; beyond < time.Second || beyond > 10*time.Second {
		t.Errorf("one that runs longer than any before is asked after another %v", beyond)
	}
}

// many is a sheet of n rows.
func many(n int) string {
	sheet := "id,prompt\n"
	for i := range n {
		sheet += fmt.Sprintf("%d,picture %d\n", i, i)
	}
	return sheet
}

// TestListOnlySaysWhenToAsk runs many tasks at once while the list lags, leaves rows out, shuffles them, or is not to be
// had: nothing is forgotten, and nothing takes much longer.
func TestListOnlySaysWhenToAsk(t *testing.T) {
	usual := time.Duration(0)
	for _, f := range []emulator.Fault{{}, {LagList: 2 * time.Minute}, {OmitRow: true}, {ShuffleList: true}, {Status: 500, Code: "InternalError"}, {Garbage: true}} {
		quota := func(model string) (emulator.Quota, bool) {
			return emulator.Quota{Submissions: 20, Per: time.Second, Running: 100, Queue: 500}, model != ""
		}
		play(t, many(300), emulator.Options{Quota: quota}, func(s *scene) {
			s.fault = func(c emulator.Call) emulator.Fault {
				if c.Op == "list" && c.N > 1 {
					return f
				}
				return emulator.Fault{}
			}
			s.options.SubmitRate, s.options.Window = 20, 200
			begun := time.Now()
			s.ends()
			took := time.Since(begun)
			s.wantPaidOnce(300)
			if usual == 0 {
				usual = took
			} else if took > usual*3/2 {
				t.Errorf("with %+v it took %v, %v without", f, took, usual)
			}
			if lists := s.server.Books().Lists; f == (emulator.Fault{}) && lists < 3 {
				t.Errorf("the list was read %d times", lists)
			}
		})
	}
}

// TestUnknownSpeedIsLearned runs against a service whose time is 60 times as fast, which nobody has told.
func TestUnknownSpeedIsLearned(t *testing.T) {
	play(t, many(9), emulator.Options{Speed: 60}, func(s *scene) {
		begun := time.Now()
		s.ends()
		s.wantPaidOnce(9)
		if took := time.Since(begun); took > 20*time.Second {
			t.Errorf("nine tasks of a third of a second took %v", took)
		}
	})
}

// TestWatchLeftUnended lets a task be given up without an end: the one behind it runs from then on and is asked in time.
func TestWatchLeftUnended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		p := pace.NewModel(client.LookupModel("qwen-image-plus"), false, 0, 0, 1)
		w := &watch{clock: pace.NewClock(1), pace: func(string) *pace.Model { return p }, queue: func() time.Duration { return 0 },
			lanes: map[string]*lane{}, tasks: map[string]*watched{}}
		enter := func(id string) *watched {
			return w.enter(asked{id: id, sent: state.Request{Model: "qwen-image-plus"}, posted: time.Now()})
		}
		w.lane("qwen-image-plus").limit = 1
		first := enter("first")
		time.Sleep(time.Second)
		second := enter("second")
		asked := make(chan error, 1)
		go func() { asked <- w.wait(ctx, second) }()
		time.Sleep(10 * time.Second)
		w.leave(first)
		time.Sleep(time.Minute)
		synctest.Wait()
		select {
		case err := <-asked:
			if err != nil {
				t.Errorf("wait = %v", err)
			}
		default:
			t.Error("the task behind one that was given up was not asked within a minute")
		}
	})
}

// TestWatchAlwaysALine keeps the line of questions long: a task is put off, and asked all the same.
func TestWatchAlwaysALine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace.NewModel(client.LookupModel("qwen-image-plus"), false, 0, 0, 1)
		w := &watch{clock: pace.NewClock(1), pace: func(string) *pace.Model { return p }, queue: func() time.Duration { return 2 * shortLine },
			lanes: map[string]*lane{}, tasks: map[string]*watched{}}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		first := w.enter(asked{id: "1", sent: state.Request{Model: "qwen-image-plus"}, posted: time.Now()})
		w.lane("qwen-image-plus").known = true // else it is asked early
		if err := w.wait(ctx, first); err != nil {
			t.Error("the task was not asked within five minutes")
		}
	})
}
