package client

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of codes into docs/api.md")

// table is the table of codes as docs/api.md shows it.
func table() string {
	var b strings.Builder
	b.WriteString("| code | message has | reach | created | why |\n|---|---|---|---|---|\n")
	for _, c := range codes {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", strings.ReplaceAll(c.name, "*", "\\*"), c.message, c.reach, c.made, c.why)
	}
	return b.String()
}

// TestA27TableOfCodes holds the page to the code: one table sorts all codes.
func TestA27TableOfCodes(t *testing.T) {
	const page, begin, end = "../docs/api.md", "<!-- codes -->\n", "<!-- end of codes -->\n"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	shown, after, closed := strings.Cut(rest, end)
	switch {
	case !ok || !closed:
		t.Fatalf("%s has no table between %q and %q", page, begin, end)
	case shown == table():
	case *update:
		if err := os.WriteFile(page, []byte(before+begin+table()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s shows another table of codes than client/codes.go; go test ./client -run A27 -update writes it", page)
	}
	for _, c := range codes {
		if !strings.Contains(c.why, ", 20") {
			t.Errorf("%s: %q names no dated source", c.name, c.why)
		}
	}
}

// TestA27EveryCode answers a submission with each code of the table in either envelope: HTTP 5xx
// and 408 leave a doubt whatever the code (failure mode A7), other statuses say what the table
// says.
func TestA27EveryCode(t *testing.T) {
	for _, c := range codes {
		name := strings.TrimSuffix(c.name, "*")
		for _, status := range []int{200, 400, 403, 404, 408, 429, 500, 502, 503, 504} {
			want := "refused"
			if c.made == something || status == 408 || status >= 500 {
				want = "in doubt"
			}
			for _, envelope := range []string{`{"code":%q,"message":%q,"request_id":"1"}`, `{"code":%q,"message":%q}`, `{"error":{"code":%q,"message":%q,"type":"x"}}`} {
				statusCase{status, fmt.Sprintf(envelope, name, c.message), want}.check(t)
			}
		}
	}
}

// TestA28OpenAIEnvelope is what OpenAI-compatible hosts and gateways say: a 4xx created nothing,
// a 5xx may have.
func TestA28OpenAIEnvelope(t *testing.T) {
	for _, tt := range []struct {
		status           int
		body, want, code string
		reach            Reach
	}{
		{400, `{"error":{"code":"invalid_parameter_error","message":"x","type":"invalid_request_error","param":null}}`, "refused", "invalid_parameter_error", ReachItem},
		{400, `{"error":{"code":null,"message":"x","type":"invalid_request_error"}}`, "refused", "invalid_request_error", ReachItem},
		{402, `{"error":{"code":402,"message":"Insufficient credits"}}`, "refused", "402", ReachItem},
		{401, `{"error":{"code":"invalid_api_key","message":"Incorrect API key provided","type":"invalid_request_error"}}`, "refused", "invalid_api_key", ReachAccount},
		{403, `{"error":{"code":"access_denied","message":"x","type":"x"}}`, "refused", "access_denied", ReachModel},
		{404, `{"error":{"code":"model_not_found","message":"x","type":"invalid_request_error"}}`, "refused", "model_not_found", ReachModel},
		{404, `{"error":{"code":"unknown_url","message":"x","type":"invalid_request_error"}}`, "refused", "unknown_url", ReachAccount},
		{405, `{"error":{"code":null,"message":"Not allowed","type":"invalid_request_error"}}`, "refused", "invalid_request_error", ReachAccount},
		{429, `{"error":{"code":"rate_limit_exceeded","message":"x","type":"requests"}}`, "refused", "rate_limit_exceeded", ReachRetry},
		{500, `{"error":{"code":null,"message":"x","type":"server_error"}}`, "in doubt", "server_error", ReachRetry},
		{503, `{"error":{"code":"upstream_error","message":"x","type":"api_error"}}`, "in doubt", "upstream_error", ReachRetry},
		{502, `{"error":{"code":400,"message":"x"}}`, "in doubt", "400", ReachRetry},
		{408, `{"error":{"code":"timeout","message":"x","type":"x"}}`, "in doubt", "timeout", ReachItem},
	} {
		_, err := submit(says(t, tt.status, tt.body), fox)
		var api *APIError
		if !errors.As(err, &api) || class(err) != tt.want || api.Code != tt.code || api.Reach() != tt.reach || tt.status == 429 && !Throttled(err) {
			t.Errorf("HTTP %d %s: Submit = %v, want %s, %s, reach %s", tt.status, tt.body, err, tt.want, tt.code, tt.reach)
		}
	}
}

// foreign are answers of what stands between a client and the service.
var foreign = []string{
	"<!DOCTYPE html><html><head><title>Forbidden</title></head></html>", "", "error code: 1020",
	`{"detail":"Not Found"}`, `{"timestamp":"2026-11-01T00:00:00Z","status":400,"error":"Bad Request","path":"/x"}`,
	`{"statusCode":400,"code":"FST_ERR_VALIDATION","error":"Bad Request","message":"x"}`, `{"code":40301,"message":"x"}`,
	`{"code":400,"message":"x","request_id":"1"}`, `{"error":"bad request"}`, `{"error":{"message":"x"}}`, `{"success":false,"errors":[{"code":1020}]}`, `[]`, `null`,
}

// TestA29StatusSpeaks: some statuses say enough, whoever answers and in whatever form.
func TestA29StatusSpeaks(t *testing.T) {
	for status, want := range map[int]Reach{401: ReachAccount, 404: ReachAccount, 405: ReachAccount, 415: ReachAccount, 413: ReachItem, 422: ReachItem} {
		for _, body := range foreign {
			for op, call := range map[string]func(*Client) error{
				"submit": func(c *Client) error { _, err := submit(c, fox); return err }, "generate": func(c *Client) error { _, err := generate(c); return err },
			} {
				err := call(says(t, status, body))
				var api *APIError
				if class(err) != "refused" || !errors.As(err, &api) || api.Reach() != want || api.Status != status || api.Code != fmt.Sprint("HTTP ", status) {
					t.Errorf("HTTP %d %.40s: %s = %v, want it refused, reach %s", status, body, op, err, want)
				}
			}
		}
		statusCase{status, good, "in doubt"}.check(t) // a refusal does not name a task
	}
}

// TestA30UnknownEnvelope: any other 4xx in no known envelope is somebody's word who may have
// looked at the answer or asked twice. The error says how it begins.
func TestA30UnknownEnvelope(t *testing.T) {
	for _, status := range []int{400, 402, 403, 406, 407, 409, 410, 418, 429, 451, 499} {
		for _, body := range foreign {
			_, err := submit(says(t, status, body), fox)
			var f *ForeignError
			var api *APIError
			if class(err) != "in doubt" || !errors.Is(err, ErrUnreadable) || errors.As(err, &api) || !errors.As(err, &f) || f.Status != status || f.Body != body {
				t.Errorf("HTTP %d %s: Submit = %#v, want a doubt with the body", status, body, err)
			}
		}
	}
	long := "<html>\r\n" + strings.Repeat("\t<p>\x1b[31mno "+canary+"</p>\n", 50)
	_, err := submit(says(t, 403, long), fox)
	var f *ForeignError
	if !errors.As(err, &f) || len([]rune(f.Body)) != 201 || dirty(f.Body) || strings.Contains(f.Body, canary) {
		t.Errorf("Submit = %#v, want 200 clean code points of the body without the key", f)
	}
}

// TestA31SuccessWithoutTask: HTTP 200 without a task is a refusal only for a code that is listed
// as "created nothing".
func TestA31SuccessWithoutTask(t *testing.T) {
	for code, want := range map[string]string{
		`"InvalidParameter"`: "refused", `"Throttling.User"`: "refused", `"DataInspectionFailed"`: "refused", `"InternalError.Algo.InvalidParameter"`: "refused",
		`"InternalError"`: "in doubt", `"ModelUnavailable"`: "in doubt", `"InternalError.Algo.IPInfringementSuspect"`: "in doubt",
		`0`: "in doubt", `"0"`: "in doubt", `200`: "in doubt", `"200"`: "in doubt", `"Success"`: "in doubt", `"OK"`: "in doubt", `"New"`: "in doubt", `""`: "in doubt", `null`: "in doubt",
	} {
		for _, status := range []int{200, 201, 202, 299} {
			for _, output := range []string{"", `,"output":{}`, `,"output":null`} {
				statusCase{status, `{"code":` + code + `,"message":"x","request_id":"1"` + output + `}`, want}.check(t)
			}
		}
	}
}

// A refusal for pace is one with HTTP 200, too; the same code inside a task is not.
func TestA31Throttled(t *testing.T) {
	const body = `{"code":"Throttling.User","message":"x","request_id":"1"}`
	if _, err := submit(says(t, 200, body), fox); !Throttled(err) {
		t.Errorf("%s: Throttled(%v) = false", body, err)
	}
	if task := (Task{Status: Failed, Code: "Throttling.User"}); Throttled(task.Err()) {
		t.Errorf("Throttled(%v) = true", task.Err())
	}
}

// TestA32LastPart: a compound code that is not listed reaches as far as its last part, and has
// created what the table says of its beginning.
func TestA32LastPart(t *testing.T) {
	for _, tt := range []struct {
		status        int
		code, message string
		reach         Reach
		want          string
		content       bool
	}{
		{400, "InternalError.Algo.DataInspectionFailed", "Input text data may contain inappropriate content.", ReachItem, "refused", true},
		{500, "InternalError.Algo.DataInspectionFailed", "x", ReachItem, "in doubt", true},
		{400, "InternalError.Algo.InvalidParameter", "Repetitive tool calls", ReachItem, "refused", false},
		{500, "InternalError.Algo.InvalidParameter", "x", ReachItem, "in doubt", false},
		{500, "InternalError.Algo.IPInfringementSuspect", "x", ReachItem, "in doubt", true},
		{400, "InternalError.Algo.FaqRuleBlocked", "x", ReachItem, "in doubt", true},
		{500, "InternalError.Algo.ModelNotFound", "x", ReachModel, "in doubt", false},
		{500, "InternalError.Algo.Arrearage", "x", ReachAccount, "in doubt", false},
		{500, "InternalError.Algo.Throttling", "x", ReachRetry, "in doubt", false},
		{500, "InternalError.Algo.New", "x", ReachRetry, "in doubt", false},
		{400, "Else.DataInspectionFailed", "x", ReachItem, "refused", true},
		{429, "Throttling.User", "x", ReachRetry, "refused", false},
		{429, "Throttling.Concurrency", "x", ReachRetry, "refused", false},
		{429, "Throttling", "current user api does not support asynchronous calls", ReachModel, "refused", false},
	} {
		_, err := submit(says(t, tt.status, fmt.Sprintf(`{"code":%q,"message":%q,"request_id":"1"}`, tt.code, tt.message)), fox)
		var api *APIError
		if !errors.As(err, &api) || class(err) != tt.want || api.Reach() != tt.reach || api.ContentFiltered() != tt.content {
			t.Errorf("HTTP %d %s: Submit = %v, want %s, reach %s, of content %v", tt.status, tt.code, err, tt.want, tt.reach, tt.content)
		}
	}
}
