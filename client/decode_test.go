package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// answered is the Date of says.
var answered = time.Date(2024, 3, 1, 9, 38, 24, 0, time.UTC)

// beijing reads a time of the service as wire.md §2 shows it to be: UTC+8.
func beijing(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05.999 -0700", s+" +0800")
	if err != nil {
		panic(err)
	}
	return t
}

func urls(all ...string) []Result {
	var results []Result
	for _, u := range all {
		results = append(results, Result{URL: u})
	}
	return results
}

// same compares field for field; times are equal as instants.
func same(t *testing.T, name string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.Transformer("whole", func(r Result) []string {
		return []string{r.URL, r.OrigPrompt, r.ActualPrompt, r.Code, r.Message}
	}), cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".raw" }, cmp.Ignore())); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestDecodeSubmit(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		want       Task
	}{
		{"REC image-synthesis", good, Task{ID: aTask, RequestID: "33da8e6b-1309-9a44-be83-352165959608", Status: Pending}},
		{"REC other key order", `{"request_id":"1","output":{"task_id":"2","task_status":"PENDING"}}`, Task{ID: "2", RequestID: "1", Status: Pending}},
		{"TEST Python", `{"status_code":200,"request_id":"effd2cb1-1a8c-9f18-9a49-a396f673bd40","code":"","message":"","output":{"task_id":"hello","task_status":"SUCCEEDED","results":[{"url":"url1"}]},"usage":{"image_count":4}}`,
			Task{ID: "hello", RequestID: "effd2cb1-1a8c-9f18-9a49-a396f673bd40", Status: Succeeded, Results: urls("url1"), Images: 4}},
		{"TEST Java", `{"request_id":"39","output":{"task_id":"e4","task_status":"SUCCEEDED","results":[{"url":"https://1"},{"url":"https://2"},{"url":"https://"},{"url":"https://4"}],"task_metrics":{"TOTAL":4,"SUCCEEDED":4,"FAILED":0}},"usage":{"image_count":4,"size":"1024*1024"}}`,
			Task{ID: "e4", RequestID: "39", Status: Succeeded, Results: urls("https://1", "https://2", "https://", "https://4"), Images: 4}},
		{"TEST Node, lobe-chat", `{"output":{"task_id":"mock-image-task-1"},"request_id":"img-create-1"}`, Task{ID: "mock-image-task-1", RequestID: "img-create-1", Status: Pending}},
		{"TEST nulls", `{"output":{"task_id":"2","task_status":"PENDING","results":null,"code":null},"request_id":null,"code":null,"message":null,"usage":null}`, Task{ID: "2", Status: Pending}},
		{"odd types beside the id", `{"code":0,"message":{},"request_id":7,"usage":"x","output":{"task_id":"2","task_status":1,"results":{},"submit_time":5}}`, Task{ID: "2", Status: Pending}},
		{"unknown members", `{"output":{"task_id":"2","new":[1,{"a":2}]},"trace":{}}`, Task{ID: "2", Status: Pending}},
	} {
		got, err := submit(says(t, 200, tt.body), fox)
		if err != nil {
			t.Errorf("%s: Submit = %v", tt.name, err)
			continue
		}
		tt.want.Date = answered
		same(t, tt.name, got, tt.want)
	}
}

const (
	cnHead = `{"request_id":"6662e925-4846-9afe-a3af-0d131805d378","output":{"task_id":"` + aTask + `","task_status":`
	cnTime = `"submit_time":"2024-03-01 17:38:24.817","scheduled_time":"2024-03-01 17:38:24.831"`
	bj     = "https://dashscope-result-bj.oss-cn-beijing.aliyuncs.com/1d/d4/20240301/8d820c8d/4c48fa53-2907-499b-b9ac-76477fe8d299-1.png"
	sh     = "https://dashscope-result-sh.oss-cn-shanghai.aliyuncs.com/1d/79/20240301/3ab595ad/aa3e6d8d-884d-4431-b9c2-3684edeb072e-1.png"
	sz     = "https://dashscope-result-sz.oss-cn-shenzhen.aliyuncs.com/7d/xxx.png?Expires=xxxx"
)

