package batch

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// TestT2EarliestDeadlineFirst lets the task that expires first be fetched first, whoever came first.
func TestT2EarliestDeadlineFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBacklog(pace.NewClock(1))
		b.free = 1
		now := time.Now()
		held := &berth{deadline: now.Add(9 * time.Hour)}
		if err := b.enter(t.Context(), held); err != nil {
			t.Fatal(err)
		}
		order := make(chan int, 3)
		for _, hours := range []int{5, 3, 4} {
			go func() {
				p := &berth{deadline: now.Add(time.Duration(hours) * time.Hour)}
				if err := b.enter(t.Context(), p); err != nil {
					t.Error(err)
				}
				order <- hours
				b.leave(p, true)
			}()
		}
		synctest.Wait()
		b.leave(held, true)
		for _, want := range []int{3, 4, 5} {
			if got := <-order; got != want {
				t.Errorf("the task of hour %d is fetched where that of hour %d is due", got, want)
			}
		}
	})
}

// TestT2BacklogGivenUp gives a place in the line back when its item is stopped.
func TestT2BacklogGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBacklog(pace.NewClock(1))
		b.free = 1
		held := &berth{deadline: time.Now()}
		b.enter(t.Context(), held)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := b.enter(ctx, &berth{}); !errors.Is(err, context.Canceled) {
			t.Errorf("enter = %v, want %v", err, context.Canceled)
		}
		b.leave(held, false)
		if err := b.enter(t.Context(), &berth{}); err != nil || len(b.waiting) != 0 || len(b.busy) != 1 || len(b.all) != 1 {
			t.Errorf("enter = %v with %d waiting and %d busy", err, len(b.waiting), len(b.busy))
		}
	})
}

// TestT2NoSubmissionWhileFetchingIsLate lets the picture host be away for so long that the first picture may not be fetched
// in time: what could be submitted meanwhile waits until it is back.
func TestT2NoSubmissionWhileFetchingIsLate(t *testing.T) {
	sheet := "id,prompt\na,a red cat\nb,[[pending:13h]] a blue dog\nc,a bird\n" // c's turn comes when b has ended
	play(t, sheet, emulator.Options{}, func(s *scene) {
		s.options.Window = 1
		began := time.Now()
		back := began.Add(15 * time.Hour)
		last := time.Duration(0)
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "submit" {
				last = time.Since(began)
			}
			if c.Op == "image" && time.Now().Before(back) {
				return emulator.Fault{Status: 503}
			}
			return emulator.Fault{}
		}
		for err := s.start(); err != nil; err = s.start() { // with 13 h behind it, it waits no longer than ten minutes
			time.Sleep(10 * time.Minute)
		}
		s.wantPaidOnce(3)
		if last < 15*time.Hour {
			t.Errorf("the last submission was after %v, want it after 15h, when pictures could be fetched again", last)
		}
	})
}
