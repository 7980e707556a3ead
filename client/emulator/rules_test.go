package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// failure mode A33
func TestRefusedBodies(t *testing.T) {
	long := strings.Repeat("猫", 801)
	for _, c := range []struct{ door, body, code, message string }{
		{pathA1, `{`, "InvalidParameter", "Required body invalid"},
		{pathA1, `null`, "InvalidParameter", "Required body invalid"},
		{pathA1, `[]`, "InvalidParameter", "Required body invalid"},
		{pathA1, `{"model":"qwen-image","input":{"prompt":"a"}} x`, "InvalidParameter", "Required body invalid"},
		{pathA1, `{"input":{"prompt":"a"}}`, "BadRequest.EmptyModel", "model"},
		{pathA1, `{"model":"qwen-image"}`, "BadRequest.EmptyInput", "input"},
		{pathA1, `{"model":7,"input":{"prompt":"a"}}`, "InvalidParameter", "(model)"},
		{pathA1, `{"model":"qwen-image","input":"a"}`, "InvalidParameter", "(input)"},
		{pathA1, `{"model":"qwen-image","input":{}}`, "InvalidParameter", "(prompt)"},
		{pathA1, `{"model":"qwen-image","input":{"prompt":""}}`, "InvalidParameter", "(prompt)"},
		{pathA1, `{"model":"qwen-image","input":{"prompt":" \n"}}`, "InvalidParameter", "(prompt)"},
		{pathA1, `{"model":"qwen-image","input":{"prompt":["a"]}}`, "InvalidParameter", "(prompt)"},
		{pathA1, `{"model":"qwen-image","input":{"Prompt":"a"}}`, "InvalidParameter", "(prompt)"}, // names are exact
		{pathA1, `{"model":"qwen-imagine","input":{"prompt":"a"}}`, "InvalidParameter", "Model not exist."},
		{pathA1, `{"model":"qwen-image-max","input":{"prompt":"a"}}`, "InvalidParameter", "url error, please check url！"},
		{pathA1, `{"model":"qwen-image-3.0","input":{"prompt":"a"}}`, "InvalidParameter", "url error"},
		{pathA2, `{"model":"qwen-image-plus","input":{"messages":[{"role":"user","content":[{"text":"a"}]}]}}`, "InvalidParameter", "url error"},
		{pathSync, `{"model":"wan2.2-t2i-plus","input":{"messages":[{"role":"user","content":[{"text":"a"}]}]}}`, "InvalidParameter", "url error"},
		{pathA1, plusWith(`"n":0`), "InvalidParameter", "num_images_per_prompt must be 1"},
		{pathA1, plusWith(`"n":"1"`), "InvalidParameter", "(n)"},
		{pathA1, plusWith(`"n":1.5`), "InvalidParameter", "(n)"},
		{pathA1, plusWith(`"seed":-1`), "InvalidParameter", "seed"},
		{pathA1, plusWith(`"seed":2147483648`), "InvalidParameter", "seed"},
		{pathA1, plusWith(`"seed":"7"`), "InvalidParameter", "(seed)"},
		{pathA1, plusWith(`"prompt_extend":"true"`), "InvalidParameter", "(prompt_extend)"},
		{pathA1, plusWith(`"watermark":1`), "InvalidParameter", "(watermark)"},
		{pathA1, plusWith(`"size":"1024*1024"`), "InvalidParameter", "The size is not match the allowed size ['1664*928', '1472*1104'"},
		{pathA1, plusWith(`"size":""`), "InvalidParameter", "Expected format"},
		{pathSync, `{"model":"qwen-image","input":{"messages":[{"role":"user","content":[{"text":"a"}]}]},"parameters":{"size":""}}`, "InvalidParameter", "Expected format"},
		{pathA1, plusWith(`"size":" 1328*1328"`), "InvalidParameter", "Expected format"},
		{pathA1, plusWith(`"size":1328`), "InvalidParameter", "(size)"},
		{pathA1, plusWith(`"size":"1328x1328"`), "InvalidParameter", "Expected format: '<width>*<height>'"},
		{pathA1, plusWith(`"size":"01328*1328"`), "InvalidParameter", "Expected format"},
		{pathA1, plusWith(`"size":"-1328*-1328"`), "InvalidParameter", "Expected format"},
		{pathA1, `{"model":"wanx2.1-t2i-turbo","input":{"prompt":"a"},"parameters":{"n":5}}`, "InvalidParameter", "n must be in [1, 4]"},
		{pathA2, `{"model":"qwen-image-3.0","input":{"messages":[{"role":"user","content":[{"text":"a"}]}]},"parameters":{"size":"1K"}}`, "InvalidParameter", "Expected format"},
		{pathA2, `{"model":"qwen-image-3.0","input":{"messages":[{"role":"user","content":[{"text":"a"}]}]},"parameters":{"size":"512*5000"}}`, "InvalidParameter", "size"},
		{pathSync, `{"model":"qwen-image","input":{"prompt":"a"}}`, "InvalidParameter", "No messages found in input"},
		{pathSync, `{"model":"qwen-image","input":{"messages":[{},{}]}}`, "InvalidParameter", "messages length only support 1"},
		{pathSync, `{"model":"qwen-image","input":{"messages":[{"role":"user","content":[]}]}}`, "InvalidParameter", "Content length"},
		{pathSync, `{"model":"qwen-image","input":{"messages":[{"role":"user","content":"a"}]}}`, "InvalidParameter", "Content length"},
		{pathSync, `{"model":"qwen-image","input":{"messages":[{"role":"user","content":[{"text":"a"},{"text":"b"}]}]}}`, "InvalidParameter", "content length"},
		{pathSync, `{"model":"qwen-image-edit","input":{"messages":[{"role":"user","content":[{"text":"a"}]}]}}`, "InvalidParameter", "(image)"},
		{pathSync, withPictures("qwen-image-edit", 4, ``), "InvalidParameter", "images must be in [0, 3]"},
		{pathSync, withPictures("qwen-image-edit", 1, `"size":"1024*1024"`), "InvalidParameter", "size is not supported"},
		{pathSync, withPictures("qwen-image-edit-max", 1, `"size":"511*1024"`), "InvalidParameter", "size"},
		{pathSync, withPictures("qwen-image-max", 1, ``), "InvalidParameter", "images must be in [0, 0]"},
		{pathA2, withPictures("wan2.7-image", 10, ``), "InvalidParameter", "images must be in [0, 9]"},
		{pathA2, withPictures("wan2.7-image", 0, `"size":"767*768"`), "InvalidParameter", "size"},
		{pathA2, withPictures("qwen-image-2.1-pro", 0, `"negative_prompt":"dogs"`), "InvalidParameter", "negative_prompt"},
		{pathA1, `{"model":"qwen-image","input":{"prompt":"a [[refuse:Arrearage]]"}}`, "Arrearage", "good standing"},
		{pathA1, `{"model":"qwen-image","input":{"prompt":"` + long + `"},"parameters":{"n":3}}`, "InvalidParameter", "num_images"},
	} {
		bubble(t, exact(), func(t *testing.T, r *rig) {
			header := async
			if c.door == pathSync {
				header = "X-Test: 1"
			}
			a := r.ask("POST", c.door, c.body, header)
			if a.status != 400 || text(t, a, "code") != c.code || !strings.Contains(text(t, a, "message"), c.message) {
				t.Errorf("%.90s: %d %s, want 400 %s %s", c.body, a.status, a.body, c.code, c.message)
			}
			if b := r.s.Books(); b.Submissions.Created != 0 || b.Submissions.Refused[c.code] != 1 {
				t.Errorf("%.90s: books %+v", c.body, b.Submissions)
			}
		})
	}
}

