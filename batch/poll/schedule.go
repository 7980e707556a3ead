package poll

import (
	"math"
	"slices"
	"time"
)

// When to ask for a task that runs. A question too early is one more question, one too late is a picture that lies there
// and, once nothing else waits, the end of the batch. If the price of a question is said in time, the best moments are those
// that make the sum of price and delay least over the service times seen of this kind of task: a small exact computation.
// It finds by itself that the first question comes where most tasks have ended if they end alike, and earlier, with more to
// follow, if they do not. The price is as high as the mean delay stays short, and never below seven eighths of that. The
// times seen are a sample, so each stands for those around it: the best moments for the very times that were seen are not
// the best for the next tasks.

const (
	// shortDelay is how long a task that has ended may wait in the mean for its question, of the service's time.
	shortDelay = 1850 * time.Millisecond
	// samples tell a distribution; older ones are forgotten.
	samples = 128
	// enough of them need no prior.
	enough = 16
)

// shape is the spread that is assumed of tasks of a kind around their mean, as long as few are known: eight quantiles of a
// lognormal distribution with the coefficient of variation 0.2 that was seen (community measurements, 2026).
var shape = [8]float64{0.72, 0.82, 0.89, 0.95, 1.01, 1.08, 1.17, 1.36}

// times are the service times of one kind of task, of our clock, and the ages at which to ask for one.
type times struct {
	delay  time.Duration // that may be in the mean
	guess  time.Duration // the mean as long as nothing is known
	seen   []time.Duration
	oldest int
	fresh  int             // added since ages were computed
	sorted []time.Duration // seen, and the prior where they are few
	ages   []time.Duration // when to ask; nil until it is wanted
}

// add takes a service time.
func (t *times) add(d time.Duration) {
	if len(t.seen) < samples {
		t.seen = append(t.seen, d)
	} else {
		t.seen[t.oldest] = d
		t.oldest = (t.oldest + 1) % samples
	}
	if t.fresh++; t.fresh > len(t.seen)/16 {
		t.ages, t.fresh = nil, 0
	}
}

// mean is the usual service time.
func (t *times) mean() time.Duration {
	if len(t.seen) == 0 {
		return t.guess
	}
	var sum time.Duration
	for _, d := range t.seen {
		sum += d
	}
	return sum / time.Duration(len(t.seen))
}

// after is the age at which a task is asked next that was seen to run at the given one. Beyond all that is known it is
// asked each time it has become a tenth older.
func (t *times) after(age time.Duration) time.Duration {
	t.plan()
	soonest := t.delay / 4
	for _, a := range t.ages {
		if a > age+soonest {
			return a
		}
	}
	return age + max(age/10, soonest)
}

// least is an age that tasks are rarely done at; most one at which they are rarely not.
func (t *times) least() time.Duration { t.plan(); return t.sorted[len(t.sorted)/20] }
func (t *times) most() time.Duration  { t.plan(); return t.ages[len(t.ages)-1] }

// plan computes the ages: of the prices whose mean delay is short, the highest, and never one below seven eighths of it.
func (t *times) plan() {
	if t.ages != nil {
		return
	}
	t.sorted = t.likely()
	low, high := t.delay*7/8, 8*t.delay
	t.ages, _ = askAt(t.sorted, low)
	for high-low > low/32 {
		price := (low + high) / 2
		if ages, delay := askAt(t.sorted, price); delay <= t.delay {
			t.ages, low = ages, price
		} else {
			high = price
		}
	}
}

// likely are equally likely service times: those seen, smoothed, since the best moments for exactly these would not be
// the best for the next, and the prior where they are few.
func (t *times) likely() []time.Duration {
	all := slices.Clone(t.seen)
	if mean := t.mean(); len(all) < enough {
		for _, part := range shape {
			all = append(all, time.Duration(part*float64(mean)))
		}
	}
	h := bandwidth(all)
	for _, d := range all[:len(all):len(all)] {
		all = append(all, max(0, d-h), d+h)
	}
	slices.Sort(all)
	for i := range len(all) / 3 {
		all[i] = all[3*i+1] // the median of each three, which makes as many as before
	}
	return all[:len(all)/3]
}

// bandwidth is how far a time that was seen tells of times around it (Silverman's rule of thumb).
func bandwidth(x []time.Duration) time.Duration {
	var sum, squares float64
	for _, d := range x {
		sum += d.Seconds()
		squares += d.Seconds() * d.Seconds()
	}
	n := float64(len(x))
	variance := max(0, squares/n-sum*sum/n/n)
	return time.Duration(1.06 * math.Sqrt(variance) * math.Pow(n, -0.2) * float64(time.Second))
}

// askAt is when to ask, given sorted service times that are equally likely. Who asks for all that are left after the i-th
// pays for n-i questions and waits, for each that has ended meanwhile, from its end until then; cost[i] is the least of
// that and all that follows. It returns the mean delay, too.
func askAt(x []time.Duration, price time.Duration) (ages []time.Duration, delay time.Duration) {
	n := len(x)
	cost, next := make([]time.Duration, n+1), make([]int, n)
	for i := n - 1; i >= 0; i-- {
		var ended time.Duration // the sum of x[i:j+1]
		for j := i; j < n; j++ {
			ended += x[j]
			wait := x[j]*time.Duration(j-i+1) - ended
			c := price*time.Duration(n-i) + wait + cost[j+1]
			if j == i || c < cost[i] {
				cost[i], next[i] = c, j
			}
		}
	}
	for i := 0; i < n; i = next[i] + 1 {
		ages = append(ages, x[next[i]])
		for _, ended := range x[i : next[i]+1] {
			delay += x[next[i]] - ended
		}
	}
	return ages, delay / time.Duration(n)
}
