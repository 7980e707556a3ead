package emulator

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestEnvelopes answers submissions in envelopes that are not the service's, with nothing done or
// with everything.
func TestEnvelopes(t *testing.T) {
	for spec, want := range map[string]string{
		"openai":                       `400 {"error":{"code":"invalid_parameter_error","message":"Bad Request","type":"invalid_request_error","param":null}}`,
		"openai:503":                   `503 {"error":{"code":"internal_error","message":"Service Unavailable","type":"server_error","param":null}}`,
		"openai-after":                 `503 {"error":{"code":"internal_error","message":"Service Unavailable","type":"server_error","param":null}}`,
		"openai:422":                   `422 {"error":{"code":"unprocessable_entity","message":"Unprocessable Entity","type":"invalid_request_error","param":null}}`,
		"framework":                    `403 {"detail":"Forbidden"}`,
		"framework-after:422":          `422 {"detail":"Unprocessable Entity"}`,
		"numeric":                      `400 {"code":400,"message":"Bad Request"}`,
		"numeric-after:429":            `429 {"code":429,"message":"Too Many Requests"}`,
		"no-task":                      `200 {"code":"Success","message":"Refused by the emulator as Success.","request_id":"…"}`,
		"no-task-after:200":            `200 {"code":"200","message":"Refused by the emulator as 200.","request_id":"…"}`,
		"refuse:ModelServingError":     `503 {"code":"ModelServingError","message":"…","request_id":"…"}`,
		"error-after:ModelUnavailable": `503 {"code":"ModelUnavailable","message":"…","request_id":"…"}`,
	} {
		f, err := ParseFaults("submit."+spec+"=1", 1)
		if err != nil {
			t.Fatal(err)
		}
		o := exact()
		o.Fault = f
		bubble(t, o, func(t *testing.T, r *rig) {
			a := r.ask("POST", pathA1, askPlus, async)
			status, body, _ := strings.Cut(want, " ")
			if strconv.Itoa(a.status) != status || len(likeness("", tree(t, []byte(body)), tree(t, a.body))) > 0 {
				t.Errorf("%s: %d %s, want %s", spec, a.status, a.body, want)
			}
			time.Sleep(time.Minute)
			made := f(Call{Op: opSubmit, N: 1}).DoneFirst
			if b := r.s.Books(); (b.Charges == 1) != made || (b.Submissions.Created == 1) != made {
				t.Errorf("%s: %d charged, %d created, want done %v", spec, b.Charges, b.Submissions.Created, made)
			}
		})
	}
}

// TestFrameworksDiffer: every second answer of a framework is of another one.
func TestFrameworksDiffer(t *testing.T) {
	o := exact()
	o.Fault = func(Call) Fault { return Fault{Envelope: EnvelopeFramework, Status: 403} }
	bubble(t, o, func(t *testing.T, r *rig) {
		r.ask("POST", pathA1, askPlus, async)
		a := r.ask("POST", pathA1, askPlus, async)
		if got := at(tree(t, a.body), "error"); got != "Forbidden" || at(tree(t, a.body), "path") != pathA1 || text(t, a, "timestamp") == "" {
			t.Errorf("the second answer is %s", a.body)
		}
	})
}

// TestA33ErrorsByFault: what the service is only sometimes seen to do is a fault.
func TestA33ErrorsByFault(t *testing.T) {
	o := exact()
	o.Key = testKey
	o.Fault = func(c Call) Fault { return Fault{NoType: c.N > 1, Async429: c.Op == opSync && c.N > 1} }
	bubble(t, o, func(t *testing.T, r *rig) {
		for n, want := range []struct {
			mime  string
			async int
		}{{mimePost, 403}, {"", 429}} {
			if a := r.ask("POST", pathA1, askPlus, async, "Authorization: Bearer sk-wrong"); a.status != 401 || a.header.Get("Content-Type") != want.mime {
				t.Errorf("call %d with a wrong key: %d %q, want 401 %q", n+1, a.status, a.header.Get("Content-Type"), want.mime)
			}
			if a := r.ask("POST", pathSync, askSync, async); a.status != want.async || text(t, a, "code") != "AccessDenied" {
				t.Errorf("call %d with an async header: %d %s, want %d", n+1, a.status, a.body, want.async)
			}
		}
	})
}
