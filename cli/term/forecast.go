package term

import "time"

// A forecast estimates how much longer a run takes: at first from its plan, later from the rate
// over the whole run so far. In between it weighs the two by the number of items that have
// ended. The plan's clock stands still while nothing moves.
type forecast struct {
	planned time.Duration // for all work
	quiet   time.Duration // that the plan expects between two moves
	work    int           // items that this run takes to their end
	start   time.Time
	moves   int
	moved   time.Time     // when the last one was seen
	stalled time.Duration // before it, beyond quiet
	first   time.Time     // when the first of them was seen to have ended
	before  int           // how many had ended then
	ended   int
}

// planIgnoredAfter is the number of ended items from which the plan has no weight.
const planIgnoredAfter = 20

// see records how many items have ended by now, and how often one has moved towards its end.
func (f *forecast) see(now time.Time, ended, moves int) {
	if moves > f.moves {
		f.stalled += f.standstill(now)
		f.moves, f.moved = moves, now
	}
	if ended > 0 && f.first.IsZero() {
		f.first, f.before = now, ended
	}
	f.ended = min(max(ended, 0), f.work)
}

// standstill is how long nothing has moved by now, beyond what the plan expects.
func (f *forecast) standstill(now time.Time) time.Duration {
	since := f.moved
	if since.IsZero() {
		since = f.start
	}
	return max(now.Sub(since)-f.quiet, 0)
}

// minForRate is how many items have to end before a rate is computed.
const minForRate = 3

// rate returns how many items end in a second, 0 where too few have ended. The wait for the first
// one does not count.
func (f *forecast) rate(now time.Time) float64 {
	took := now.Sub(f.first).Seconds()
	if f.ended-f.before < minForRate || took <= 0 {
		return 0
	}
	return float64(f.ended-f.before) / took
}

// left returns the time until all items have ended; false where it is not known.
func (f *forecast) left(now time.Time) (time.Duration, bool) {
	open := f.work - f.ended
	if open <= 0 {
		return 0, true
	}
	plan := max(f.planned-(now.Sub(f.start)-f.stalled-f.standstill(now)), 0)
	rate := f.rate(now)
	if rate == 0 {
		return plan, plan > 0
	}
	seen := float64(open) / rate * float64(time.Second)
	if f.planned == 0 {
		return time.Duration(seen), true
	}
	weight := min(1, float64(f.ended)/planIgnoredAfter)
	return time.Duration(weight*seen + (1-weight)*float64(plan)), true
}
