package emulator

import (
	"slices"
	"time"
)

// Books is a snapshot of what the service knows. It marshals to the JSON served at GET /books. It
// contains no key.
type Books struct {
	Time        time.Time      `json:"time"`    // emulator's
	Tasks       []Task         `json:"tasks"`   // in order of creation, with those of sync calls
	Charges     int            `json:"charges"` // pictures charged for
	Submissions Submissions    `json:"submissions"`
	Refusals    map[string]int `json:"refusals"` // calls of any kind, by the code of the refusal
	Queries     int            `json:"queries"`  // calls of GET tasks/{id}, also lost ones
	Lists       int            `json:"lists"`    // calls of GET tasks
	Cancels     int            `json:"cancels"`  // calls of POST tasks/{id}/cancel
	Limits      int            `json:"limits"`   // calls of GET models/limits or quotas
	Models      int            `json:"models"`   // calls of GET models
	Images      int            `json:"images"`   // calls of the picture host
	// image calls answered with a picture or a part of one
	Downloads   int            `json:"downloads"`
	Lost        int            `json:"lost"` // calls dropped before anything was done
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
	Truncated int            `json:"truncated"` // created with a prompt cut silently
}

// Violation is a call that a correct client never makes.
type Violation struct {
	Rule   string    `json:"rule"`
	At     time.Time `json:"at"`
	Op     string    `json:"op"`
	Detail string    `json:"detail,omitempty"`
}

// The rules of [Violation].
const (
	// an Authorization header, or the key anywhere, at the picture host
	RuleKeyAtImages = "key-sent-to-picture-host"
	// the key in a URL, a body or another header of the API
	RuleKeyInRequest = "key-outside-authorization"
	// an async path without X-DashScope-Async: enable
	RuleAsyncMissing = "async-header-missing"
	RuleAsyncExtra   = "async-header-extra" // the sync path with it
	// Go's transport repeats such a POST by itself
	RuleIdempotencyKey = "idempotency-key"
	RuleQueryRate      = "query-rate"     // more queries in a second than the quota
	RuleImageMethod    = "picture-method" // anything but GET at the picture host
)

// Task returns the task with this id, or the one that the request with this id created.
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
