package download

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
)

// MaxParallel downloads run at once. They share the line to the picture host, and each holds a
// picture in memory.
const MaxParallel = 8

// A Queue starts downloads, those of the task that expires first before the others. It is safe
// for concurrent use.
type Queue struct {
	clock    *pace.Clock
	activity *Activity
	halt     func(error) // stops the run; called with mu held

	mu       sync.Mutex
	free     int              // downloads that may start
	waiting  []*ticket        // by expiry
	tickets  map[*ticket]bool // all between acquire and release
	mean     time.Duration    // local time that a download takes; 0 before the first
	buffers  [][]byte         // arrays of saved pictures, for the next downloads
	host     host
	timerSet bool          // dispatch is called when the next probe may go
	arrival  chan struct{} // closed when a picture arrives; nil while nobody waits for that
	closed   chan struct{} // closed when the run gives up waiting
}

// NewQueue returns an empty queue. Activity counts what else the run is doing; halt stops it,
// and must not call the queue.
func NewQueue(c *pace.Clock, activity *Activity, halt func(error)) *Queue {
	return &Queue{clock: c, activity: activity, halt: halt, free: MaxParallel,
		tickets: map[*ticket]bool{}, closed: make(chan struct{})}
}

// A ticket is the place of one task in the queue, from acquire to release. Its goroutine owns buffer
// while it downloads, and sets the first four fields before it enters; the queue's mutex guards
// the rest.
type ticket struct {
	task     string    // id of the task, or the key of an item without one
	taskless bool      // only this run can fetch it: nothing durable tells its URL
	pictures int       // how many it waits for
	expires  time.Time // by the service's clock
	buffer   []byte    // an array for the next picture

	started  time.Time // local: its first download; zero before
	running  bool      // it may download; counted against free
	probe    bool      // its download tests whether the host has recovered
	failures int
	// exempt says that others' pictures have arrived since it first failed: its failures say
	// nothing of the host.
	exempt bool
	ready  chan struct{} // closed when it may download
}

// acquire adds a task to the queue and waits until it may download. After an error the ticket is
// not in the queue.
func (q *Queue) acquire(ctx context.Context, t *ticket) error {
	q.mu.Lock()
	q.tickets[t], q.host.lastEvent = true, q.clock.Now()
	q.mu.Unlock()
	return q.wait(ctx, t)
}

// wait waits until a ticket that has entered may download, or may again after a failure. After
// an error the ticket is not in the queue.
func (q *Queue) wait(ctx context.Context, t *ticket) error {
	t.ready = make(chan struct{})
	q.mu.Lock()
	i, _ := slices.BinarySearchFunc(q.waiting, t,
		func(a, b *ticket) int { return a.expires.Compare(b.expires) })
	q.waiting = slices.Insert(q.waiting, i, t)
	q.dispatch()
	running := t.running // even where the queue is closed
	q.mu.Unlock()
	if running {
		return nil
	}
	select {
	case <-t.ready:
		return nil
	case <-ctx.Done():
		q.release(t, false)
		return ctx.Err()
	case <-q.closed:
		q.release(t, false)
		return ErrLater
	}
}

// release takes a task out of the queue, if it is there. Saved says that its pictures are on
// disk, so that the time since its first download counts towards the mean.
func (q *Queue) release(t *ticket, saved bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.tickets, t)
	if !t.running {
		q.waiting = slices.DeleteFunc(q.waiting, func(w *ticket) bool { return w == t })
		return
	}
	q.endDownload(t)
	if saved {
		q.learn(time.Since(t.started))
	}
	q.dispatch()
}

// dispatch starts downloads while there is room; q.mu is held.
func (q *Queue) dispatch() {
	for len(q.waiting) > 0 && q.mayDispatch() {
		i := q.next()
		t := q.waiting[i]
		q.waiting = slices.Delete(q.waiting, i, i+1)
		q.free--
		t.running, t.probe = true, q.host.refuses()
		if t.started.IsZero() {
			t.started = time.Now()
		}
		if last := len(q.buffers) - 1; last >= 0 {
			t.buffer, q.buffers = q.buffers[last], q.buffers[:last]
		}
		close(t.ready)
	}
}

// mayDispatch reports whether another download may start. While the host refuses, one does at a
// time, after a pause. q.mu is held.
func (q *Queue) mayDispatch() bool {
	if !q.host.refuses() {
		return q.free > 0
	}
	if q.free < MaxParallel {
		return false
	}
	pause := time.Until(q.host.nextProbe)
	if pause > 0 && !q.timerSet {
		q.timerSet = true
		time.AfterFunc(pause, func() {
			q.mu.Lock()
			defer q.mu.Unlock()
			q.timerSet = false
			q.dispatch()
		})
	}
	return pause <= 0
}

// next is the index of the ticket that downloads next: the first to expire; while the host
// refuses, the one that has failed least, since a picture that is gone for good does not show
// whether the host has recovered. q.mu is held.
func (q *Queue) next() int {
	best := 0
	if q.host.refuses() {
		for i, t := range q.waiting {
			if t.failures < q.waiting[best].failures {
				best = i
			}
		}
	}
	return best
}

// maxBuffer is the largest array that is kept: most pictures have 1 to 3 MB.
const maxBuffer = 4 << 20

// endDownload ends a download and keeps its array for another; q.mu is held.
func (q *Queue) endDownload(t *ticket) {
	if cap(t.buffer) <= maxBuffer {
		q.buffers = append(q.buffers, t.buffer)
	}
	t.running, t.buffer, t.probe = false, nil, false
	q.free++
}

// Idle reports whether nothing is being downloaded or saved.
func (q *Queue) Idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.free == MaxParallel
}

// learn updates the mean time of a download; q.mu is held.
func (q *Queue) learn(took time.Duration) {
	if q.mean == 0 {
		q.mean = took
		return
	}
	q.mean += (took - q.mean) / 8
}

// late reports whether pictures may expire before they are fetched: the time that the queue
// takes is more than half of what is left to the first expiry. A download that goes on counts
// with the time that it has gone on, but no more than the time since a picture last arrived:
// one picture that never comes must not stop the run. q.mu is held.
func (q *Queue) late(now time.Time) bool {
	took, pending := q.mean, len(q.tickets)
	var first time.Time
	for t := range q.tickets {
		if !t.expires.After(now) {
			pending-- // it is too late already
			continue
		}
		first = pace.Sooner(first, t.expires)
		if !t.started.IsZero() {
			took = max(took, time.Since(pace.Later(t.started, q.host.lastArrival)))
		}
	}
	if pending == 0 {
		return false
	}
	rounds := (pending + MaxParallel - 1) / MaxParallel
	need := q.clock.Remote(took) * time.Duration(rounds)
	return need > first.Sub(now)/2
}
