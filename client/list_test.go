package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"
)

const recordedList = `{"total":1,"data":[{"api_key_id":"4xxxx","caller_parent_id":"14xxxxxxxxxxxxxx","caller_uid":"14xxxxxxxxxxxxxx","end_time":1709260685184,"gmt_create":1709260684485,"model_name":"text-embedding-async-v2","region":"cn-beijing","request_id":"db5ce040-4548-9919-9a75-3385ee152335","start_time":1709260684527,"status":"SUCCEEDED","task_id":"6075262c-b56d-4968-9abf-2a9784a90f3e","user_api_unique_key":"apikey:v1:embeddings:text-embedding:text-embedding:text-embedding-async-v2"}],"total_page":1,"page_no":1,"request_id":"fcb29ae5-a352-9e7b-901c-e53525376cde","page_size":10}`

// TestDecodeList reads every list that was recorded or documented, and times of any kind: failure mode T5.
func TestDecodeList(t *testing.T) {
	recorded := TaskInfo{ID: "6075262c-b56d-4968-9abf-2a9784a90f3e", RequestID: "db5ce040-4548-9919-9a75-3385ee152335", Model: "text-embedding-async-v2", Status: Succeeded,
		KeyID: "4xxxx", Region: "cn-beijing", Created: time.UnixMilli(1709260684485), Started: time.UnixMilli(1709260684527), Ended: time.UnixMilli(1709260685184)}
	running := TaskInfo{ID: "1", Status: Running, Model: "wanx2.1-t2i-turbo", Created: time.UnixMilli(1745568428109)}
	for _, tt := range []struct {
		name, body string
		want       TaskPage
	}{
		{"REC", recordedList, TaskPage{Tasks: []TaskInfo{recorded}, Size: 10, Page: 1, Pages: 1, Total: 1}},
		{"DOC running has no end", `{"total":1,"page_no":1,"total_page":1,"data":[{"task_id":"1","status":"RUNNING","model_name":"wanx2.1-t2i-turbo","gmt_create":1745568428109}]}`,
			TaskPage{Tasks: []TaskInfo{running}, Page: 1, Pages: 1, Total: 1}},
		{"canceled", `{"total":1,"page_no":1,"total_page":1,"data":[{"task_id":"1","status":"CANCELED"}]}`,
			TaskPage{Tasks: []TaskInfo{{ID: "1", Status: Canceled}}, Page: 1, Pages: 1, Total: 1}},
		{"T5 seconds and nonsense", `{"total":1,"page_no":1,"total_page":1,"data":[{"task_id":"1","status":"PENDING","gmt_create":1745568428,"start_time":1e300,"end_time":-5}]}`,
			TaskPage{Tasks: []TaskInfo{{ID: "1", Status: Pending, Created: time.Unix(1745568428, 0)}}, Page: 1, Pages: 1, Total: 1}},
		{"empty", `{"total":0,"data":[],"total_page":0,"page_no":1,"page_size":10}`, TaskPage{Size: 10, Page: 1}},
		{"empty, null", `{"total":0,"data":null,"total_page":0,"page_no":1}`, TaskPage{Page: 1}},
		{"code is empty", `{"code":"","message":"","total":0,"data":[],"total_page":0,"page_no":1}`, TaskPage{Page: 1}},
	} {
		got, err := says(t, 200, tt.body).TaskPage(context.Background(), Filter{}, 1)
		if err != nil {
			t.Errorf("%s: TaskPage = %v", tt.name, err)
		}
		tt.want.Date = answered
		same(t, tt.name, got, tt.want)
	}
}

