package emulator

import (
	"sort"
	"time"
)

// accountQueries is the documented limit of query, list and cancel calls in a second, over all keys of an account
// (TASK, 2026-05; QI of 2025-09 says the same of queries).
const accountQueries = 20

// window remembers when things happened, oldest first.
type window struct{ times []time.Time }

// remembered bounds a window's memory; no documented limit counts further than 120.
const remembered = 8192

// count returns how many things happened in the time per before now. What happened exactly per ago is out: at 2 a
// second, calls at 0.0, 0.5 and 1.0 s pass.
func (w *window) count(now time.Time, per time.Duration) int {
	edge := now.Add(-per)
	return len(w.times) - sort.Search(len(w.times), func(i int) bool { return w.times[i].After(edge) })
}

func (w *window) add(now time.Time) {
	if len(w.times) >= remembered {
		w.times = append(w.times[:0], w.times[remembered/2:]...)
	}
	w.times = append(w.times, now)
}

// quota returns what holds for a model now; "" is the account itself.
func (s *Server) quota(model string) Quota {
	if s.opts.NoQuota {
		return Quota{}
	}
	if s.opts.Quota != nil {
		if q, ok := s.opts.Quota(model); ok {
			return q.filled()
		}
	}
	if model == "" {
		return Quota{Queries: accountQueries, Per: time.Second}
	}
	if m, ok := modelNamed(model); ok {
		return m.quota
	}
	return Quota{}
}

func (q Quota) filled() Quota {
	if q.Per == 0 {
		q.Per = time.Second
	}
	return q
}

// rateOK reports whether one more submission fits. Every submission of a known model with a good key counts, also one
// whose parameters are refused afterwards [I]: whoever paces itself does not mind, whoever does not shall notice.
func (s *Server) rateOK(model string, now time.Time) bool {
	q := s.quota(model)
	return q.Submissions == 0 || s.account.queue(model).rated.count(now, q.Per) < q.Submissions
}
