package tasklist

import (
	"fmt"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
)

// A story is the tasks of ours around a doubt, and what a pass shows of them. Times are minutes after the doubt's intent.
type story struct {
	ours    []int
	omitted []int
	offset  time.Duration // of the list's times
	earlier bool          // all are of an earlier run
	others  []int         // rows that are not ours
	now     int           // 5 is the default
}

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func minuteOf(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }

func (s story) evidence() (Evidence, time.Time) {
	if s.now == 0 {
		s.now = 5
	}
	o := OwnTasks{settleTime: 90 * time.Second, tasks: map[string]ownTask{}}
	pass := Pass{start: minuteOf(s.now), Rows: map[string]client.TaskInfo{}}
	for _, m := range s.ours {
		id := fmt.Sprint("ours", m)
		o.tasks[id] = ownTask{id: id, intent: minuteOf(m), answered: minuteOf(m).Add(time.Second), thisRun: !s.earlier}
		pass.Rows[id] = client.TaskInfo{ID: id, Created: minuteOf(m).Add(time.Second + s.offset)}
	}
	for _, m := range s.omitted {
		delete(pass.Rows, fmt.Sprint("ours", m))
	}
	for _, m := range s.others {
		id := fmt.Sprint("other", m)
		pass.Rows[id] = client.TaskInfo{ID: id, Created: minuteOf(m).Add(s.offset)}
	}
	return o.judge(pass), minuteOf(s.now)
}

// before is so many minutes up to the last one before the doubt.
func before(n int) (all []int) {
	for m := -n; m < 0; m++ {
		all = append(all, m)
	}
	return all
}

// TestEvidenceProves says when the absence of a task is a proof.
func TestEvidenceProves(t *testing.T) {
	for name, c := range map[string]struct {
		story
		want bool
	}{
		"all are shown":                                            {story{ours: before(12)}, true},
		"one of ours is enough":                                    {story{ours: before(1)}, true},
		"one later than the doubt is enough":                       {story{ours: []int{1}}, true},
		"none of ours is there":                                    {story{others: before(12)}, false},
		"none is shown":                                            {story{ours: before(1), omitted: before(1)}, false},
		"the last before the doubt is hidden":                      {story{ours: before(12), omitted: []int{-1}}, false},
		"the tenth before it is hidden":                            {story{ours: before(12), omitted: []int{-10}}, false},
		"the eleventh before it is hidden":                         {story{ours: before(12), omitted: []int{-11}}, true},
		"a later one is hidden":                                    {story{ours: append(before(12), 2), omitted: []int{2}}, false},
		"a later one may be late":                                  {story{ours: append(before(12), 4), omitted: []int{4}}, true},
		"the list tells another zone":                              {story{ours: before(12), offset: 8 * time.Hour}, true},
		"old, and the list reaches back to a task of ours":         {story{ours: before(12), now: 90}, true},
		"old, and all of ours is of an earlier run":                {story{ours: before(12), earlier: true, now: 90}, true},
		"old, and the list shows only what is later":               {story{ours: []int{10, 20}, now: 90}, false},
		"old, and the list shows another's before it":              {story{ours: []int{10, 20}, others: []int{-3}, now: 90}, true},
		"old, and the zone makes another's seem to be before it":   {story{ours: []int{10, 20}, others: []int{3}, offset: -8 * time.Hour, now: 90}, false},
		"the only one before it is too old to be shown any more":   {story{ours: []int{-100, 10}, omitted: []int{-100}, others: []int{-3}, now: 23*60 - 50}, false},
		"it is too old, and ten others before the doubt are shown": {story{ours: append(before(12), -100), omitted: []int{-100}, now: 23*60 - 50}, true},
	} {
		if e, now := c.evidence(); e.Proves(noon, now) != c.want {
			t.Errorf("%s: Proves = %v, want %v", name, !c.want, c.want)
		}
	}
}

// TestPlaceOfATask says which tasks may be of a submission that has ended 20 s after its intent, once the service was heard a
// minute after that.
func TestPlaceOfATask(t *testing.T) {
	known := story{ours: before(3), offset: 8 * time.Hour}
	conflict := Evidence{current: Offset{Conflict: true}}
	for name, c := range map[string]struct {
		created time.Duration // after the intent, by the list's clock
		of      func() Evidence
		closed  bool
		want    Place
	}{
		"at the intent":                         {8 * time.Hour, nil, false, Within},
		"long before it":                        {8*time.Hour - 2*time.Minute, nil, false, Outside},
		"just before it, by another machine":    {8*time.Hour - 50*time.Second, nil, false, Within},
		"just after its end":                    {8*time.Hour + 70*time.Second, nil, false, Within},
		"before the service was heard":          {8*time.Hour + 100*time.Second, nil, false, Near},
		"the same, and the doubt is closed":     {8*time.Hour + 100*time.Second, nil, true, Outside},
		"after that":                            {8*time.Hour + 3*time.Minute, nil, false, Outside},
		"by a clock that is not known":          {8 * time.Hour, func() Evidence { return Evidence{} }, false, Near},
		"by none, and it fits without":          {time.Second, func() Evidence { return Evidence{} }, false, Within},
		"by a clock that our tasks disagree of": {time.Second, func() Evidence { return conflict }, false, Near},
	} {
		var d Doubts
		one := d.Add("prompt", noon, noon.Add(20*time.Second), true)
		d.Bound(one, noon.Add(2*time.Minute), noon.Add(20*time.Second))
		if c.closed {
			d.Close(one)
		}
		e, _ := known.evidence()
		if c.of != nil {
			e = c.of()
		}
		if got, others := d.Place("prompt", noon.Add(c.created), e); got != c.want || others {
			t.Errorf("%s: Place = %v, others %v, want %v", name, got, others, c.want)
		}
	}
	var d Doubts
	d.Add("prompt", noon, noon, true)
	d.Add("prompt", minuteOf(10), minuteOf(10), true)
	if got, others := d.Place("prompt", minuteOf(10), Evidence{current: Offset{Known: true}}); got != Within || !others {
		t.Errorf("of two doubts about a prompt Place = %v, others %v", got, others)
	}
}
