package client

import "strings"

// A code is a row of the catalogue: what the service means by it. Codes are compared without
// case; a trailing * takes any rest. Messages are compared only where one code has two meanings,
// since the vendor edits and translates them.
type code struct {
	name, message string
	reach         Reach
	made          making
	why           string // why the row says what was made, with the source and its date
}

// A making says what a submission that was answered with a code may have created. It holds for
// answers with HTTP 4xx or 2xx: with HTTP 5xx or 408 every code leaves a doubt, since no dated
// source of the vendor says otherwise.
type making int

const (
	nothing making = iota
	something
)

// String is the word for it in docs/api.md.
func (m making) String() string { return [...]string{"nothing", "maybe a task"}[m] }

// Why a submission created nothing or may have created something. ERR is the vendor's page
// "error-code", RL its page "rate-limit" (docs/api.md).
const (
	noEntry   = "key, account and grant are checked before anything is made (ERR, 2026-05)"
	noModel   = "no such model or path to make anything (ERR, 2026-05)"
	noInput   = "refused for what the request says (ERR, 2026-05)"
	noContent = "refused by a filter (ERR, 2026-05)"
	noPace    = "429 is a refusal for pace: no task (RL, 2026-05)"
	inner     = "of the service's inside; nobody says how far the request came (ERR, 2026-05)"
	busy      = "for want of capacity; nobody says that it comes before the task (ERR, 2026-05)"
	late      = "a time limit ends the wait, not the work (ERR, 2026-05)"
)

