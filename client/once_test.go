package client

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// large does not fit into the buffers of a narrow connection: its end is not sent while the server reads nothing.
var large = strings.Repeat("a red fox ", 400_000)

// narrow dials with a small buffer for what is written.
func narrow(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err == nil {
		err = conn.(*net.TCPConn).SetWriteBuffer(32 << 10)
	}
	return conn, err
}

// once submits and checks how many POSTs the server saw and what the error says.
func once(t *testing.T, s *rawServer, prompt string, posts int32, want string) error {
	t.Helper()
	c := newTest(t, Config{BaseURL: s.base(), Timeout: 20 * time.Second, Dial: narrow})
	_, err := submit(c, prompt)
	if got := class(err); got != want {
		t.Errorf("Submit = %s (%v), want %s", got, err, want)
	}
	if got := s.posts.Load(); got != posts {
		t.Errorf("Submit sent %d POSTs, want %d", got, posts)
	}
	return err
}

func TestN2WriteBrokenOff(t *testing.T) {
	for name, end := range map[string]func(*rawConn){
		"reset before the head": func(c *rawConn) { c.reset() },
		"reset in the body":     func(c *rawConn) { c.head(); c.reset() },
		"EOF in the body":       func(c *rawConn) { c.head(); c.Close() },
		"reset in mid-body":     func(c *rawConn) { c.head(); io.CopyN(io.Discard, c, 100_000); c.reset() },
	} {
		t.Run(name, func(t *testing.T) {
			s := newRaw(t, end)
			posts := int32(1)
			if name == "reset before the head" {
				posts = 0
			}
			once(t, s, large, posts, "not sent")
		})
	}
}

// Every number of bytes that can arrive: only a whole body can create a task, and no whole body is taken for less.
func TestN2EveryByte(t *testing.T) {
	var head, total int
	measure := pipeServer(func(c net.Conn) {
		buffer := make([]byte, 64<<10)
		for n, err := c.Read(buffer); err == nil; n, err = c.Read(buffer) {
			head = max(head, strings.Index(string(buffer[:n]), "\r\n\r\n")+4)
			if total += n; strings.HasSuffix(string(buffer[:n]), "}}") {
				break
			}
		}
	})
	submit(newTest(t, Config{BaseURL: "http://api.test", Insecure: true, Dial: measure}), fox)
	body := total - head
	if head == 0 || body < 100 {
		t.Fatalf("a request has %d + %d bytes", head, body)
	}
	for k := 0; k <= total; k++ {
		cut := pipeServer(func(c net.Conn) { io.CopyN(io.Discard, c, int64(k)) })
		c, _ := New(Config{BaseURL: "http://api.test", Key: NewKey(canary), Insecure: true, Dial: cut})
		want := "not sent"
		if k >= body {
			want = "in doubt"
		}
		if _, err := submit(c, fox); class(err) != want {
			t.Errorf("after %d of %d+%d bytes: Submit = %v, want %s", k, head, body, err, want)
		}
		c.Close()
	}
}

// An error may come while a write is on its way: what it still sends counts, and nothing is sent later.
func TestN2Seal(t *testing.T) {
	near, far := net.Pipe()
	m := &meteredConn{Conn: near}
	done := make(chan error)
	go func() { _, err := m.Write(make([]byte, 100)); done <- err }()
	io.ReadFull(far, make([]byte, 40))
	if n, _ := m.seal(); n != 40 {
		t.Errorf("seal = %d, want 40", n)
	}
	if err := <-done; err == nil {
		t.Error("a write went on after the end of the connection")
	}
	if n, err := m.Write([]byte("x")); n != 0 || err == nil || m.total() != 40 {
		t.Errorf("Write after seal = %d, %v, total %d", n, err, m.total())
	}
}

// pipeServer dials connections in memory, on which a write ends when it is read.
func pipeServer(handle func(net.Conn)) dialFunc {
	return func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() { defer far.Close(); handle(far) }()
		return near, nil
	}
}

