package emulator

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// listing is a call of the task list with its filter.
type listing struct {
	*call
	filter filter
}

// list answers GET tasks: the account's async tasks of at most 24 h, newest first (TASK, 2026-05).
func (c *call) list() answer {
	if r := firstRefusal(c.authenticate(), c.admitQuery()); r != nil {
		return c.refuse(r)
	}
	f, r := readFilter(c.r.URL.Query(), c.now, c.server.opts.Habits)
	if r != nil {
		return c.refuse(r)
	}
	tasks := listing{c, f}.tasks()
	from, to := f.bounds(len(tasks))
	out := wireList{
		Total: len(tasks), TotalPage: (len(tasks) + f.size - 1) / f.size,
		PageNo: f.page, PageSize: f.size, RequestID: c.requestID, Data: []wireRow{},
	}
	for _, t := range tasks[from:to] {
		row := t.row(c.now, c.fault.ListOffset)
		row.RequestID = c.server.opts.Habits.requestID(t)
		out.Data = append(out.Data, row)
	}
	return c.json(http.StatusOK, out)
}

// tasks returns the tasks that pass the filter, newest first, and spoilt as the fault says.
func (l listing) tasks() []*Task {
	var tasks []*Task
	for _, t := range slices.Backward(l.server.account.tasks) {
		lags := t.Submitted.Add(l.fault.LagList).After(l.now)
		if l.filter.passes(t, l.now) && !lags && !l.hides(t) {
			tasks = append(tasks, t)
		}
	}
	slices.SortStableFunc(tasks, func(a, b *Task) int { return b.Submitted.Compare(a.Submitted) })
	return l.spoil(tasks)
}

// hides reports whether no list shows a task.
func (l listing) hides(t *Task) bool {
	if hide := l.server.opts.Unlisted; hide != nil && hide(t) {
		return true
	}
	share := l.fault.ListOmit
	return share > 0 && chance(l.server.opts.Seed, domainFault,
		int(hash(t.ID)>>1)).Float64() < share
}

// spoil leaves out or shuffles tasks as the fault says.
func (l listing) spoil(tasks []*Task) []*Task {
	r := chance(l.server.opts.Seed, domainFault, l.info.N)
	if l.fault.OmitRow && len(tasks) > 0 {
		i := r.IntN(len(tasks))
		tasks = slices.Delete(tasks, i, i+1)
	}
	if n := l.fault.ListCap; n > 0 && len(tasks) > n {
		tasks = tasks[:n]
	}
	if l.fault.ShuffleList {
		r.Shuffle(len(tasks), func(i, j int) { tasks[i], tasks[j] = tasks[j], tasks[i] })
	}
	return tasks
}

// row is a task's row in the list, with its times ahead by offset. A PENDING task has no start
// time, a RUNNING one no end time.
func (t *Task) row(now time.Time, offset time.Duration) wireRow {
	millis := func(at time.Time) int64 { return at.Add(offset).UnixMilli() }
	r := wireRow{
		APIKeyID: keyID(t.Key), CallerParentID: accountUID, CallerUID: accountUID,
		GmtCreate: millis(t.Submitted), ModelName: t.Model, Region: region, RequestID: t.RequestID,
		Status: t.statusAt(now), TaskID: t.ID,
		UserAPIUniqueKey: "apikey:v1:aigc:" + t.function() + ":" + t.Model,
	}
	if !t.Scheduled.IsZero() {
		r.StartTime = millis(t.Scheduled)
	}
	if t.ended(now) {
		r.EndTime = millis(t.Ended)
	}
	return r
}

// function is the middle of user_api_unique_key: text2image:image-synthesis (TASK, 2026-05),
// and by analogy that of the newer endpoint [I].
func (t *Task) function() string {
	paths := t.model().endpoints
	if n := len(paths); n > 0 && strings.HasSuffix(paths[n-1], "image-generation/generation") {
		return "image-generation:generation"
	}
	return "text2image:image-synthesis"
}