// codes is the vendor's "error-code" page as far as it touches pictures (ERR, 2026-05 and
// 2026-11; QI, 2025-09), and the codes that its OpenAI-compatible hosts use. The first row that
// fits wins, so that exact names stand before prefixes.
var codes = []code{
	// The account: no further POST.
	{"InvalidApiKey", "", ReachAccount, nothing, noEntry},
	{"invalid_api_key", "", ReachAccount, nothing, noEntry},
	{"invalid access token or token expired", "", ReachAccount, nothing, noEntry},
	{"NOT AUTHORIZED", "", ReachAccount, nothing, noEntry},
	{"Arrearage", "", ReachAccount, nothing, noEntry}, // HTTP 400
	{"PrepaidBillOverdue", "", ReachAccount, nothing, noEntry},
	{"PostpaidBillOverdue", "", ReachAccount, nothing, noEntry},
	{"CommodityNotPurchased", "", ReachAccount, nothing, noEntry}, // HTTP 429, yet for good
	{"AccessDenied.Unpurchased", "", ReachAccount, nothing, noEntry},
	{"WorkSpaceNotFound", "", ReachAccount, nothing, noEntry},
	{"Workspace.AccessDenied", "", ReachAccount, nothing, noEntry},
	{"NotFound", "", ReachAccount, nothing, noModel}, // no such path: the base URL is wrong

	// The model: others go on.
	{"AllocationQuota.FreeTierOnly", "", ReachModel, nothing, noEntry},
	{"Throttling.AllocationQuota", "free allocated quota", ReachModel, nothing, noEntry},
	{"insufficient_quota", "free allocated quota", ReachModel, nothing, noEntry},
	// HTTP 429 in place of 403 (ERR, 2026-11):
	{"Throttling*", "support asynchronous calls", ReachModel, nothing, noModel},
	{"Model.AccessDenied", "", ReachModel, nothing, noEntry},
	{"App.AccessDenied", "", ReachModel, nothing, noEntry},
	{"Endpoint.AccessDenied", "", ReachModel, nothing, noEntry}, // a retired model
	{"AccessDenied", "", ReachModel, nothing, noEntry},
	{"access_denied", "", ReachModel, nothing, noEntry},
	{"ModelNotFound", "", ReachModel, nothing, noModel},
	{"model_not_found", "", ReachModel, nothing, noModel},
	{"model_not_supported", "", ReachModel, nothing, noModel},
	{"InvalidParameter", "model not exist", ReachModel, nothing, noModel},
	{"InvalidParameter", "url error", ReachModel, nothing, noModel}, // of another endpoint

	// This item.
	// Fetching an input picture timed out: that passes.
	{"InvalidParameter.DataInspection", "", ReachRetry, nothing, noInput},
	{"InternalError.Algo.InvalidParameter", "", ReachItem, nothing, noInput + "; HTTP 400"},
	{"InternalError.Algo.DataInspectionFailed", "", ReachItem, nothing, noContent + "; HTTP 400 [C 2026-09]"},
	{"InvalidParameter*", "", ReachItem, nothing, noInput},
	{"invalid_parameter_error", "", ReachItem, nothing, noInput},
	{"invalid_request_error", "", ReachItem, nothing, noInput},
	{"invalid_value", "", ReachItem, nothing, noInput},
	{"BadRequest.*", "", ReachItem, nothing, noInput},
	{"InvalidURL.Timeout", "", ReachRetry, nothing, noInput},
	{"InvalidURL*", "", ReachItem, nothing, noInput},
	{"DataInspectionFailed", "", ReachItem, nothing, noContent},
	{"data_inspection_failed", "", ReachItem, nothing, noContent},
	{"IPInfringementSuspect", "", ReachItem, nothing, noContent},
	{"CustomRoleBlocked", "", ReachItem, nothing, noContent},
	{"FaqRuleBlocked", "", ReachItem, nothing, noContent},
	{"UnsupportedOperation", "", ReachItem, nothing, "of cancel: it makes nothing (TASK, 2026-05)"},

	// May pass.
	{"Throttling*", "", ReachRetry, nothing, noPace},
	{"LimitRequests", "", ReachRetry, nothing, noPace},
	{"limit_requests", "", ReachRetry, nothing, noPace},
	{"limit_burst_rate", "", ReachRetry, nothing, noPace},
	{"insufficient_quota", "", ReachRetry, nothing, noPace},
	{"InternalError.Timeout", "", ReachRetry, something, "of a task after 3 h (ERR, 2026-05)"},
	{"InternalError*", "", ReachRetry, something, inner},
	{"internal_error", "", ReachRetry, something, inner},
	{"SystemError", "", ReachRetry, something, inner},
	{"ModelServiceFailed", "", ReachRetry, something, inner},
	{"RequestTimeOut", "", ReachRetry, something, late},
	{"ResponseTimeout", "", ReachRetry, something, late},
	{"RewriteFailed", "", ReachRetry, something, inner},
	{"ModelServingError", "", ReachRetry, something, busy},
	{"ModelUnavailable", "", ReachRetry, something, busy},
}

// lookup finds the row of a code and a message.
func lookup(name, message string) (code, bool) {
	for _, c := range codes {
		if c.fits(name, message) {
			return c, true
		}
	}
	return code{}, false
}

func (c code) fits(name, message string) bool {
	if prefix, any := strings.CutSuffix(c.name, "*"); any {
		if len(name) < len(prefix) || !strings.EqualFold(name[:len(prefix)], prefix) {
			return false
		}
	} else if !strings.EqualFold(name, c.name) {
		return false
	}
	return strings.Contains(strings.ToLower(message), c.message)
}

// lookupReach finds the row that says how far a code reaches. Where only a prefix is listed, the
// last part of the code decides: InternalError.Algo.DataInspectionFailed is about the prompt,
// whatever found it.
func lookupReach(name, message string) (code, bool) {
	whole, listed := lookup(name, message)
	if listed && !strings.HasSuffix(whole.name, "*") {
		return whole, true
	}
	if part := lastPart(name); part != name {
		if c, ok := lookup(part, message); ok {
			return c, true
		}
	}
	return whole, listed
}

// lastPart is what stands behind the last dot of a code.
func lastPart(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }
