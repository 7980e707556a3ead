package emulator

import (
	"sort"
	"time"
)

// Quota limits what an account may ask of one model. In every field 0 means unlimited.
type Quota struct {
	Submissions int           // submissions or sync calls in any Per
	Per         time.Duration // default: a second
	Running     int           // async tasks that run at the same time; the others queue
	Queue       int           // async tasks in the queue
	Queries     int           // query, list and cancel calls in any second, over the whole account
}

// accountQueries is the documented limit of query, list and cancel calls in a second, over all
// keys of an account (TASK, 2026-05; QI of 2025-09 says the same of queries).
const accountQueries = 20

func (q Quota) filled() Quota {
	if q.Per == 0 {
		q.Per = time.Second
	}
	return q
}

// window remembers when things happened, oldest first.
type window struct{ times []time.Time }

// remembered bounds a window's memory; the largest documented limit is 120.
const remembered = 8192

// count returns how many things happened in the time per before now. What happened exactly per ago
// is not counted: at 2 a second, calls at 0.0, 0.5 and 1.0 s pass.
func (w *window) count(now time.Time, per time.Duration) int {
	edge := now.Add(-per)
	n := sort.Search(len(w.times), func(i int) bool { return w.times[i].After(edge) })
	return len(w.times) - n
}

func (w *window) add(now time.Time) {
	if len(w.times) >= remembered {
		w.times = append(w.times[:0], w.times[remembered/2:]...)
	}
	w.times = append(w.times, now)
}
