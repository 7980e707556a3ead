package emulator

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// The operations of [Call].
const (
	opSubmit = "submit"
	opSync   = "sync"
	opQuery  = "query"
	opList   = "list"
	opCancel = "cancel"
	opImage  = "image"
	opLimits = "limits"
)

const (
	// maxBody bounds what is read of a request.
	maxBody = 1 << 20
	// The two content types of the service differ by a charset (wire.md §2).
	mimePost = "application/json"
	mimeTask = "application/json;charset=UTF-8"
)

// call is one request on its way through the service.
type call struct {
	s         *Server
	w         http.ResponseWriter
	r         *http.Request
	info      Call
	fault     Fault
	door      string // path of a submission
	mime      string // of the answer
	data      []byte // the request's body
	body      parsedBody   // of a submission, taken apart
	task      *Task  // of a picture
	picture   int    // from 1
	arrived   time.Time
	now       time.Time // when the call was decided
	requestID string
	entry     entry
}

// answer is what the client is told.
type answer struct {
	status int
	mime   string // "": no content type at all
	header map[string]string
	body   []byte
	ready  time.Time     // nothing is told before
	later  func() answer // replaces the answer then
}

// run takes a call from its request to its answer. The caller has filled in op, door, mime and task.
func (c *call) run(decide func(*call) answer) {
	c.arrived = c.s.Now()
	c.info.Workspace = c.r.Header.Get("X-DashScope-WorkSpace")
	if err := c.readBody(); err != nil && !errors.As(err, new(*http.MaxBytesError)) {
		c.abort(false) // the client went before its request was whole
	} else if err != nil {
		decide = tooLarge
	}
	c.number()
	if c.s.opts.Fault != nil {
		c.fault = c.s.opts.Fault(c.info)
	}
	if c.fault.LoseRequest || c.fault.Hang {
		c.lose()
	}
	a := c.decide(decide)
	if a.later != nil {
		if !c.s.until(c.r.Context(), a.ready) {
			c.abort(false)
		}
		a = a.later()
	}
	if c.fault.DoneFirst && c.fault.refuses() {
		a = c.fault.answer(c)
	}
	if c.s.opts.BeforeAnswer != nil {
		c.s.opts.BeforeAnswer(c.info)
	}
	c.send(a)
}

func tooLarge(c *call) answer {
	return c.refuse(&refusal{http.StatusRequestEntityTooLarge, "InvalidParameter", "Request body is too large."})
}

// readBody reads the request, so that the server can see its client go while it waits.
func (c *call) readBody() error {
	var err error
	c.data, err = io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, maxBody))
	if c.door != "" && err == nil {
		c.body = parseBody(c.data, c.door)
		c.info.Model, c.info.Prompt = c.body.model, c.body.prompt
	}
	return err
}

// number gives the call its ordinals and, if it is about a task, that task's model and prompt.
func (c *call) number() {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tally.init()
	s.tally.seq++
	s.tally.ops[c.info.Op]++
	c.info.N = s.tally.ops[c.info.Op]
	c.requestID = uuid(chance(s.opts.Seed, domainRequest, s.tally.seq))
	c.entry = entry{Seq: s.tally.seq, Call: c.info.Op, N: c.info.N, Model: c.info.Model, Task: c.info.TaskID}
	if t := s.account.byID[c.info.TaskID]; t != nil {
		c.info.Model, c.info.Prompt = t.Model, t.Prompt
		if c.info.Op == opImage {
			c.info.Workspace = t.Workspace
		}
	}
}

// lose drops a call before anything is done.
func (c *call) lose() {
	c.s.mu.Lock()
	c.entry.At, c.entry.Lost, c.entry.Task = c.s.Now(), true, ""
	c.s.record(c.entry)
	c.s.mu.Unlock()
	if c.fault.Hang {
		c.s.wait(c.r.Context(), 1<<62)
	}
	c.abort(c.fault.Reset)
}

// decide brings the world up to now, lets the operation change it, and writes that down: one moment, under the lock.
func (c *call) decide(operation func(*call) answer) answer {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		c.abort(false)
	}
	c.now = s.Now()
	c.entry.At = c.now
	s.advance(c.now)
	var a answer
	if c.fault.refuses() && !c.fault.DoneFirst {
		a = c.fault.answer(c)
	} else {
		a = operation(c)
	}
	s.record(c.entry)
	s.advance(c.now) // a task may start at once
	if s.file.err != nil {
		return c.plain(http.StatusInternalServerError, "the emulator cannot write its books: "+s.file.err.Error())
	}
	return a
}

// violate books a rule that this call broke.
func (c *call) violate(rule, detail string) {
	c.entry.Violations = append(c.entry.Violations, Violation{Rule: rule, At: c.now, Op: c.info.Op, Detail: detail})
}

// authenticate lets a call of the API in, or refuses it: the key, and what a correct client never sends.
func (c *call) authenticate() *refusal {
	c.entry.Workspace = c.info.Workspace
	header := c.r.Header.Get("Authorization")
	key, ok := strings.CutPrefix(header, "Bearer ")
	switch {
	case header == "" || header == "Bearer" || header == "Bearer ":
		return refusalOf("InvalidApiKey", "No API-key provided.")
	case !ok || strings.TrimSpace(key) != key || c.s.opts.Key != "" && key != c.s.opts.Key:
		return refusalOf("InvalidApiKey", "")
	}
	c.s.keys[key] = true
	if c.r.Method == http.MethodPost && c.hasIdempotencyKey() {
		c.violate(RuleIdempotencyKey, "")
	}
	if c.leaks(key, true) || len(key) >= shortestKey && strings.Contains(string(c.data), key) {
		c.violate(RuleKeyInRequest, "")
	}
	return nil
}

func (c *call) hasIdempotencyKey() bool {
	_, a := c.r.Header["Idempotency-Key"]
	_, b := c.r.Header["X-Idempotency-Key"]
	return a || b
}

// shortestKey is the length below which a key is not looked for: it would be found in any URL.
const shortestKey = 8

// leaks reports whether a key stands in the URL or a header; Authorization may be its place.
func (c *call) leaks(key string, authorized bool) bool {
	if len(key) < shortestKey {
		return false
	}
	if strings.Contains(c.r.RequestURI, key) || strings.Contains(c.r.URL.String(), key) {
		return true
	}
	for name, values := range c.r.Header {
		if authorized && name == "Authorization" {
			continue
		}
		if strings.Contains(strings.Join(values, "\n"), key) {
			return true
		}
	}
	return false
}

// key returns the fingerprint of the caller's key.
func (c *call) key() string {
	return fingerprint(strings.TrimPrefix(c.r.Header.Get("Authorization"), "Bearer "))
}

// admitQuery admits a query, list or cancel call, or refuses it.
func (c *call) admitQuery() *refusal {
	limit, t := c.s.quota("").Queries, &c.s.tally
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
