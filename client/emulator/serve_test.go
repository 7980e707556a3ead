package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

const testKey = "sk-canary-0123456789"

// rig is a Server behind real net/http over connections in memory.
type rig struct {
	t      *testing.T
	s      *Server
	client *http.Client
	close  func()
}

func newRig(t *testing.T, o Options) *rig {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	served := s.ServeInProcess()
	tr := &http.Transport{DisableCompression: true, DialContext: served.Dial}
	return &rig{t, s, &http.Client{Transport: tr}, func() {
		tr.CloseIdleConnections()
		served.Close()
		s.Close()
		time.Sleep(time.Second) // net/http lets a connection linger for half of it after some refusals
	}}
}

// reply is an answer read whole, as far as it came.
type reply struct {
	status int
	header http.Header
	body   []byte
	err    error // of the call or of its body
}

func (r *rig) do(req *http.Request) reply {
	resp, err := r.client.Do(req)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, body, err}
}

// ask sends a request to the API with the key and "Name: value" headers; "Authorization:" takes the key away.
func (r *rig) ask(method, path, body string, headers ...string) reply {
	r.t.Helper()
	req, err := http.NewRequest(method, "http://api"+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+testKey)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ":")
		req.Header.Set(name, strings.TrimSpace(value))
		if strings.TrimSpace(value) == "" {
			req.Header.Del(name)
		}
	}
	return r.do(req)
}

const async = "X-DashScope-Async: enable"

// submit creates an async task of qwen-image-plus that runs exactly its service time, and returns its id.
func (r *rig) submit(prompt string) string {
	r.t.Helper()
	body, _ := json.Marshal(map[string]any{"model": "qwen-image-plus", "input": map[string]any{"prompt": prompt},
		"parameters": map[string]any{"prompt_extend": false, "seed": 7, "size": "1328*1328"}})
	a := r.ask("POST", pathA1, string(body), async)
	if a.status != 200 {
		r.t.Fatalf("submit: %d %s %v", a.status, a.body, a.err)
	}
	return text(r.t, a, "output", "task_id")
}

func (r *rig) status(id string) string {
	r.t.Helper()
	return text(r.t, r.ask("GET", "/api/v1/tasks/"+id, ""), "output", "task_status")
}

// picture returns the URL of a task's first picture.
func (r *rig) picture(id string) string {
	r.t.Helper()
	return text(r.t, r.ask("GET", "/api/v1/tasks/"+id, ""), "output", "results", "0", "url")
}

func (r *rig) fetch(url string, headers ...string) reply {
	r.t.Helper()
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ":")
		req.Header.Set(name, strings.TrimSpace(value))
	}
	return r.do(req)
}

func tree(t *testing.T, data []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %q", err, data)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		t.Fatalf("more than one value in %q", data)
	}
	return v
}

// at walks into a tree; numbers index arrays.
func at(v any, path ...string) any {
	for _, p := range path {
		switch x := v.(type) {
		case map[string]any:
			v = x[p]
		case []any:
			i := int(p[0] - '0')
			if i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

func text(t *testing.T, a reply, path ...string) string {
	t.Helper()
	if a.err != nil {
		t.Fatalf("answer: %v", a.err)
	}
	s, ok := at(tree(t, a.body), path...).(string)
	if !ok {
		t.Fatalf("no text at %v in %s", path, a.body)
	}
	return s
}
