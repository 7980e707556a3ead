package download

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/client"
)

// maxWait is how long a run in which nothing else goes on waits for a picture.
const maxWait = 10 * time.Minute

// Activity counts what the items of a run are doing. A queue closes only where nothing but its
// pictures is left.
type Activity struct {
	Items     atomic.Int64 // goroutines that work on one
	AtService atomic.Int64 // of them, those that wait for the answer to a submission or a task
	InDoubt   atomic.Int64 // of them, those that wait until a doubt about a submission is settled
	Producers atomic.Int64 // models whose items have not all begun
}

// Track counts one more while do runs.
func Track(n *atomic.Int64, do func() error) error {
	n.Add(1)
	defer n.Add(-1)
	return do()
}

// closeIfStuck closes the queue where nothing is left but pictures that cannot be fetched, and
// nothing has happened for as long as a run waits for them. A [Fetch] calls it when a download has
// failed and the API has answered, so that nothing is closed while the whole network is away;
// WaitToBuy calls it where no task is in the queue.
func (q *Queue) closeIfStuck(now time.Time) {
	blocked := !q.MayBuy(now)
	a := q.activity
	if a.AtService.Load() > 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	// What is to be bought yet is no reason to go on where nothing may be bought.
	waiting := int64(len(q.tickets)) + a.InDoubt.Load()
	if !blocked && (a.Producers.Load() > 0 || a.Items.Load() > waiting) {
		return
	}
	if q.free < MaxParallel || now.Sub(q.host.lastEvent) < q.patience() || q.Closed() {
		return
	}
	if blocked || q.host.away() {
		q.halt(q.hostError())
	}
	close(q.closed)
}

// patience is how long to wait for a picture. One that only this run can fetch is waited for as
// long as the service keeps it, unless the store does not have it while it gives others out. q.mu
// is held.
func (q *Queue) patience() time.Duration {
	for t := range q.tickets {
		lost := t.exempt && errors.Is(q.host.cause, client.ErrGone)
		if t.taskless && !lost {
			return client.TaskLifetime
		}
	}
	return maxWait
}

// Closed reports whether the run ends without the pictures that are in the queue.
func (q *Queue) Closed() bool {
	select {
	case <-q.closed:
		return true
	default:
		return false
	}
}

// A HostError ends a run whose pictures cannot be fetched. They are paid; the same command
// fetches them.
type HostError struct {
	Host  string
	Cause error // names the host, too
	// Waiting is how many paid pictures wait, all of them until Until at least.
	Waiting int
	Until   time.Time
}

func (e *HostError) Error() string {
	if e.Waiting == 0 {
		return fmt.Sprintf("no picture could be fetched: %v", e.Cause)
	}
	wait := "paid pictures wait"
	if e.Waiting == 1 {
		wait = "paid picture waits"
	}
	return fmt.Sprintf("no picture can be fetched: %v; %d %s there until %s", e.Cause, e.Waiting,
		wait, e.Until.Local().Format("2006-01-02 15:04"))
}

// Unwrap returns the cause.
func (e *HostError) Unwrap() error { return e.Cause }

// hostError tells what is left in the queue; q.mu is held.
func (q *Queue) hostError() *HostError {
	e := &HostError{Host: q.host.name, Cause: q.host.cause}
	for t := range q.tickets {
		e.Waiting += t.pictures
		e.Until = pace.Sooner(e.Until, t.expires)
	}
	return e
}
