package poll

import (
	"math"
	"slices"
	"time"
)

const (
	// longestDelay is how long a task that has ended may wait for its query, in the mean. It is
	// allowed where the service time is eight times that or more.
	longestDelay = 1850 * time.Millisecond
	// shortestDelay is allowed however short a task is, as long as queries are limited.
	shortestDelay = 150 * time.Millisecond
	// delayShare of the service time is the mean delay that is allowed.
	delayShare = 8
	// urgentShare of that delay is allowed where a slot, or the end of the batch, waits for it.
	urgentShare = 3
	// samples is how many service times describe a distribution; older ones are forgotten.
	samples = 128
	// enough samples need no prior.
	enough = 16
)

// shape is the spread that is assumed of tasks of a kind around their mean, as long as few are
// known: eight quantiles of a lognormal distribution with the coefficient of variation 0.2 that
// was seen (community measurements, 2026).
var shape = [8]float64{0.72, 0.82, 0.89, 0.95, 1.01, 1.08, 1.17, 1.36}

// A density says how often a task is asked.
type density int

const (
	sparing density = iota // once, when nearly all have ended: for where queries are scarce
	usual                  // the delay is in proportion to the service time
	urgent                 // something waits for the task to end
	densities
)

// A plan is the ages at which to ask for a task.
type plan struct {
	ages    []time.Duration
	queries float64 // expected for each task
	soonest time.Duration
}

// times holds the service times of one kind of task, by the local clock, and the plans that
// follow from them.
type times struct {
	longest  time.Duration // the largest and the smallest mean delay that are allowed
	shortest time.Duration
	guess    time.Duration // the mean as long as nothing is known
	seen     []time.Duration
	oldest   int
	fresh    int             // added since the plans were made
	sorted   []time.Duration // seen, and the prior where they are few
	plans    [densities]plan // without ages until they are wanted
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
		t.plans, t.fresh = [densities]plan{}, 0
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

// next returns the age at which to ask again for a task which was last seen to run at the given
// age, or was not asked yet. Beyond all that is known the gaps grow by a tenth of the age.
func (t *times) next(d density, age time.Duration, asked bool) time.Duration {
	t.plan()
	p := &t.plans[d]
	latest := age + max(age/10, p.soonest)
	for _, a := range p.ages {
		if !asked || a > age+p.soonest {
			latest = a
			break
		}
	}
	// Few samples tell of a long tail: a long way to the next age is gone in short steps.
	step := max(2*p.soonest, age/32)
	if d == urgent && asked && age >= p.ages[0] && latest-age > 3*step {
		return age + step
	}
	return latest
}

// least returns an age at which few tasks have ended, and most one at which nearly all have.
func (t *times) least() time.Duration { t.plan(); return t.sorted[len(t.sorted)/20] }
func (t *times) most() time.Duration  { t.plan(); return t.sorted[len(t.sorted)-1] }

// queries returns how many queries a task is expected to take.
func (t *times) queries(d density) float64 { t.plan(); return t.plans[d].queries }

// delay is the mean delay that is allowed.
func (t *times) delay() time.Duration {
	return max(t.shortest, min(t.longest, t.mean()/delayShare))
}

// plan makes the plans from the service times seen.
func (t *times) plan() {
	if t.plans[usual].ages != nil {
		return
	}
	t.sorted = t.likely()
	delay := t.delay()
	t.plans[sparing] = t.planAt(t.sorted[len(t.sorted)-1:], delay)
	t.plans[usual] = t.planAt(agesWithin(t.sorted, delay), delay)
	soon := max(t.shortest, delay/urgentShare)
	t.plans[urgent] = t.planAt(agesWithin(t.sorted, soon), soon)
}

func (t *times) planAt(ages []time.Duration, delay time.Duration) plan {
	p := plan{ages: ages, soonest: max(time.Millisecond, delay/4)}
	for i, asked := 0, 0; i < len(ages); i++ {
		left := len(t.sorted) - asked
		p.queries += float64(left) / float64(len(t.sorted))
		for asked < len(t.sorted) && t.sorted[asked] <= ages[i] {
			asked++
		}
	}
	return p
}

// agesWithin returns the ages for the highest price of a query at which the mean delay is as
// allowed, but for no price below seven eighths of that delay.
func agesWithin(sorted []time.Duration, allowed time.Duration) []time.Duration {
	low, high := allowed*7/8, 8*allowed
	ages, _ := askAt(sorted, low)
	for high-low > low/32+1 {
		price := (low + high) / 2
		if at, delay := askAt(sorted, price); delay <= allowed {
			ages, low = at, price
		} else {
			high = price
		}
	}
	return ages
}

// likely are equally likely service times: those seen, smoothed, since the best moments for
// exactly these would not be the best for the next, and the prior where they are few.
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

// askAt minimises queries × price + total delay over sorted service times that are equally likely,
// by dynamic programming: cost[i] is the optimum for the samples i…n-1, and a query after the j-th
// costs the price for each sample from i on. It returns the ages and the mean delay.
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
