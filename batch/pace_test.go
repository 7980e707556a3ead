package batch

import (
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
