package poll

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/client"
)

// TestScheduleAsksWhereTasksEnd wants one question for tasks that all run alike, and several where they do not, none of
// them too late.
func TestScheduleAsksWhereTasksEnd(t *testing.T) {
	alike := &times{maxDelay: maxMeanDelay, guess: 20 * time.Second}
	spread := &times{maxDelay: maxMeanDelay, guess: 20 * time.Second}
	for i := range 100 {
		alike.add(20 * time.Second)
		spread.add(10*time.Second + time.Duration(i)*200*time.Millisecond)
	}
	if got := alike.next(normal, 0, false); got != 20*time.Second {
		t.Errorf("of tasks that run 20 s the first question is at %v", got)
	}
	var asked []time.Duration
	for age := spread.next(normal, 0, false); age < 30*time.Second; age = spread.next(normal, age, true) {
		asked = append(asked, age)
	}
	if len(asked) < 3 || asked[0] > 18*time.Second {
		t.Errorf("tasks that run 10 to 30 s are asked at %v", asked)
	}
	if beyond := alike.next(normal, time.Minute, true) - time.Minute; beyond < time.Second || beyond > 10*time.Second {
		t.Errorf("one that runs longer than any before is asked after another %v", beyond)
	}
}

// TestWatchLeftUnended lets a task be given up without an end: the one behind it runs from then on and is asked in time.
func TestWatchLeftUnended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		p := pace.NewModel(client.LookupModel("qwen-image-plus"), false, 0, 0, 1)
		w := New(Config{Clock: pace.NewClock(1), Pace: func(string) *pace.Model { return p }, Queue: func() time.Duration { return 0 }, Budget: 16, Service: 20 * time.Second})
		enter := func(id string) *Watched {
			return w.Watch(Task{ID: id, Model: "qwen-image-plus", Submitted: time.Now()})
		}
		w.queueOf("qwen-image-plus").limit = 1
		first := enter("first")
		time.Sleep(time.Second)
		second := enter("second")
		asked := make(chan error, 1)
		go func() { asked <- w.Wait(ctx, second) }()
		time.Sleep(10 * time.Second)
		w.Forget(first)
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
		w := New(Config{Clock: pace.NewClock(1), Pace: func(string) *pace.Model { return p }, Queue: func() time.Duration { return 2 * shortQueue }, Budget: 16, Service: 20 * time.Second})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		first := w.Watch(Task{ID: "1", Model: "qwen-image-plus", Submitted: time.Now()})
		w.queueOf("qwen-image-plus").measured = true // else it is asked early
		if err := w.Wait(ctx, first); err != nil {
			t.Error("the task was not asked within five minutes")
		}
	})
}

// TestNoServiceTimeIsLearned ends tasks that took 0 ms by the service's clock: the next one is asked
// for at once, and not when a task of unknown length would be.
func TestNoServiceTimeIsLearned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace.NewModel(client.LookupModel("qwen-image-plus"), false, 0, 0, 1)
		w := New(Config{Clock: pace.NewClock(1), Pace: func(string) *pace.Model { return p }, Queue: func() time.Duration { return 0 }, Budget: rate.Inf, Service: 20 * time.Second})
		begun := time.Now()
		for range 3 {
			now := time.Now()
			task := w.Watch(Task{ID: now.String(), Model: "qwen-image-plus", Submitted: now})
			if err := w.Wait(t.Context(), task); err != nil {
				t.Fatal(err)
			}
			w.Observe(task, client.Task{Status: client.Succeeded, Submitted: now, Scheduled: now, Ended: now})
			w.Forget(task)
		}
		if took := time.Since(begun); took > 10*time.Millisecond {
			t.Errorf("three tasks of 0 ms were asked for after %v", took)
		}
	})
}
