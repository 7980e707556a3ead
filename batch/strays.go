package batch

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
)

// This file finds the tasks that a state file may have lost with its end.

// alikePasses is how many whole passes in a row must show the same tasks: whatever one of them
// leaves out, each of the others would have to leave out, too.
const alikePasses = 4

// strays are the unclaimed tasks since a moment, as several whole passes in a row show them.
func (r *run) strays(ctx context.Context, since time.Time) ([]client.TaskInfo, error) {
	h := tasklist.NewHealth(r.clock, r.settleTime())
	looked := time.Now()
	var until time.Time
	var before []string
	equalPasses := 0
	for {
		pass, err := r.tasks.Read(ctx, looked)
		looked = time.Now()
		h.Count(err)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && keyRefused(err):
			return nil, err
		case err != nil && h.Refused < 3 && h.Hopeless(err) != "":
			return nil,
				fmt.Errorf(
					"the state file has lost its end, and the task list that could tell what is paid is down: %w", err)
		case err != nil && h.Hopeless(err) != "" && r.o.OnDoubt == "resubmit":
			return nil, nil
		case err != nil && h.Hopeless(err) != "":
			return nil, fmt.Errorf("%w: %w", ErrNoList, err)
		}
		if err == nil {
			e, err := r.own.EvidenceOf(pass)
			if err != nil {
				return nil, err
			}
			pass.Whole = pass.Whole && !e.Lacks(since)
			h.Read(pass.Whole)
			if newest := pass.Newest(); until.IsZero() && !newest.IsZero() {
				until = newest.Add(r.settleTime() + tasklist.Margin)
			}
			all, err := r.unclaimed(pass, since, until, e.Then)
			if err != nil {
				return nil, err
			}
			switch why := h.Gapped(); {
			case why != "" && r.o.OnDoubt == "resubmit":
				return all, nil
			case why != "":
				return nil, fmt.Errorf("%w: %s", ErrNoList, why)
			}
			ids := idsOf(all)
			switch {
			case !pass.Whole:
				equalPasses = 0
			case equalPasses > 0 && slices.Equal(before, ids):
				equalPasses++
			default:
				equalPasses, before = 1, ids
			}
			if equalPasses == alikePasses {
				return all, nil
			}
		}
		pause := time.Second << min(h.Gaps, 4) // what a list leaves out does not come back at once
		if err := r.clock.Sleep(ctx, pause+pace.Backoff(h.Failures)); err != nil {
			return nil, err
		}
	}
}

// unclaimed are the rows of our models that no record knows, not made before since as far as
// the tasks that the file still knows tell how the list's times differ from its own, nor after
// until by the list's clock: later than the newest that a first pass has shown, others are made
// all the time. Their times are by our clock, or as the list tells them.
func (r *run) unclaimed(pass tasklist.Pass, since, until time.Time, by tasklist.Offset) (
	[]client.TaskInfo, error) {
	ours, err := r.claims.Claimed(pass.Rows)
	if err != nil {
		return nil, err
	}
	var all []client.TaskInfo
	for id, row := range pass.Rows {
		if ours[id] || !slices.Contains(r.b.models, row.Model) || row.Created.After(until) {
			continue
		}
		if by.Known && !row.Created.IsZero() {
			row.Created = row.Created.Add(-by.By)
		}
		switch {
		case row.Created.IsZero():
		case by.Known && row.Created.Before(since):
			continue
		case row.Created.After(r.clock.Now().Add(tasklist.Margin)): // by another clock
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
