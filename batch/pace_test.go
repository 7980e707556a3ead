package batch

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// TestA21OneFailureStopsNobody answers one submission with an error of the server, or not at all, while others wait for
// the rate: the next goes out when the rate allows, since none that is turned away has used it up.
func TestA21OneFailureStopsNobody(t *testing.T) {
	for name, f := range map[string]emulator.Fault{
		"500": {Status: 500, Code: "InternalError"}, "503": {Status: 503}, "lost answer": {LoseAnswer: true}, "reset": {Reset: true},
	} {
		for _, at := range []struct {
			rate   rate.Limit
			window int
			most   time.Duration // between the failure and the next submission
		}{{20.0 / 60, 20, 3200 * time.Millisecond}, {2, 200, 1500 * time.Millisecond}} {
			if got := pauseAfter(t, f, at.rate, at.window); got > at.most {
				t.Errorf("%s at %.2f/s with %d in flight: the next submission went out after %v, want at most %v",
					name, float64(at.rate), at.window, got, at.most)
			}
		}
	}
}

// pauseAfter is how long after a failed submission the next goes out, while a whole window waits for the rate.
func pauseAfter(t *testing.T, f emulator.Fault, limit rate.Limit, window int) time.Duration {
	const fails = 5
	var sent []time.Time
	quota := emulator.Quota{Submissions: int(60 * limit), Per: time.Minute, Running: window / 2, Queue: 500}
	play(t, many(window+30), emulator.Options{Quota: only(quota)}, func(s *scene) {
		s.options.SubmitRate, s.options.Window = limit, window
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "submit" {
				sent = append(sent, time.Now())
			}
			return at("submit", fails, f)(c)
		}
		s.ends()
		s.wantPaidOnce(window + 30)
	})
	return sent[fails].Sub(sent[fails-1])
}

// only is a quota of every model.
func only(q emulator.Quota) func(model string) (emulator.Quota, bool) {
	return func(model string) (emulator.Quota, bool) { return q, model != "" }
}

// TestA1RefusedWhateverTheRate refuses four in five submissions at random and loses a third of all other calls: a slower
// rate is refused as often, so the batch goes back to its quota. A client that knew that would have 36 tasks in five minutes
// at 2/s with 2 running, whose places are full then, and 800 at 20/s with 100 running, where 2.7 a second are accepted. One
// batch alone may wait for its first acceptance for minutes, so that medians are compared, of more batches where few tasks are made.
func TestA1RefusedWhateverTheRate(t *testing.T) {
	for _, at := range []struct {
		quota        emulator.Quota
		seeds, least int
	}{{quota2, 25, 8}, {quota100, 5, 100}} {
		var created []int
		for seed := range at.seeds {
			created = append(created, stormed(t, at.quota, uint64(seed)))
		}
		slices.Sort(created)
		if median := created[len(created)/2]; median < at.least {
			t.Errorf("at %d/s with %d running %v tasks in five minutes, want %d in the median",
				at.quota.Submissions, at.quota.Running, created, at.least)
		}
	}
}

// stormed is how many tasks five minutes of such a service bring.
func stormed(t *testing.T, q emulator.Quota, seed uint64) (created int) {
	play(t, many(900), emulator.Options{Quota: only(q), CV: 0.1}, func(s *scene) {
		random := rand.New(rand.NewPCG(seed, 3))
		var mu sync.Mutex
		s.options.SubmitRate, s.options.Window = rate.Limit(float64(q.Submissions)/q.Per.Seconds()), 2*q.Running
		s.fault = func(c emulator.Call) emulator.Fault {
			mu.Lock()
			defer mu.Unlock()
			if c.Op == "submit" && random.IntN(5) > 0 {
				return throttling
			}
			return emulator.Fault{LoseRequest: random.IntN(3) == 0}
		}
		s.startUnder(s.stopAfter(5 * time.Minute))
		created = s.server.Books().Submissions.Created
	})
	return created
}
