package batch

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
)

// This file says which tasks of the list could be a submission's that is in doubt. A submission can have made a task from
// its intent to its end only, and a margin: that bounds what may be adopted. What was made between that and the moment when
// the service's clock was first heard again, and a settling time, is neither adopted nor ignored; what is later is another's.
// The list's times are compared with ours only as far as our own tasks have taught how they differ (known.go).
//
// Of several doubts about the same words none knows which task is its own, so that each may take what any of them can have
// made, and none is settled as absent while such a task is left.

// answerTime is how long a submission has for its answer (client.Config.Timeout): later an earlier run did not send any more,
// unless its disk took long to sync the intent.
const answerTime = time.Minute

// A doubt is when a task of a submission can have been made.
type doubt struct {
	from    time.Time // the intent
	end     time.Time // of the submission, at the latest
	until   time.Time // what is made later is another's; zero as long as that is not known
	thisRun bool      // by the clock of this run
	closed  bool      // it is settled, or given up
	noted   time.Time // our clock: the submission had ended by then
}

// age is how long ago the submission ended, at least.
func (d *doubt) age(c *pace.Clock) time.Duration {
	age := c.Remote(time.Since(d.noted))
	if !d.thisRun {
		age = max(age, c.Now().Sub(d.from.Add(longestPost)))
	}
	return age
}

// doubts are all of this run, and what earlier ones have adopted, by their words.
type doubts struct {
	mu sync.Mutex
	of map[string][]*doubt
}

// add notes a doubt. Began is when that is, by the service's clock: the submission has ended.
func (d *doubts) add(j *job, began time.Time) *doubt {
	one := &doubt{from: j.Intent, end: sooner(began, j.Intent.Add(longestPost)), thisRun: !j.posted.IsZero(), noted: time.Now()}
	if !one.thisRun {
		one.end = j.Intent.Add(answerTime)
	}
	d.put(wordsOf(j.Sent.Model, j.Sent.Prompt), one)
	return one
}

func (d *doubts) put(words string, one *doubt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.of == nil {
		d.of = map[string][]*doubt{}
	}
	d.of[words] = append(d.of[words], one)
}

// heard notes that the service's clock was heard after the end of a submission. One of this run ended at the given moment of
// that clock: what it was dated by before may have stood still while the machine slept.
func (d *doubts) heard(one *doubt, until, ended time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	one.until = until
	if one.thisRun && ended.After(one.end) {
		one.end = ended
	}
}

// close says whether a doubt is settled or given up.
func (d *doubts) close(one *doubt, closed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	one.closed = closed
}

// age is that of the youngest doubt about the same words. One of the others may have taken what was this one's: then its own is
// left for this one, as soon as the list shows it.
func (d *doubts) age(words string, c *pace.Clock) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	age := listed
	for _, one := range d.of[words] {
		age = min(age, one.age(c))
	}
	return age
}

// A place is where a task stands beside a doubt.
type place int

const (
	outside place = iota // it is another's
	near                 // it may be ours
	within               // it was made while the submission was on its way
)

// place is the nearest of a task to any doubt about the same words. Others says that more than one of them is open.
func (d *doubts) place(words string, created time.Time, e evidence) (nearest place, others bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	open := 0
	for _, one := range d.of[words] {
		nearest = max(nearest, one.place(created, e))
		if !one.closed {
			open++
		}
	}
	return nearest, open > 1
}

// place compares a task with one doubt. A bound that needs a difference of clocks that is not known excludes nothing.
func (d *doubt) place(created time.Time, e evidence) place {
	if created.IsZero() {
		return near
	}
	low, high, span := e.offsets(d.thisRun)
	if low.known && created.Add(-low.by).Before(d.from.Add(-earlier)) {
		return outside
	}
	if high.known && !d.until.IsZero() && created.Add(-high.by).After(d.until) {
		return outside
	}
	// Where nothing is known of the offset, one that is none is no accident.
	at := created.Add(-span.by)
	if !span.conflict && !at.Before(d.from.Add(-earlier)) && !at.After(d.end.Add(earlier)) {
		return within
	}
	if d.closed {
		return outside
	}
	return near
}

// A candidate is a task that could be the submission's.
type candidate struct {
	client.TaskInfo
	place  place
	others bool // there are more doubts about the same words
}

// candidates are the tasks that could be the submission's, oldest first: of its model, of its time, and no record's. Those
// that an earlier pass has shown are among them, also where this one does not show them any more.
func (s *settling) candidates(pass listing) ([]candidate, error) {
	rows := map[string]client.TaskInfo{}
	for _, one := range s.job.Suspects {
		rows[one.Task] = client.TaskInfo{ID: one.Task, Created: one.Created}
	}
	for id, row := range s.seen {
		row.Status = "" // as it was then; it is asked
		rows[id] = row
	}
	maps.Copy(rows, pass.rows)
	ours, err := s.claimed(rows)
	if err != nil {
		return nil, err
	}
	var all []candidate
	for id, row := range rows {
		if ours[id] || s.released(id) || row.Model != s.job.Sent.Model && row.Model != "" {
			continue
		}
		if at, others := s.doubts.place(s.turn.Key, row.Created, s.evidence); at > outside {
			all = append(all, candidate{row, at, others})
			s.seen[id] = row
		}
	}
	slices.SortFunc(all, func(a, b candidate) int { return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID)) })
	return all, nil
}

