package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// drip serves a head and then n bytes a second of text, over and over, until the client goes. Time is the bubble's.
func drip(head, text string, n int) dialFunc {
	return pipeServer(func(c net.Conn) {
		c.Read(make([]byte, 1)) // an answer before the request would be no answer
		gone := make(chan struct{})
		go func() { defer close(gone); io.Copy(io.Discard, c) }()
		io.WriteString(c, head)
		for i := 0; ; i = (i + n) % len(text) {
			select {
			case <-gone:
				return
			case <-time.After(time.Second):
				io.WriteString(c, text[i:min(i+n, len(text))])
			}
		}
	})
}

func TestN9SlowLoris(t *testing.T) {
	const endless = "HTTP/1.1 200 OK\r\nContent-Length: 60000000\r\n\r\n"
	for _, tt := range []struct {
		name, head, drip string
		call             string
		want             time.Duration
		class            string
	}{
		{"head", "HTTP/1.1 200 OK\r\n", "X: y\r\n", "submit", time.Minute, "in doubt"},
		{"body", endless, " ", "submit", time.Minute, "in doubt"},
		{"nothing", "", "HTTP/1.1 200 " + strings.Repeat("O", 5000), "generate", 610 * time.Second, "in doubt"},
		{"head", "HTTP/1.1 200 OK\r\n", "X: y\r\n", "task", time.Minute, "other"},
		{"body", endless, " ", "task", time.Minute, "other"},
		{"body", endless, " ", "cancel", time.Minute, "other"},
		{"head", "HTTP/1.1 200 OK\r\n", "X: y\r\n", "download", 30 * time.Second, "other"},
		{"body", endless, " ", "download", 30 * time.Second, "other"},
		{"error page", "HTTP/1.1 403 No\r\nContent-Length: 60000\r\n\r\n", "<a>", "download", 30 * time.Second, "other"},
	} {
		t.Run(tt.call+" "+tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := New(Config{BaseURL: "http://api.test", Key: NewKey(canary), Insecure: true, Dial: drip(tt.head, tt.drip, 1)})
				defer c.Close()
				start := time.Now()
				err := call(c, tt.call)
				if took := time.Since(start); class(err) != tt.class || took != tt.want {
					t.Errorf("%s = %v after %v, want %s after %v", tt.call, err, took, tt.class, tt.want)
				}
			})
		})
	}
}

// call makes one call by its name.
func call(c *Client, name string) (err error) {
	ctx := context.Background()
	switch name {
	case "submit":
		_, err = submit(c, fox)
	case "generate":
		_, err = generate(c)
	case "task":
		_, err = c.Task(ctx, aTask)
	case "list":
		_, err = c.TaskPage(ctx, Filter{}, 1)
	case "cancel":
		err = c.Cancel(ctx, aTask)
	case "download":
		_, err = c.Download(ctx, "http://pictures.test/x.png?Signature="+signer)
	}
	return err
}

var calls = []string{"submit", "generate", "task", "list", "cancel", "download"}

// A big picture over a bad line is no attack.
func TestN9SlowPictureArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		picture := strings.Repeat("0123456789abcdef", 64<<10)
		dial := drip(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(picture)), picture, 1<<10)
		c, _ := New(Config{BaseURL: "http://api.test", Insecure: true, Dial: dial})
		defer c.Close()
		start := time.Now()
		got, err := c.Download(context.Background(), "http://pictures.test/x.png")
		if err != nil || string(got) != picture || time.Since(start) != 1024*time.Second {
			t.Errorf("Download = %d bytes, %v after %v, want %d after 1024 s", len(got), err, time.Since(start), len(picture))
		}
	})
}

func TestDownloadTellsWhyItEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := New(Config{BaseURL: "http://api.test", Insecure: true, Dial: drip("", "HTTP", 1), Idle: time.Hour})
		defer c.Close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second/2)
		defer cancel()
		if _, err := c.Download(ctx, "http://pictures.test/x.png"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Download = %v, want %v", err, context.DeadlineExceeded)
		}
	})
}

// Over HTTP/2 net/http reports a plain cancellation, which would be taken for the caller's.
func TestN9SlowPictureOverHTTP2(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	c := newTest(t, Config{BaseURL: s.URL, roots: pool(s), Idle: 20 * time.Millisecond})
	if _, err := c.Download(context.Background(), s.URL); err == nil || errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "less than 16 KiB came") {
		t.Errorf("Download = %v, want less than 16 KiB", err)
	}
}

// A torn success before the body is out: the server made up its mind, and nobody knows how.
func TestN4EarlyAndTorn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial := pipeServer(func(c net.Conn) {
			c.Read(make([]byte, 100))
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")
			<-t.Context().Done()
		})
		c, _ := New(Config{BaseURL: "http://api.test", Key: NewKey(canary), Insecure: true, Dial: dial})
		defer c.Close()
		if _, err := submit(c, fox); class(err) != "in doubt" {
			t.Errorf("Submit = %v, want in doubt", err)
		}
	})
}

// endless repeats a text for as long as somebody reads.
type endless string

func (e endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		n += copy(p[n:], e)
	}
	return n, nil
}

func TestH1EndlessAnswers(t *testing.T) {
	for name, status := range map[string]int{"success": 200, "refusal": 400, "server error": 500} {
		for _, text := range []string{`{"output":`, "<html>"} {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				w.WriteHeader(status)
				io.Copy(w, endless(text))
			})
			for _, op := range calls[:5] {
				err := call(c, op)
				if got := class(err); got != "in doubt" && got != "other" {
					t.Errorf("endless %s %q: %s = %v", name, text, op, err)
				}
				if len(fmt.Sprint(err)) > 1000 {
					t.Errorf("endless %s %q: %s has an error of %d bytes", name, text, op, len(fmt.Sprint(err)))
				}
			}
		}
	}
}

