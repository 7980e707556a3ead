package client

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

// refusals are the rows of api.md §4, with what each means for the other items. Classes: R is retry, P the item; F and B
// are the model or the account, by what the row is about.
var refusals = []struct {
	status        int
	code, message string
	want          Reach
}{
	{401, "InvalidApiKey", "No API-key provided.", ReachAccount},
	{401, "InvalidApiKey", "Invalid API-key provided.", ReachAccount},
	{401, "invalid_api_key", "Incorrect API key provided", ReachAccount},
	{401, "NOT AUTHORIZED", "not authorized to access this workspace", ReachAccount},
	{400, "Arrearage", "Access denied, please make sure your account is in good standing.", ReachAccount},
	{403, "AccessDenied", "current user api does not support synchronous calls", ReachModel},
	{403, "AccessDenied", "current user api does not support asynchronous calls", ReachModel},
	{403, "AccessDenied", "Access denied.", ReachModel},
	{403, "AccessDenied.Unpurchased", "Access to model denied. Please make sure you are eligible for using the model.", ReachAccount},
	{403, "Model.AccessDenied", "Model access denied.", ReachModel},
	{403, "Workspace.AccessDenied", "Workspace access denied.", ReachAccount},
	{403, "App.AccessDenied", "App access denied.", ReachModel},
	{403, "Endpoint.AccessDenied", "Workspace endpoint access denied.", ReachModel},
	{403, "AllocationQuota.FreeTierOnly", "The free tier of the model has been exhausted.", ReachModel},
	{404, "ModelNotFound", "Model can not be found.", ReachModel},
	{404, "model_not_found", "The model xxx does not exist", ReachModel},
	{400, "InvalidParameter", "Model not exist.", ReachModel},
	{404, "WorkSpaceNotFound", "WorkSpace can not be found.", ReachAccount},
	{404, "NotFound", "Request path not found.", ReachAccount},
	{400, "InvalidParameter", "url error, please check url！", ReachModel},
	{400, "InvalidParameter", "num_images_per_prompt must be 1.", ReachItem},
	{400, "InvalidParameter", "The size is not match the allowed size ['1664*928']", ReachItem},
	{200, "InvalidParameter", "Expected format: '<width>*<height>'", ReachItem},
	{400, "InvalidParameter", "Required body invalid, please check the request body format.", ReachItem},
	{400, "InvalidParameter", "Role must be user or assistant and Content length must be greater than 0", ReachItem},
	{400, "BadRequest.EmptyInput", "Required input parameter missing from request.", ReachItem},
	{400, "BadRequest.EmptyModel", "x", ReachItem},
	{400, "DataInspectionFailed", "Input data may contain inappropriate content.", ReachItem},
	{200, "DataInspectionFailed", "Output data may contain inappropriate content.", ReachItem},
	{400, "data_inspection_failed", "Input or output data may contain inappropriate content.", ReachItem},
	{400, "IPInfringementSuspect", "Input data is suspected of being involved in IP infringement.", ReachItem},
	{400, "CustomRoleBlocked", "blocked by custom rule", ReachItem},
	{400, "FaqRuleBlocked", "blocked by faq rule", ReachItem},
	{400, "InvalidURL", "x", ReachItem},
	{400, "InvalidURL.ConnectionRefused", "x", ReachItem},
	{400, "InvalidURL.Timeout", "x", ReachRetry},
	{400, "InvalidParameter.DataInspection", "Download the media resource timed out during the data inspection process", ReachRetry},
	{400, "UnsupportedOperation", "Failed to cancel the task, please confirm if the task is in PENDING status.", ReachItem},
	{429, "Throttling", "Requests throttling triggered.", ReachRetry},
	{429, "Throttling", "Too many requests in route. Please try again later.", ReachRetry},
	{429, "Throttling.User", "x", ReachRetry},
	{429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later.", ReachRetry},
	{429, "LimitRequests", "You have exceeded your request limit.", ReachRetry},
	{429, "limit_requests", "You exceeded your current requests list.", ReachRetry},
	{429, "Throttling.BurstRate", "Request rate increased too quickly.", ReachRetry},
	{429, "limit_burst_rate", "Request rate increased too quickly.", ReachRetry},
	{429, "Throttling.AllocationQuota", "Allocated quota exceeded, please increase your quota limit.", ReachRetry},
	{429, "insufficient_quota", "You exceeded your current quota", ReachRetry},
	{429, "Throttling.AllocationQuota", "Free allocated quota exceeded.", ReachModel},
	{429, "insufficient_quota", "Free allocated quota exceeded.", ReachModel},
	{429, "CommodityNotPurchased", "Commodity has not purchased yet.", ReachAccount},
	{429, "PrepaidBillOverdue", "The prepaid bill is overdue.", ReachAccount},
	{429, "PostpaidBillOverdue", "The postpaid bill is overdue.", ReachAccount},
	{500, "InternalError", "An internal error has occured, please try again later", ReachRetry},
	{500, "internal_error", "An internal error has occured", ReachRetry},
	{500, "SystemError", "x", ReachRetry},
	{500, "ModelServiceFailed", "x", ReachRetry},
	{500, "InternalError.Algo", "inference internal error.", ReachRetry},
	{200, "InternalError.Algo", "[Request rejected by inference engine!]", ReachRetry},
	{500, "InternalError.Upload", "Failed to upload result.", ReachRetry},
	{500, "InternalError.FileUpload", "oss upload error.", ReachRetry},
	{200, "InternalError.Timeout", "An internal timeout error has occured during execution", ReachRetry},
	{500, "RequestTimeOut", "Request timed out, please try again later.", ReachRetry},
	{500, "RewriteFailed", "Failed to rewrite content for prompt.", ReachRetry},
	{200, "RewriteFailed", "Failed to rewrite content for prompt.", ReachRetry},
	{503, "ModelServingError", "Too many requests. Your requests are being throttled due to system capacity limits.", ReachRetry},
	{503, "ModelUnavailable", "Model is unavailable, please try again later.", ReachRetry},
	{200, "ModelUnavailable", "Model is unavailable, please try again later.", ReachRetry},
	{200, "SystemError", "x", ReachRetry},
	// Unknown codes, by their status.
	{400, "New", "x", ReachItem}, {402, "billing_error", "x", ReachItem}, {422, "New", "x", ReachItem}, {200, "New", "x", ReachItem}, {200, "", "", ReachItem},
	{401, "New", "x", ReachAccount}, {429, "RateLimitError", "Too many concurrent requests", ReachRetry}, {500, "New", "x", ReachRetry},
	{503, "overloaded_error", "x", ReachRetry}, {504, "timeout_error", "x", ReachRetry},
	// Letters' case and near names.
	{401, "INVALIDAPIKEY", "x", ReachAccount}, {400, "arrearage", "x", ReachAccount}, {200, "internalerror.algo", "x", ReachRetry},
	{429, "throttling.allocationquota", "FREE ALLOCATED QUOTA EXCEEDED.", ReachModel}, {400, "Throttl", "x", ReachItem}, {400, "InvalidParameter.Else", "url error", ReachItem},
}

func TestCatalogue(t *testing.T) {
	for _, r := range refusals {
		e := &APIError{Status: r.status, Code: r.code, Message: r.message}
		if got := e.Reach(); got != r.want {
			t.Errorf("HTTP %d %s %q: Reach = %v, want %v", r.status, r.code, r.message, got, r.want)
		}
		throttled := r.status == 429 && r.want == ReachRetry
		if got := Throttled(fmt.Errorf("x: %w", e)); got != throttled {
			t.Errorf("HTTP %d %s %q: Throttled = %v, want %v", r.status, r.code, r.message, got, throttled)
		}
	}
}

// The same rows as they come over the wire.
func TestCatalogueOnTheWire(t *testing.T) {
	for _, r := range refusals {
		body := fmt.Sprintf(`{"code":%q,"message":%q,"request_id":"1"}`, r.code, r.message)
		want := APIError{Op: "submit", Status: r.status, Code: r.code, Message: r.message, RequestID: "1", Date: answered}
		if r.status == 200 { // a task's own failure
			checkFailed(t, r.code, r.message)
			continue
		}
		var got *APIError
		_, err := submit(says(t, r.status, body), fox)
		if !errors.As(err, &got) || *got != want {
			t.Errorf("%s: Submit = %#v, want %#v", body, err, want)
		}
		if doubt := r.status >= 500; errors.Is(err, ErrInDoubt) != doubt {
			t.Errorf("%s: Submit = %v, want in doubt %v", body, err, doubt)
		}
	}
}

func checkFailed(t *testing.T, code, message string) {
	t.Helper()
	body := fmt.Sprintf(`{"request_id":"1","output":{"task_id":"1","task_status":"FAILED","code":%q,"message":%q}}`, code, message)
	task, err := says(t, 200, body).Task(context.Background(), "1")
	want := APIError{Op: "task", Status: 200, Code: code, Message: message, RequestID: "1"}
	var got *APIError
	if err != nil || !errors.As(task.Err(), &got) || *got != want {
		t.Errorf("%s: Task = %v, %#v, want %#v", body, err, task.Err(), want)
	}
}

func TestA4KeyRefused(t *testing.T) {
	for _, tt := range []struct {
		status int
		code   string
	}{{401, "InvalidApiKey"}, {403, "AccessDenied.Unpurchased"}, {403, "Workspace.AccessDenied"}, {401, "Else"}} {
		for _, op := range []string{"submit", "task", "list", "generate", "cancel"} {
			var api *APIError
			err := call(says(t, tt.status, `{"code":"`+tt.code+`","message":"x","request_id":"1"}`), op)
			if !errors.As(err, &api) || api.Reach() != ReachAccount || errors.Is(err, ErrInDoubt) {
				t.Errorf("HTTP %d %s: %s = %v, want the account's", tt.status, tt.code, op, err)
			}
		}
	}
}

func TestErrorTexts(t *testing.T) {
	for want, err := range map[string]error{
		"submit: Throttling.RateQuota: Requests rate limit exceeded (HTTP 429) [request 1]": &APIError{Op: "submit", Status: 429, Code: "Throttling.RateQuota", Message: "Requests rate limit exceeded", RequestID: "1"},
		"task: InvalidParameter: bad":  &APIError{Op: "task", Status: 200, Code: "InvalidParameter", Message: "bad"},
		"task: no reason given":        &APIError{Op: "task", Status: 200},
		"submit: outcome unknown: EOF": &DoubtError{Cause: errors.New("EOF")},
		"generate: outcome unknown: answer is not the API's JSON: HTTP 502, empty body":     &DoubtError{Op: "generate", Cause: answer{status: 502}.apiError("generate")},
		"query: answer is not the API's JSON: HTTP 302, a redirect; is the base URL right?": answer{status: 302}.apiError("query"),
		"query: answer is not the API's JSON: HTTP 200, 3 bytes of something else":          answer{status: 200, body: []byte("abc")}.apiError("query"),
		"query: answer is not the API's JSON: HTTP 200, torn or odd JSON":                   answer{status: 200, body: []byte(" {")}.apiError("query"),
	} {
		if err.Error() != want {
			t.Errorf("Error = %q, want %q", err, want)
		}
	}
}

func TestH9OneLine(t *testing.T) {
	for in, want := range map[string]string{
		"a\nb\tc\r\n": "a b c", "\x1b[31mred\x1b[0m": "[31mred[0m", "\u202egnp.exe": "gnp.exe", "\u009b31m": "31m", "\xff\xfe": "\uFFFD", "中文，好": "中文，好", "\x00\x7f": "",
	} {
		if got := oneLine(in); got != want {
			t.Errorf("oneLine(%q) = %q, want %q", in, got, want)
		}
	}
	long := ""
	for range 600 {
		long += "中"
	}
	if got := []rune(oneLine(long)); len(got) != 501 {
		t.Errorf("oneLine of 600 = %d code points, want 500 and a mark", len(got))
	}
}

func TestContentFiltered(t *testing.T) {
	for code, want := range map[string]bool{"DataInspectionFailed": true, "data_inspection_failed": true, "IPInfringementSuspect": true, "customroleblocked": true, "FaqRuleBlocked": true,
		"InvalidParameter": false, "InvalidParameter.DataInspection": false, "": false} {
		if got := (&APIError{Code: code}).ContentFiltered(); got != want {
			t.Errorf("ContentFiltered of %q = %v, want %v", code, got, want)
		}
	}
}
