package poll

import (
	"slices"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/client"
)

// A modelQueue is the queue of one model at the service, as far as our tasks tell: who runs, who
// waits, and how many run at once. It belongs to a watch and its lock.
type modelQueue struct {
	pace       *pace.Model
	documented int           // how many run at once, as the vendor's page says; 0 where it does not
	open       []*Watched    // in the order of their submission; none that is known to have ended
	past       []ran         // those that ended, by their ends
	limit      int           // how many run at once; 0 as long as none is known to wait
	recent     []int         // the last of what was learned of that
	most       int           // that ran at once while nobody waited
	mean       time.Duration // how long a task runs
	known      bool          // the mean is not a guess
	blur       time.Duration // by how much the times of two tasks may be off
	kinds      map[Kind]*times
}

const (
	// pastKept is how many ended tasks are remembered: more than the service works on at once.
	pastKept = 1000
	// recentKept is how many observations tell how many tasks run at once, by their median: one
	// alone may be out by one, since one task begins when another ends.
	recentKept = 9
	// blur is by how much two tasks' times may be off against each other: how long their
	// submissions took.
	blur = 300 * time.Millisecond
)

// A ran is when a task ran.
type ran struct{ begun, ended time.Time }

// A Kind is what the service time depends on.
type Kind struct {
	Size   string
	N      int
	Extend bool
}

// queueOf returns the queue of a model; w.mu is held.
func (w *Watcher) queueOf(model string) *modelQueue {
	l := w.queues[model]
	if l == nil {
		l = &modelQueue{pace: w.pace(model), documented: client.LookupModel(model).Running, mean: w.clock.Local(w.service), blur: w.clock.Local(blur), kinds: map[Kind]*times{}}
		w.queues[model] = l
	}
	return l
}

// timesOf are the service times of tasks like this one.
func (l *modelQueue) timesOf(w *Watcher, k Kind) *times {
	if l.kinds[k] == nil {
		l.kinds[k] = &times{longest: w.clock.Local(longestDelay), shortest: w.shortest(), guess: l.mean}
	}
	return l.kinds[k]
}

// join puts a task into the queue.
func (l *modelQueue) join(t *Watched) {
	i, _ := slices.BinarySearchFunc(l.open, t, func(a, b *Watched) int {
		if a.submitted.After(b.submitted) {
			return 1
		}
		return -1
	})
	l.open = slices.Insert(l.open, i, t)
}

// drop takes it out: whoever has come up to the places that run looks again, also where it was
// given up without an end.
func (l *modelQueue) drop(t *Watched) {
	i := slices.Index(l.open, t)
	if i < 0 {
		return
	}
	l.open = slices.Delete(l.open, i, i+1)
	if l.closing() {
		l.wake(0, len(l.open))
	} else if l.limit > 0 {
		l.wake(l.limit-1, l.limit)
	}
}

// ahead is how many open tasks of ours are before one.
func (l *modelQueue) ahead(t *Watched) int { return max(0, slices.Index(l.open, t)) }

// running is how many of ours are believed to run.
func (l *modelQueue) running() int {
	if l.limit == 0 {
		return len(l.open)
	}
	return min(l.limit, len(l.open))
}

// begins is when a task has begun to run, as far as it is known; false where it waits for others.
func (l *modelQueue) begins(t *Watched) (time.Time, bool) { return l.beginsAt(l.ahead(t), t) }

// beginsAt is begins for a task with so many ahead.
func (l *modelQueue) beginsAt(ahead int, t *Watched) (time.Time, bool) {
	if !t.begun.IsZero() {
		return t.begun, true
	}
	begun := pace.Later(t.submitted, t.waited)
	if l.limit == 0 {
		return begun, true
	}
	free := l.limit - ahead
	if free <= 0 {
		return time.Time{}, false
	}
	if free <= len(l.past) {
		begun = pace.Later(begun, l.past[len(l.past)-free].ended) // when that place became free
	}
	return begun, true
}

// closing reports whether the end of the batch waits for the few tasks that are left.
func (l *modelQueue) closing() bool { return len(l.open) <= max(2, l.limit/20) && l.pace.Idle() }

