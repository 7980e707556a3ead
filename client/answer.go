package client

import (
	"cmp"
	"net/http"
	"time"
)

const (
	maxJSON  = 1 << 20  // an answer of the API; the largest seen is under 10 KB
	maxError = 64 << 10 // what is kept of an error page
)

// An answer is a response read to its end.
type answer struct {
	status    int
	body      []byte
	date      time.Time
	requestID string
	key       Key // to be hidden, should the service repeat it
}

func (a answer) success() bool { return a.status >= 200 && a.status < 300 }

// requestID reads the header of either gateway (wire.md §1, §5).
func requestID(h http.Header, key Key) string {
	for _, name := range []string{"X-Request-Id", "X-Dashscope-Requestid"} {
		if id := key.plain(h.Get(name)); isTaskID(id) {
			return id
		}
	}
	return ""
}

// id is the request's id from the header, else from the body, else "".
func (a answer) id() string {
	if e, err := a.envelope(); a.requestID == "" && err == nil && isTaskID(e.RequestID) {
		return e.RequestID
	}
	return a.requestID
}

// apiError turns an answer that is not a success into an *APIError, or a *ForeignError where it
// is in no known envelope. Answers are tried as JSON whatever their content type says: a recorded
// 401 has none (wire.md §6).
func (a answer) apiError(op string) error {
	if a.status >= 300 && a.status < 400 {
		return a.foreign(op, "a redirect; is the base URL right?")
	}
	a.body = a.body[:min(len(a.body), maxError)]
	e, err := a.envelope()
	if err != nil || !e.known() {
		return a.foreign(op, describe(a.body))
	}
	return &APIError{Op: op, Status: a.status, Code: e.Code, Message: e.Message,
		RequestID: cmp.Or(e.RequestID, a.requestID), Date: a.date}
}

func (a answer) foreign(op, what string) error {
	head := a.key.plain(string(a.body[:min(len(a.body), 4<<10)]))
	return &ForeignError{Op: op, Status: a.status, What: what, Body: beginning(head)}
}
