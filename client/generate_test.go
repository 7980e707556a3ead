package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const recordedSync = `{"output":{"choices":[{"finish_reason":"stop","message":{"content":[{"image":"https://dashscope-7c2c.oss-cn-shanghai.aliyuncs.com/7d/93/20260611/d23adf3d/5795d646-7395-91d2-85d7-34d8b99a3d8d233.png?Expires=1781778573&OSSAccessKeyId=LTAI***&Signature=***"}],"role":"assistant"}}],"task_metric":{"FAILED":0,"SUCCEEDED":1,"TOTAL":1}},"usage":{"height":928,"image_count":1,"width":1664},"request_id":"5795d646-7395-91d2-85d7-34d8b99a3d8d"}`

func TestDecodeGenerate(t *testing.T) {
	picture := "https://dashscope-7c2c.oss-cn-shanghai.aliyuncs.com/7d/93/20260611/d23adf3d/5795d646-7395-91d2-85d7-34d8b99a3d8d233.png?Expires=1781778573&OSSAccessKeyId=LTAI***&Signature=***"
	for _, tt := range []struct {
		name, body string
		want       Task
	}{
		{"REC qwen-image-max", recordedSync, Task{RequestID: "5795d646-7395-91d2-85d7-34d8b99a3d8d", Status: Succeeded, Results: urls(picture), Images: 1}},
		{"DOC 2.0, several", `{"request_id":"1","output":{"choices":[{"message":{"content":[{"image":"a"},{"image":"b"}]}}]},"usage":{"width":2048,"height":2048,"image_count":2}}`,
			Task{RequestID: "1", Status: Succeeded, Results: urls("a", "b"), Images: 2}},
		{"DOC 3.0", `{"request_id":"1","output":{"rewrite_status":"not_use","choices":[{"message":{"content":[{"image":"a","type":"image"}]}}]},"usage":{"output_image_count":1}}`,
			Task{RequestID: "1", Status: Succeeded, Results: urls("a"), Images: 1}},
		{"DOC z-image", `{"request_id":"1","output":{"choices":[{"message":{"reasoning_content":"x","content":[{"image":"a"},{"text":"b"}]}}]},"usage":{"input_tokens":1,"image_count":1}}`,
			Task{RequestID: "1", Status: Succeeded, Results: urls("a"), Images: 1}},
		{"a task id and a code beside the picture", `{"code":"Success","output":{"task_id":"x/../y","task_status":"FAILED","code":"c","choices":[{"message":{"content":[{"image":"a"}]}}]}}`,
			Task{Status: Succeeded, Results: urls("a")}},
	} {
		got, err := generate(says(t, 200, tt.body))
		if err != nil {
			t.Errorf("%s: Generate = %v", tt.name, err)
			continue
		}
		tt.want.Date = answered
		same(t, tt.name, got, tt.want)
	}
}

// paying-once.md 6: an error of the service itself is unbilled whatever its status, and no answer, one that is not JSON or a
// gateway's word about HTTP 5xx is held. HTTP 200 is an error only with a listed code.
func TestGenerateClasses(t *testing.T) {
	const gateway = `{"error":{"code":"upstream_error","message":"x","type":"server_error"}}`
	for _, status := range []int{200, 400, 403, 408, 429, 500, 502, 503, 504} {
		unlisted, ofGateway := "refused", "refused"
		if status == 200 {
			unlisted = "in doubt"
		}
		if status == 200 || status == 408 || status >= 500 {
			ofGateway = "in doubt"
		}
		for body, want := range map[string]string{
			`{"code":"InvalidParameter","message":"Size not supported"}`:                                           "refused",
			`{"code":"ModelUnavailable","message":"x","request_id":"1"}`:                                           "refused",
			`{"request_id":"1","code":"InvalidParameter","message":"num_images_per_prompt must be 1","output":{}}`: "refused",
			`{"code":"X","request_id":"1","output":{"choices":[]}}`:                                                unlisted,
			gateway:                 ofGateway,
			`{"message":"no code"}`: "in doubt", `{}`: "in doubt", `null`: "in doubt", ``: "in doubt", `<html>`: "in doubt", `{"code":"X"`: "in doubt",
			`{"output":{"choices":[]},"request_id":"1"}`: "in doubt", `{"output":{"choices":[{"message":{"content":"no picture"}}]}}`: "in doubt",
			`{"output":{"task_id":"1","task_status":"PENDING"}}`: "in doubt", `{"output":{"results":[{"code":"X"}]}}`: "in doubt",
		} {
			if _, err := generate(says(t, status, body)); class(err) != want {
				t.Errorf("HTTP %d %s: Generate = %v, want %s", status, body, err, want)
			}
		}
	}
	if _, err := generate(says(t, 500, recordedSync)); class(err) != "in doubt" {
		t.Errorf("HTTP 500 with a picture: Generate = %v, want in doubt", err)
	}
}

