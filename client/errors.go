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
	// ErrNotSent says that a submission provably did not reach the service whole: no task can
	// exist.
	ErrNotSent = errors.New("not sent")
	// ErrInDoubt says that a submission may have created a task, which would be paid for. Only
	// the task list can tell.
	ErrInDoubt = errors.New("outcome unknown")
	// ErrUnreadable says that an answer was not the API's JSON: a proxy's page, a torn body, a
	// redirect.
	ErrUnreadable = errors.New("answer is not the API's JSON")
)

// An APIError is a refusal or failure that the service itself reported, on the wire or inside a
// task.
type APIError struct {
	Op     string // "submit", "query", …
	Status int    // HTTP status; 200 for the failure of a task
	// Code is the service's, such as "Throttling.RateQuota", or "HTTP 404" if a gateway answered.
	Code      string
	Message   string // one line, control characters removed
	RequestID string
	Date      time.Time // the service's clock when it answered; zero inside a task
}

// Error names the operation, the code, the message and the request id, never a key or a signed
// URL.
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

// A ForeignError is an answer in neither the service's envelope nor OpenAI's: a proxy's page, the
// JSON of a framework, a torn body. errors.Is(err, ErrUnreadable) holds.
//
// As the cause of a *[DoubtError] with a Status of 4xx it comes from a gateway between the client
// and the service, which may have received the service's answer or repeated the request. One such
// error may be temporary; several in a row without a success concern every submission.
type ForeignError struct {
	Op     string
	Status int
	What   string // what came in place of JSON, in a few words
	Body   string // how the body begins, on one line of at most 200 code points
}

// Error names the operation, the status and the beginning of the body.
func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s: %v: HTTP %d, %s", e.Op, ErrUnreadable, e.Status, e.What)
}

// Unwrap returns ErrUnreadable.
func (e *ForeignError) Unwrap() error { return ErrUnreadable }

// refusal returns the error of a submission that its status alone proves refused, by the service
// or a gateway: key, path, method and size of a request are checked before anything is created. It
// returns nil if something may have been created.
func (e *ForeignError) refusal(date time.Time) *APIError {
	switch e.Status {
	case 401, 404, 405, 413, 415, 422:
		code := fmt.Sprintf("HTTP %d", e.Status)
		return &APIError{Op: e.Op, Status: e.Status, Code: code, Message: cmp.Or(e.Body, e.What),
			Date: date}
	}
	return nil
}

// A DoubtError is a submission whose outcome is unknown. errors.Is(err, ErrInDoubt) holds.
type DoubtError struct {
	Op string // "submit" or "generate"
	// RequestID is the id in the answer, if there was one. It identifies the task in the list.
	RequestID string
	Cause     error
}

// Error names the operation and the cause.
func (e *DoubtError) Error() string {
	op := cmp.Or(e.Op, "submit")
	return fmt.Sprintf("%s: %v: %s", op, ErrInDoubt,
		strings.TrimPrefix(fmt.Sprint(e.Cause), op+": "))
}

// Unwrap returns ErrInDoubt and the cause.
func (e *DoubtError) Unwrap() []error { return []error{ErrInDoubt, e.Cause} }

// longestLine is the longest result of oneLine, in code points.
const longestLine = 500

// oneLine makes a text of the service safe for a terminal and a log: one line, no control
// characters, valid UTF-8, at most 500 code points.
func oneLine(s string) string {
	unprintable := func(r rune) bool { return r < ' ' || r > '~' }
	if len(s) <= longestLine && !strings.ContainsFunc(s, unprintable) {
		return strings.TrimSpace(s) // the usual case: ids, codes, statuses
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
