package emulator

import (
	"slices"
	"time"
)

// The origins of a task.
const (
	sourceAsync = "async"
	sourceSync  = "sync"
)

// The states of a task (TASK, 2026-05). SUSPENDED is in the SDKs' lists and was never seen.
const (
	pending   = "PENDING"
	running   = "RUNNING"
	succeeded = "SUCCEEDED"
	failed    = "FAILED"
	canceled  = "CANCELED"
	unknown   = "UNKNOWN"
)

const (
	// taskLife is how long a finished task can be queried (QI, 2025-09), and how long the URLs of
	// its pictures are valid.
	taskLife = 24 * time.Hour
	// taskLimit is the longest a task may run before it fails with InternalError.Timeout (ERR,
	// 2026-05).
	taskLimit = 3 * time.Hour
	// syncLimit is when the gateway ends a sync call (header x-dashscope-timeout, CN 2026-06-11).
	syncLimit = 298 * time.Second
)

// Task is one task of the books. The caller owns a task of a snapshot.
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
	Inputs         []Input   `json:"inputs,omitempty"`
	Status         string    `json:"status,omitempty"` // when the snapshot was taken
	Submitted      time.Time `json:"submitted"`
	Scheduled      time.Time `json:"scheduled,omitzero"`
	Ended          time.Time `json:"ended,omitzero"`
	Charged        int       `json:"charged"` // pictures
	Queries        int       `json:"queries"`
	Downloads      []int     `json:"downloads"` // of each picture
	FailCode       string    `json:"fail_code,omitempty"`
	FailMessage    string    `json:"fail_message,omitempty"`
	// the last of several pictures fails with it
	PartCode string `json:"part_code,omitempty"`
	Canceled bool   `json:"canceled,omitempty"`

	NotBefore time.Time     `json:"not_before"` // it does not start earlier
	Service   time.Duration `json:"service"`    // how long it runs, in nanoseconds
}

// statusAt returns the state of a task at a time that is not before that of an earlier call. The
// end of a task is no event: a task that runs has ended once its planned end has passed.
func (t *Task) statusAt(now time.Time) string {
	switch {
	case t.Submitted.After(now) || t.expired(now):
		return unknown
	case t.Canceled:
		return canceled
	case t.Scheduled.IsZero():
		return pending
	case t.Ended.After(now):
		return running
	case t.FailCode != "":
		return failed
	}
	return succeeded
}

// ended reports whether a task is finished.
func (t *Task) ended(now time.Time) bool { return !t.Ended.IsZero() && !t.Ended.After(now) }

// expired reports whether the service has forgotten a task.
func (t *Task) expired(now time.Time) bool { return t.ended(now) && !now.Before(t.expiry()) }

// expiry is when the service forgets a task and the URLs of its pictures stop working: 24 h after
// its end (QI, 2025-09; 7 days were recorded once, CN 2026-06-11).
func (t *Task) expiry() time.Time { return t.Ended.Add(taskLife) }

// chargedAt returns how many pictures have been charged: all that were made, whether or not a
// client waited for them (PRICE, 2026-05).
func (t *Task) chargedAt(now time.Time) int {
	if t.Canceled || t.FailCode != "" || !t.ended(now) {
		return 0
	}
	return t.pictures()
}

// pictures returns how many pictures a task makes if it succeeds.
func (t *Task) pictures() int {
	if t.PartCode != "" && t.N > 1 {
		return t.N - 1
	}
	return t.N
}

// model returns the model of a task.
func (t *Task) model() *modelSpec {
	m, ok := modelNamed(t.Model)
	if !ok {
		return &modelSpec{} // unreachable unless the books were written by another version
	}
	return m
}

// snapshot returns a copy of a task which leaves out what happens after now.
func (t *Task) snapshot(now time.Time) Task {
	c := *t
	c.Downloads = slices.Clone(t.Downloads)
	c.Status, c.Charged = t.lastStatus(now), t.chargedAt(now)
	if c.Ended.After(now) {
		c.Ended = time.Time{}
	}
	return c
}

// lastStatus is statusAt for the books, which forget nothing.
func (t *Task) lastStatus(now time.Time) string {
	if t.expired(now) {
		return t.statusAt(t.Ended)
	}
	return t.statusAt(now)
}