func TestN3NoAnswerAfterWholeBody(t *testing.T) {
	for name, end := range map[string]func(*rawConn){
		"reset":           func(c *rawConn) { c.reset() },
		"EOF":             func(c *rawConn) {},
		"half a head":     func(c *rawConn) { c.say("HTTP/1.1 200 OK\r\nContent-Le") },
		"half a body":     func(c *rawConn) { c.say("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + good[:40]) },
		"half a chunk":    func(c *rawConn) { c.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n" + good[:40]) },
		"half a refusal":  func(c *rawConn) { c.say("HTTP/1.1 400 Bad Request\r\nContent-Length: 500\r\n\r\n{\"code\":\"Inv") },
		"no HTTP":         func(c *rawConn) { c.say("220 mail.example ESMTP\r\n") },
		"reset in a body": func(c *rawConn) { c.say("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + good[:40]); c.reset() },
	} {
		t.Run(name, func(t *testing.T) {
			s := newRaw(t, func(c *rawConn) { c.request(); end(c) })
			once(t, s, fox, 1, "in doubt")
		})
	}
}

func TestN3Timeout(t *testing.T) {
	stop := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	s := newRaw(t, func(c *rawConn) { c.request(); cancel(); <-stop })
	defer close(stop)
	c := newTest(t, Config{BaseURL: s.base()})
	_, err := c.Submit(ctx, Request{Model: "qwen-image-plus", Prompt: fox})
	if class(err) != "in doubt" || !errors.Is(err, context.Canceled) || s.posts.Load() != 1 {
		t.Errorf("cancelled after the body: Submit = %v with %d POSTs, want in doubt, canceled, 1", err, s.posts.Load())
	}
	if _, err = c.Submit(ctx, Request{Model: "qwen-image-plus", Prompt: fox}); class(err) != "not sent" || s.posts.Load() != 1 {
		t.Errorf("cancelled before: Submit = %v with %d POSTs, want not sent, 1", err, s.posts.Load())
	}
}

// A whole object creates, even if what should follow it does not come.
func TestN3WholeObjectThenReset(t *testing.T) {
	for name, head := range map[string]string{
		"length": "Content-Length: 500\r\n\r\n" + good,
		"chunk":  "Transfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\r\n%s", len(good), good),
	} {
		t.Run(name, func(t *testing.T) {
			s := newRaw(t, func(c *rawConn) { c.request(); c.say("HTTP/1.1 200 OK\r\n" + head) })
			once(t, s, fox, 1, "created")
		})
	}
}

func TestEarlyAnswers(t *testing.T) {
	for _, tt := range []struct{ name, answer, want string }{
		{"refused before the body", reply("401 Unauthorized", refusal), "refused"},
		{"too large before the body", reply("413 Too Large", "<html>"), "refused"},
		{"100 first", "HTTP/1.1 100 Continue\r\n\r\n" + reply("200 OK", good), "created"},
		{"102 and 103 first", "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + reply("200 OK", good), "created"},
		{"1xx without end", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 50), "in doubt"},
		{"101", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n" + good, "in doubt"},
		{"417", reply("417 Expectation Failed", "no"), "in doubt"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newRaw(t, func(c *rawConn) {
				body := c.head().Body
				c.say(tt.answer)
				io.Copy(io.Discard, body)
			})
			once(t, s, fox, 1, tt.want)
		})
	}
}

// After HTTP 101 net/http takes the context off the connection: a server that then says nothing would hold the call for
// ever.
func TestHangAfter101(t *testing.T) {
	stop := make(chan struct{})
	s := newRaw(t, func(c *rawConn) {
		c.request()
		c.say("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
		<-stop
	})
	defer close(stop)
	once(t, s, fox, 1, "in doubt")
	c := newTest(t, Config{BaseURL: s.base()})
	if _, err := c.Task(context.Background(), aTask); !errors.Is(err, ErrUnreadable) {
		t.Errorf("Task = %v, want %v", err, ErrUnreadable)
	}
	if _, err := c.Download(context.Background(), "http://"+s.Addr().String()+"/x.png"); err == nil {
		t.Errorf("Download = nil, want an error")
	}
}

func TestN6StaleConnection(t *testing.T) {
	for name, end := range map[string]func(*rawConn){
		"EOF":   func(c *rawConn) { c.Close() },
		"reset": func(c *rawConn) { c.reset() },
	} {
		t.Run(name, func(t *testing.T) {
			s := newRaw(t, func(c *rawConn) { c.request(); c.say(reply("200 OK", good)); end(c) })
			c := newTest(t, Config{BaseURL: s.base()})
			for i := range int32(50) {
				before := s.whole.Load()
				_, err := submit(c, fox)
				got, whole := class(err), s.whole.Load()-before
				if whole > 1 || whole == 1 && got == "not sent" || got == "refused" || got == "created" && whole != 1 {
					t.Fatalf("Submit %d = %s (%v) with %d whole POSTs", i, got, err, whole)
				}
			}
		})
	}
}

// A connection whose other side is gone, and that net/http does not know of yet: the write fails, so nothing arrived.
func TestN6WriteFails(t *testing.T) {
	var dialed atomic.Int32
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		if dialed.Add(1) > 1 {
			t.Errorf("dialed %d times, want 1", dialed.Load())
		}
		near, far := net.Pipe()
		go httpOnce(far)
		return &brokenConn{Conn: near}, nil
	}
	c := newTest(t, Config{BaseURL: "http://api.test", Insecure: true, Dial: dial})
	if _, err := submit(c, fox); err != nil {
		t.Fatal(err)
	}
	if _, err := submit(c, fox); class(err) != "not sent" {
		t.Errorf("Submit = %v, want not sent", err)
	}
}

// httpOnce answers one request and then keeps the connection open in silence.
func httpOnce(c net.Conn) {
	raw := &rawConn{c, bufio.NewReader(c), &rawServer{}}
	raw.request()
	raw.say(reply("200 OK", good))
}

// A brokenConn refuses every write after the first request.
type brokenConn struct {
	net.Conn
	answered atomic.Bool
}

func (b *brokenConn) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	b.answered.Store(n > 0)
	return n, err
}

func (b *brokenConn) Write(p []byte) (int, error) {
	if b.answered.Load() {
		return 0, errors.New("broken pipe")
	}
	return b.Conn.Write(p)
}

func TestN7Redirects(t *testing.T) {
	for _, status := range []int{300, 301, 302, 303, 304, 305, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			other := newRaw(t, func(c *rawConn) { c.request(); c.say(reply("200 OK", good)) })
			for _, location := range []string{"http://" + other.Addr().String() + "/api/v1/x", "//" + other.Addr().String(), "", "http://%zz", "/api/v1/again"} {
				s := newRaw(t, func(c *rawConn) {
					for c.request() {
						c.say(fmt.Sprintf("HTTP/1.1 %d X\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", status, location))
					}
				})
				once(t, s, fox, 1, "in doubt")
				redirectedCalls(t, s)
			}
			if other.conns.Load() != 0 || strings.Contains(other.received(), canary) {
				t.Errorf("HTTP %d was followed: %q", status, other.received())
			}
		})
	}
}

func redirectedCalls(t *testing.T, s *rawServer) {
	t.Helper()
	c, ctx := newTest(t, Config{BaseURL: s.base()}), context.Background()
	_, query := c.Task(ctx, aTask)
	_, list := c.TaskPage(ctx, Filter{}, 1)
	_, sync := generate(c)
	for op, err := range map[string]error{"Task": query, "TaskPage": list, "Cancel": c.Cancel(ctx, aTask), "Generate": sync} {
		if !errors.Is(err, ErrUnreadable) {
			t.Errorf("%s = %v, want %v", op, err, ErrUnreadable)
		}
	}
}

// Over TLS the meter sits below: a body that broke off is not sent, a whole one without an answer is in doubt.
func TestN2OverTLS(t *testing.T) {
	helper := httptest.NewTLSServer(nil)
	defer helper.Close()
	for _, tt := range []struct {
		name, prompt, want string
		handle             func(*rawConn)
	}{
		{"closed in the body", large, "not sent", func(c *rawConn) { c.head() }},
		{"closed after the body", fox, "in doubt", func(c *rawConn) { c.request() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: helper.TLS.Certificates})
			if err != nil {
				t.Fatal(err)
			}
			s := serveRaw(t, l, tt.handle)
			c := newTest(t, Config{BaseURL: "https://" + s.Addr().String(), roots: pool(helper), Dial: narrow})
			if _, err = submit(c, tt.prompt); class(err) != tt.want || s.posts.Load() != 1 {
				t.Errorf("Submit = %v with %d POSTs, want %s, 1", err, s.posts.Load(), tt.want)
			}
		})
	}
}

