package client

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestN4TornOrForeignSuccess(t *testing.T) {
	for _, body := range []string{
		"", " ", "{", "{}", "null", "[]", `"x"`, "0", good[:len(good)-1], good + "x", "<html>ok</html>", "\x1f\x8b\x08\x00",
		`{"output":{}}`, `{"output":null}`, `{"output":{"task_id":""}}`, `{"output":{"task_id":"a b"}}`, `{"output":{"task_id":1}}`,
		`{"output":{"task_id":"../../x"}}`, `{"output":{"task_id":"a?b=c"}}`, `{"output":{"task_id":"x\n"}}`,
		`{"output":{"task_id":"` + strings.Repeat("a", 65) + `"}}`, `{"output":[{"task_id":"x"}]}`, `{"task_id":"x"}`,
	} {
		for _, status := range []int{200, 201, 202, 299} {
			_, err := submit(says(t, status, body), fox)
			if got := class(err); got != "in doubt" {
				t.Errorf("HTTP %d %.40q: Submit = %s, want in doubt", status, body, got)
			}
		}
	}
}

func TestN4KeepsRequestID(t *testing.T) {
	for _, tt := range []struct{ header, body, want string }{
		{"X-Request-Id", "{", "33da8e6b"},
		{"X-Dashscope-Requestid", "", "33da8e6b"},
		{"X-Else", `{"code":"InternalError","request_id":"33da8e6b"}`, "33da8e6b"},
		{"X-Else", `{"request_id":"33da8e6b"}`, "33da8e6b"},
		{"X-Else", `{"request_id":"a b"}`, ""},
	} {
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set(tt.header, "33da8e6b")
			w.WriteHeader(500)
			io.WriteString(w, tt.body)
		})
		_, err := submit(c, fox)
		var doubt *DoubtError
		if !errors.As(err, &doubt) || doubt.RequestID != tt.want {
			t.Errorf("%s, %s: Submit = %#v, want doubt with request %q", tt.header, tt.body, err, tt.want)
		}
	}
}

const refusal = `{"code":"X","message":"y","request_id":"1"}`

// A statusCase is an answer to a submission and what it says of the task.
type statusCase struct {
	status int
	body   string
	want   string
}

func (tt statusCase) check(t *testing.T) {
	t.Helper()
	_, err := submit(says(t, tt.status, tt.body), fox)
	if got := class(err); got != tt.want {
		t.Errorf("HTTP %d %.40s: Submit = %s, want %s", tt.status, tt.body, got, tt.want)
	}
}

func TestA7ServerErrorOnPost(t *testing.T) {
	for _, body := range []string{refusal, good, "", "<html>"} {
		for _, status := range []int{500, 501, 503, 599} {
			statusCase{status, body, "in doubt"}.check(t)
		}
	}
}

func TestA8GatewayErrorOnPost(t *testing.T) {
	for _, body := range []string{refusal, good, "", "<html>"} {
		for _, status := range []int{408, 502, 504} {
			statusCase{status, body, "in doubt"}.check(t)
		}
	}
}

func TestA5Refusals(t *testing.T) {
	for _, tt := range []statusCase{
		{400, refusal, "refused"}, {401, refusal, "refused"}, {403, refusal, "refused"}, {404, refusal, "refused"}, {429, refusal, "refused"},
		{400, `{"message":"no code"}`, "in doubt"}, {400, `{"code":"X"`, "in doubt"}, {400, `{"code":1}`, "in doubt"}, {429, "", "in doubt"},
	} {
		tt.check(t)
	}
}

func TestN11ProxyPagesOnPost(t *testing.T) {
	for _, status := range []int{200, 403, 407, 429, 451, 511} {
		statusCase{status, "<!DOCTYPE html><html>log in</html>", "in doubt"}.check(t)
	}
}
