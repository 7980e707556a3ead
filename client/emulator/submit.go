package emulator

import (
	"mime"
	"net/http"
	"slices"
	"time"
)

// submission is a call of one of the three endpoints that make pictures.
type submission struct {
	*call
	path string
	body parsedBody
}

// parse reads the body. It tells model and prompt to the faults even if the rest is wrong.
func (s *submission) parse(data []byte, pictures []Input) {
	s.body = parseBody(data, pictures, s.path)
	s.info.Model, s.info.Prompt = s.body.model, s.body.prompt
}

// submit answers a submission. The order of the checks is the service's as far as it is known:
// key, header, body and model, then rate, then parameters [I].
func (s *submission) submit() answer {
	m, r := s.admit()
	if r != nil {
		return s.refuse(r)
	}
	q, r := s.body.check(m)
	if r != nil {
		return s.refuse(r)
	}
	if code, message := directiveCode(q.prompt, "refuse"); code != "" {
		return s.refuse(refusalOf(code, message))
	}
	if s.path == pathSync {
		return s.createSync(q)
	}
	if s.server.account.full(m.name) {
		// The service's answer to a full queue is not known; api.md §3.3 expects this one.
		return s.refuse(refusalOf("Throttling", ""))
	}
	t := s.newTask(q)
	s.create(t)
	out := wireOutput{TaskID: t.ID, TaskStatus: pending}
	return s.json(http.StatusOK, wireAnswer{RequestID: s.requestID, Output: out})
}

// admit checks everything but the parameters.
func (s *submission) admit() (*modelSpec, *refusal) {
	r := firstRefusal(s.authenticate(), s.checkAsyncHeader(), s.checkContentType(), s.body.bad)
	if r != nil {
		return nil, r
	}
	m, ok := modelNamed(s.body.model)
	if !ok {
		return nil, invalid("Model not exist.")
	}
	if !slices.Contains(m.endpoints, s.path) {
		return nil, invalid("url error, please check url！")
	}
	if !s.server.account.admits(m.name, s.now) {
		return nil, refusalOf("Throttling.RateQuota", "")
	}
	s.entry.Rated = true
	return m, nil
}

// checkAsyncHeader refuses an async header that is missing or out of place: 403 (QI, 2025-09;
// spring-ai-alibaba#4509), or 429 (ERR, 2026-11) if the fault says so.
func (s *submission) checkAsyncHeader() *refusal {
	async := s.r.Header.Get("X-DashScope-Async") == "enable"
	switch {
	case async && s.path == pathSync:
		s.violate(RuleAsyncExtra, "")
		r := refusalOf("AccessDenied", "current user api does not support asynchronous calls")
		if s.fault.Async429 {
			r.status = http.StatusTooManyRequests
		}
		return r
	case !async && s.path != pathSync:
		s.violate(RuleAsyncMissing, "")
		return refusalOf("AccessDenied", "current user api does not support synchronous calls")
	}
	return nil
}

// checkContentType wants JSON, with or without parameters: the documents require the header, and
// the SDKs add a charset.
func (s *submission) checkContentType() *refusal {
	kind, _, err := mime.ParseMediaType(s.r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return refusalOf("InvalidParameter", "")
	}
	return nil
}

// newTask decides the whole future of a task. It is recorded, so that a restart changes nothing.
func (s *submission) newTask(q request) *Task {
	seed, n := s.server.opts.Seed, len(s.server.account.tasks)+1
	t := &Task{
		ID: uuid(chance(seed, domainTask, n)), RequestID: s.requestID,
		Key: s.key(), Workspace: s.entry.Workspace, Model: q.model.name, Source: sourceAsync,
		Prompt: q.prompt, NegativePrompt: q.negative, Truncated: q.truncated,
		Seed: q.seed, SeedGiven: q.seedGiven, Size: q.size, N: q.n,
		PromptExtend: q.extend, Watermark: q.watermark, PartCode: s.fault.PartCode, Inputs: q.inputs,
		Submitted: s.now.Add(s.fault.Late), Downloads: make([]int, q.n),
	}
	if !q.seedGiven {
		t.Seed = chance(seed, domainSeed, n).Int64N(1 << 31)
	}
	t.FailCode, t.FailMessage = directiveCode(q.prompt, "fail")
	if s.fault.FailCode != "" {
		t.FailCode, t.FailMessage = s.fault.FailCode, ""
	}
	t.Service = s.server.opts.serviceTime(q, n)
	t.NotBefore = t.Submitted.Add(s.server.opts.dispatchTime(n) + pendingDirective(q.prompt))
	if t.Service > taskLimit {
		t.Service, t.FailCode, t.FailMessage = taskLimit, "InternalError.Timeout", ""
	}
	if t.FailCode != "" && t.FailMessage == "" {
		t.FailMessage = refusalOf(t.FailCode, "").message
	}
	return t
}

// create makes the task once the entry of this call is recorded.
func (s *submission) create(t *Task) {
	s.entry.Created = t
	s.info.TaskID = t.ID
}

// createSync makes a task that runs at once and is not in the list; the answer waits for its end.
// It is charged even if the client does not wait.
func (s *submission) createSync(q request) answer {
	t := s.newTask(q)
	t.Source = sourceSync
	t.Scheduled = t.NotBefore
	t.Ended = t.Scheduled.Add(t.Service)
	if t.Ended.Sub(t.Submitted) > syncLimit {
		t.Ended = t.Submitted.Add(syncLimit)
		t.FailCode, t.FailMessage = "RequestTimeOut", refusalOf("RequestTimeOut", "").message
	}
	s.create(t)
	return answer{ready: t.Ended, later: func() answer { return s.syncAnswer(t) }}
}

// syncAnswer is the answer to a sync call at its end. There a failure is an HTTP error, which
// costs nothing.
func (s *submission) syncAnswer(t *Task) answer {
	if t.FailCode != "" {
		r := refusalOf(t.FailCode, t.FailMessage)
		return s.json(r.status, wireError{Code: r.code, Message: r.message,
			RequestID: s.requestID})
	}
	a := t.syncResult(s.pictureURLs(t))
	a.RequestID = s.requestID
	return s.json(http.StatusOK, a)
}

// serviceTime draws how long the n-th task runs. Each further picture adds a quarter [I].
func (o *Options) serviceTime(q request, n int) time.Duration {
	mean, cv := q.model.mean, o.CV
	if o.Service > 0 {
		mean = o.Service
	}
	if cv == 0 {
		cv = 0.15
	}
	mean += mean * time.Duration(q.n-1) / 4
	if o.Tail && chance(o.Seed, domainTail, n).IntN(10) == 0 {
		mean *= 5
	}
	return lognormal(chance(o.Seed, domainService, n), mean, max(cv, 0), q.extend)
}

// dispatchTime draws how long the n-th task waits in an empty queue: 14 to 50 ms were recorded
// (api.md §1.3).
func (o *Options) dispatchTime(n int) time.Duration {
	if o.CV < 0 {
		return 30 * time.Millisecond
	}
	return time.Duration(14+chance(o.Seed, domainTask, -n).IntN(37)) * time.Millisecond
}