// Requests share what is the same in all of them; what one of them adds stays its own.
func TestRequestsAddNothingToOthers(t *testing.T) {
	seen := map[string]http.Header{}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		seen[r.Method+" "+r.URL.RequestURI()] = r.Header
		io.WriteString(w, good)
	})
	for range 2 {
		submit(c, fox)
		c.Task(context.Background(), aTask)
		c.Cancel(context.Background(), aTask)
		generate(c)
	}
	const async, kind = "X-DashScope-Async", "Content-Type"
	for call, want := range map[string][2]string{
		"POST /api/v1/services/aigc/text2image/image-synthesis":       {"enable", "application/json"},
		"GET /api/v1/tasks/" + aTask:                                  {"", ""},
		"POST /api/v1/tasks/" + aTask + "/cancel":                     {"", ""},
		"POST /api/v1/services/aigc/multimodal-generation/generation": {"", "application/json"},
	} {
		h := seen[call]
		if got := [2]string{h.Get(async), h.Get(kind)}; got != want || h.Get("Authorization") != "Bearer "+canary {
			t.Errorf("%s has the headers %v, want %s and %s %q", call, h, async, kind, want)
		}
	}
}

// TestGivenUpIsNotDeliveredLater gives a submission up that the service has not read: its connection is reset, so that the system
// does not go on delivering what is left of it.
func TestGivenUpIsNotDeliveredLater(t *testing.T) {
	ends := make(chan error, 1)
	gone := make(chan struct{})
	s := newRaw(t, func(c *rawConn) {
		<-gone
		_, err := io.Copy(io.Discard, c.Conn)
		ends <- err
	})
	c, err := New(Config{BaseURL: "http://" + s.Addr().String() + "/api/v1", Key: NewKey(canary), Timeout: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = c.Submit(t.Context(), Request{Model: "qwen-image-plus", Prompt: fox, Size: "1328*1328"})
	close(gone)
	if class(err) != "in doubt" {
		t.Errorf("Submit = %v, want that it is in doubt", err)
	}
	if err := <-ends; err == nil { // io.Copy's word for an orderly end
		t.Error("the connection was closed in order, want it reset")
	}
}