var (
	submitted = beijing("2024-03-01 17:38:24.817")
	scheduled = beijing("2024-03-01 17:38:24.831")
)

func cn(status Status) Task {
	return Task{ID: aTask, RequestID: "6662e925-4846-9afe-a3af-0d131805d378", Status: status, Submitted: submitted, Scheduled: scheduled}
}

var tasks = []struct {
	name, body string
	want       func() Task
}{
	{"REC running", cnHead + `"RUNNING",` + cnTime + `,"task_metrics":{"TOTAL":4,"SUCCEEDED":0,"FAILED":0}}}`, func() Task { return cn(Running) }},
	{"REC succeeded", cnHead + `"SUCCEEDED",` + cnTime + `,"end_time":"2024-03-01 17:38:55.565","results":[{"url":"` + bj + `"},{"url":"` + sh + `"}],"task_metrics":{"TOTAL":4,"SUCCEEDED":4,"FAILED":0}},"usage":{"image_count":4}}`,
		func() Task {
			task := cn(Succeeded)
			task.Ended, task.Results, task.Images = beijing("2024-03-01 17:38:55.565"), urls(bj, sh), 4
			return task
		}},
	{"REC unknown", `{"request_id":"85c25460-6440-91a7-b14e-2978fe60bd0f","output":{"task_id":"1111","task_status":"UNKNOWN"}}`,
		func() Task {
			return Task{ID: "1111", RequestID: "85c25460-6440-91a7-b14e-2978fe60bd0f", Status: Unknown}
		}},
	{"DOC failed", `{"request_id":"c61fe158-c0de-40f0-b4d9-964625119ba4","output":{"task_id":"86ecf553-d340-4e21-xxxxxxxxx","task_status":"FAILED","submit_time":"2025-11-11 11:46:28.116","scheduled_time":"2025-11-11 11:46:28.154","end_time":"2025-11-11 11:46:28.255","code":"InvalidParameter","message":"xxxxxxxx"}}`,
		func() Task {
			return Task{ID: "86ecf553-d340-4e21-xxxxxxxxx", RequestID: "c61fe158-c0de-40f0-b4d9-964625119ba4", Status: Failed, Code: "InvalidParameter", Message: "xxxxxxxx",
				Submitted: beijing("2025-11-11 11:46:28.116"), Scheduled: beijing("2025-11-11 11:46:28.154"), Ended: beijing("2025-11-11 11:46:28.255")}
		}},
	{"REC in effect, asr failed", `{"output":{"task_id":"1","task_status":"FAILED","submit_time":"2025-05-12 23:38:33.868","scheduled_time":"…","end_time":"…","code":"InvalidFile.DownloadFailed","message":"The audio file cannot be downloaded.","results":[{"file_url":"…","code":"InvalidFile.DownloadFailed","message":"…","subtask_status":"FAILED"}],"task_metrics":{"TOTAL":1,"SUCCEEDED":0,"FAILED":1}}}`,
		func() Task {
			return Task{ID: "1", Status: Failed, Code: "InvalidFile.DownloadFailed", Message: "The audio file cannot be downloaded.", Submitted: beijing("2025-05-12 23:38:33.868"),
				Results: []Result{{Code: "InvalidFile.DownloadFailed", Message: "…"}}}
		}},
	{"REC repaint, no milliseconds", `{"output":{"task_id":"1","task_status":"SUCCEEDED","submit_time":"2024-03-02 22:22:13","scheduled_time":"2024-03-02 22:22:13.025","error_message":"Success","start_time":"2024-03-02 22:22:13","style_index":3,"error_code":0,"end_time":"2024-03-02 22:22:21","results":[{"url":"u"}]}}`,
		func() Task {
			return Task{ID: "1", Status: Succeeded, Submitted: beijing("2024-03-02 22:22:13"), Scheduled: beijing("2024-03-02 22:22:13.025"), Ended: beijing("2024-03-02 22:22:21"), Results: urls("u")}
		}},
	{"TEST lobe-chat failed", `{"output":{"task_id":"1","task_status":"FAILED","error_message":"Content policy violation"}}`,
		func() Task { return Task{ID: "1", Status: Failed, Message: "Content policy violation"} }},
	{"failed, reason on top", `{"code":"DataInspectionFailed","message":"no","output":{"task_id":"1","task_status":"FAILED"}}`,
		func() Task { return Task{ID: "1", Status: Failed, Code: "DataInspectionFailed", Message: "no"} }},
	{"DOC qwen-image", `{"request_id":"cf4a3304-fa4d-97b6-bc72-xxxxxx","output":{"task_id":"18e7cde0-8c17-42aa-afc5-xxxxxx","task_status":"SUCCEEDED","submit_time":"2025-09-05 11:33:20.542","scheduled_time":"2025-09-05 11:33:20.581","end_time":"2025-09-05 11:33:40.807","results":[{"orig_prompt":"一副典雅庄重的对联","actual_prompt":"一副\n典雅","url":"` + sz + `"}]},"usage":{"image_count":1}}`,
		func() Task {
			return Task{ID: "18e7cde0-8c17-42aa-afc5-xxxxxx", RequestID: "cf4a3304-fa4d-97b6-bc72-xxxxxx", Status: Succeeded, Images: 1,
				Submitted: beijing("2025-09-05 11:33:20.542"), Scheduled: beijing("2025-09-05 11:33:20.581"), Ended: beijing("2025-09-05 11:33:40.807"),
				Results: []Result{{URL: sz, OrigPrompt: "一副典雅庄重的对联", ActualPrompt: "一副\n典雅"}}}
		}},
	{"DOC qwen-image-3.0", `{"output":{"task_id":"17d7d840-82b9-485b-a954-724d06bc88d2","task_status":"SUCCEEDED","submit_time":"2026-08-07 15:50:14.837","scheduled_time":"2026-08-07 15:50:14.884","end_time":"2026-08-07 15:50:33.607","rewrite_status":"not_use","choices":[{"finish_reason":"stop","message":{"role":"assistant","content":[{"image":"` + sz + `","type":"image"}]}}]},"usage":{"output_height":1024,"output_width":1024,"input_image_count":0,"input_image_type":"qima_input_1k","output_image_count":1,"output_image_type":"qima_output_1k"},"request_id":"2bd94002-5624-9129-916b-fbdde107b4ba"}`,
		func() Task {
			return Task{ID: "17d7d840-82b9-485b-a954-724d06bc88d2", RequestID: "2bd94002-5624-9129-916b-fbdde107b4ba", Status: Succeeded, Images: 1, Results: urls(sz),
				Submitted: beijing("2026-08-07 15:50:14.837"), Scheduled: beijing("2026-08-07 15:50:14.884"), Ended: beijing("2026-08-07 15:50:33.607")}
		}},
	{"DOC wan2.7", `{"output":{"task_id":"1","task_status":"SUCCEEDED","finished":true,"choices":[{"message":{"content":[{"image":"a","type":"image"},{"image":"b","type":"image"}]}}]},"usage":{"size":"2976*1408","image_count":2,"input_tokens":1,"output_tokens":2,"total_tokens":3}}`,
		func() Task { return Task{ID: "1", Status: Succeeded, Images: 2, Results: urls("a", "b")} }},
	{"expected pending", `{"output":{"task_id":"1","task_status":"PENDING","submit_time":"2024-03-01 17:38:24.817"}}`,
		func() Task { return Task{ID: "1", Status: Pending, Submitted: submitted} }},
	{"expected canceled", `{"output":{"task_id":"1","task_status":"CANCELED"}}`, func() Task { return Task{ID: "1", Status: Canceled} }},
}

