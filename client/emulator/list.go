package emulator

import (
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxPage bounds page_size; what the service's bound is, nobody says. A larger one is answered with this one, and says so.
const maxPage = 100

// filter is what a list call asks for.
type filter struct {
	taskID, model, status, keyID, region string
	from, to                             time.Time
	page, size                           int
}

// list answers GET tasks: the account's async tasks of at most 24 h, newest first (TASK, 2026-05).
func (c *call) list() answer {
	if r := firstRefusal(c.authenticate(), c.admitQuery()); r != nil {
		return c.refuse(r)
	}
	f, r := c.readFilter()
	if r != nil {
		return c.refuse(r)
	}
	rows := c.rows(f)
	c.misread(&rows)
	out := wireList{Total: len(rows), TotalPage: (len(rows) + f.size - 1) / f.size, PageNo: f.page, PageSize: f.size,
		RequestID: c.requestID, Data: []wireRow{}}
	from, to := min((f.page-1)*f.size, len(rows)), min(f.page*f.size, len(rows))
	for _, t := range rows[from:to] {
		out.Data = append(out.Data, t.row(c.now, c.fault.ListOffset))
	}
	return c.json(http.StatusOK, out)
}

// rows returns the tasks that pass a filter, newest first.
func (c *call) rows(f filter) []*Task {
	var rows []*Task
	for _, t := range slices.Backward(c.s.account.tasks) {
		if f.passes(t, c.now) && !t.Submitted.Add(c.fault.LagList).After(c.now) && !c.omits(t) {
			rows = append(rows, t)
		}
	}
	slices.SortStableFunc(rows, func(a, b *Task) int { return b.Submitted.Compare(a.Submitted) })
	return rows
}

func (f filter) passes(t *Task, now time.Time) bool {
	is := func(want, got string) bool { return want == "" || want == got }
	status := t.statusAt(now)
	return t.Source == sourceAsync && status != unknown &&
		!t.Submitted.Before(f.from) && !t.Submitted.After(f.to) &&
		is(f.taskID, t.ID) && is(f.model, t.Model) && is(f.status, status) &&
		is(f.keyID, keyID(t.Key)) && is(f.region, region)
}

// omits reports whether the lists never show a task: the same one each time.
func (c *call) omits(t *Task) bool {
	if hide := c.s.opts.Unlisted; hide != nil && hide(t) {
		return true
	}
	return c.fault.ListOmit > 0 && chance(c.s.opts.Seed, domainFault, int(hash(t.ID)>>1)).Float64() < c.fault.ListOmit
}

// misread does to the rows what the call's fault says.
func (c *call) misread(rows *[]*Task) {
	r := chance(c.s.opts.Seed, domainFault, c.info.N)
	if c.fault.OmitRow && len(*rows) > 0 {
		i := r.IntN(len(*rows))
		*rows = slices.Delete(*rows, i, i+1)
	}
	if n := c.fault.ListCap; n > 0 && len(*rows) > n {
		*rows = (*rows)[:n]
	}
	if c.fault.ShuffleList {
		r.Shuffle(len(*rows), func(i, j int) { (*rows)[i], (*rows)[j] = (*rows)[j], (*rows)[i] })
	}
}

// readFilter reads the query of a list call.
func (c *call) readFilter() (filter, *refusal) {
	q := c.r.URL.Query()
	f := filter{taskID: q.Get("task_id"), model: q.Get("model_name"), status: q.Get("status"), keyID: q.Get("api_key_id"), region: q.Get("region")}
	var r [4]*refusal
	f.page, r[0] = number(q.Get("page_no"), "page_no", 1)
	f.size, r[1] = number(q.Get("page_size"), "page_size", 10)
	f.from, r[2] = moment(q.Get("start_time"), "start_time")
	f.to, r[3] = moment(q.Get("end_time"), "end_time")
	if bad := firstRefusal(r[:]...); bad != nil {
		return f, bad
	}
	f.size = min(f.size, maxPage)
	return f, f.span(c.now)
}

// span fills in the end of the window that is not said: 24 h from the other one, or the last 24 h.
func (f *filter) span(now time.Time) *refusal {
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
func number(text, name string, unsaid int) (int, *refusal) {
	if text == "" {
		return unsaid, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1<<20 {
		return 0, missing(name)
	}
	return n, nil
}

// moment reads YYYYMMDDhhmmss. The zone is not documented; tasks tell UTC+8 [I].
func moment(text, name string) (time.Time, *refusal) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation("20060102150405", text, beijing)
	if err != nil {
		return t, missing(name)
	}
	return t, nil
}

const (
	region  = "cn-beijing"
	accountUID = "1000000000000000"
)

// row is a task's line in the list, whose times are offset ahead. A PENDING row has no start, one that runs no end.
func (t *Task) row(now time.Time, offset time.Duration) wireRow {
	told := func(at time.Time) int64 { return at.Add(offset).UnixMilli() }
	r := wireRow{
		APIKeyID: keyID(t.Key), CallerParentID: accountUID, CallerUID: accountUID, GmtCreate: told(t.Submitted),
		ModelName: t.Model, Region: region, RequestID: t.RequestID, Status: t.statusAt(now), TaskID: t.ID,
		UserAPIUniqueKey: "apikey:v1:aigc:" + t.function() + ":" + t.Model,
	}
	if !t.Scheduled.IsZero() {
		r.StartTime = told(t.Scheduled)
	}
	if t.ended(now) {
		r.EndTime = told(t.Ended)
	}
	return r
}

// function is the middle of user_api_unique_key: text2image:image-synthesis (TASK, 2026-05), and of the newer door by
// analogy [I].
func (t *Task) function() string {
	if doors := t.model().endpoints; len(doors) > 0 && strings.HasSuffix(doors[len(doors)-1], "image-generation/generation") {
		return "image-generation:generation"
	}
	return "text2image:image-synthesis"
}

// keyID is the number that the list shows for a key, given as its fingerprint.
func keyID(key string) string {
	h := fnv.New32a()
	h.Write([]byte(key))
	return strconv.Itoa(10000 + int(h.Sum32()%90000))
}
