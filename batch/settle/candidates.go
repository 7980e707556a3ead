package settle

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
)

// This file says which tasks of the list could be a submission's that is in doubt. A submission
// can have made a task from its intent to its end only, and a margin: that bounds what may be
// adopted. What was made between that and the moment when the service's clock was first heard
// again, and a settling time, is neither adopted nor ignored; what is later is another's. The
// list's times are compared with ours only as far as our own tasks have taught how they differ
// ([tasklist.Evidence]).
//
// Of several doubts about the same prompt none knows which task is its own, so that each may
// take what any of them can have made, and none is settled as absent while such a task is left.

// A candidate is a task that could be the submission's.
type candidate struct {
	client.TaskInfo
	place  tasklist.Place
	others bool // there are more doubts about the same prompt
}

// candidates are the tasks that could be the submission's, oldest first: of its model, of its
// time, and no record's. Those that an earlier pass has shown are among them, also where this
// one does not show them any more.
func (s *Search) candidates(pass tasklist.Pass) ([]candidate, error) {
	rows := map[string]client.TaskInfo{}
	for _, one := range s.rec.Suspects {
		rows[one.Task] = client.TaskInfo{ID: one.Task, Created: one.Created}
	}
	for id, row := range s.seen {
		row.Status = "" // as it was then; it is asked
		rows[id] = row
	}
	maps.Copy(rows, pass.Rows)
	ours, err := s.Claims.Claimed(rows)
	if err != nil {
		return nil, err
	}
	var all []candidate
	for id, row := range rows {
		if ours[id] || s.released(id) || row.Model != s.rec.Sent.Model && row.Model != "" {
			continue
		}
		if at, others := s.Doubts.Place(s.turn.Key, row.Created,
			s.evidence); at > tasklist.Outside {
			all = append(all, candidate{row, at, others})
			s.seen[id] = row
		}
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

// mostSuspects bounds what a record keeps.
const mostSuspects = 200

// suspect notes durably which tasks could be the submission's and are not ruled out: a later
// run that does not see them any more must not take that for proof.
func (s *Search) suspect(candidates []candidate) error {
	fresh := false
	var left []state.Suspect
	for _, c := range candidates {
		if !s.not[c.ID] && c.Status != client.Failed && c.Status != client.Canceled &&
			len(left) < mostSuspects {
			left = append(left, state.Suspect{Task: c.ID, Created: c.Created})
			fresh = fresh || !slices.ContainsFunc(
				s.rec.Suspects, func(old state.Suspect) bool { return old.Task == c.ID })
		}
	}
	s.rec.Suspects = left
	if !fresh {
		return nil
	}
	return s.State.Put(*s.rec, true)
}

// released reports whether a task was adopted once and turned out to be somebody else's.
func (s *Search) released(id string) bool { return slices.Contains(s.rec.Released, id) }

// weigh asks the candidates. It says absent where none of them is ours.
func (s *Search) weigh(ctx context.Context, candidates []candidate) (Outcome, error) {
	for _, c := range candidates {
		if s.rec.Request != "" && c.RequestID == s.rec.Request {
			s.found = Verdict{Outcome: Found, Task: s.dated(c.TaskInfo), By: "request_id"}
			return Found, nil
		}
	}
	worst := Absent
	for _, c := range candidates {
		v, err := s.examine(ctx, c)
		if v == Found || err != nil {
			return v, err
		}
		s.alive = s.alive || v == undecided && c.place == tasklist.Within
		if v == Unsure || v == undecided && worst == Absent {
			worst = v
		}
	}
	return worst, nil
}

// examine finds out whether one task is ours. Its prompt is told only when it has succeeded.
func (s *Search) examine(ctx context.Context, c candidate) (Outcome, error) {
	switch {
	case s.not[c.ID] || c.Status == client.Failed || c.Status == client.Canceled:
		return Absent, nil
	case c.Status == client.Pending || c.Status == client.Running:
		return undecided, nil
	}
	task, err := s.Tasks.Ask(ctx, c.ID)
	if err != nil {
		return undecided, err
	}
	v := s.compare(c, task)
	s.not[c.ID] = v == Absent
	return v, nil
}

// compare judges a task by its own prompt.
func (s *Search) compare(c candidate, task client.Task) Outcome {
	young := s.Clock.Now().Sub(s.health.Began) <= tasklist.ReplicaLag
	switch task.Status {
	case client.Failed, client.Canceled:
		return Absent
	case client.Unknown:
		if !young {
			s.why = fmt.Sprintf("task %s could be it, and the service does not know it any more",
				c.ID)
			return Unsure
		}
	case client.Succeeded:
		words, told := tasklist.OriginalPrompt(task)
		switch {
		case len(task.Results) == 0 && young: // they come a little later
			return undecided
		case told && !tasklist.SamePrompt(words, s.rec.Sent.Prompt):
			return Absent
		case c.place == tasklist.Near:
			return s.untimely(c)
		case !told:
			s.why = fmt.Sprintf("task %s could be it, and its answer does not tell the prompt",
				c.ID)
			return Unsure
		}
		s.found = Verdict{Outcome: Found, Task: s.dated(c.TaskInfo), By: "prompt"}
		return Found
	}
	return undecided
}

// untimely judges a task that has our prompt, or does not tell its own, and was not made while
// the submission was on its way, as far as is known. It may be of an item with the same prompt
// whose own doubt, or answer, takes it.
func (s *Search) untimely(c candidate) Outcome {
	low, high, at := s.evidence.Offsets(s.doubt.ThisRun)
	s.maybe = c.ID
	switch {
	case c.others || s.age() < s.Time || s.turn.HeldByAnother():
		return undecided
	case at.Conflict:
		s.why = fmt.Sprintf("task %s could be it, and the task list's times cannot be told", c.ID)
		return Unsure
	case low.Known && high.Known:
		s.why = fmt.Sprintf("task %s, which could be it by its words, was made at another time",
			c.ID)
		return Unsure
	}
	return undecided
}

// dated is a row with its time by our clock, as far as that is known.
func (s *Search) dated(row client.TaskInfo) client.TaskInfo {
	_, _, at := s.evidence.Offsets(s.doubt.ThisRun)
	switch {
	case row.Created.IsZero():
	case !at.Known:
		row.Created = time.Time{}
	default:
		row.Created = row.Created.Add(-at.By)
	}
	return row
}
