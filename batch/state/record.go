package state

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
)

// A Phase is how far an item has come. The names are written to the state file.
type Phase string

const (
	// Ready: the service has nothing of the item. It is recorded only after a submission that
	// provably created nothing.
	Ready Phase = "ready"
	// Intent: a submission is about to be sent, or was sent and not answered. It may have been
	// paid for.
	Intent Phase = "intent"
	// Open: the service has a task of the item.
	Open Phase = "open"
	// Done: the pictures are on disk, and paid for.
	Done Phase = "done"
	// Failed: the item failed for good and cost nothing.
	Failed Phase = "failed"
	// Held: the item may have been paid for and cannot be settled without a person.
	Held Phase = "held"
	// Abandoned: a person gave the item up.
	Abandoned Phase = "abandoned"
)

// Waiting reports whether the service has, or may have, a task of an item.
func (p Phase) Waiting() bool { return p == Intent || p == Open }

// A Record is everything that is known of an item.
type Record struct {
	Key   string      `json:"key"`
	ID    string      `json:"id,omitempty"`
	Print Fingerprint `json:"fp"`
	Phase Phase       `json:"phase"`
	// At is when the line was written, Intent when the last submission was announced: the
	// service's clock.
	At     time.Time `json:"at"`
	Intent time.Time `json:"intent_at,omitzero"`
	// Name is what its picture shall be called, without extension.
	Name string `json:"name,omitempty"`
	// Sent is what is sent, decided once and never computed again.
	Sent    Request `json:"sent,omitzero"`
	Attempt int     `json:"attempts,omitempty"`
	// Task is the last task, Request the id of its submission. Earlier are tasks of this item
	// that failed.
	Task    string   `json:"task_id,omitempty"`
	Request string   `json:"request_id,omitempty"`
	Earlier []string `json:"earlier_tasks,omitempty"`
	// EarlierAt are the intents of those, in seconds since 1970; 0 where a version before this
	// one has not noted it.
	EarlierAt []int64 `json:"earlier_at,omitempty"`
	// Submitted is the service's clock, as near as it is known.
	Submitted time.Time `json:"submitted_at,omitzero"`
	Finished  time.Time `json:"finished_at,omitzero"`
	// Succeeded is when the service first said so of an open task whose picture could not be
	// fetched yet: it is paid for.
	Succeeded time.Time `json:"succeeded_at,omitzero"`
	// Adopted says that the task was found in the task list after its submission went
	// unanswered, and by what: "request_id" or "prompt". Released are tasks that were adopted
	// and turned out to be another client's.
	Adopted  string   `json:"adopted,omitempty"`
	Released []string `json:"released_tasks,omitempty"`
	// SeedUnknown says that another seed than the item's may have made the pictures: the task
	// was adopted for its words, which another may have sent, too.
	SeedUnknown bool `json:"seed_unknown,omitempty"`
	// Answer is what a submission that is in doubt was answered with, if it was. Heard is when
	// the service's clock was first heard after it. Suspects are tasks that could be its and
	// that are not ruled out.
	Answer   string    `json:"answer,omitempty"`
	Heard    time.Time `json:"heard_at,omitzero"`
	Suspects []Suspect `json:"suspects,omitempty"`
	// OtherSize says that the size was refused in one edition's form and is sent in the other's.
	OtherSize bool `json:"other_size,omitempty"`
	// Pictures are on disk, in the order of the task.
	Pictures     []Picture    `json:"pictures,omitempty"`
	ActualPrompt string       `json:"actual_prompt,omitempty"`
	Cost         client.Money `json:"cost_micros,omitempty"`
	// Doubted is what submissions may have cost that were sent again although their outcome was
	// unknown.
	Doubted client.Money `json:"doubted_micros,omitempty"`
	// Before is what older pictures of this item cost, which Replaced counts.
	Before   client.Money `json:"cost_before_micros,omitempty"`
	Replaced int          `json:"replaced,omitempty"`
	// Redone is how many seeds were drawn for it after its first, Redo the number of the last
	// redo request that it was sent for; see [Redo]. Lost says that its picture
	// is gone and that the service did not give it out again.
	Redone   int      `json:"redone,omitempty"`
	Redo     int      `json:"redo,omitempty"`
	Lost     bool     `json:"lost,omitempty"`
	Code     string   `json:"error_code,omitempty"`
	Message  string   `json:"error_message,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

// A Suspect is a task that may be of a submission in doubt. Created is by the task list's clock.
type Suspect struct {
	Task    string    `json:"task_id"`
	Created time.Time `json:"created_at,omitzero"`
}

// Request is the request as it went out.
type Request struct {
	Model        string `json:"model"`
	Prompt       string `json:"prompt"`
	Negative     string `json:"negative_prompt,omitempty"`
	Size         string `json:"size"`
	Seed         int64  `json:"seed"`
	N            int    `json:"n"`
	PromptExtend bool   `json:"prompt_extend"`
	Watermark    bool   `json:"watermark"`
	// Sync says that it goes over the synchronous interface, which knows no tasks.
	Sync bool `json:"sync,omitempty"`
	// Inputs are the pictures that it shows, Parameters what few models know, as a JSON object.
	Inputs     []Input         `json:"inputs,omitempty"`
	Parameters json.RawMessage `json:"parameters,omitempty"`
}

// Supersede moves the last task to the earlier ones, since the item is about to be sent again.
func (r *Record) Supersede() {
	if r.Task == "" || slices.Contains(r.Earlier, r.Task) {
		return
	}
	at := make([]int64, len(r.Earlier)+1)
	copy(at, r.EarlierAt)
	at[len(r.Earlier)] = r.Intent.Unix()
	r.Earlier, r.EarlierAt = append(r.Earlier, r.Task), at
}

// A Picture is a file below the output folder.
type Picture struct {
	File   string `json:"file"`
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	// Original is the hash of what was saved, where another picture was put in its place,
	// which the other fields describe; Damage is what is wrong with the file, which is
	// not the picture that they describe.
	Original string `json:"original_sha256,omitempty"`
	Damage   string `json:"damage,omitempty"`
}

// Edited reports whether a picture was changed after it was saved.
func (r Record) Edited() bool {
	return slices.ContainsFunc(r.Pictures, func(p Picture) bool { return p.Original != "" })
}

// Damage is what is wrong with the first picture that is damaged.
func (r Record) Damage() string {
	for _, p := range r.Pictures {
		if p.Damage != "" {
			return p.File + ": " + p.Damage
		}
	}
	return ""
}