// withPictures is a body of messages with pictures to edit or to follow.
func withPictures(model string, n int, parameters string) string {
	return `{"model":"` + model + `","input":{"messages":[{"role":"user","content":[` + strings.Repeat(`{"image":"https://x/1.png"},`, n) +
		`{"text":"a cat"}]}]},"parameters":{` + parameters + `}}`
}

func plusWith(parameter string) string {
	return `{"model":"qwen-image-plus","input":{"prompt":"a"},"parameters":{` + parameter + `}}`
}

func TestRefuseSteering(t *testing.T) {
	for _, want := range catalogue() {
		bubble(t, exact(), func(t *testing.T, r *rig) {
			body, _ := json.Marshal(map[string]any{"model": "qwen-image", "input": map[string]any{"prompt": "a [[refuse:" + want.code + "]]"}})
			a := r.ask("POST", pathA1, string(body), async)
			if a.status != want.status || text(t, a, "code") != want.code || text(t, a, "message") != want.message {
				t.Errorf("%s: %d %s", want.code, a.status, a.body)
			}
		})
	}
	bubble(t, exact(), func(t *testing.T, r *rig) {
		a := r.ask("POST", pathA1, `{"model":"qwen-image","input":{"prompt":"[[refuse:Throttling.AllocationQuota:Free allocated quota exceeded.]]"}}`, async)
		if a.status != 429 || text(t, a, "message") != "Free allocated quota exceeded." {
			t.Errorf("message after a colon: %d %s", a.status, a.body)
		}
	})
}

