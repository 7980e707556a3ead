package emulator

import (
	"maps"
	"time"
)

// tally counts calls. Like the books it is a fold of the journal's entries.
type tally struct {
	b        Books          // Time, Tasks and Charges are not filled in
	seq      int            // calls of all kinds
	ops      map[string]int // calls by Op
	arrivals window         // query, list and cancel calls
	queried  window         // those not refused for their rate
}

// listedViolations bounds the list of violations, not their count.
const listedViolations = 100

func newTally() tally {
	return tally{ops: map[string]int{}, b: Books{
		Submissions: Submissions{Refused: map[string]int{}},
		Refusals:    map[string]int{}, Workspaces: map[string]int{}, Violated: map[string]int{},
	}}
}

// next numbers a call: among all calls, and among those of its operation.
func (c *tally) next(op string) (seq, n int) {
	c.seq++
	c.ops[op]++
	return c.seq, c.ops[op]
}

// count counts an entry.
func (c *tally) count(e entry) {
	c.seq = max(c.seq, e.Seq)
	if e.Call == "" {
		return
	}
	c.ops[e.Call] = max(c.ops[e.Call], e.N)
	c.countCall(e)
	if e.Lost {
		c.b.Lost++
	}
	if e.Code != "" {
		c.b.Refusals[e.Code]++
	}
	if e.Workspace != "" {
		c.b.Workspaces[e.Workspace]++
	}
	for _, v := range e.Violations {
		c.b.Violated[v.Rule]++
		if len(c.b.Violations) < listedViolations {
			c.b.Violations = append(c.b.Violations, v)
		}
	}
}

// countCall counts an entry under its operation.
func (c *tally) countCall(e entry) {
	switch e.Call {
	case opSubmit, opSync:
		c.submission(e)
	case opQuery:
		c.b.Queries++
		c.query(e)
	case opList:
		c.b.Lists++
		c.query(e)
	case opCancel:
		c.b.Cancels++
		c.query(e)
	case opLimits:
		c.b.Limits++
	case opModels:
		c.b.Models++
	case opImage:
		c.b.Images++
		if e.Picture > 0 {
			c.b.Downloads++
		}
	}
}

func (c *tally) submission(e entry) {
	c.b.Submissions.Seen++
	if e.Code != "" {
		c.b.Submissions.Refused[e.Code]++
	}
	if e.Created != nil {
		c.b.Submissions.Created++
		if e.Created.Truncated {
			c.b.Submissions.Truncated++
		}
	}
}

func (c *tally) query(e entry) {
	if e.Lost {
		return
	}
	c.arrivals.add(e.At)
	c.b.PeakQueries = max(c.b.PeakQueries, c.arrivals.count(e.At, time.Second))
	if e.Rated {
		c.queried.add(e.At)
	}
}

// books returns a copy of the counts.
func (c *tally) books() Books {
	b := c.b
	b.Refusals, b.Violated, b.Workspaces = maps.Clone(b.Refusals), maps.Clone(
		b.Violated), maps.Clone(b.Workspaces)
	b.Submissions.Refused = maps.Clone(b.Submissions.Refused)
	b.Violations = append([]Violation{}, b.Violations...)
	return b
}
