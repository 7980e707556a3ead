package emulator

import (
	"hash/fnv"
	"net/url"
	"strconv"
	"time"
)

// maxPage bounds page_size. The service's bound is not known; a larger size is answered with this
// one, and the answer says so.
const maxPage = 100

// filter is the query of a list call.
type filter struct {
	taskID, model, status, keyID, region string
	from, to                             time.Time
	page, size                           int
}

const (
	region     = "cn-beijing"
	accountUID = "1000000000000000"
)

// passes reports whether a list with this filter shows a task.
func (f filter) passes(t *Task, now time.Time) bool {
	is := func(want, got string) bool { return want == "" || want == got }
	status := t.statusAt(now)
	return t.Source == sourceAsync && status != unknown &&
		!t.Submitted.Before(f.from) && !t.Submitted.After(f.to) &&
		is(f.taskID, t.ID) && is(f.model, t.Model) && is(f.status, status) &&
		is(f.keyID, keyID(t.Key)) && is(f.region, region)
}

// readFilter reads the query of a list call.
func readFilter(q url.Values, now time.Time, h Habits) (filter, *refusal) {
	f := filter{taskID: q.Get("task_id"), model: q.Get("model_name"), status: q.Get("status"),
		keyID: q.Get("api_key_id"), region: q.Get("region")}
	var r [4]*refusal
	f.page, r[0] = number(q.Get("page_no"), "page_no", 1)
	f.size, r[1] = number(q.Get("page_size"), "page_size", 10)
	f.from, r[2] = moment(q.Get("start_time"), "start_time", h.zone())
	f.to, r[3] = moment(q.Get("end_time"), "end_time", h.zone())
	if bad := firstRefusal(r[:]...); bad != nil {
		return f, bad
	}
	f.size = min(f.size, h.maxPage())
	return f, f.fillSpan(now)
}

// bounds returns which of n rows are on the page.
func (f filter) bounds(n int) (from, to int) {
	return min((f.page-1)*f.size, n), min(f.page*f.size, n)
}

// fillSpan fills in a missing start or end: 24 h from the other one, or the last 24 h.
func (f *filter) fillSpan(now time.Time) *refusal {
	const day = 24 * time.Hour
	switch {
	case f.from.IsZero() && f.to.IsZero():
		f.from, f.to = now.Add(-day), now
	case f.from.IsZero():
		f.from = f.to.Add(-day)
	case f.to.IsZero():
		f.to = f.from.Add(day)
	}
	if f.to.Before(f.from) || f.to.Sub(f.from) > day {
		return invalid("The time span between start_time and end_time must not exceed 24 hours.")
	}
	return nil
}

// number reads a positive number of a query.
func number(text, name string, byDefault int) (int, *refusal) {
	if text == "" {
		return byDefault, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1<<20 {
		return 0, missing(name)
	}
	return n, nil
}

// moment reads YYYYMMDDhhmmss. The zone is not documented; the times of tasks are in UTC+8 [I].
func moment(text, name string, zone *time.Location) (time.Time, *refusal) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation("20060102150405", text, zone)
	if err != nil {
		return t, missing(name)
	}
	return t, nil
}

// keyID is the number that the list shows for a key, given as its fingerprint.
func keyID(key string) string {
	h := fnv.New32a()
	h.Write([]byte(key))
	return strconv.Itoa(10000 + int(h.Sum32()%90000))
}