// What is not in the list may be paid again: an answer that could hide tasks is no list.
func TestA19DoubtfulLists(t *testing.T) {
	for _, body := range []string{
		"", "{}", "null", "[]", `{"data":[]}`, `{"total":3,"page_no":1}`, `{"total":3,"page_no":1,"data":null}`, `{"total":1,"page_no":2,"data":[]}`,
		`{"total":1,"page_no":1,"data":{}}`, `{"total":"1","page_no":1,"data":[]}`, `{"total":1,"page_no":1,"data":[null]}`, `{"total":1,"page_no":1,"data":[{}]}`,
		`{"total":1,"page_no":1,"data":[{"task_id":"1","gmt_create":"2024"}]}`, `{"total":1,"page_no":1,"data":["x"]}`, recordedList[:len(recordedList)-1],
	} {
		if got, err := says(t, 200, body).TaskPage(context.Background(), Filter{}, 1); !errors.Is(err, ErrUnreadable) || len(got.Tasks) > 0 {
			t.Errorf("%s: TaskPage = %v, %v, want %v", body, got, err, ErrUnreadable)
		}
	}
	var api *APIError
	_, err := says(t, 200, `{"code":"AccessDenied","message":"no","request_id":"1"}`).TaskPage(context.Background(), Filter{}, 1)
	if !errors.As(err, &api) || api.Code != "AccessDenied" || api.Op != "list" {
		t.Errorf("TaskPage = %v, want AccessDenied", err)
	}
}

func TestListQuery(t *testing.T) {
	var got url.Values
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if got = r.URL.Query(); r.URL.Path != "/api/v1/tasks" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		io.WriteString(w, `{"total":0,"data":[],"page_no":`+got.Get("page_no")+`}`)
	})
	at := time.Date(2024, 2, 29, 23, 30, 0, 0, time.UTC)
	for _, tt := range []struct {
		filter Filter
		page   int
		want   string
	}{
		{Filter{}, 1, "page_no=1&page_size=100"},
		{Filter{PageSize: 7}, 3, "page_no=3&page_size=7"},
		{Filter{Model: "qwen-image", Status: Running, TaskID: "1", Since: at, Until: at.Add(time.Hour)}, 1,
			"end_time=20240301083000&model_name=qwen-image&page_no=1&page_size=100&start_time=20240301073000&status=RUNNING&task_id=1"},
	} {
		if _, err := c.TaskPage(context.Background(), tt.filter, tt.page); err != nil || got.Encode() != tt.want {
			t.Errorf("TaskPage(%+v, %d) = %v, sent %s, want %s", tt.filter, tt.page, err, got.Encode(), tt.want)
		}
	}
}

// pages serves n pages of two tasks; page bad fails.
func pages(t *testing.T, n, bad int, asked *int) *Client {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		*asked++
		if r.URL.Query().Get("page_no") == fmt.Sprint(bad) {
			w.WriteHeader(429)
			io.WriteString(w, `{"code":"Throttling.RateQuota","message":"x"}`)
			return
		}
		p := r.URL.Query().Get("page_no")
		fmt.Fprintf(w, `{"total":%d,"total_page":%d,"page_no":%s,"data":[{"task_id":"%[3]s-a","status":"RUNNING"},{"task_id":"%[3]s-b","status":"RUNNING"}]}`, 2*n, n, p)
	})
}

func TestTasks(t *testing.T) {
	for _, tt := range []struct {
		name           string
		pages, bad     int
		stop           string
		want           string
		asked, failure int
	}{
		{"all", 3, 0, "", "1-a 1-b 2-a 2-b 3-a 3-b ", 3, 0},
		{"stop", 3, 0, "2-a", "1-a 1-b 2-a ", 2, 0},
		{"error", 3, 2, "", "1-a 1-b ", 2, 1},
		{"one", 1, 0, "", "1-a 1-b ", 1, 0},
	} {
		var asked, failures int
		got := ""
		for task, err := range pages(t, tt.pages, tt.bad, &asked).Tasks(context.Background(), Filter{}) {
			if err != nil {
				failures++
				continue
			}
			if got += task.ID + " "; task.ID == tt.stop {
				break
			}
		}
		if got != tt.want || asked != tt.asked || failures != tt.failure {
			t.Errorf("%s: Tasks = %s with %d questions and %d errors, want %s, %d, %d", tt.name, got, asked, failures, tt.want, tt.asked, tt.failure)
		}
	}
}

// A list without end ends with the caller's context or where a page is empty.
func TestTasksEndlessList(t *testing.T) {
	n := 0
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		row := `{"task_id":"1","status":"RUNNING"}`
		if n++; n == 5 {
			row = ""
		}
		fmt.Fprintf(w, `{"total":9,"total_page":1000000000,"page_no":%s,"data":[%s]}`, r.URL.Query().Get("page_no"), row)
	})
	for _, err := range c.Tasks(context.Background(), Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if n != 5 {
		t.Errorf("asked for %d pages, want 5", n)
	}
}
