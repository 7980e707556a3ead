package client

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

const (
	canary = "sk-canary-0123456789abcdef"
	signer = "SignatureOfTheCanary%2B%2F%3D"
	aTask  = "9e2b6ef6-285d-4efa-8651-4dbda7d571fa"
	good   = `{"output":{"task_status":"PENDING","task_id":"` + aTask + `"},"request_id":"33da8e6b-1309-9a44-be83-352165959608"}`
	fox    = "a red fox"
)

// class names what an error of a submission says, in one word.
func class(err error) string {
	var api *APIError
	switch {
	case err == nil:
		return "created"
	case errors.Is(err, ErrInDoubt) && errors.Is(err, ErrNotSent):
		return "both"
	case errors.Is(err, ErrInDoubt):
		return "in doubt"
	case errors.Is(err, ErrNotSent):
		return "not sent"
	case errors.As(err, &api):
		return "refused"
	}
	return "other"
}

// A rawServer does to connections what a test says, and counts what came over them.
type rawServer struct {
	net.Listener
	conns, posts, whole atomic.Int32
	handle              func(*rawConn)

	mu   sync.Mutex
	text strings.Builder
	wg   sync.WaitGroup
}

// A rawConn is one connection of a rawServer.
type rawConn struct {
	net.Conn
	*bufio.Reader
	server *rawServer
}

func (c *rawConn) Read(p []byte) (int, error) { return c.Reader.Read(p) }

func newRaw(t *testing.T, handle func(*rawConn)) *rawServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveRaw(t, l, handle)
}

func serveRaw(t *testing.T, l net.Listener, handle func(*rawConn)) *rawServer {
	s := &rawServer{Listener: l, handle: handle}
	s.wg.Add(1)
	go s.accept()
	t.Cleanup(func() { l.Close(); s.wg.Wait() })
	return s
}

func (s *rawServer) accept() {
	defer s.wg.Done()
	for {
		c, err := s.Accept()
		if err != nil {
			return
		}
		s.conns.Add(1)
		s.wg.Add(1)
		go func() {
			defer s.wg.Done()
			defer c.Close()
			s.handle(&rawConn{c, bufio.NewReader(io.TeeReader(c, s)), s})
		}()
	}
}

// Write keeps what came, for the canaries.
func (s *rawServer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *rawServer) received() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func (s *rawServer) base() string { return "http://" + s.Addr().String() + "/api/v1" }

// head reads the head of a request and leaves its body on the wire.
func (c *rawConn) head() *http.Request {
	r, err := http.ReadRequest(c.Reader)
	if err != nil {
		return nil
	}
	if r.Method == http.MethodPost {
		c.server.posts.Add(1)
	}
	return r
}

// request reads a whole request; false where none came.
func (c *rawConn) request() bool {
	r := c.head()
	if r == nil {
		return false
	}
	n, err := io.Copy(io.Discard, r.Body)
	if err != nil || n != r.ContentLength && r.ContentLength >= 0 {
		return false
	}
	c.server.whole.Add(1)
	return true
}

func (c *rawConn) say(s string) { io.WriteString(c, s) }

// reset closes with RST instead of FIN.
func (c *rawConn) reset() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	c.Close()
}

// reply is an answer with a JSON body.
func reply(status, body string) string {
	return "HTTP/1.1 " + status + "\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\nContent-Type: application/json\r\n\r\n" + body
}

func newTest(t *testing.T, c Config) *Client {
	t.Helper()
	if c.Key.IsZero() {
		c.Key = NewKey(canary)
	}
	got, err := New(c)
	if err != nil {
		t.Fatalf("New(%q) = %v", c.BaseURL, err)
	}
	t.Cleanup(got.Close)
	return got
}

// serve answers every call with a handler, and is what a call of the public API reaches.
func serve(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return newTest(t, Config{BaseURL: s.URL + "/api/v1"})
}

// says answers every call with the same status and body.
func says(t *testing.T, status int, body string) *Client {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Date", "Fri, 01 Mar 2024 09:38:24 GMT")
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
}

func submit(c *Client, prompt string) (Task, error) {
	return c.Submit(context.Background(), Request{Model: "qwen-image-plus", Prompt: prompt, Size: "1328*1328"})
}

func generate(c *Client) (Task, error) {
	return c.Generate(context.Background(), Request{Model: "qwen-image-plus", Prompt: fox, Size: "1328*1328"})
}
