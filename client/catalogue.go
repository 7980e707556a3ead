package client

import (
	"context"
	"time"
)

// A Catalogue is what the service itself has told of some models, by their names. The nil Catalogue
// knows nothing.
type Catalogue map[string]Told

// Told is what the service has told of one model; nil where it has not.
type Told struct {
	Info   *ModelInfo `json:"info,omitempty"`
	Limits *Limits    `json:"limits,omitempty"`
}

// Catalogue asks the service about models: two free queries for each. What it does not tell is
// missing; the error is the last one met, with what was told all the same.
func (c *Client) Catalogue(ctx context.Context, names []string) (Catalogue, error) {
	all := Catalogue{}
	var last error
	for _, name := range names {
		var t Told
		if info, ok, err := c.ModelInfo(ctx, name); err != nil {
			last = err
		} else if ok {
			t.Info = &info
		}
		if limits, ok, err := c.Limits(ctx, name); err != nil {
			last = err
		} else if ok {
			t.Limits = &limits
		}
		if t != (Told{}) {
			all[name] = t
		}
	}
	return all, last
}

// Model is [LookupModel] with what the service has told: its limits in place of the documented
// ones, its price in Own, and when it retires. A model that is not in the table counts as Known if
// its limits were told: one with a limit of async tasks has that interface.
func (c Catalogue) Model(name string) Model {
	m, t := LookupModel(name), c[name]
	if l := t.Limits; l != nil {
		m.take(*l)
	}
	if t.Info != nil {
		m.Own, _ = t.Info.Price()
		m.Retires = t.Info.Retires
	}
	return m
}

// take replaces the documented limits by those of the account.
func (m *Model) take(l Limits) {
	if l.Submissions > 0 && l.Per > 0 {
		m.Submissions, m.Per = l.Submissions, l.Per
	}
	if l.Running > 0 {
		m.Running = l.Running
	}
	if m.Known {
		return
	}
	m.Known, m.Source = true, "the service's own list"
	if l.Running == 0 {
		m.Async = None
	}
}

// RetiresWithin reports whether the model is to be retired within a time from now, or was already.
func (m Model) RetiresWithin(d time.Duration, now time.Time) bool {
	return !m.Retires.IsZero() && m.Retires.Before(now.Add(d))
}