// id is the task that a body speaks of.
func id(body string) string {
	_, rest, _ := strings.Cut(body, `"task_id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

func TestDecodeTask(t *testing.T) {
	for _, tt := range tasks {
		got, err := says(t, 200, tt.body).Task(context.Background(), id(tt.body))
		if err != nil {
			t.Errorf("%s: Task = %v", tt.name, err)
			continue
		}
		want := tt.want()
		want.Date = answered
		same(t, tt.name, got, want)
	}
}

func TestA13Results(t *testing.T) {
	const partly = "Output data may contain inappropriate content."
	for _, tt := range []struct {
		name, output string
		want         []Result
	}{
		{"DOC partly failed", `"results":[{"url":"1"},{"url":"2"},{"url":"3"},{"code":"DataInspectionFailed","message":"` + partly + `"}],"task_metrics":{"TOTAL":4,"SUCCEEDED":3,"FAILED":1}`,
			append(urls("1", "2", "3"), Result{Code: "DataInspectionFailed", Message: partly})},
		{"first failed", `"results":[{"code":"InternalError.Timeout","message":"x"},{"url":"1"}]`, []Result{{Code: "InternalError.Timeout", Message: "x"}, {URL: "1"}}},
		{"empty", `"results":[]`, nil}, {"absent", `"x":1`, nil}, {"null", `"results":null`, nil}, {"no list", `"results":"x"`, nil},
		{"odd entries keep their place", `"results":[null,{"url":"1","actual_prompt":{"a":1}},"x",{"url":2}]`, []Result{{}, {URL: "1"}, {}, {}}},
		{"several choices", `"choices":[{"message":{"content":[{"image":"1"}]}},{"message":{"content":[{"image":"2"}]}}]`, urls("1", "2")},
		{"text beside the picture", `"choices":[{"message":{"reasoning_content":"x","content":[{"text":"a fox"},{"image":"1"},{"text":"x"}]}}]`, urls("1")},
		{"content is text", `"choices":[{"message":{"content":"a fox"}},{"message":{"content":[{"image":"1"}]}}]`, urls("1")},
		{"odd content", `"choices":[null,{"message":{"content":[7,{"image":[]},{"image":"1"}]}}]`, urls("1")},
	} {
		got, err := says(t, 200, `{"output":{"task_id":"1","task_status":"SUCCEEDED",`+tt.output+`}}`).Task(context.Background(), "1")
		if err != nil {
			t.Errorf("%s: Task = %v", tt.name, err)
		}
		same(t, tt.name, got.Results, tt.want)
	}
}

func TestA13Billed(t *testing.T) {
	for usage, want := range map[string]int{
		`{"image_count":3}`: 3, `{"output_image_count":2}`: 2, `{"image_count":1,"output_image_count":2}`: 2, `{}`: 0, `null`: 0, `[]`: 0, `"x"`: 0,
		`{"image_count":"3","output_image_count":2}`: 2, `{"image_count":-1}`: 0, `{"image_count":1e300}`: 0, `{"image_count":4.0}`: 4,
	} {
		got, err := says(t, 200, `{"output":{"task_id":"1","task_status":"SUCCEEDED"},"usage":`+usage+`}`).Task(context.Background(), "1")
		if err != nil || got.Images != want {
			t.Errorf("usage %s: Images = %d, %v, want %d", usage, got.Images, err, want)
		}
	}
}

func TestA14UnknownStatus(t *testing.T) {
	for said, want := range map[string]Status{
		"SUSPENDED": "SUSPENDED", "Succeeded": "Succeeded", "SUCC\\u0000EEDED": `"SUCC\x00EEDED"`, "SUCCEEDED ": `"SUCCEEDED "`, "\\u200bSUCCEEDED": `"\u200bSUCCEEDED"`, "完成": `"\u5b8c\u6210"`,
	} {
		got, err := says(t, 200, `{"output":{"task_id":"1","task_status":"`+said+`","later":[]}}`).Task(context.Background(), "1")
		if err != nil || got.Status != want || got.Status.Ended() {
			t.Errorf("status %s: Task = %q, %v, ended %v, want %q, running", said, got.Status, err, got.Status.Ended(), want)
		}
	}
}

func TestN12OtherTask(t *testing.T) {
	for _, body := range []string{good, `{"output":{"task_status":"SUCCEEDED"}}`, `{"output":{"task_id":"1 ","task_status":"SUCCEEDED"}}`, `{"output":{"task_id":null,"task_status":"RUNNING"}}`} {
		if got, err := says(t, 200, body).Task(context.Background(), "1"); !errors.Is(err, ErrUnreadable) || got.Status != "" {
			t.Errorf("%s: Task(1) = %v, %v, want %v", body, got, err, ErrUnreadable)
		}
	}
}

func TestN11ProxyPagesOnQuery(t *testing.T) {
	for _, status := range []int{200, 204, 302, 403, 407, 502, 511} {
		for _, body := range []string{"<!DOCTYPE html><html>log in</html>", "", "error code: 1020"} {
			if status == 204 {
				body = ""
			}
			c := says(t, status, body)
			for _, op := range []string{"task", "list", "cancel"} {
				var api *APIError
				if err := call(c, op); !errors.Is(err, ErrUnreadable) || errors.As(err, &api) || len(err.Error()) > 150 {
					t.Errorf("HTTP %d %q: %s = %v, want %v", status, body, op, err, ErrUnreadable)
				}
			}
		}
	}
	if err := call(says(t, 200, "<html>log in</html>"), "task"); !strings.Contains(err.Error(), "proxy or a login page") {
		t.Errorf("Task = %v, want a word on proxies", err)
	}
}

func TestN8QueryErrorsAreTemporary(t *testing.T) {
	for status, code := range map[int]string{429: "Throttling.RateQuota", 500: "InternalError", 503: "ModelUnavailable", 200: "InternalError.Algo"} {
		var api *APIError
		err := call(says(t, status, `{"code":"`+code+`","message":"x","request_id":"1"}`), "task")
		if !errors.As(err, &api) || api.Reach() != ReachRetry || api.Status != status || api.Op != "query" {
			t.Errorf("HTTP %d %s: Task = %#v, want a retry", status, code, err)
		}
	}
}

func TestH8TaskIDs(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { t.Errorf("%s was sent", r.URL) })
	for _, bad := range []string{"", "a/../b", "..", "a?b", "a#b", "a b", "a%2fb", "a\n", "中", "a_b", strings.Repeat("a", 65)} {
		if _, err := c.Task(context.Background(), bad); err == nil {
			t.Errorf("Task(%q) = nil", bad)
		}
		if err := c.Cancel(context.Background(), bad); err == nil {
			t.Errorf("Cancel(%q) = nil", bad)
		}
	}
	row := `{"total":1,"page_no":1,"total_page":1,"data":[{"task_id":"../x","status":"RUNNING"}]}`
	if _, err := says(t, 200, row).TaskPage(context.Background(), Filter{}, 1); !errors.Is(err, ErrUnreadable) {
		t.Errorf("TaskPage = %v, want %v", err, ErrUnreadable)
	}
}

func TestP18Cancel(t *testing.T) {
	var got string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = fmt.Sprintf("%s %s %d %q", r.Method, r.URL, r.ContentLength, body)
		io.WriteString(w, `{"request_id":"45ac7f13-xxxx-xxxx-xxxx-e03c35068d83"}`)
	})
	if err := c.Cancel(context.Background(), aTask); err != nil || got != "POST /api/v1/tasks/"+aTask+`/cancel 0 ""` {
		t.Errorf("Cancel = %v, sent %s", err, got)
	}
	refused := `{"request_id":"4d496c94-1389-9ca9-a92a-3e732f675686","code":"UnsupportedOperation","message":"Failed to cancel the task, please confirm if the task is in PENDING status."}`
	for _, status := range []int{400, 200} {
		var api *APIError
		want := APIError{"cancel", status, "UnsupportedOperation", "Failed to cancel the task, please confirm if the task is in PENDING status.", "4d496c94-1389-9ca9-a92a-3e732f675686", answered}
		if err := says(t, status, refused).Cancel(context.Background(), aTask); !errors.As(err, &api) || *api != want {
			t.Errorf("HTTP %d: Cancel = %#v, want %#v", status, err, want)
		}
	}
	for _, body := range []string{"", "{}", "null", `{"request_id":""}`, "<html>"} {
		if err := says(t, 200, body).Cancel(context.Background(), aTask); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%q: Cancel = %v, want %v", body, err, ErrUnreadable)
		}
	}
}