func TestGenerateOnTheWire(t *testing.T) {
	for name, tt := range map[string]struct {
		end  func(*rawConn)
		want string
	}{
		"reset":       {func(c *rawConn) { c.reset() }, "in doubt"},
		"EOF":         {func(c *rawConn) {}, "in doubt"},
		"half a body": {func(c *rawConn) { c.say("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + recordedSync[:50]) }, "in doubt"},
		"whole body":  {func(c *rawConn) { c.say("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + recordedSync) }, "created"},
		"redirect":    {func(c *rawConn) { c.say("HTTP/1.1 307 X\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n") }, "in doubt"},
	} {
		s := newRaw(t, func(c *rawConn) { c.request(); tt.end(c) })
		if _, err := generate(newTest(t, Config{BaseURL: s.base()})); class(err) != tt.want || s.posts.Load() != 1 {
			t.Errorf("%s: Generate = %v with %d POSTs, want %s with 1", name, err, s.posts.Load(), tt.want)
		}
	}
}

// The bodies are those of the user's document and of QI3, member for member.
func TestRequestBodies(t *testing.T) {
	seed := int64(0)
	full := Request{Prompt: "a <fox> & 中文", NegativePrompt: "blurry", Size: "1328*1328", Seed: &seed, PromptExtend: new(true), Watermark: true}
	bare := Request{Prompt: "x", Size: "1328*1328", N: 3}
	const (
		fullBody = `"parameters":{"size":"1328*1328","n":1,"seed":0,"prompt_extend":true,"watermark":true}`
		bareBody = `"parameters":{"size":"1328*1328","n":3,"watermark":false}`
		zeroBody = `{"model":"qwen-image-plus","input":{"prompt":"x"},"parameters":{"size":"1664*928","n":1,"watermark":false}}`
		messages = `"input":{"messages":[{"role":"user","content":[{"text":"a <fox> & 中文"}]}]},"parameters":{"negative_prompt":"blurry","size":"1328*1328","n":1,"seed":0,"prompt_extend":true,"watermark":true}`
	)
	for _, tt := range []struct {
		model   string
		request Request
		sync    bool
		path    string
		want    string
	}{
		{"qwen-image-plus", full, false, "text2image/image-synthesis", `{"model":"qwen-image-plus","input":{"prompt":"a <fox> & 中文","negative_prompt":"blurry"},` + fullBody + `}`},
		{"", Request{Prompt: "x"}, false, "text2image/image-synthesis", zeroBody},
		{"qwen-image-plus", Request{Prompt: "x", N: 1, Extra: map[string]any{"size": "1664*928", "style": []int{1}}}, false, "text2image/image-synthesis",
			strings.Replace(zeroBody, `"n":1`, `"n":1,"style":[1]`, 1)},
		{"qwen-image", bare, false, "text2image/image-synthesis", `{"model":"qwen-image","input":{"prompt":"x"},` + bareBody + `}`},
		{"qwen-image-3.0", full, false, "image-generation/generation", `{"model":"qwen-image-3.0",` + messages + `}`},
		{"qwen-image-max", full, true, "multimodal-generation/generation", `{"model":"qwen-image-max",` + messages + `}`},
		{"qwen-image-plus", bare, true, "multimodal-generation/generation", `{"model":"qwen-image-plus","input":{"messages":[{"role":"user","content":[{"text":"x"}]}]},` + bareBody + `}`},
	} {
		var path, async string
		var got, want any
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			path, async = r.URL.Path, r.Header.Get("X-Dashscope-Async")
			body, _ := io.ReadAll(r.Body)
			if err := json.Unmarshal(body, &got); err != nil {
				t.Errorf("%s: %v", body, err)
			}
		})
		tt.request.Model = tt.model
		if tt.sync {
			c.Generate(context.Background(), tt.request)
		} else {
			c.Submit(context.Background(), tt.request)
		}
		if json.Unmarshal([]byte(tt.want), &want) != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: sent (-want +got):\n%s", tt.model, cmp.Diff(want, got))
		}
		if path != "/api/v1/services/aigc/"+tt.path || (async == "enable") == tt.sync {
			t.Errorf("%s: sent to %s, async %q", tt.model, path, async)
		}
	}
}

// A header or a parameter of the caller's own goes out; what this package sets, and what would make net/http send twice, does not.
func TestExtraOfARequest(t *testing.T) {
	var posts atomic.Int32
	var trace string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { posts.Add(1); trace = r.Header.Get("Traceparent") })
	for _, r := range []Request{
		{Header: http.Header{"Authorization": {"x"}}}, {Header: http.Header{"idempotency-key": {"1"}}}, {Header: http.Header{"X-DashScope-Async": {"no"}}},
		{Extra: map[string]any{"a": func() {}}},
	} {
		_, submitted := c.Submit(context.Background(), r)
		_, generated := c.Generate(context.Background(), r)
		if !errors.Is(submitted, ErrNotSent) || !errors.Is(generated, ErrNotSent) {
			t.Errorf("%v: Submit = %v, Generate = %v, want ErrNotSent", r, submitted, generated)
		}
	}
	if posts.Load() != 0 {
		t.Errorf("%d requests sent, want none", posts.Load())
	}
	c.Submit(context.Background(), Request{Header: http.Header{"Traceparent": {"00-1"}}})
	if posts.Load() != 1 || trace != "00-1" {
		t.Errorf("%d requests, Traceparent %q", posts.Load(), trace)
	}
}

// TestA34DefaultSize: a request without a size asks for the model's own default, since the service refuses an empty one.
func TestA34DefaultSize(t *testing.T) {
	for _, m := range append(Models(), LookupModel("qwen-image-9")) {
		sizes := map[string]string{}
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			var body struct {
				Parameters struct {
					Size string `json:"size"`
				} `json:"parameters"`
			}
			json.NewDecoder(r.Body).Decode(&body)
			sizes[r.Header.Get("X-Dashscope-Async")] = body.Parameters.Size
		})
		c.Submit(context.Background(), Request{Model: m.Name, Prompt: fox})
		c.Generate(context.Background(), Request{Model: m.Name, Prompt: fox})
		want := m.Default().String()
		if m.Async != None && sizes["enable"] != want || m.Sync && sizes[""] != want {
			t.Errorf("%s: async %q, sync %q, want %q", m.Name, sizes["enable"], sizes[""], want)
		}
	}
}

func TestWrongInterface(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { t.Errorf("%s was sent", r.URL) })
	if _, err := c.Submit(context.Background(), Request{Model: "qwen-image-max"}); !errors.Is(err, ErrNotSent) {
		t.Errorf("Submit(qwen-image-max) = %v, want %v", err, ErrNotSent)
	}
	if _, err := c.Generate(context.Background(), Request{Model: "wan2.5-t2i-preview"}); !errors.Is(err, ErrNotSent) {
		t.Errorf("Generate(wan2.5-t2i-preview) = %v, want %v", err, ErrNotSent)
	}
}
