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

// This file says which tasks of the list could be of a submission in doubt. A task created
// between its intent and its end, with a margin, may be adopted ([tasklist.Within]). One created
// after that, up to a settling time after the first answer of the service that followed, is
// neither adopted nor ignored ([tasklist.Near]); one created later is another's. The list's
// times are compared with ours only as far as tasks of ours have taught how they differ
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

// candidates are the tasks that could be the submission's, oldest first: of its model, created
// in its time, and in no record. Tasks that an earlier pass or run has shown stay among them
// when this pass does not show them.
func (s *Search) candidates(pass tasklist.Pass) ([]candidate, error) {
	rows := map[string]client.TaskInfo{}
	for _, one := range s.rec.Suspects {
		rows[one.Task] = client.TaskInfo{ID: one.Task, Created: one.Created}
	}
	for id, row := range s.shown {
		row.Status = "" // out of date: the task itself is asked
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
		if at, others := s.Doubts.Place(s.lock.Key, row.Created,
			s.evidence); at > tasklist.Outside {
			all = append(all, candidate{row, at, others})
			s.shown[id] = row
		}
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

// mostSuspects bounds what a record keeps.
const mostSuspects = 200

// recordSuspects notes durably which tasks could be the submission's and are not ruled out: a
// later run to which the list does not show them any more must not take that for proof.
func (s *Search) recordSuspects(candidates []candidate) error {
	fresh := false
	var left []state.Suspect
	for _, c := range candidates {
		if !s.ruledOut[c.ID] && c.Status != client.Failed && c.Status != client.Canceled &&
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

// released reports whether a task was adopted once and made something else than was asked for.
func (s *Search) released(id string) bool { return slices.Contains(s.rec.Released, id) }

// judgeCandidates asks for the candidates' tasks until one is ours. It says absent if all are
// ruled out, unsure if one can be neither adopted nor ruled out, else undecided.
func (s *Search) judgeCandidates(ctx context.Context, candidates []candidate) (Outcome, error) {
	for _, c := range candidates {
		if s.rec.Request != "" && c.RequestID == s.rec.Request {
			s.foundVerdict = Verdict{Outcome: Found, Task: s.withLocalTime(c.TaskInfo), By: "request_id"}
			return Found, nil
		}
	}
	worst := Absent
	for _, c := range candidates {
		v, err := s.judgeCandidate(ctx, c)
		if v == Found || err != nil {
			return v, err
		}
		s.running = s.running || v == undecided && c.place == tasklist.Within
		if v == Unsure || v == undecided && worst == Absent {
			worst = v
		}
	}
	return worst, nil
}

// judgeCandidate finds out whether one task is ours. The service tells the prompt of a task only
// once it has succeeded, so that one which still runs is undecided.
func (s *Search) judgeCandidate(ctx context.Context, c candidate) (Outcome, error) {
	switch {
	case s.ruledOut[c.ID] || c.Status == client.Failed || c.Status == client.Canceled:
		return Absent, nil
	case c.Status == client.Pending || c.Status == client.Running:
		return undecided, nil
	}
	task, err := s.Tasks.Ask(ctx, c.ID)
	if err != nil {
		return undecided, err
	}
	v := s.comparePrompt(c, task)
	s.ruledOut[c.ID] = v == Absent
	return v, nil
}

// comparePrompt judges a task by its own prompt. While the search is young an unknown task or
// one without pictures may be a replica that lags behind.
func (s *Search) comparePrompt(c candidate, task client.Task) Outcome {
	young := s.Clock.Now().Sub(s.health.Began) <= tasklist.ReplicaLag
	switch task.Status {
	case client.Failed, client.Canceled:
		return Absent
	case client.Unknown:
		if !young {
			s.reason = fmt.Sprintf("task %s could be it, and the service does not know it any more",
				c.ID)
			return Unsure
		}
	case client.Succeeded:
		prompt, known := tasklist.OriginalPrompt(task)
		switch {
		case len(task.Results) == 0 && young: // they come a little later
			return undecided
		case known && !tasklist.SamePrompt(prompt, s.rec.Sent.Prompt):
			return Absent
		case c.place == tasklist.Near:
			return s.judgeUntimely(c)
		case !known:
			s.reason = fmt.Sprintf("task %s could be it, and its answer does not tell the prompt",
				c.ID)
			return Unsure
		}
		s.foundVerdict = Verdict{Outcome: Found, Task: s.withLocalTime(c.TaskInfo), By: "prompt"}
		return Found
	}
	return undecided
}

// judgeUntimely judges a task that has our prompt, or does not tell its own, and was not created
// while the submission was under way, as far as is known. It is undecided as long as another
// item with the same prompt may claim it, by its own doubt or by its answer.
func (s *Search) judgeUntimely(c candidate) Outcome {
	low, high, at := s.evidence.Offsets(s.doubt.ThisRun)
	s.possibleTask = c.ID
	switch {
	case c.others || s.age() < s.Time || s.lock.HeldByAnother():
		return undecided
	case at.Conflict:
		s.reason = fmt.Sprintf("task %s could be it, and the task list's times cannot be told", c.ID)
		return Unsure
	case low.Known && high.Known:
		s.reason = fmt.Sprintf("task %s, which could be it by its words, was made at another time",
			c.ID)
		return Unsure
	}
	return undecided
}

// withLocalTime returns the row with its time by our clock, or with none if the difference
// between the list's clock and ours is not known.
func (s *Search) withLocalTime(row client.TaskInfo) client.TaskInfo {
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
