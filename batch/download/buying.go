package download

import (
	"context"
	"time"
)

// recheck is how often a buyer that waits looks whether the run is to be given up, in the
// service's time.
const recheck = time.Minute

// WaitToBuy waits while pictures cannot be fetched, so that none is bought that may be lost. It
// returns [ErrLater] where the run ends without them.
func (q *Queue) WaitToBuy(ctx context.Context) error {
	for {
		arrival := q.blocked(q.clock.Now())
		if arrival == nil {
			return nil
		}
		if err := q.pause(ctx, recheck, arrival); err != nil {
			return err
		}
		if q.empty() && !q.clearSuspicion() {
			q.closeIfStuck(q.clock.Now())
		}
	}
}

// MayBuy reports whether WaitToBuy would not wait.
func (q *Queue) MayBuy(now time.Time) bool { return q.blocked(now) == nil }

// blocked returns a channel that is closed when a picture arrives, where nothing may be bought
// until then; else nil.
func (q *Queue) blocked(now time.Time) <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.host.refuses() && !q.late(now) {
		return nil
	}
	if q.arrival == nil {
		q.arrival = make(chan struct{})
	}
	return q.arrival
}

// wakeBuyers ends the pauses in WaitToBuy; q.mu is held.
func (q *Queue) wakeBuyers() {
	if q.arrival != nil {
		close(q.arrival)
		q.arrival = nil
	}
}

// pause waits for a duration of the service's time, or until wake is closed. It returns
// [ErrLater] where the run ends without its pictures meanwhile.
func (q *Queue) pause(ctx context.Context, d time.Duration, wake <-chan struct{}) error {
	timer := time.NewTimer(q.clock.Local(d))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-q.closed:
		return ErrLater
	case <-wake:
	case <-timer.C:
	}
	return nil
}

func (q *Queue) empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.tickets) == 0
}
