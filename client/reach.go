package client

import (
	"errors"
	"strings"
)

// Reach says how far an error of the service reaches: whom else it will hit, and so what must stop.
type Reach int

const (
	// ReachItem fails this item for good; others go on. Also every unknown 4xx.
	ReachItem Reach = iota
	// ReachRetry may pass: the same request is worth sending again, later.
	ReachRetry
	// ReachModel fails every request for this model: retired, not granted, free tier used up, wrong interface.
	ReachModel
	// ReachAccount fails every request: key refused, arrears, nothing purchased, wrong host.
	ReachAccount
)

// String names the reach.
func (r Reach) String() string {
	return [...]string{"item", "retry", "model", "account"}[r]
}

// A rule of the catalogue: the first that fits wins. Codes are compared without case; a trailing * takes any rest.
// Messages are compared only where one code has two meanings, since the vendor edits and translates them (ERR, 2026-11).
type rule struct {
	code, message string
	reach         Reach
}

// catalogue is the vendor's "error-code" page as far as it touches text-to-image (ERR, 2026-11; QI, 2025-09).
var catalogue = []rule{
	// The account: no further POST.
	{"InvalidApiKey", "", ReachAccount},
	{"invalid_api_key", "", ReachAccount},
	{"NOT AUTHORIZED", "", ReachAccount},
	{"Arrearage", "", ReachAccount}, // HTTP 400
	{"PrepaidBillOverdue", "", ReachAccount},
	{"PostpaidBillOverdue", "", ReachAccount},
	{"CommodityNotPurchased", "", ReachAccount}, // HTTP 429, and yet never to be retried
	{"AccessDenied.Unpurchased", "", ReachAccount},
	{"WorkSpaceNotFound", "", ReachAccount},
	{"Workspace.AccessDenied", "", ReachAccount},
	{"NotFound", "", ReachAccount}, // no such path: the base URL is wrong

	// The model: others go on.
	{"AllocationQuota.FreeTierOnly", "", ReachModel},
	{"Throttling.AllocationQuota", "free allocated quota", ReachModel},
	{"insufficient_quota", "free allocated quota", ReachModel},
	{"Model.AccessDenied", "", ReachModel},
	{"App.AccessDenied", "", ReachModel},
	{"Endpoint.AccessDenied", "", ReachModel}, // a retired model
	{"AccessDenied", "", ReachModel},
	{"ModelNotFound", "", ReachModel},
	{"model_not_found", "", ReachModel},
	{"InvalidParameter", "model not exist", ReachModel},
	{"InvalidParameter", "url error", ReachModel}, // the model does not fit the endpoint

	// May pass.
	{"Throttling*", "", ReachRetry},
	{"LimitRequests", "", ReachRetry},
	{"limit_requests", "", ReachRetry},
	{"limit_burst_rate", "", ReachRetry},
	{"insufficient_quota", "", ReachRetry},
	{"InternalError*", "", ReachRetry},
	{"internal_error", "", ReachRetry},
	{"SystemError", "", ReachRetry},
	{"ModelServiceFailed", "", ReachRetry},
	{"RequestTimeOut", "", ReachRetry},
	{"RewriteFailed", "", ReachRetry},
	{"ModelServingError", "", ReachRetry},
	{"ModelUnavailable", "", ReachRetry},
	{"InvalidParameter.DataInspection", "", ReachRetry}, // fetching an input picture timed out
	{"InvalidURL.Timeout", "", ReachRetry},

	// This item only. DataInspectionFailed, IPInfringementSuspect, InvalidParameter… and all that is not named.
}

// Reach looks the error up in the catalogue; a code that is not in it is judged by its HTTP status.
func (e *APIError) Reach() Reach {
	for _, r := range catalogue {
		if r.fits(e.Code, e.Message) {
			return r.reach
		}
	}
	switch {
	case e.Status == 401:
		return ReachAccount
	case e.Status == 429 || e.Status >= 500:
		return ReachRetry
	}
	return ReachItem
}

func (r rule) fits(code, message string) bool {
	if prefix, any := strings.CutSuffix(r.code, "*"); any {
		if len(code) < len(prefix) || !strings.EqualFold(code[:len(prefix)], prefix) {
			return false
		}
	} else if !strings.EqualFold(code, r.code) {
		return false
	}
	return strings.Contains(strings.ToLower(message), r.message)
}

// OfContent reports whether a code speaks of what a prompt or a picture shows: the content filter, a rule of the account.
// It says nothing of the next item.
func OfContent(code string) bool {
	for _, c := range []string{"DataInspectionFailed", "data_inspection_failed", "IPInfringementSuspect", "CustomRoleBlocked", "FaqRuleBlocked"} {
		if strings.EqualFold(code, c) {
			return true
		}
	}
	return false
}

// Throttled reports whether err is the service's "slower, please": nothing was created and no attempt is used up.
func Throttled(err error) bool {
	var e *APIError
	return errors.As(err, &e) && e.Status == 429 && e.Reach() == ReachRetry
}
