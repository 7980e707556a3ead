package emulator

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzSubmit sends any body to every door: an answer is JSON, a task is created if and only if it is 200, and what was
// created holds what the documents promise.
func FuzzSubmit(f *testing.F) {
	for _, body := range []string{askPlus, askWanx, askSync, `{`, `{"model":"qwen-image-3.0","input":{"messages":[{"role":"user","content":[{"text":"a"}]}]}}`,
		plusWith(`"n":2`), plusWith(`"size":"1*1"`), `{"model":"qwen-image","input":{"prompt":"[[refuse:Arrearage]]"}}`, `{"model":"qwen-image","input":{"prompt":"[[pending:1h]] [[fail:]]"}}`} {
		for door := range 2 {
			f.Add(body, door)
		}
	}
	f.Fuzz(func(t *testing.T, body string, door int) {
		s, err := New(Options{Tiny: true, CV: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		r := httptest.NewRequest("POST", []string{pathA1, pathA2}[door&1], strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+testKey)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-DashScope-Async", "enable")
		w := httptest.NewRecorder()
		s.API().ServeHTTP(w, r)
		var a struct {
			RequestID string `json:"request_id"`
			Code      string
			Output    struct {
				TaskID string `json:"task_id"`
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || a.RequestID == "" {
			t.Fatalf("%d %q: %v", w.Code, w.Body, err)
		}
		b := s.Books()
		if ok := w.Code == 200; ok != (len(b.Tasks) == 1) || ok == (a.Code != "") || ok != (a.Output.TaskID != "") {
			t.Fatalf("%d %s with %d tasks", w.Code, w.Body, len(b.Tasks))
		}
		for _, task := range b.Tasks {
			if task.Seed < 0 || task.Seed > 1<<31-1 || task.N < 1 || task.N > 6 || strings.TrimSpace(task.Prompt) == "" || task.ID != a.Output.TaskID {
				t.Fatalf("created %+v from %q", task, body)
			}
			if w, h, ok := splitSize(task.Size); !ok || w*h < 512*512 || w*h > 4096*4096 {
				t.Fatalf("created size %s", task.Size)
			}
		}
	})
}

// BenchmarkRun is a small simulated run over the handlers alone: a Server, 4 tasks, 24 calls.
func BenchmarkRun(b *testing.B) {
	call := func(s *Server, method, path, body string) []byte {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+testKey)
		r.Header.Set("Content-Type", "application/json")
		if method == "POST" {
			r.Header.Set("X-DashScope-Async", "enable")
		}
		w := httptest.NewRecorder()
		s.API().ServeHTTP(w, r)
		return w.Body.Bytes()
	}
	for b.Loop() {
		s, err := New(Options{Tiny: true, NoQuota: true})
		if err != nil {
			b.Fatal(err)
		}
		for range 4 {
			var a wireAnswer
			json.Unmarshal(call(s, "POST", pathA1, askPlus), &a)
			for range 4 {
				call(s, "GET", "/api/v1/tasks/"+a.Output.TaskID, "")
			}
			call(s, "GET", "/api/v1/tasks", "")
		}
		s.Books()
		s.Close()
	}
}
