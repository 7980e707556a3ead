package emulator

import (
	"maps"
	"slices"
	"time"
)

// Where a task came from.
const (
	sourceAsync = "async"
	sourceSync  = "sync"
)

// Books is what the service knows at one moment. It marshals to the JSON served at GET /books. No key is in it.
type Books struct {
	Time        time.Time      `json:"time"`    // emulator's
	Tasks       []Task         `json:"tasks"`   // in the order of their creation, sync calls among them
	Charges     int            `json:"charges"` // pictures charged for
	Submissions Submissions    `json:"submissions"`
	Refusals    map[string]int `json:"refusals"`  // calls of any kind by the code they were refused with
	Queries     int            `json:"queries"`   // calls of GET tasks/{id}, answered or not
	Lists       int            `json:"lists"`     // calls of GET tasks
	Cancels     int            `json:"cancels"`   // calls of POST tasks/{id}/cancel
	Limits      int            `json:"limits"`    // calls of GET models/limits or quotas
	Images      int            `json:"images"`    // calls of the picture host
	Downloads   int            `json:"downloads"` // those that were answered with a picture or a part of one
	Lost        int            `json:"lost"`      // calls that were dropped before anything was done
	PeakQueries int            `json:"peak_queries"`
	Workspaces  map[string]int `json:"workspaces,omitempty"` // calls by X-DashScope-WorkSpace
	Violations  []Violation    `json:"violations"`           // the first 100
	Violated    map[string]int `json:"violated"`             // how often each rule was broken
}

// Submissions counts POSTs of both interfaces.
type Submissions struct {
	Seen      int            `json:"seen"`
	Created   int            `json:"created"`
	Refused   map[string]int `json:"refused"`   // by code
	Truncated int            `json:"truncated"` // created with a prompt that was silently cut
}

// Violation is something that a correct client never does.
type Violation struct {
	Rule   string    `json:"rule"`
	At     time.Time `json:"at"`
	Op     string    `json:"op"`
	Detail string    `json:"detail,omitempty"`
}

// The rules of [Violation].
const (
	RuleKeyAtImages    = "key-sent-to-picture-host"  // an Authorization header, or the key anywhere, at the picture host
	RuleKeyInRequest   = "key-outside-authorization" // the key in a URL, a body or another header of the API
	RuleAsyncMissing   = "async-header-missing"      // an async path without X-DashScope-Async: enable
	RuleAsyncExtra     = "async-header-extra"        // the sync path with it
	RuleIdempotencyKey = "idempotency-key"           // Go's transport sends such a POST again by itself
	RuleQueryRate      = "query-rate"                // more queries in a second than the account may send
	RuleImageMethod    = "picture-method"            // anything but GET at the picture host
)

// Task is one task of the books. Of a snapshot the caller owns it.
type Task struct {
	ID             string    `json:"id"`
	RequestID      string    `json:"request_id"` // of its submission
	Key            string    `json:"key"`        // fingerprint
	Workspace      string    `json:"workspace,omitempty"`
	Model          string    `json:"model"`
	Source         string    `json:"source"` // async or sync
	Prompt         string    `json:"prompt"` // as sent, whole
	NegativePrompt string    `json:"negative_prompt,omitempty"`
	Truncated      bool      `json:"truncated,omitempty"`
	Seed           int64     `json:"seed"`
	SeedGiven      bool      `json:"seed_given"`
	Size           string    `json:"size"` // W*H
	N              int       `json:"n"`
	PromptExtend   bool      `json:"prompt_extend"`
	Watermark      bool      `json:"watermark"`
	Status         string    `json:"status,omitempty"` // when the snapshot was taken
	Submitted      time.Time `json:"submitted"`
	Scheduled      time.Time `json:"scheduled,omitzero"`
	Ended          time.Time `json:"ended,omitzero"`
	Charged        int       `json:"charged"` // pictures
	Queries        int       `json:"queries"`
	Downloads      []int     `json:"downloads"` // of each picture
	FailCode       string    `json:"fail_code,omitempty"`
	FailMessage    string    `json:"fail_message,omitempty"`
	PartCode       string    `json:"part_code,omitempty"` // the last of several pictures fails with it
	Canceled       bool      `json:"canceled,omitempty"`

	NotBefore time.Time     `json:"not_before"` // it cannot start earlier
	Service   time.Duration `json:"service"`    // how long it runs, in nanoseconds
}

// Books returns a snapshot that the caller owns.
func (s *Server) Books() Books {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	if s.closed {
		now = s.end
	}
	s.advance(now)
	b := s.tally.books()
	b.Time = now
	b.Tasks = make([]Task, 0, len(s.account.tasks))
	for _, t := range s.account.tasks {
		b.Tasks = append(b.Tasks, t.at(now))
		b.Charges += t.chargedAt(now)
	}
	return b
}

// at returns a copy of a task that tells nothing of the future.
func (t *Task) at(now time.Time) Task {
	c := *t
	c.Downloads = slices.Clone(t.Downloads)
	c.Status, c.Charged = t.stateAt(now), t.chargedAt(now)
	if c.Ended.After(now) {
		c.Ended = time.Time{}
	}
	return c
}

// stateAt is statusAt for the books, which forget nothing.
func (t *Task) stateAt(now time.Time) string {
	if t.expired(now) {
		return t.statusAt(t.Ended)
	}
	return t.statusAt(now)
}

// Task returns the task with this id, or that was made by the request with this id.
func (b Books) Task(id string) (Task, bool) {
	i := slices.IndexFunc(b.Tasks, func(t Task) bool { return t.ID == id || t.RequestID == id })
	if i < 0 {
		return Task{}, false
	}
	return b.Tasks[i], true
}

// ChargesFor returns how many pictures were charged for requests with this prompt and seed.
func (b Books) ChargesFor(prompt string, seed int64) int {
	n := 0
	for _, t := range b.Tasks {
		if t.Prompt == prompt && t.Seed == seed {
			n += t.Charged
		}
	}
	return n
}

// tally is what is counted of calls; its zero value has counted nothing.
type tally struct {
	b        Books
	seq      int            // calls of all kinds
	ops      map[string]int // calls by Op
	arrivals window         // query, list and cancel calls
	queried  window         // those that were not refused for their rate
}

// listedViolations bounds the list of violations; all are counted.
const listedViolations = 100

func (c *tally) init() {
	if c.ops == nil {
		c.ops = map[string]int{}
		c.b.Refusals, c.b.Submissions.Refused, c.b.Violated = map[string]int{}, map[string]int{}, map[string]int{}
		c.b.Workspaces = map[string]int{}
	}
}

// count books an entry.
func (c *tally) count(e entry) {
	c.init()
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

// countCall books an entry under its operation.
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

// books returns a copy of what was counted.
func (c *tally) books() Books {
	c.init()
	b := c.b
	b.Refusals, b.Violated, b.Workspaces = maps.Clone(b.Refusals), maps.Clone(b.Violated), maps.Clone(b.Workspaces)
	b.Submissions.Refused = maps.Clone(b.Submissions.Refused)
	b.Violations = append([]Violation{}, b.Violations...)
	return b
}
