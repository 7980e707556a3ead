package client

import (
	"errors"
	"strings"
)

// Reach says which other requests will meet the same error, and so what has to stop.
type Reach int

const (
	// ReachItem fails this item for good; others go on. Also every unknown 4xx.
	ReachItem Reach = iota
	// ReachRetry is temporary: the same request may succeed later.
	ReachRetry
	// ReachModel fails every request for this model: retired, not granted, free tier used up,
	// wrong interface.
	ReachModel
	// ReachAccount fails every request: key refused, arrears, nothing purchased, wrong host.
	ReachAccount
)

// String names the reach.
func (r Reach) String() string {
	return [...]string{"item", "retry", "model", "account"}[r]
}

// Reach looks the error up in the table of codes, a compound code that is not listed by its last
// part, and a code that is not there by its HTTP status. HTTP 401, 404, 405 and 415 concern every
// submission: key, base URL or gateway are wrong.
func (e *APIError) Reach() Reach {
	c, listed := lookupReach(e.Code, e.Message)
	switch {
	case e.Status == 401 || e.posts() && (e.Status == 404 || e.Status == 405 || e.Status == 415):
		if listed && c.reach == ReachModel {
			return ReachModel
		}
		return ReachAccount
	case listed:
		return c.reach
	case e.Status == 429 || e.Status >= 500:
		return ReachRetry
	}
	return ReachItem
}

// posts reports whether the error answers a submission. HTTP 404 for a query says
// nothing of other requests.
func (e *APIError) posts() bool { return e.Op == "submit" || e.Op == "generate" }

// MayHaveCreated reports whether a submission that was answered so may have created a task. HTTP
// 5xx and 408 leave that open whatever the code, HTTP 4xx says no unless the table of codes says
// otherwise, and HTTP 2xx without a task says no only for a code that the table lists as "created
// nothing". [Client.Submit] returns a *[DoubtError] for such an answer.
func (e *APIError) MayHaveCreated() bool {
	c, listed := lookup(e.Code, e.Message)
	switch {
	case e.Status < 200 || e.Status >= 300 && e.Status < 400 || e.Status >= 500 || e.Status == 408:
		return true
	case listed:
		return c.made != nothing
	}
	return e.Status < 300
}

// ContentFiltered reports whether the code is about what a prompt or a picture shows: from the
// content filter, or a rule of the account. It says nothing of other items.
func (e *APIError) ContentFiltered() bool {
	for _, c := range []string{"DataInspectionFailed", "data_inspection_failed",
		"IPInfringementSuspect", "CustomRoleBlocked", "FaqRuleBlocked"} {
		if strings.EqualFold(lastPart(e.Code), c) {
			return true
		}
	}
	return false
}

// Throttled reports whether err is a refusal for the rate of requests: nothing was created, and
// the same request may be sent later. It comes with HTTP 429, or as a listed code of HTTP 200
// in answer to a submission.
func Throttled(err error) bool {
	var e *APIError
	if !errors.As(err, &e) || e.Reach() != ReachRetry {
		return false
	}
	return e.Status == 429 || e.posts() && e.Status < 300 && !e.MayHaveCreated()
}