func TestH1EndlessHead(t *testing.T) {
	s := newRaw(t, func(c *rawConn) {
		c.request()
		c.say("HTTP/1.1 200 OK\r\nX: ")
		io.Copy(c, endless("y"))
	})
	c := newTest(t, Config{BaseURL: s.base()})
	for _, op := range calls[:5] {
		if got := class(call(c, op)); got != "in doubt" && got != "other" {
			t.Errorf("endless head: %s = %s", op, got)
		}
	}
	if _, err := c.Download(context.Background(), "http://"+s.Addr().String()); err == nil {
		t.Error("endless head: Download = nil")
	}
}

// An error page of 1 MiB is read, and 64 KiB of it are looked at.
func TestH1LongErrorIsNoRefusal(t *testing.T) {
	long := `{"code":"Arrearage","message":"` + strings.Repeat("x", 70<<10) + `"}`
	if _, err := submit(says(t, 400, long), fox); class(err) != "in doubt" {
		t.Errorf("Submit = %v, want in doubt", err)
	}
	_, err := submit(says(t, 400, `{"code":"Arrearage","message":"`+strings.Repeat("x", 60<<10)+`"}`), fox)
	if class(err) != "refused" || len(err.Error()) > 700 {
		t.Errorf("Submit = %.100v…, want refused in few words", err)
	}
}

// A small answer that unfolds into a million results must not fill the memory.
func TestH1ManyResults(t *testing.T) {
	many := func(one string, n int) string { return strings.Repeat(one+",", n) + one }
	for _, output := range []string{
		`"results":[` + many("{}", 100_000) + `]`, `"choices":[` + many("{}", 100_000) + `]`,
		`"choices":[{"message":{"content":[` + many(`{"image":"x"}`, 60_000) + `]}}]`,
		`"choices":[` + many(`{"message":{"content":[`+many(`{"image":"x"}`, 100)+`]}}`, 300) + `]`,
	} {
		task, err := says(t, 200, `{"output":{"task_id":"`+aTask+`","task_status":"SUCCEEDED",`+output+`}}`).Task(context.Background(), aTask)
		if err != nil || len(task.Results) > 2*maxResults {
			t.Errorf("Task = %d results, %v, want at most %d", len(task.Results), err, 2*maxResults)
		}
	}
}

func TestH2NoTransparentGzip(t *testing.T) {
	bomb := bytes.Repeat([]byte("\x1f\x8b\x08\x00"), 100)
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if e := r.Header.Get("Accept-Encoding"); e != "" {
			t.Errorf("%s asks for %s", r.URL.Path, e)
		}
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(bomb)
	})
	for _, op := range calls[:5] {
		if got := class(call(c, op)); got != "in doubt" && got != "other" {
			t.Errorf("gzip: %s = %s", op, got)
		}
	}
	if got, err := c.Download(context.Background(), c.BaseURL()+"/x.png"); err != nil || !bytes.Equal(got, bomb) {
		t.Errorf("Download = %q, %v, want the bytes as they came", got, err)
	}
}

func TestH3Download(t *testing.T) {
	for _, tt := range []struct {
		name, answer, want string
		gone               bool
	}{
		{"whole", "200 OK\r\nContent-Length: 3\r\n\r\npng", "png", false},
		{"to the end of the connection", "200 OK\r\n\r\npng", "png", false},
		{"right checksum", "200 OK\r\nX-Oss-Hash-Crc64ecma: 11051210869376104954\r\nContent-Length: 9\r\n\r\n123456789", "123456789", false},
		{"wrong checksum", "200 OK\r\nX-Oss-Hash-Crc64ecma: 1\r\nContent-Length: 3\r\n\r\npng", "", false},
		{"odd checksum", "200 OK\r\nX-Oss-Hash-Crc64ecma: x\r\nContent-Length: 3\r\n\r\npng", "png", false},
		{"short", "200 OK\r\nContent-Length: 9\r\n\r\npng", "", false},
		{"short chunk", "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\npng", "", false},
		{"said too long", "200 OK\r\nContent-Length: 67108865\r\n\r\npng", "", false},
		{"partial", "206 Partial\r\nContent-Length: 3\r\n\r\npng", "", false},
		{"empty status", "204 None\r\n\r\n", "", false},
		{"expired", "403 Forbidden\r\n\r\n<Error><Code>AccessDenied</Code></Error>", "", true},
		{"not there", "404 Not Found\r\n\r\n<Error><Code>NoSuchKey</Code></Error>", "", true},
		{"no XML", "403 Forbidden\r\n\r\n\x00\xff<", "", true},
		{"busy", "503 Slow\r\n\r\n<Error><Code>SlowDown</Code></Error>", "", false},
		{"redirect to nowhere", "302 Found\r\n\r\n", "", false},
	} {
		s := newRaw(t, func(c *rawConn) { c.request(); c.say("HTTP/1.1 " + tt.answer) })
		c := newTest(t, Config{BaseURL: s.base()})
		got, err := c.Download(context.Background(), "http://"+s.Addr().String())
		if string(got) != tt.want || (err == nil) != (tt.want != "") || errors.Is(err, ErrGone) != tt.gone {
			t.Errorf("%s: Download = %q, %v, want %q, gone %v", tt.name, got, err, tt.want, tt.gone)
		}
	}
}

func TestH3EndlessPicture(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { io.Copy(w, endless(strings.Repeat("x", 32<<10))) })
	if got, err := c.Download(context.Background(), c.BaseURL()); err == nil || got != nil {
		t.Errorf("Download = %d bytes, %v, want an error", len(got), err)
	}
}
