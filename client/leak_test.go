package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

var quiet = log.New(io.Discard, "", 0)

// leaks prints a value in every way that a log, a report or a crash could, down the whole chain of an error.
func leaks(t *testing.T, what string, v any) {
	t.Helper()
	asJSON, _ := json.Marshal(v)
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "v", v)
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "v", v)
	all := fmt.Sprintf("%v %+v %#v %s %q %d %x %s %s", v, v, v, v, v, v, v, asJSON, logged.String())
	for _, secret := range []string{canary, fmt.Sprintf("%x", canary), signer, fmt.Sprintf("%x", signer), "SignatureOfTheCanary"} {
		if strings.Contains(all, secret) {
			t.Errorf("%s shows %s: %.300s", what, secret, all)
		}
	}
	if chain, ok := v.(interface{ Unwrap() []error }); ok {
		for _, e := range chain.Unwrap() {
			leaks(t, what, e)
		}
	} else if err, ok := v.(error); ok && errors.Unwrap(err) != nil {
		leaks(t, what, errors.Unwrap(err))
	}
}

func TestH17Values(t *testing.T) {
	c := newTest(t, Config{})
	picture := Result{URL: "https://pictures.test/x.png?Expires=1&Signature=" + signer, OrigPrompt: fox}
	body := []byte(picture.URL)
	task := Task{ID: aTask, Status: Succeeded, Results: []Result{picture}, raw: &body}
	for name, v := range map[string]any{
		"Key": NewKey(canary), "*Key": new(Key), "Config": c.config, "*Config": &c.config, "Client": *c, "*Client": c,
		"map": map[string]Key{"k": NewKey(canary)}, "slice": []Config{c.config}, "Result": picture, "*Result": &picture,
		"Task": task, "*Task": &task, "tasks": []Task{task}, "hidden": struct{ k Key }{NewKey(canary)},
	} {
		leaks(t, name, v)
	}
	if text := fmt.Sprint(picture); !strings.Contains(text, "https://pictures.test/x.png") || !strings.Contains(text, fox) {
		t.Errorf("Result prints as %s, want its URL and prompt", text)
	}
	if text, _ := json.Marshal(picture); !strings.Contains(string(text), `"url":"https://pictures.test/x.png"`) {
		t.Errorf("Result as JSON = %s, want its URL", text)
	}
}

// The JSON of a task has its id, by which it is fetched later; that for a store has the whole URLs; both are read alike.
func TestTaskAsJSON(t *testing.T) {
	at := time.Date(2026, 11, 28, 3, 0, 0, 0, time.UTC)
	task := Task{ID: aTask, Status: Succeeded, Submitted: at, Images: 1, Results: []Result{{URL: "https://pictures.test/x.png?Signature=" + signer, OrigPrompt: fox}}}
	whole, err := task.WithSignatures()
	if err != nil {
		t.Fatal(err)
	}
	logged, _ := json.Marshal(task)
	for _, tt := range []struct {
		text []byte
		url  string
	}{{whole, task.Results[0].URL}, {logged, "https://pictures.test/x.png"}} {
		var got Task
		if err := json.Unmarshal(tt.text, &got); err != nil || got.ID != aTask || got.Status != Succeeded || !got.Submitted.Equal(at) ||
			len(got.Results) != 1 || got.Results[0].URL != tt.url || got.Results[0].OrigPrompt != fox {
			t.Errorf("%s is read as %+v, %v", tt.text, got, err)
		}
	}
}

// A server that repeats what it was sent, the key and all, in every place that an error could be made of.
func TestH17Echo(t *testing.T) {
	secret := canary + " https://pictures.test/x.png?Signature=" + signer
	object := fmt.Sprintf(`{"code":%q,"message":%q,"request_id":%q,"output":{"task_id":%q,"task_status":"FAILED","code":%q,"message":%q,"results":[{"code":%q,"message":%q}]}}`,
		secret, secret, canary, aTask, secret, secret, secret, secret)
	for _, answer := range []string{
		"HTTP/1.1 " + secret + "\r\n\r\n", "HTTP/1.1 4x0 " + secret + "\r\n\r\n", secret + "\r\n\r\n", "HTTP/1.1 200 OK\r\n" + secret + "\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: " + secret + "\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + secret + "\r\n\r\n",
		"HTTP/1.1 302 Found\r\nLocation: http://%zz" + secret + "\r\n\r\n", "HTTP/1.1 302 Found\r\nLocation: " + secret + "\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX-Request-Id: " + canary + "\r\nContent-Length: 1\r\n\r\n{",
		reply("200 OK", object), reply("400 Bad Request", object), reply("500 Oops", object), reply("200 OK", secret), reply("403 No", "<Error><Code>"+secret+"</Code></Error>"),
		"HTTP/1.1 101 " + secret + "\r\n\r\n",
	} {
		s := newRaw(t, func(c *rawConn) { c.request(); c.say(answer) })
		c, ctx := newTest(t, Config{BaseURL: s.base()}), context.Background()
		task, query := c.Task(ctx, aTask)
		page, list := c.TaskPage(ctx, Filter{}, 1)
		_, err := submit(c, fox)
		_, sync := generate(c)
		_, download := c.Download(ctx, "http://"+s.Addr().String()+"/x.png?Signature="+signer)
		for name, v := range map[string]any{"Task": query, "task": task, "task.Err": task.Err(), "TaskPage": list, "page": page, "Submit": err,
			"Generate": sync, "Download": download, "Cancel": c.Cancel(ctx, aTask)} {
			leaks(t, fmt.Sprintf("%s after %.30q", name, answer), v)
		}
	}
}

