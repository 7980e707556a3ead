package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
)

// A Status is the state of an async task. Statuses that this package does not know count as
// running: the SDKs know an undocumented SUSPENDED (SDK sources, 2026-08).
type Status string

// The statuses of the user's document (2025-09). Unknown is one word for "no such task", "older
// than 24 h" and "not sure".
const (
	Pending   Status = "PENDING"
	Running   Status = "RUNNING"
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
	Canceled  Status = "CANCELED"
	Unknown   Status = "UNKNOWN"
)

// TaskLifetime is how long the service keeps a task and its pictures (the user's document,
// 2025-09).
const TaskLifetime = 24 * time.Hour

// Ended reports whether the task will not change any more. Unknown has not ended: it may be a
// lagging replica.
func (s Status) Ended() bool { return s == Succeeded || s == Failed || s == Canceled }

// ErrCanceled says that a task was canceled before it began: nothing was made or billed.
var ErrCanceled = errors.New("the task was canceled")

// A Task is the service's side of a request.
//
// Its JSON has no signature of a URL, so that it may be logged; its ID is what is needed to fetch
// the pictures later, with [Client.Wait]. [Task.WithSignatures] is JSON that keeps them, which a
// synchronous task needs, since it has no ID.
type Task struct {
	ID        string `json:"id,omitempty"`
	RequestID string `json:"request_id,omitempty"` // of the answer that told it
	Status    Status `json:"status"`
	// Code and Message say why it FAILED.
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
	// Submitted, Scheduled and Ended are the service's clock (UTC+8 strings on the wire); zero
	// where not told.
	Submitted time.Time `json:"submitted,omitzero"`
	Scheduled time.Time `json:"scheduled,omitzero"`
	Ended     time.Time `json:"ended,omitzero"`
	Results   []Result  `json:"results,omitempty"`
	// Images is how many pictures the service bills; 0 where it does not say.
	Images int `json:"images,omitempty"`
	// Date is the server's clock when it answered; zero where it did not say.
	Date time.Time `json:"date,omitzero"`

	// A pointer, since package fmt would print the bytes of a slice: an answer holds signatures.
	raw *[]byte
}

// A Result is one picture of a task, or the reason why it is missing. Printed, logged or as
// JSON it shows its URL without the query, which is a signature that gives the picture to
// anyone; URL itself is whole.
type Result struct {
	URL string `json:"url,omitempty"`
	// OrigPrompt is the prompt as sent (maybe cut at 800), ActualPrompt the rewritten one. Only
	// the text2image path tells them. Both are as the service tells them: not cleaned for a
	// terminal.
	OrigPrompt   string `json:"orig_prompt,omitempty"`
	ActualPrompt string `json:"actual_prompt,omitempty"`
	Code         string `json:"code,omitempty"`
	Message      string `json:"message,omitempty"`
}

// A shown Result is printed and encoded as a plain struct.
type shown Result

func (r Result) shown() shown {
	r.URL, _, _ = strings.Cut(r.URL, "?")
	return shown(r)
}

// Format prints the result, under every verb, without the query of its URL.
func (r Result) Format(f fmt.State, verb rune) {
	fmt.Fprintf(f, fmt.FormatString(f, verb), r.shown())
}

// MarshalJSON writes the result without the query of its URL.
func (r Result) MarshalJSON() ([]byte, error) { return json.Marshal(r.shown()) }

// LogValue logs the result without the query of its URL.
func (r Result) LogValue() slog.Value { return slog.AnyValue(r.shown()) }

// WithSignatures returns the JSON of the task with whole URLs. It gives the pictures to anyone who
// reads it, as long as the service keeps them. json.Unmarshal reads it as it reads the other form.
func (t Task) WithSignatures() ([]byte, error) {
	type plain Task
	whole := struct {
		plain
		Results []shown `json:"results,omitempty"`
	}{plain: plain(t)}
	for _, r := range t.Results {
		whole.Results = append(whole.Results, shown(r))
	}
	return json.Marshal(whole)
}

// Raw returns the body of the answer that told the task, as the service sent it: members that this
// package does not know, and signed URLs. It is nil for a task that no answer told.
func (t Task) Raw() json.RawMessage {
	if t.raw == nil {
		return nil
	}
	return bytes.Clone(*t.raw)
}

// Err is the failure of a task that is FAILED, an *[APIError], or CANCELED, [ErrCanceled]; else
// nil.
func (t Task) Err() error {
	switch t.Status {
	case Failed:
		return &APIError{Op: "task", Status: 200, Code: t.Code, Message: t.Message,
			RequestID: t.RequestID}
	case Canceled:
		return fmt.Errorf("task %s: %w", oneLine(t.ID), ErrCanceled)
	}
	return nil
}

// URLs are the addresses of the pictures that were made, for [Client.Download]. Fewer than were
// asked for are a partial failure: the other Results have a Code.
func (t Task) URLs() []string {
	var all []string
	for _, r := range t.Results {
		if r.URL != "" {
			all = append(all, r.URL)
		}
	}
	return slices.Clip(all)
}
