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
	Op        string // "submit", "query", …
	Status    int    // HTTP status; 200 for the failure of a task
	Code      string // the service's code: "Throttling.RateQuota"
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
	if e.Status != 0 && e.Status != 200 {
		fmt.Fprintf(&b, " (HTTP %d)", e.Status)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " [request %s]", e.RequestID)
	}
	return b.String()
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
