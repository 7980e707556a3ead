package emulator

import (
	"mime"
	"net/http"
	"slices"
	"time"
)

// submit answers the three doors. The order of the checks is the service's where it is known: the key, the header, the
// body, the model; then the rate, then the parameters [I].
func (c *call) submit() answer {
	m, r := c.admit()
	if r != nil {
		return c.refuse(r)
	}
	q, r := c.body.check(m)
	if r != nil {
		return c.refuse(r)
	}
	if code, message := directiveCode(q.prompt, "refuse"); code != "" {
		return c.refuse(refusalOf(code, message))
	}
	if c.door == pathSync {
		return c.createSync(q)
	}
	if n := c.s.quota(m.name).Queue; n > 0 && c.s.account.waiting(m.name) >= n {
		// What the service says when its queue is full is not known; this is what api.md §3.3 expects.
		return c.refuse(refusalOf("Throttling", ""))
	}
	t := c.newTask(q)
	c.create(t)
	return c.json(http.StatusOK, wireAnswer{RequestID: c.requestID, Output: wireOutput{TaskID: t.ID, TaskStatus: pending}})
}

// admit checks all but the parameters of a submission.
func (c *call) admit() (*modelSpec, *refusal) {
	if r := firstRefusal(c.authenticate(), c.asyncHeader(), c.contentType(), c.body.bad); r != nil {
		return nil, r
	}
	m, ok := modelNamed(c.body.model)
	if !ok {
		return nil, invalid("Model not exist.")
	}
	if !slices.Contains(m.endpoints, c.door) {
		return nil, invalid("url error, please check url！")
	}
	if !c.s.rateOK(m.name, c.now) {
		return nil, refusalOf("Throttling.RateQuota", "")
	}
	c.entry.Rated = true
	return m, nil
}

// asyncHeader holds the header rule, 403 both ways (QI, 2025-09; spring-ai-alibaba#4509), or 429
// (ERR, 2026-11).
func (c *call) asyncHeader() *refusal {
	async := c.r.Header.Get("X-DashScope-Async") == "enable"
	switch {
	case async && c.door == pathSync:
		c.violate(RuleAsyncExtra, "")
		r := refusalOf("AccessDenied", "current user api does not support asynchronous calls")
		if c.fault.Async429 {
			r.status = http.StatusTooManyRequests
		}
		return r
	case !async && c.door != pathSync:
		c.violate(RuleAsyncMissing, "")
		return refusalOf("AccessDenied", "current user api does not support synchronous calls")
	}
	return nil
}

// contentType wants JSON, with or without parameters: the documents require the header, the SDKs add a charset.
func (c *call) contentType() *refusal {
	if kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return refusalOf("InvalidParameter", "")
	}
	return nil
}

// newTask draws what is to become of a request. Everything is drawn here and written down, so that a restart changes
// nothing.
func (c *call) newTask(q request) *Task {
	s, n := c.s, len(c.s.account.tasks)+1
	t := &Task{
		ID: uuid(chance(s.opts.Seed, domainTask, n)), RequestID: c.requestID, Key: c.key(), Workspace: c.entry.Workspace,
		Model: q.model.name, Source: sourceAsync, Prompt: q.prompt, NegativePrompt: q.negative, Truncated: q.truncated,
		Seed: q.seed, SeedGiven: q.seedGiven, Size: q.size, N: q.n, PromptExtend: q.extend, Watermark: q.watermark,
		Submitted: c.now.Add(c.fault.Late), Downloads: make([]int, q.n), PartCode: c.fault.PartCode,
	}
	if !q.seedGiven {
		t.Seed = chance(s.opts.Seed, domainSeed, n).Int64N(1 << 31)
	}
	t.FailCode, t.FailMessage = directiveCode(q.prompt, "fail")
	if c.fault.FailCode != "" {
		t.FailCode, t.FailMessage = c.fault.FailCode, ""
	}
	t.Service = c.s.service(q, n)
	t.NotBefore = t.Submitted.Add(c.s.dispatch(n) + pendingFor(q.prompt))
	if t.Service > taskLimit {
		t.Service, t.FailCode, t.FailMessage = taskLimit, "InternalError.Timeout", ""
	}
	if t.FailCode != "" && t.FailMessage == "" {
		t.FailMessage = refusalOf(t.FailCode, "").message
	}
	return t
}

// service draws how long the n-th task runs. More pictures take longer, each a quarter of the first [I].
func (s *Server) service(q request, n int) time.Duration {
	mean, cv := q.model.mean, s.opts.CV
	if s.opts.Service > 0 {
		mean = s.opts.Service
	}
	if cv == 0 {
		cv = 0.15
	}
	mean += mean * time.Duration(q.n-1) / 4
	return serviceTime(chance(s.opts.Seed, domainService, n), mean, max(cv, 0), q.extend)
}

// dispatch draws how long a task waits although nothing is before it: 14 to 50 ms were recorded (api.md §1.3).
func (s *Server) dispatch(n int) time.Duration {
	if s.opts.CV < 0 {
		return 30 * time.Millisecond
	}
	return time.Duration(14+chance(s.opts.Seed, domainTask, -n).IntN(37)) * time.Millisecond
}

// create puts a task into the entry of this call; noting that makes it.
func (c *call) create(t *Task) {
	c.entry.Created = t
	c.info.TaskID = t.ID
}

// createSync makes a task that runs at once and is not in the list; its answer waits for its end. It is charged even if
// the client does not wait.
func (c *call) createSync(q request) answer {
	t := c.newTask(q)
	t.Source = sourceSync
	t.Scheduled = t.NotBefore
	t.Ended = t.Scheduled.Add(t.Service)
	if t.Ended.Sub(t.Submitted) > syncLimit {
		t.Ended = t.Submitted.Add(syncLimit)
		t.FailCode, t.FailMessage = "RequestTimeOut", refusalOf("RequestTimeOut", "").message
	}
	c.create(t)
	return answer{ready: t.Ended, later: func() answer { return c.syncAnswer(t) }}
}
