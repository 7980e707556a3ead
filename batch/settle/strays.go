package settle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
)

// alikePasses is how many whole passes in a row must show the same tasks. A task that the list
// omits at random is then missed only if all of them omit it.
const alikePasses = 4

// ErrNoList says that the last run did not end cleanly and that the task list, which would show
// the tasks it left behind, cannot be read. Nothing was submitted.
var ErrNoList = errors.New("the last run did not end cleanly, and the task list cannot be read")

// strays is a search for the tasks that a state file may have lost with its end.
type strays struct {
	*Finder
	since       time.Time
	models      []string
	resubmit    bool // go on without the list if it cannot be read
	health      tasklist.Health
	lastPassEnd time.Time // our clock: the next pass must begin later
	until       time.Time // the list's clock: what is later is no stray; zero before the first row
	previous    []string  // the tasks that the last whole pass showed
	alike       int       // how many whole passes in a row showed exactly those
}

// Strays returns the unclaimed tasks of some models since a moment, once [alikePasses] whole
// passes in a row have shown the same. If the list cannot be read the error is an [ErrNoList],
// or nil with resubmit.
func (f *Finder) Strays(ctx context.Context, since time.Time, models []string, resubmit bool) (
	[]client.TaskInfo, error) {
	s := strays{Finder: f, since: since, models: models, resubmit: resubmit,
		health: tasklist.NewHealth(f.Clock, f.Time), lastPassEnd: time.Now()}
	for {
		pass, err := s.Tasks.Read(ctx, s.lastPassEnd)
		s.lastPassEnd = time.Now()
		s.health.Count(err)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			if hopeless, err := s.hopeless(err); hopeless {
				return nil, err
			}
		default:
			if all, enough, err := s.compare(pass); enough || err != nil {
				return all, err
			}
		}
		// what a list leaves out does not come back at once
		pause := time.Second<<min(s.health.Gaps, 4) + pace.Backoff(s.health.Failures)
		if err := f.Clock.Sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// hopeless reports whether a failed pass ends the search, and with which error.
func (s *strays) hopeless(cause error) (bool, error) {
	switch {
	case tasklist.KeyRefused(cause):
		return true, cause
	case s.health.GiveUpReason(cause) == "":
		return false, nil
	case s.health.Refused < 3:
		return true, fmt.Errorf("the state file has lost its end, "+
			"and the task list that could tell what is paid is down: %w", cause)
	case s.resubmit:
		return true, nil
	}
	return true, fmt.Errorf("%w: %w", ErrNoList, cause)
}

// compare reports whether a pass, with those before it, shows enough to be believed.
func (s *strays) compare(pass tasklist.Pass) (all []client.TaskInfo, enough bool, err error) {
	e, err := s.Own.EvidenceOf(pass)
	if err != nil {
		return nil, false, err
	}
	pass.Whole = pass.Whole && !e.Incomplete(s.since)
	s.health.CountWhole(pass.Whole)
	if newest := pass.Newest(); s.until.IsZero() && !newest.IsZero() {
		s.until = newest.Add(s.Time + tasklist.Margin)
	}
	if all, err = s.unclaimed(pass, e.Earlier); err != nil {
		return nil, false, err
	}
	switch why := s.health.GapReason(); {
	case why != "" && s.resubmit:
		return all, true, nil
	case why != "":
		return nil, false, fmt.Errorf("%w: %s", ErrNoList, why)
	}
	ids := idsOf(all)
	switch {
	case !pass.Whole:
		s.alike = 0
	case s.alike > 0 && slices.Equal(s.previous, ids):
		s.alike++
	default:
		s.alike, s.previous = 1, ids
	}
	return all, s.alike == alikePasses, nil
}

// unclaimed returns the rows of our models that no record knows and that were created between
// since and until. Until is by the list's clock: it excludes what other programs create while
// passes are made. Since is by ours, and excludes rows only if by, which the tasks that the
// state file still knows have taught, tells how the two differ. Times are returned by our clock
// if by is known, else as in the list, and zero if they lie in the future.
func (s *strays) unclaimed(pass tasklist.Pass, by tasklist.Offset) ([]client.TaskInfo, error) {
	ours, err := s.Claims.Claimed(pass.Rows)
	if err != nil {
		return nil, err
	}
	var all []client.TaskInfo
	for id, row := range pass.Rows {
		if ours[id] || !slices.Contains(s.models, row.Model) || row.Created.After(s.until) {
			continue
		}
		if by.Known && !row.Created.IsZero() {
			row.Created = row.Created.Add(-by.By)
		}
		switch {
		case row.Created.IsZero():
		case by.Known && row.Created.Before(s.since):
			continue
		case row.Created.After(s.Clock.Now().Add(tasklist.Margin)): // by another clock
			row.Created = time.Time{}
		}
		all = append(all, row)
	}
	slices.SortFunc(all, func(a, b client.TaskInfo) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return slices.Compare([]byte(a.ID), []byte(b.ID))
	})
	return all, nil
}

func idsOf(rows []client.TaskInfo) []string {
	ids := make([]string, 0, len(rows))
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	return ids
}