func TestAcceptedBodies(t *testing.T) {
	messages := func(model, parameters string) string {
		return `{"model":"` + model + `","input":{"messages":[{"role":"user","content":[{"text":"a cat"}]}]},"parameters":{` + parameters + `}}`
	}
	for _, c := range []struct{ door, body, size string }{
		{pathA1, plusWith(`"size":"1472*1140"`), "1472*1140"},
		{pathA1, plusWith(`"size":"1472*1104"`), "1472*1104"},
		{pathA1, plusWith(`"size":"1140*1472","seed":0`), "1140*1472"},
		{pathA1, plusWith(`"size":null`), "1664*928"},
		{pathA1, plusWith(`"seed":2147483647,"negative_promp":"x","stream":false,"result_format":"message","n":null`), "1664*928"},
		{pathA1, `{"model":"qwen-image","input":{"prompt":"a"},"response_format":"url","parameters":null}`, "1664*928"},
		{pathA1, `{"model":"wanx2.1-t2i-turbo","input":{"prompt":"a"},"parameters":{"size":"512*1440"}}`, "512*1440"},
		{pathA2, messages("qwen-image-3.0-pro", `"n":6,"prompt_extend_mode":"agent"`), "2048*2048"},
		{pathA2, messages("qwen-image-2.1-turbo", `"size":"1024*1024"`), "1024*1024"},
		{pathA2, messages("wan2.6-t2i", ``), "1280*1280"},
		{pathA2, messages("wan2.7-image-pro", `"size":"4K"`), "4096*4096"},
		{pathA2, messages("wan2.7-image", `"size":"768*768"`), "768*768"},
		{pathA2, messages("qwen-image-2.1-turbo", `"negative_prompt":"dogs"`), "2048*2048"},
		{pathA2, withPictures("qwen-image-2.1-pro", 10, ``), "2048*2048"},
	} {
		bubble(t, exact(), func(t *testing.T, r *rig) {
			a := r.ask("POST", c.door, c.body, async)
			if a.status != 200 {
				t.Errorf("%s: %d %s", c.body, a.status, a.body)
				return
			}
			if task := r.s.Books().Tasks[0]; task.Size != c.size {
				t.Errorf("%s: size %s, want %s", c.body, task.Size, c.size)
			}
			time.Sleep(time.Minute)
			if got := r.status(text(t, a, "output", "task_id")); got != succeeded {
				t.Errorf("%s: %s", c.body, got)
			}
		})
	}
}

func TestEveryModelByEveryDoor(t *testing.T) {
	for _, m := range models() {
		for _, door := range m.endpoints {
			bubble(t, exact(), func(t *testing.T, r *rig) {
				body := `{"model":"` + m.name + `","input":{"prompt":"a cat","messages":[{"role":"user","content":[{"text":"a cat"}]}]}}`
				if m.pictures.most > 0 {
					body = withPictures(m.name, m.pictures.most, ``)
				}
				header := async
				if door == pathSync {
					header = "X-Test: 1"
				}
				a := r.ask("POST", door, body, header)
				time.Sleep(time.Minute)
				if b := r.s.Books(); a.status != 200 || b.Charges != max(m.defaultCount, 1) {
					t.Errorf("%s %s: %d %s, %d charged", m.name, door, a.status, a.body, b.Charges)
				}
				if door == pathSync && !bytes.Contains(a.body, []byte(".png?Expires=")) {
					t.Errorf("%s: no picture in %s", m.name, a.body)
				}
			})
		}
	}
}

