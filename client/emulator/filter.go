package emulator

import (
	"hash/fnv"
	"net/url"
	"strconv"
	"time"
)

// filter is the query of a list call.
type filter struct {
	taskID, model, status, keyID, region string
	from, to                             time.Time
	paging
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
	var r [3]*refusal
	f.paging, r[0] = readPaging(q, 10, h.maxPage())
	f.from, r[1] = moment(q.Get("start_time"), "start_time", h.zone())
	f.to, r[2] = moment(q.Get("end_time"), "end_time", h.zone())
	if bad := firstRefusal(r[:]...); bad != nil {
		return f, bad
	}
	return f, f.fillSpan(now)
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
