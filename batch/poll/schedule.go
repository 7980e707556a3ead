package poll

import (
	"math"
	"slices"
	"time"
)

const (
	// maxMeanDelay is how long a task that has ended may wait for its query, in the mean. It is
	// allowed where the service time is delayShare times that or more.
	maxMeanDelay = 1850 * time.Millisecond
	// minMeanDelay is allowed however short a task is, as long as queries are limited.
	minMeanDelay = 150 * time.Millisecond
	// delayShare is the service time as a multiple of the mean delay that is allowed.
	delayShare = 8
	// urgentShare is that delay as a multiple of the one that is allowed where something waits
	// for the task to end.
	urgentShare = 3
	// maxSamples is how many service times are remembered, the last ones.
	maxSamples = 128
	// enoughSamples need no prior.
	enoughSamples = 16
)

// priorShape is the spread of service times around their mean that is assumed while few are
// known: eight quantiles of a lognormal distribution with the coefficient of variation 0.2 that
// was seen (community measurements, 2026).
var priorShape = [8]float64{0.72, 0.82, 0.89, 0.95, 1.01, 1.08, 1.17, 1.36}

// An urgency selects one of the schedules of a kind of task.
type urgency int

const (
	scarce urgency = iota // one query, when nearly all have ended: queries are scarce
	normal                // the delay is in proportion to the service time
	urgent                // something waits for the task to end
	urgencies
)

// A schedule is the ages at which a task is asked.
type schedule struct {
	ages    []time.Duration
	queries float64       // expected number for a task
	minGap  time.Duration // between two queries
}

// times are the service times of one kind of task, by the local clock, and the schedules that
// follow from them.
type times struct {
	maxDelay, minDelay time.Duration // bounds of the mean delay
	guess              time.Duration // the mean while no sample is known
	samples            []time.Duration
	oldest             int                 // index of the sample that is replaced next
	added              int                 // samples since the schedules were made
	likely             []time.Duration     // sorted; the samples, and the prior where they are few
	schedules          [urgencies]schedule // without ages until they are wanted
}

// add adds a service time. The schedules are made anew after each sixteenth part of the samples.
func (t *times) add(d time.Duration) {
	if len(t.samples) < maxSamples {
		t.samples = append(t.samples, d)
	} else {
		t.samples[t.oldest] = d
		t.oldest = (t.oldest + 1) % maxSamples
	}
	if t.added++; t.added > len(t.samples)/16 {
		t.schedules, t.added = [urgencies]schedule{}, 0
	}
}

// mean returns the mean service time.
func (t *times) mean() time.Duration {
	if len(t.samples) == 0 {
		return t.guess
	}
	var sum time.Duration
	for _, d := range t.samples {
		sum += d
	}
	return sum / time.Duration(len(t.samples))
}

// next returns the age at which a task is asked next that was last known to run at the given age,
// or was not asked yet. Beyond all ages of the schedule the gaps are a tenth of the age.
func (t *times) next(u urgency, age time.Duration, asked bool) time.Duration {
	t.plan()
	s := &t.schedules[u]
	next := age + max(age/10, s.minGap)
	for _, a := range s.ages {
		if !asked || a > age+s.minGap {
			next = a
			break
		}
	}
	// Few samples describe a long tail: a long gap in it is crossed in short steps.
	step := max(2*s.minGap, age/32)
	if u == urgent && asked && age >= s.ages[0] && next-age > 3*step {
		return age + step
	}
	return next
}

// early returns an age at which few tasks have ended.
func (t *times) early() time.Duration { t.plan(); return t.likely[len(t.likely)/20] }

// late returns an age at which nearly all tasks have ended.
func (t *times) late() time.Duration { t.plan(); return t.likely[len(t.likely)-1] }

// queries returns how many queries a task is expected to take.
func (t *times) queries(u urgency) float64 { t.plan(); return t.schedules[u].queries }

// delay returns the mean delay that is allowed.
func (t *times) delay() time.Duration {
	return max(t.minDelay, min(t.maxDelay, t.mean()/delayShare))
}

// plan makes the schedules, unless they are there.
func (t *times) plan() {
	if t.schedules[normal].ages != nil {
		return
	}
	t.likely = t.likelyTimes()
	delay := t.delay()
	t.schedules[scarce] = t.scheduleAt(t.likely[len(t.likely)-1:], delay)
	t.schedules[normal] = t.scheduleAt(agesWithin(t.likely, delay), delay)
	soon := max(t.minDelay, delay/urgentShare)
	t.schedules[urgent] = t.scheduleAt(agesWithin(t.likely, soon), soon)
}

// scheduleAt returns the schedule of queries at ages that have so much delay.
func (t *times) scheduleAt(ages []time.Duration, delay time.Duration) schedule {
	s := schedule{ages: ages, minGap: max(time.Millisecond, delay/4)}
	for i, asked := 0, 0; i < len(ages); i++ {
		left := len(t.likely) - asked
		s.queries += float64(left) / float64(len(t.likely))
		for asked < len(t.likely) && t.likely[asked] <= ages[i] {
			asked++
		}
	}
	return s
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

// likelyTimes returns equally likely service times, sorted: the samples, with the prior where
// they are few, smoothed by a kernel, since the best ages for exactly these samples would not be
// the best for the next tasks.
func (t *times) likelyTimes() []time.Duration {
	all := slices.Clone(t.samples)
	if mean := t.mean(); len(all) < enoughSamples {
		for _, part := range priorShape {
			all = append(all, time.Duration(part*float64(mean)))
		}
	}
	h := bandwidth(all)
	for _, d := range all[:len(all):len(all)] {
		all = append(all, max(0, d-h), d+h)
	}
	slices.Sort(all)
	for i := range len(all) / 3 {
		all[i] = all[3*i+1] // of each three the median, so that there are as many as samples
	}
	return all[:len(all)/3]
}

// bandwidth returns the width of the kernel (Silverman's rule of thumb).
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