func TestTruncationIsSilentAndCounted(t *testing.T) {
	bubble(t, exact(), func(t *testing.T, r *rig) {
		long := strings.Repeat("猫", 801)
		id := r.submit(long)
		r.submit(strings.Repeat("猫", 800))
		r.ask("POST", pathA1, `{"model":"qwen-image","input":{"prompt":"a","negative_prompt":"`+strings.Repeat("x", 501)+`"}}`, async)
		time.Sleep(time.Minute)
		if got := text(t, r.ask("GET", "/api/v1/tasks/"+id, ""), "output", "results", "0", "orig_prompt"); got != strings.Repeat("猫", 800) {
			t.Errorf("orig_prompt of %d code points, want 800", len([]rune(got)))
		}
		b := r.s.Books()
		if b.Submissions.Truncated != 2 || !b.Tasks[0].Truncated || b.Tasks[1].Truncated || b.ChargesFor(long, 7) != 1 {
			t.Errorf("books: %d truncated, %v %v", b.Submissions.Truncated, b.Tasks[0].Truncated, b.Tasks[1].Truncated)
		}
	})
}

func TestActualPromptOnlyIfExtended(t *testing.T) {
	bubble(t, exact(), func(t *testing.T, r *rig) {
		plain := r.submit("a cat")
		b := text(t, r.ask("POST", pathA1, `{"model":"qwen-image-plus","input":{"prompt":"a cat"}}`, async), "output", "task_id")
		time.Sleep(time.Minute)
		if got := at(tree(t, r.ask("GET", "/api/v1/tasks/"+plain, "").body), "output", "results", "0", "actual_prompt"); got != nil {
			t.Errorf("not extended: actual_prompt %v", got)
		}
		if got := text(t, r.ask("GET", "/api/v1/tasks/"+b, ""), "output", "results", "0", "actual_prompt"); !strings.HasPrefix(got, "a cat ") {
			t.Errorf("extended: actual_prompt %q", got)
		}
		tasks := r.s.Books().Tasks
		if more := tasks[1].Service - tasks[0].Service; more < 3*time.Second || more > 4*time.Second {
			t.Errorf("prompt_extend took %v, want 3 to 4 s", more)
		}
	})
}

func TestPathsAndMethods(t *testing.T) {
	for _, c := range []struct {
		method, path string
		status       int
		code         string
	}{
		{"GET", "/api/v1/tasks/x/y", 404, "NotFound"}, {"GET", "/api/v1/nothing", 404, "NotFound"}, {"GET", "/", 404, "NotFound"},
		{"GET", "/api/v1/tasks/x/y/cancel", 404, "NotFound"}, {"GET", pathA1, 405, "InvalidParameter"}, {"PUT", pathSync, 405, "InvalidParameter"},
		{"POST", "/api/v1/tasks/x", 405, "InvalidParameter"}, {"GET", "/api/v1/tasks/x/cancel", 405, "InvalidParameter"}, {"POST", "/api/v1/tasks", 405, "InvalidParameter"},
		{"POST", pathA1 + "/", 400, "InvalidParameter"},
	} {
		bubble(t, exact(), func(t *testing.T, r *rig) {
			a := r.ask(c.method, c.path, "", async)
			if a.status != c.status || text(t, a, "code") != c.code || text(t, a, "request_id") == "" {
				t.Errorf("%s %s: %d %s, want %d %s", c.method, c.path, a.status, a.body, c.status, c.code)
			}
		})
	}
}

