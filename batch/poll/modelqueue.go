package poll

import (
	"slices"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/client"
)

// A modelQueue is what is known of the service's queue for one model: the limit of tasks that it
// runs at once, and which of ours run or wait. It belongs to a watcher, whose mutex guards it.
type modelQueue struct {
	pace       *pace.Model
	documented int        // the limit in the vendor's document; 0 where it names none
	limit      int        // the limit as learned; 0 until a task is known to wait
	limits     []int      // the last observations of it
	unqueued   int        // the most tasks that were seen to run while none waited
	open       []*Watched // by submission; none that is known to have ended
	history    []interval // of tasks that have ended, by their ends

	mean      time.Duration // service time
	measured  bool          // the mean is not the guess of a Config
	tolerance time.Duration // timeTolerance by the local clock
	kinds     map[Kind]*times
}

const (
	// maxHistory is how many ended tasks are remembered: more than the service runs at once.
	maxHistory = 1000
	// maxLimits is how many observations the limit is the median of. A single one may be out by
	// one, since a task starts when another ends.
	maxLimits = 9
	// timeTolerance is by how much the times of two tasks may disagree: as long as their
	// submissions took.
	timeTolerance = 300 * time.Millisecond
)

// An interval is the time in which a task ran.
type interval struct{ from, to time.Time }

// A Kind is what the service time of a task depends on.
type Kind struct {
	Size   string
	N      int
	Extend bool
}

// queueOf returns the queue of a model; w.mu is held.
func (w *Watcher) queueOf(model string) *modelQueue {
	q := w.queues[model]
	if q == nil {
		q = &modelQueue{pace: w.pace(model), documented: client.LookupModel(model).Running,
			mean: w.clock.Local(w.service), tolerance: w.clock.Local(timeTolerance),
			kinds: map[Kind]*times{}}
		w.queues[model] = q
	}
	return q
}

// timesOf returns the service times of tasks of a kind.
func (q *modelQueue) timesOf(w *Watcher, k Kind) *times {
	if q.kinds[k] == nil {
		q.kinds[k] = &times{maxDelay: w.clock.Local(maxMeanDelay), minDelay: w.minDelay(), guess: q.mean}
	}
	return q.kinds[k]
}

// insert adds a task.
func (q *modelQueue) insert(t *Watched) {
	i, _ := slices.BinarySearchFunc(q.open, t, func(a, b *Watched) int {
		if a.submitted.After(b.submitted) {
			return 1
		}
		return -1
	})
	q.open = slices.Insert(q.open, i, t)
}

// remove takes a task out, whether it has ended or is given up. The task that gets its place
// among those that run is due earlier, and so are all when the batch is ending.
func (q *modelQueue) remove(t *Watched) {
	i := slices.Index(q.open, t)
	if i < 0 {
		return
	}
	q.open = slices.Delete(q.open, i, i+1)
	if q.isEnding() {
		q.wake(0, len(q.open))
	} else if q.limit > 0 {
		q.wake(q.limit-1, q.limit)
	}
}

// ahead returns how many of our open tasks were submitted before t.
func (q *modelQueue) ahead(t *Watched) int { return max(0, slices.Index(q.open, t)) }

// running returns how many of our tasks are thought to run.
func (q *modelQueue) running() int {
	if q.limit == 0 {
		return len(q.open)
	}
	return min(q.limit, len(q.open))
}

// start returns when a task started, as far as is known; runs is false where it still waits.
func (q *modelQueue) start(t *Watched) (at time.Time, runs bool) {
	return q.startAt(q.ahead(t), t)
}

// startAt is start for a task that has so many ahead of it.
func (q *modelQueue) startAt(ahead int, t *Watched) (time.Time, bool) {
	if !t.started.IsZero() {
		return t.started, true
	}
	start := pace.Later(t.submitted, t.lastQueued)
	if q.limit == 0 {
		return start, true
	}
	free := q.limit - ahead
	if free <= 0 {
		return time.Time{}, false
	}
	if free <= len(q.history) { // it has the place of the free-th last task to end
		start = pace.Later(start, q.history[len(q.history)-free].to)
	}
	return start, true
}

// isEnding reports whether the batch waits for the few tasks that are left.
func (q *modelQueue) isEnding() bool { return len(q.open) <= max(2, q.limit/20) && q.pace.Idle() }

// isStarved reports whether a submission waits for a task to end while none of ours is queued at
// the service: until that is noticed, a place there is idle.
func (q *modelQueue) isStarved() bool {
	return q.measured && (q.limit == 0 || len(q.open) <= q.limit) && q.pace.Starved()
}

// scoutAt returns when a task is to be asked ahead of its schedule, to learn from it; zero where
// it is not. The oldest task is, while no service time is known; the youngest is when the window
// is full and no limit is known, to learn whether it waits.
func (q *modelQueue) scoutAt(t *Watched, w *Watcher) time.Time {
	switch {
	case !q.measured && t == q.open[0]:
		age := w.scoutAge(firstScoutAge)
		if !t.lastAlive.IsZero() {
			age = max(age, t.lastAlive.Sub(t.submitted)*3/2)
		}
		if age < t.times.early() {
			return t.submitted.Add(age)
		}
	case q.limit == 0 && t == q.open[len(q.open)-1] && q.pace.AtLimit(len(q.open)):
		if t.lastAlive.IsZero() {
			return t.submitted.Add(w.scoutAge(windowScoutAge))
		}
		again := w.clock.Local(promptStart) + w.scoutAge(windowScoutAge)
		if t.started.IsZero() && t.lastAlive.Sub(t.submitted) < again {
			return t.submitted.Add(again)
		}
	}
	return time.Time{}
}

// end moves a task that has ended to the history: the next one starts.
func (q *modelQueue) end(t *Watched, ended time.Time) {
	from, runs := q.start(t)
	if !runs {
		from = ended
	}
	q.remove(t)
	i, _ := slices.BinarySearchFunc(q.history, ended,
		func(x interval, at time.Time) int { return x.to.Compare(at) })
	q.history = slices.Insert(q.history, i, interval{from, ended})
	if len(q.history) > maxHistory {
		q.history = slices.Delete(q.history, 0, 1)
	}
}

// noteServiceTime records how long a task ran. The first such time replaces the guess for all.
func (q *modelQueue) noteServiceTime(t *times, d time.Duration) {
	t.add(d)
	if q.measured {
		q.mean += (d - q.mean) / 16
		return
	}
	q.mean, q.measured = d, true
	q.wake(0, len(q.open))
}

// runningAt returns how many of our tasks ran when one started.
func (q *modelQueue) runningAt(at time.Time) int {
	n, later := 0, at.Add(q.tolerance)
	for i := len(q.history) - 1; i >= 0 && q.history[i].to.After(later); i-- {
		if !q.history[i].from.After(at) {
			n++
		}
	}
	for i, t := range q.open {
		if start, runs := q.startAt(i, t); runs && !start.After(at) {
			n++
		}
	}
	return n
}

// noteImmediateStart records that a task started without waiting: the limit is above what ran
// then.
func (q *modelQueue) noteImmediateStart(t *Watched) {
	n := q.runningAt(t.started)
	q.unqueued = max(q.unqueued, n)
	if q.limit > 0 && n <= q.limit {
		return
	}
	q.setLimit(0)
	q.limits = nil
	q.pace.ObserveRunning(n, false)
}

// noteQueuedStart records that a task started when another ended: the limit is what ran then.
// It is called once the task has ended itself, when the ends of the others are known.
func (q *modelQueue) noteQueuedStart(t *Watched) {
	q.limits = append(q.limits, q.runningAt(t.started))
	if len(q.limits) > maxLimits {
		q.limits = slices.Delete(q.limits, 0, 1)
	}
	sorted := slices.Sorted(slices.Values(q.limits))
	q.setLimit(sorted[len(sorted)/2])
}

// noteQueued records that a task waits behind so many of ours: no more than these run. Where
// none is ahead it waits for tasks that are not ours, which tells nothing.
func (q *modelQueue) noteQueued(ahead int) {
	if ahead == 0 {
		return
	}
	n := ahead
	if q.limit == 0 && q.documented > 0 {
		n = min(n, max(q.documented, q.unqueued))
	}
	if q.limit == 0 || n < q.limit {
		q.limits = append(q.limits[:0], n)
		q.setLimit(n)
	}
}

// setLimit sets the limit, 0 for none known, and sizes the window by it. Tasks whose places
// change from waiting to running, or back, are due at another time.
func (q *modelQueue) setLimit(limit int) {
	was := q.limit
	q.limit = limit
	if limit > 0 {
		q.pace.ObserveRunning(limit, true)
	}
	if was > 0 && limit == 0 {
		q.wake(was, len(q.open))
	} else if was > 0 {
		q.wake(was, limit)
	}
}

// wake makes the open tasks from one index up to another look again when they are due.
func (q *modelQueue) wake(from, to int) {
	for i := from; i < min(to, len(q.open)); i++ {
		q.open[i].wake()
	}
}
