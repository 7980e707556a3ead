package download

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
)

func newQueue() *Queue { return NewQueue(pace.NewClock(1), &Activity{}, func(error) {}) }

// TestT2EarliestDeadlineFirst lets the task that expires first be fetched first, whoever came first.
func TestT2EarliestDeadlineFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		q.free = 1
		now := time.Now()
		held := &ticket{expires: now.Add(9 * time.Hour)}
		if err := q.acquire(t.Context(), held); err != nil {
			t.Fatal(err)
		}
		order := make(chan int, 3)
		for _, hours := range []int{5, 3, 4} {
			go func() {
				p := &ticket{expires: now.Add(time.Duration(hours) * time.Hour)}
				if err := q.acquire(t.Context(), p); err != nil {
					t.Error(err)
				}
				order <- hours
				q.release(p, true)
			}()
		}
		synctest.Wait()
		q.release(held, true)
		for _, want := range []int{3, 4, 5} {
			if got := <-order; got != want {
				t.Errorf("the task of hour %d is fetched where that of hour %d is due", got, want)
			}
		}
	})
}

// TestT2QueueLeft takes a ticket out of the queue when its item is stopped.
func TestT2QueueLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		q.free = 1
		held := &ticket{expires: time.Now()}
		q.acquire(t.Context(), held)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := q.acquire(ctx, &ticket{}); !errors.Is(err, context.Canceled) {
			t.Errorf("acquire = %v, want %v", err, context.Canceled)
		}
		q.release(held, false)
		if err := q.acquire(t.Context(), &ticket{}); err != nil || len(q.waiting) != 0 || q.free != 0 || len(q.tickets) != 1 {
			t.Errorf("acquire = %v with %d waiting and %d downloading", err, len(q.waiting), 1-q.free)
		}
	})
}