// TestOddClients sends what wire.md §7 saw clients send.
func TestOddClients(t *testing.T) {
	bubble(t, exact(), func(t *testing.T, r *rig) {
		a := r.ask("POST", pathA1+"/", askPlus, async, "Content-Type: application/json; charset=utf-8", "Accept: application/json; charset=utf-8")
		id := text(t, a, "output", "task_id")
		for _, c := range []struct {
			method, path, body string
			headers            []string
			status             int
		}{
			{"GET", "/api/v1/tasks/" + id + "/?size=1328*1328&n=1", "", nil, 200},
			{"GET", "/api/v1/tasks/" + id, "", []string{async, "Content-Type: application/json"}, 200},
			{"GET", "/api/v1/tasks", "", nil, 200},
			{"GET", "/api/v1/tasks/?page_no=1&page_size=10&whatever=1", "", nil, 200},
			{"POST", "/api/v1/tasks/" + id + "/cancel/", `{"model":"","parameters":{},"input":""}`, nil, 200},
		} {
			if a := r.ask(c.method, c.path, c.body, c.headers...); a.status != c.status {
				t.Errorf("%s %s: %d %s, want %d", c.method, c.path, a.status, a.body, c.status)
			}
		}
		if b := r.s.Books(); len(b.Violations) != 0 || b.Tasks[0].Status != canceled || b.Queries != 2 || b.Lists != 2 || b.Cancels != 1 {
			t.Errorf("books: %+v", b)
		}
	})
}

func TestBodyBound(t *testing.T) {
	bubble(t, exact(), func(t *testing.T, r *rig) {
		body := `{"model":"qwen-image","input":{"prompt":"` + strings.Repeat("x", maxBody) + `"}}`
		if a := r.ask("POST", pathA1, body, async); a.status != 413 && a.err == nil {
			t.Errorf("a body over 1 MiB: %d %s", a.status, a.body)
		}
		if b := r.s.Books(); b.Submissions.Created != 0 || b.Submissions.Seen != 1 {
			t.Errorf("books: %+v", b.Submissions)
		}
	})
}

func TestViolations(t *testing.T) {
	for _, c := range []struct {
		rule    string
		trigger func(r *rig)
	}{
		{RuleAsyncMissing, func(r *rig) { r.ask("POST", pathA1, askPlus) }},
		{RuleAsyncExtra, func(r *rig) { r.ask("POST", pathSync, askSync, async) }},
		{RuleIdempotencyKey, func(r *rig) { r.ask("POST", pathA1, askPlus, async, "Idempotency-Key: 1") }},
		{RuleKeyInRequest, func(r *rig) { r.ask("GET", "/api/v1/tasks?k="+testKey, "") }},
		{RuleKeyInRequest, func(r *rig) { r.ask("GET", "/api/v1/tasks", "", "X-Note: "+testKey) }},
		{RuleKeyAtImages, func(r *rig) { r.fetch("http://pictures.localhost/x.png", "Authorization: Bearer x") }},
		{RuleKeyAtImages, func(r *rig) { r.fetch("http://pictures.localhost/x.png", "X-Note: "+testKey) }},
		{RuleKeyAtImages, func(r *rig) { r.fetch("http://pictures.localhost/x.png?k=" + testKey) }},
		{RuleImageMethod, func(r *rig) {
			req, _ := http.NewRequest("HEAD", "http://pictures.localhost/x.png", nil)
			if a := r.do(req); a.status != 403 {
				t.Errorf("HEAD: %d, want 403", a.status)
			}
		}},
	} {
		bubble(t, exact(), func(t *testing.T, r *rig) {
			c.trigger(r)
			if b := r.s.Books(); b.Violated[c.rule] != 1 || len(b.Violations) != 1 || b.Violations[0].Rule != c.rule {
				t.Errorf("%s: books %v %v", c.rule, b.Violated, b.Violations)
			}
		})
	}
}

func TestKeysOfOneAccount(t *testing.T) {
	bubble(t, Options{CV: -1}, func(t *testing.T, r *rig) {
		id := text(t, r.ask("POST", pathA1, askPlus, async, "Authorization: Bearer one", "X-DashScope-WorkSpace: llm-1"), "output", "task_id")
		if a := r.ask("GET", "/api/v1/tasks/"+id, "", "Authorization: Bearer two"); text(t, a, "output", "task_status") == unknown {
			t.Error("another key of the account does not see the task")
		}
		for _, bad := range []string{"Bearer", "Basic one", "Bearer  one", "one"} {
			if a := r.ask("GET", "/api/v1/tasks", "", "Authorization: "+bad); a.status != 401 {
				t.Errorf("%q: %d, want 401", bad, a.status)
			}
		}
		b := r.s.Books()
		if b.Tasks[0].Key != fingerprint("one") || b.Tasks[0].Workspace != "llm-1" || b.Workspaces["llm-1"] != 1 {
			t.Errorf("books: %+v", b.Tasks[0])
		}
		all, _ := json.Marshal(b)
		if a := r.ask("GET", "/books", "", "Authorization:"); a.status != 200 || !strings.Contains(string(a.body), id) || bytes.Contains(all, []byte(testKey)) {
			t.Errorf("GET /books: %d %.100s", a.status, a.body)
		}
	})
}