func TestH17BaseURL(t *testing.T) {
	for _, base := range []string{"https://" + canary + "@host", "https://u:" + canary + "@host", "https://host/?k=" + canary, "http://host/" + canary,
		"https://host:" + canary, "ht tp://" + canary, "https://host/#" + canary} {
		_, err := New(Config{BaseURL: base, Key: NewKey(canary)})
		if err == nil {
			t.Fatalf("New(%q) = nil", base)
		}
		leaks(t, "New", err)
	}
}

// The picture's host and where it redirects to see neither the key nor, from a redirect, the query that got us there.
func TestH6PictureHostsSeeNoKey(t *testing.T) {
	ok := func(c *rawConn) { c.request(); c.say("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\npng") }
	second := newRaw(t, ok)
	first := newRaw(t, func(c *rawConn) {
		c.request()
		c.say("HTTP/1.1 302 Found\r\nSet-Cookie: a=b\r\nLocation: http://" + second.Addr().String() + "/y.png\r\nContent-Length: 0\r\n\r\n")
	})
	c := newTest(t, Config{BaseURL: first.base(), Workspace: "llm-workspace"})
	query := "?Expires=1&OSSAccessKeyId=LTAI&Signature=" + signer + "&z=a;b&%41=%2b"
	if body, err := c.Download(context.Background(), "http://"+first.Addr().String()+"/x%2Fy.png"+query); string(body) != "png" {
		t.Fatalf("Download = %q, %v", body, err)
	}
	for name, s := range map[string]*rawServer{"host": first, "redirect": second} {
		for _, header := range []string{canary, "Authorization", "Workspace", "Cookie", "Referer", "Accept-Encoding: gzip"} {
			if strings.Contains(s.received(), header) {
				t.Errorf("%s received %s: %s", name, header, s.received())
			}
		}
	}
	if !strings.HasPrefix(first.received(), "GET /x%2Fy.png"+query+" HTTP/1.1\r\n") {
		t.Errorf("sent %q, want the query untouched", first.received())
	}
	if strings.Contains(second.received(), "SignatureOfTheCanary") {
		t.Errorf("the redirect learned the signature: %q", second.received())
	}
}

// The key goes to the API and nowhere else, and the redirects of the API end there: see also TestN7Redirects.
func TestH6KeyGoesToTheAPI(t *testing.T) {
	var got http.Header
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r.Header; io.WriteString(w, good) }))
	defer s.Close()
	c := newTest(t, Config{BaseURL: s.URL, Workspace: "llm-1"})
	if _, err := submit(c, fox); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"Authorization": "Bearer " + canary, "X-Dashscope-Async": "enable", "X-Dashscope-Workspace": "llm-1",
		"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "qwenbatch"}
	for name, value := range want {
		if got.Get(name) != value {
			t.Errorf("%s = %q, want %q", name, got.Get(name), value)
		}
	}
	for name := range got {
		if _, known := want[name]; !known && name != "Content-Length" {
			t.Errorf("sent %s: %s", name, got.Get(name)) // Idempotency-Key, Accept-Encoding: gzip and Expect do harm
		}
	}
}

func TestKey(t *testing.T) {
	if k := NewKey(""); !k.IsZero() || k != (Key{}) {
		t.Errorf("NewKey(\"\") = %#v, want the zero value", k)
	}
	a, b := NewKey(canary), NewKey(canary+"x")
	if a.IsZero() || a.Fingerprint("s") == b.Fingerprint("s") || a.Fingerprint("s") == a.Fingerprint("t") || a.Fingerprint("s") != NewKey(canary).Fingerprint("s") {
		t.Errorf("fingerprints %s, %s, %s", a.Fingerprint("s"), b.Fingerprint("s"), a.Fingerprint("t"))
	}
	if len(a.Fingerprint("")) != 12 {
		t.Errorf("Fingerprint = %q, want 12 digits", a.Fingerprint(""))
	}
}

// Callers ask errors for contexts and private hosts, also those that had to be cleaned.
func TestToldKeepsWhatItIs(t *testing.T) {
	k := NewKey(canary)
	for _, err := range []error{context.Canceled, fmt.Errorf("x: %w", context.DeadlineExceeded), &url.Error{Op: "Get", URL: "u", Err: io.EOF}} {
		if k.told(err) != err {
			t.Errorf("told(%v) = %#v, want it unchanged", err, k.told(err))
		}
	}
	dirty := k.told(fmt.Errorf("%s\x1b[2J?Signature=%s : %w", canary, signer, ErrPrivateHost))
	if !errors.Is(dirty, ErrPrivateHost) || errors.Is(dirty, ErrGone) || dirty.Error() != "[redacted][2J?… : "+ErrPrivateHost.Error() {
		t.Errorf("told = %v, want it clean and %v", dirty, ErrPrivateHost)
	}
	leaks(t, "told", dirty)
}
