package emulator

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	// maxPictures bounds what is read of a request with pictures: ten of 20 MB as base64.
	maxPictures = 280 << 20
	// The two content types of the service differ by a charset (wire.md §2).
	mimePost = "application/json"
	mimeTask = "application/json;charset=UTF-8"
)

// call is one request on its way through the service.
type call struct {
	server *Server
	w      http.ResponseWriter
	r      *http.Request
	info   Call
	fault  Fault
	mime   string // of the answer
	// parse takes the body of a submission apart; else nil
	parse     func(data []byte, pictures []Input)
	data      []byte // the request's body, without its pictures
	arrived   time.Time
	now       time.Time // when the call was decided
	requestID string
	entry     entry // what the books will say of the call
}

// run takes a call from its request to its answer. decide runs with the lock held; it changes the
// account only by what it writes into the entry. The caller has filled in op, mime and parse.
func (c *call) run(decide func() answer) {
	c.arrived = c.server.Now()
	c.info.Workspace = c.r.Header.Get("X-DashScope-WorkSpace")
	if err := c.readBody(); errors.As(err, new(*http.MaxBytesError)) || errors.Is(err, errLongText) {
		decide = c.tooLarge
	} else if err != nil {
		c.abort(false) // the client went before its request was complete
	}
	c.number()
	if c.server.opts.Fault != nil {
		c.fault = c.server.opts.Fault(c.info)
	}
	if c.fault.LoseRequest || c.fault.Hang {
		c.lose()
	}
	a := c.decide(decide)
	if a.later != nil {
		if !c.server.clock.until(c.r.Context(), a.ready) {
			c.abort(false)
		}
		a = a.later()
	}
	if c.fault.DoneFirst && c.fault.refuses() {
		a = c.faultAnswer()
	}
	if c.server.opts.BeforeAnswer != nil {
		c.server.opts.BeforeAnswer(c.info)
	}
	c.send(a)
}

func (c *call) tooLarge() answer {
	const message = "Request body is too large."
	return c.refuse(&refusal{http.StatusRequestEntityTooLarge, "InvalidParameter", message})
}

// readBody reads the whole request first, which lets net/http notice that a client goes while it
// waits for the answer.
func (c *call) readBody() error {
	if c.parse == nil {
		var err error
		c.data, err = io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, maxBody))
		return err
	}
	r := inputReader{from: bufio.NewReader(http.MaxBytesReader(c.w, c.r.Body, maxPictures))}
	if !c.server.opts.Tiny {
		r.sketch = c.server.sketches.add
	}
	err := r.read()
	if c.data = r.text; err == nil {
		c.parse(r.text, r.inputs)
	}
	return err
}

// number gives the call its ordinals and, if it concerns a task, that task's model and prompt.
func (c *call) number() {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	seq, n := s.account.tally.next(c.info.Op)
	c.info.N = n
	c.requestID = uuid(chance(s.opts.Seed, domainRequest, seq))
	c.entry = entry{Seq: seq, Call: c.info.Op, N: n, Model: c.info.Model, Task: c.info.TaskID}
	if t := s.account.byID[c.info.TaskID]; t != nil {
		c.info.Model, c.info.Prompt = t.Model, t.Prompt
		if c.info.Op == opImage {
			c.info.Workspace = t.Workspace
		}
	}
}

// lose drops a call before anything is done.
func (c *call) lose() {
	c.server.mu.Lock()
	c.entry.At, c.entry.Lost, c.entry.Task = c.server.Now(), true, ""
	c.server.account.record(c.entry)
	c.server.mu.Unlock()
	if c.fault.Hang {
		c.server.clock.wait(c.r.Context(), 1<<62)
	}
	c.abort(c.fault.Reset)
}

// decide brings the account up to date, lets the operation decide, and records what it changed:
// all at one moment, with the lock held.
func (c *call) decide(operation func() answer) answer {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		c.abort(false)
	}
	c.now = s.Now()
	c.entry.At = c.now
	s.account.advance(c.now)
	var a answer
	if c.fault.refuses() && !c.fault.DoneFirst {
		a = c.faultAnswer()
	} else {
		a = operation()
	}
	s.account.record(c.entry)
	s.account.advance(c.now) // a task may start at once
	if err := s.account.journal.err; err != nil {
		return htmlPage(http.StatusInternalServerError,
			"the emulator cannot write its books: "+err.Error())
	}
	return a
}

// violate records a rule that this call broke.
func (c *call) violate(rule, detail string) {
	v := Violation{Rule: rule, At: c.now, Op: c.info.Op, Detail: detail}
	c.entry.Violations = append(c.entry.Violations, v)
}

// authenticate checks the key of a call of the API, and records what a correct client never sends.
func (c *call) authenticate() *refusal {
	c.entry.Workspace = c.info.Workspace
	header := c.r.Header.Get("Authorization")
	key, ok := strings.CutPrefix(header, "Bearer ")
	switch {
	case header == "" || header == "Bearer" || header == "Bearer ":
		return refusalOf("InvalidApiKey", "No API-key provided.")
	case !ok || strings.TrimSpace(key) != key || c.server.opts.Key != "" &&
		key != c.server.opts.Key:
		return refusalOf("InvalidApiKey", "")
	}
	c.server.keys[key] = true
	if c.r.Method == http.MethodPost && hasIdempotencyKey(c.r.Header) {
		c.violate(RuleIdempotencyKey, "")
	}
	if leaks(c.r, key, true) || len(key) >= shortestKey && strings.Contains(string(c.data), key) {
		c.violate(RuleKeyInRequest, "")
	}
	return nil
}

// key returns the fingerprint of the caller's key.
func (c *call) key() string {
	return fingerprint(strings.TrimPrefix(c.r.Header.Get("Authorization"), "Bearer "))
}

// admitQuery applies the rate of query, list and cancel calls.
func (c *call) admitQuery() *refusal {
	limit, t := c.server.opts.quotaOf("").Queries, &c.server.account.tally
	if limit == 0 {
		return nil
	}
	if n := t.arrivals.count(c.now, time.Second) + 1; n > limit {
		c.violate(RuleQueryRate, fmt.Sprintf("%d in a second", n))
	}
	if t.queried.count(c.now, time.Second) >= limit {
		return refusalOf("Throttling.RateQuota", "")
	}
	c.entry.Rated = true
	return nil
}

func hasIdempotencyKey(h http.Header) bool {
	_, a := h["Idempotency-Key"]
	_, b := h["X-Idempotency-Key"]
	return a || b
}

// shortestKey is the length from which a key is looked for; a shorter one would be found in any
// URL.
const shortestKey = 8

// leaks reports whether a key is in the URL or a header, other than Authorization if authorized.
func leaks(r *http.Request, key string, authorized bool) bool {
	if len(key) < shortestKey {
		return false
	}
	if strings.Contains(r.RequestURI, key) || strings.Contains(r.URL.String(), key) {
		return true
	}
	for name, values := range r.Header {
		if authorized && name == "Authorization" {
			continue
		}
		if strings.Contains(strings.Join(values, "\n"), key) {
			return true
		}
	}
	return false
}