func TestSyncFailsWithAnError(t *testing.T) {
	bubble(t, exact(), func(t *testing.T, r *rig) {
		a := r.ask("POST", pathSync, strings.Replace(askSync, "冬日", "[[fail:DataInspectionFailed]]", 1))
		if a.status != 400 || text(t, a, "code") != "DataInspectionFailed" {
			t.Errorf("failed sync call: %d %s", a.status, a.body)
		}
		start := time.Now()
		a = r.ask("POST", pathSync, strings.Replace(askSync, "冬日", "[[pending:1h]]", 1))
		if a.status != 500 || text(t, a, "code") != "RequestTimeOut" || time.Since(start) != syncLimit {
			t.Errorf("endless sync call: %d %s after %v", a.status, a.body, time.Since(start))
		}
		if b := r.s.Books(); b.Charges != 0 || b.Submissions.Created != 2 {
			t.Errorf("books: %d charges, %+v", b.Charges, b.Submissions)
		}
	})
}

func TestSyncIsChargedAlthoughNobodyWaits(t *testing.T) {
	bubble(t, exact(), func(t *testing.T, r *rig) {
		r.client.Timeout = 5 * time.Second
		if a := r.ask("POST", pathSync, askSync); a.err == nil {
			t.Fatalf("answered: %s", a.body)
		}
		before := r.s.Books().Charges
		time.Sleep(time.Minute)
		if b := r.s.Books(); before != 0 || b.Charges != 1 {
			t.Errorf("%d charges then %d, want 0 then 1", before, b.Charges)
		}
		if got := at(tree(t, r.ask("GET", "/api/v1/tasks", "").body), "total"); fmt.Sprint(got) != "0" {
			t.Errorf("the list shows %v sync calls", got)
		}
	})
}

func TestLimits(t *testing.T) {
	bubble(t, exact(), func(t *testing.T, r *rig) {
		a := r.ask("GET", "/api/v1/quotas?name=image-max", "", "X-DashScope-WorkSpace: llm-8l75168qayuhsr3o")
		wantLike(t, "limits", `{"code":null,"message":null,"success":true,"output":{"total":2,"page_no":1,"page_size":20,"quotas":[`+
			`{"model":"qwen-image-max","workspace_id":"llm-8l75168qayuhsr3o","model_limit":{"request_limit":2,"request_limit_period":60,"usage_limit":null,"usage_limit_field":null,"usage_limit_period":null,"async_user_queue_limit":null,"async_user_concurrency_limit":null},"workspace_limit":null},`+
			`{"model":"qwen-image-max-2025-12-30","workspace_id":"llm-8l75168qayuhsr3o","model_limit":{"request_limit":2,"request_limit_period":60,"usage_limit":null,"usage_limit_field":null,"usage_limit_period":null,"async_user_queue_limit":null,"async_user_concurrency_limit":null},"workspace_limit":null}]},"request_id":"2043b55f-f0d2"}`, a, 200, mimeTask)
		a = r.ask("GET", "/api/v1/models/limits?model=qwen-image-plus", "")
		limit := at(tree(t, a.body), "output", "quotas", "0", "model_limit")
		for name, want := range map[string]string{"request_limit": "2", "request_limit_period": "1", "async_user_queue_limit": "500", "async_user_concurrency_limit": "2"} {
			if got := fmt.Sprint(at(limit, name)); got != want {
				t.Errorf("%s %s, want %s", name, got, want)
			}
		}
		if a := r.ask("GET", "/api/v1/models/limits?page_size=5&page_no=2", ""); len(at(tree(t, a.body), "output", "quotas").([]any)) != 5 {
			t.Errorf("a page of five: %s", a.body)
		}
	})
}
