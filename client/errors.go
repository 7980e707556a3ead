package client

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
)

var (
	// ErrNotSent says that a submission provably did not reach the service whole: no task can exist.
	ErrNotSent = errors.New("not sent")
	// ErrInDoubt says that a submission may have created a task, which would be paid for. Only the task list can tell.
	ErrInDoubt = errors.New("outcome unknown")
	// ErrUnreadable says that an answer was not the API's JSON: a proxy's page, a torn body, a redirect.
	ErrUnreadable = errors.New("answer is not the API's JSON")
)

// An APIError is a refusal or failure that the service itself reported, on the wire or inside a task.
type APIError struct {
	Op     string // "submit", "query", …
	Status int    // HTTP status; 200 for the failure of a task
	// Code is the service's: "Throttling.RateQuota"; "HTTP 404" where somebody else answered.
	Code      string
	Message   string // one line, control characters removed
	RequestID string
	Date      time.Time // the service's clock when it answered; zero inside a task
}

// Error names the operation, the code, the message and the request id, never a key or a signed URL.
func (e *APIError) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	for _, text := range []string{cmp.Or(e.Code, "no reason given"), e.Message} {
		if text != "" {
			fmt.Fprintf(&b, ": %s", text)
		}
	}
	if e.Status != 0 && e.Status != 200 && !strings.HasPrefix(e.Code, "HTTP ") {
		fmt.Fprintf(&b, " (HTTP %d)", e.Status)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " [request %s]", e.RequestID)
	}
	return b.String()
}

// A ForeignError is an answer in no envelope that is known, the service's or OpenAI's: a proxy's
// page, the JSON of a framework, a torn body. errors.Is(err, ErrUnreadable) holds.
//
// As the cause of a *[DoubtError] with a Status of 4xx it is the word of something between us and
// the service, which may have looked at the answer or asked twice. One may pass; several in a row
// with nothing accepted concern every submission.
type ForeignError struct {
	Op     string
	Status int
	What   string // what came in place of JSON, in a few words
	Body   string // how the body begins, on one line of at most 200 code points
}

// Error names the operation, the status and what came.
func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s: %v: HTTP %d, %s", e.Op, ErrUnreadable, e.Status, e.What)
}

// Unwrap gives ErrUnreadable.
func (e *ForeignError) Unwrap() error { return ErrUnreadable }

// refusal is what a submission was refused with where the status alone says it, whoever answered:
// the key, the path, the method and the size of a request are looked at before anything is made
// of it. nil where it may have created something.
func (e *ForeignError) refusal(date time.Time) *APIError {
	switch e.Status {
	case 401, 404, 405, 413, 415, 422:
		code := fmt.Sprintf("HTTP %d", e.Status)
		return &APIError{Op: e.Op, Status: e.Status, Code: code, Message: cmp.Or(e.Body, e.What), Date: date}
	}
	return nil
}

// A DoubtError is a submission whose outcome is unknown. errors.Is(err, ErrInDoubt) holds.
type DoubtError struct {
	Op string // "submit" or "generate"
	// RequestID is the id that the answer carried, if it came that far: it finds the task in the list exactly.
	RequestID string
	Cause     error
}

// Error says what left the doubt.
func (e *DoubtError) Error() string {
	op := cmp.Or(e.Op, "submit")
	return fmt.Sprintf("%s: %v: %s", op, ErrInDoubt, strings.TrimPrefix(fmt.Sprint(e.Cause), op+": "))
}

// Unwrap gives both ErrInDoubt and the cause.
func (e *DoubtError) Unwrap() []error { return []error{ErrInDoubt, e.Cause} }

// longestLine is how many code points oneLine leaves of a text.
const longestLine = 500

// oneLine makes a text of the service safe for a terminal and a log: one line, no control characters, valid UTF-8,
// at most 500 code points.
func oneLine(s string) string {
	if len(s) <= longestLine && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return strings.TrimSpace(s) // most texts are such: ids, codes, statuses
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > longestLine {
		s = string(runes[:longestLine]) + "…"
	}
	return strings.TrimSpace(s)
}