// mostSuspects bounds what a record keeps.
const mostSuspects = 200

// suspect notes durably which tasks could be the submission's and are not ruled out: a later run that does not see them any
// more must not take that for proof.
func (s *settling) suspect(candidates []candidate) error {
	fresh := false
	var left []state.Suspect
	for _, c := range candidates {
		if !s.not[c.ID] && c.Status != client.Failed && c.Status != client.Canceled && len(left) < mostSuspects {
			left = append(left, state.Suspect{Task: c.ID, Created: c.Created})
			fresh = fresh || !slices.ContainsFunc(s.job.Suspects, func(old state.Suspect) bool { return old.Task == c.ID })
		}
	}
	s.job.Suspects = left
	if !fresh {
		return nil
	}
	return s.state.Put(s.job.Record, true)
}

// released reports whether a task was adopted once and turned out to be somebody else's.
func (s *settling) released(id string) bool { return slices.Contains(s.job.Released, id) }

// weigh asks the candidates. It says absent where none of them is ours.
func (s *settling) weigh(ctx context.Context, candidates []candidate) (verdict, error) {
	for _, c := range candidates {
		if s.job.Request != "" && c.RequestID == s.job.Request {
			s.task, s.by = s.dated(c.TaskInfo), "request_id"
			return found, nil
		}
	}
	worst := absent
	for _, c := range candidates {
		v, err := s.examine(ctx, c)
		if v == found || err != nil {
			return v, err
		}
		s.alive = s.alive || v == undecided && c.place == within
		if v == unsure || v == undecided && worst == absent {
			worst = v
		}
	}
	return worst, nil
}

// examine finds out whether one task is ours. Its prompt is told only when it has succeeded.
func (s *settling) examine(ctx context.Context, c candidate) (verdict, error) {
	switch {
	case s.not[c.ID] || c.Status == client.Failed || c.Status == client.Canceled:
		return absent, nil
	case c.Status == client.Pending || c.Status == client.Running:
		return undecided, nil
	}
	task, err := s.ask(ctx, c.ID)
	if err != nil {
		return undecided, err
	}
	v := s.compare(c, task)
	s.not[c.ID] = v == absent
	return v, nil
}

// compare judges a task by its own words.
func (s *settling) compare(c candidate, task client.Task) verdict {
	young := s.clock.Now().Sub(s.first) <= young
	switch task.Status {
	case client.Failed, client.Canceled:
		return absent
	case client.Unknown:
		if !young {
			s.why = fmt.Sprintf("task %s could be it, and the service does not know it any more", c.ID)
			return unsure
		}
	case client.Succeeded:
		words, told := origPrompt(task)
		switch {
		case len(task.Results) == 0 && young: // they come a little later
			return undecided
		case told && !sameWords(words, s.job.Sent.Prompt):
			return absent
		case c.place == near:
			return s.untimely(c)
		case !told:
			s.why = fmt.Sprintf("task %s could be it, and its answer does not tell the prompt", c.ID)
			return unsure
		}
		s.task, s.by = s.dated(c.TaskInfo), "prompt"
		return found
	}
	return undecided
}

// untimely judges a task that has our words, or does not tell its own, and was not made while the submission was on its way,
// as far as is known. It may be of an item with the same words whose own doubt, or answer, takes it.
func (s *settling) untimely(c candidate) verdict {
	low, high, at := s.evidence.offsets(s.doubt.thisRun)
	s.maybe = c.ID
	switch {
	case c.others || s.age() < s.settleTime() || s.turn.HeldByAnother():
		return undecided
	case at.conflict:
		s.why = fmt.Sprintf("task %s could be it, and the task list's times cannot be told", c.ID)
		return unsure
	case low.known && high.known:
		s.why = fmt.Sprintf("task %s, which could be it by its words, was made at another time", c.ID)
		return unsure
	}
	return undecided
}

// dated is a row with its time by our clock, as far as that is known.
func (s *settling) dated(row client.TaskInfo) client.TaskInfo {
	_, _, at := s.evidence.offsets(s.doubt.thisRun)
	switch {
	case row.Created.IsZero():
	case !at.known:
		row.Created = time.Time{}
	default:
		row.Created = row.Created.Add(-at.by)
	}
	return row
}

// origPrompt is what a task was asked for. qwen-image-3.0, 2.1 and wan 2.6 do not tell it (QI3, 2026-10).
func origPrompt(t client.Task) (string, bool) {
	for _, r := range t.Results {
		if r.OrigPrompt != "" {
			return r.OrigPrompt, true
		}
	}
	return "", false
}

// sameWords compares as far as the service keeps a prompt.
func sameWords(told, sent string) bool { return cutAt(told, cutPrompt) == cutAt(sent, cutPrompt) }

func cutAt(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n])
	}
	return s
}
