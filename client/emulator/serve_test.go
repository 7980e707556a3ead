package emulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

const testKey = "sk-canary-0123456789"

// pipe is a listener whose connections are in memory, for real net/http on both sides inside a synctest bubble.
type pipe struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipe() *pipe { return &pipe{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipe) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipe) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipe) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p *pipe) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-p.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// rig is a Server behind real net/http over pipes: host api is the API, any other the picture host.
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
	api, images := newPipe(), newPipe()
	servers := []*http.Server{{Handler: s.API()}, {Handler: s.Images()}}
	go servers[0].Serve(api)
	go servers[1].Serve(images)
	tr := &http.Transport{DisableCompression: true, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		if strings.HasPrefix(addr, "api:") {
			return api.dial(ctx, network, addr)
		}
		return images.dial(ctx, network, addr)
	}}
	return &rig{t, s, &http.Client{Transport: tr}, func() {
		tr.CloseIdleConnections()
		for _, h := range servers {
			h.Close()
		}
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
