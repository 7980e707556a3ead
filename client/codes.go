package client

import "strings"

// A codeRow is a row of the table of codes and says what a code means. Codes are compared without
// case; a trailing * takes any rest. Messages are compared only where one code has two meanings,
// since the vendor edits and translates them.
type codeRow struct {
	name, message string
	reach         Reach
	made          making
	why           string // why the row says what was made, with the source and its date
}

// A making says what a submission may have created that was answered with a code. It holds for
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
	whyAccount = "refused for the key, the account or a grant (ERR, 2026-05)"
	whyModel   = "no such model or path to make anything (ERR, 2026-05)"
	whyInput   = "refused for what the request says (ERR, 2026-05)"
	whyContent = "refused by a filter (ERR, 2026-05)"
	whyPace    = "429 is a refusal for pace: no task (RL, 2026-05)"
	whyInside  = "of the service's inside; nobody says how far the request came (ERR, 2026-05)"
	whyBusy    = "for want of capacity; nobody says that it comes before the task (ERR, 2026-05)"
	whyLate    = "a time limit ends the wait, not the work (ERR, 2026-05)"
)

// codes is the vendor's "error-code" page as far as it touches pictures (ERR, 2026-05 and
// 2026-11; QI, 2025-09), and the codes that its OpenAI-compatible hosts use. The first row that
// fits wins, so that exact names stand before prefixes.
var codes = []codeRow{
	// The account: no further POST.
	{"InvalidApiKey", "", ReachAccount, nothing, whyAccount},
	{"invalid_api_key", "", ReachAccount, nothing, whyAccount},
	{"invalid access token or token expired", "", ReachAccount, nothing, whyAccount},
	{"NOT AUTHORIZED", "", ReachAccount, nothing, whyAccount},
	{"Arrearage", "", ReachAccount, nothing, whyAccount}, // HTTP 400
	{"PrepaidBillOverdue", "", ReachAccount, nothing, whyAccount},
	{"PostpaidBillOverdue", "", ReachAccount, nothing, whyAccount},
	{"CommodityNotPurchased", "", ReachAccount, nothing, whyAccount}, // HTTP 429, yet for good
	{"AccessDenied.Unpurchased", "", ReachAccount, nothing, whyAccount},
	{"WorkSpaceNotFound", "", ReachAccount, nothing, whyAccount},
	{"Workspace.AccessDenied", "", ReachAccount, nothing, whyAccount},
	{"NotFound", "", ReachAccount, nothing, whyModel}, // no such path: the base URL is wrong

	// The model: others go on.
	{"AllocationQuota.FreeTierOnly", "", ReachModel, nothing, whyAccount},
	{"Throttling.AllocationQuota", "free allocated quota", ReachModel, nothing, whyAccount},
	{"insufficient_quota", "free allocated quota", ReachModel, nothing, whyAccount},
	// HTTP 429 in place of 403 (ERR, 2026-11):
	{"Throttling*", "support asynchronous calls", ReachModel, nothing, whyModel},
	{"Model.AccessDenied", "", ReachModel, nothing, whyAccount},
	{"App.AccessDenied", "", ReachModel, nothing, whyAccount},
	{"Endpoint.AccessDenied", "", ReachModel, nothing, whyAccount}, // a retired model
	{"AccessDenied", "", ReachModel, nothing, whyAccount},
	{"access_denied", "", ReachModel, nothing, whyAccount},
	{"ModelNotFound", "", ReachModel, nothing, whyModel},
	{"model_not_found", "", ReachModel, nothing, whyModel},
	{"model_not_supported", "", ReachModel, nothing, whyModel},
	{"InvalidParameter", "model not exist", ReachModel, nothing, whyModel},
	{"InvalidParameter", "url error", ReachModel, nothing, whyModel}, // of another endpoint

	// This item.
	// Fetching an input picture timed out: that passes.
	{"InvalidParameter.DataInspection", "", ReachRetry, nothing, whyInput},
	{"InternalError.Algo.InvalidParameter", "", ReachItem, nothing, whyInput + "; HTTP 400"},
	{"InternalError.Algo.DataInspectionFailed", "", ReachItem, nothing,
		whyContent + "; HTTP 400 [C 2026-09]"},
	{"InvalidParameter*", "", ReachItem, nothing, whyInput},
	{"invalid_parameter_error", "", ReachItem, nothing, whyInput},
	{"invalid_request_error", "", ReachItem, nothing, whyInput},
	{"invalid_value", "", ReachItem, nothing, whyInput},
	{"BadRequest.*", "", ReachItem, nothing, whyInput},
	{"InvalidURL.Timeout", "", ReachRetry, nothing, whyInput},
	{"InvalidURL*", "", ReachItem, nothing, whyInput},
	{"DataInspectionFailed", "", ReachItem, nothing, whyContent},
	{"data_inspection_failed", "", ReachItem, nothing, whyContent},
	{"IPInfringementSuspect", "", ReachItem, nothing, whyContent},
	{"CustomRoleBlocked", "", ReachItem, nothing, whyContent},
	{"FaqRuleBlocked", "", ReachItem, nothing, whyContent},
	{"UnsupportedOperation", "", ReachItem, nothing,
		"of cancel: it makes nothing (TASK, 2026-05)"},

	// May pass.
	{"Throttling*", "", ReachRetry, nothing, whyPace},
	{"LimitRequests", "", ReachRetry, nothing, whyPace},
	{"limit_requests", "", ReachRetry, nothing, whyPace},
	{"limit_burst_rate", "", ReachRetry, nothing, whyPace},
	{"insufficient_quota", "", ReachRetry, nothing, whyPace},
	{"InternalError.Timeout", "", ReachRetry, something, "of a task after 3 h (ERR, 2026-05)"},
	{"InternalError*", "", ReachRetry, something, whyInside},
	{"internal_error", "", ReachRetry, something, whyInside},
	{"SystemError", "", ReachRetry, something, whyInside},
	{"ModelServiceFailed", "", ReachRetry, something, whyInside},
	{"RequestTimeOut", "", ReachRetry, something, whyLate},
	{"ResponseTimeout", "", ReachRetry, something, whyLate},
	{"RewriteFailed", "", ReachRetry, something, whyInside},
	{"ModelServingError", "", ReachRetry, something, whyBusy},
	{"ModelUnavailable", "", ReachRetry, something, whyBusy},
}

// lookup finds the row of a code and a message.
func lookup(name, message string) (codeRow, bool) {
	for _, c := range codes {
		if c.fits(name, message) {
			return c, true
		}
	}
	return codeRow{}, false
}

func (c codeRow) fits(name, message string) bool {
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
func lookupReach(name, message string) (codeRow, bool) {
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