// starved reports whether a submission waits for a task to end while none of ours waits at the
// service: each delay is lost time of a place there.
func (l *modelQueue) starved() bool {
	return l.known && (l.limit == 0 || len(l.open) <= l.limit) && l.pace.Starved()
}

// early is when a task is asked before its time, to learn from it; zero where it is not.
func (l *modelQueue) early(t *Watched, w *Watcher) time.Time {
	switch {
	case !l.known && t == l.open[0]:
		age := w.scout(firstScout)
		if !t.alive.IsZero() {
			age = max(age, t.alive.Sub(t.submitted)*3/2)
		}
		if age < t.times.least() {
			return t.submitted.Add(age)
		}
	case l.limit == 0 && t == l.open[len(l.open)-1] && l.pace.AtLimit(len(l.open)):
		if t.alive.IsZero() {
			return t.submitted.Add(w.scout(windowScout))
		}
		if again := w.clock.Local(queued) + w.scout(windowScout); t.begun.IsZero() && t.alive.Sub(t.submitted) < again {
			return t.submitted.Add(again)
		}
	}
	return time.Time{}
}

// end notes that a task has ended: the next one begins.
func (l *modelQueue) end(t *Watched, ended time.Time) {
	begun, runs := l.begins(t)
	if !runs {
		begun = ended
	}
	l.drop(t)
	i, _ := slices.BinarySearchFunc(l.past, ended, func(r ran, at time.Time) int { return r.ended.Compare(at) })
	l.past = slices.Insert(l.past, i, ran{begun, ended})
	if len(l.past) > pastKept {
		l.past = slices.Delete(l.past, 0, 1)
	}
}

// took learns how long a task of a kind runs.
func (l *modelQueue) took(t *times, d time.Duration) {
	t.add(d)
	if l.known {
		l.mean += (d - l.mean) / 16
		return
	}
	l.mean, l.known = d, true
	l.wake(0, len(l.open))
}

// together is how many tasks ran when one began.
func (l *modelQueue) together(at time.Time) int {
	n, still := 0, at.Add(l.blur)
	for i := len(l.past) - 1; i >= 0 && l.past[i].ended.After(still); i-- {
		if !l.past[i].begun.After(at) {
			n++
		}
	}
	for i, t := range l.open {
		if begun, runs := l.beginsAt(i, t); runs && !begun.After(at) {
			n++
		}
	}
	return n
}

// free records that a task started without waiting: the limit is above what runs now.
func (l *modelQueue) free(t *Watched) {
	n := l.together(t.begun)
	l.most = max(l.most, n)
	if l.limit > 0 && n <= l.limit {
		return
	}
	l.set(0)
	l.recent = nil
	l.pace.ObserveRunning(n, false)
}

// full learns from a task that had to wait for another to end: as many run at once as did when it
// began. It is looked at when it has ended itself, since by then the ends of those are known.
func (l *modelQueue) full(t *Watched) {
	l.recent = append(l.recent, l.together(t.begun))
	if len(l.recent) > recentKept {
		l.recent = slices.Delete(l.recent, 0, 1)
	}
	inOrder := slices.Sorted(slices.Values(l.recent))
	l.set(inOrder[len(inOrder)/2])
}

// atMost learns from a task that waits: no more run than are ahead of it. Where none is, it waits
// for another's.
func (l *modelQueue) atMost(ahead int) {
	if ahead == 0 {
		return
	}
	n := ahead
	if l.limit == 0 && l.documented > 0 {
		n = min(n, max(l.documented, l.most))
	}
	if l.limit == 0 || n < l.limit {
		l.recent = append(l.recent[:0], n)
		l.set(n)
	}
}

// set believes how many run at once; 0 that none waits.
func (l *modelQueue) set(limit int) {
	was := l.limit
	l.limit = limit
	if limit > 0 {
		l.pace.ObserveRunning(limit, true)
	}
	if was > 0 && limit == 0 {
		l.wake(was, len(l.open))
	} else if was > 0 {
		l.wake(was, limit)
	}
}

// wake lets the tasks of some places in the line look again when they are due.
func (l *modelQueue) wake(from, to int) {
	for i := from; i < min(to, len(l.open)); i++ {
		l.open[i].wake()
	}
}
