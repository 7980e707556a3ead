package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// answer is an HTTP response before it is sent.
type answer struct {
	status int
	mime   string // "": no Content-Type header
	header map[string]string
	body   []byte
	ready  time.Time     // when to send it, if later is set
	later  func() answer // replaces the answer then
}

// json returns an answer with a JSON body. The & of a URL is not escaped: people cut URLs out of
// answers with sed.
func (c *call) json(status int, v any) answer {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // unreachable unless a wire struct holds what JSON cannot
	}
	return answer{status: status, mime: c.mime, body: bytes.TrimRight(body.Bytes(), "\n")}
}

// refuse returns an error answer and records its code.
func (c *call) refuse(r *refusal) answer {
	c.entry.Code = r.code
	return c.json(r.status, wireError{Code: r.code, Message: r.message, RequestID: c.requestID})
}

// htmlPage is an answer that is not JSON, as gateways and captive portals give it.
func htmlPage(status int, text string) answer {
	const page = "<html><head><title>%d %s</title></head><body><center><h1>%s</h1></center></body></html>\n"
	body := fmt.Sprintf(page, status, http.StatusText(status), text)
	return answer{status: status, mime: "text/html", body: []byte(body)}
}

// send sends an answer, spoilt as the fault says.
func (c *call) send(a answer) {
	if c.fault.Delay > 0 && !c.server.clock.wait(c.r.Context(), c.fault.Delay) {
		c.abort(false)
	}
	if c.fault.LoseAnswer || c.fault.Reset {
		c.abort(c.fault.Reset)
	}
	if c.fault.Garbage {
		a = a.garbage(c.info.N)
	}
	c.setHeaders(a)
	body, cut := a.body, c.fault.Truncate
	if cut {
		body = body[:len(body)/2]
	}
	c.w.WriteHeader(a.status)
	c.write(body)
	if cut {
		http.NewResponseController(c.w).Flush()
		c.abort(false)
	}
}

// setHeaders sets the headers of an answer. Date is the emulator's time.
func (c *call) setHeaders(a answer) {
	h, now := c.w.Header(), c.server.Now()
	for name, value := range a.header {
		h.Set(name, value)
	}
	h.Set("Date", now.UTC().Format(http.TimeFormat))
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	if a.mime == "" || c.fault.NoType && a.status >= 400 {
		h["Content-Type"] = nil // keeps net/http from guessing one
	} else {
		h.Set("Content-Type", a.mime)
	}
	if c.info.Op == opImage {
		return
	}
	h.Set("X-Request-Id", c.requestID)
	h.Set("Server", "istio-envoy")
	h.Set("X-Dashscope-Call-Gateway", "true")
	h.Set("Req-Arrive-Time", strconv.FormatInt(c.arrived.UnixMilli(), 10))
	h.Set("Req-Cost-Time", strconv.FormatInt(now.Sub(c.arrived).Milliseconds(), 10))
	h.Set("Resp-Start-Time", strconv.FormatInt(now.UnixMilli(), 10))
	if c.info.Op == opSync {
		h.Set("X-Dashscope-Timeout", strconv.Itoa(int(syncLimit/time.Second)))
	}
}

// write writes a body, byte by byte if the fault says so.
func (c *call) write(body []byte) {
	if c.fault.Drip <= 0 {
		c.w.Write(body)
		return
	}
	flush := http.NewResponseController(c.w)
	for i := range body {
		if !c.server.clock.wait(c.r.Context(), c.fault.Drip) {
			c.abort(false)
		}
		if _, err := c.w.Write(body[i : i+1]); err != nil {
			return
		}
		flush.Flush()
	}
}

// garbage is an unreadable answer with status 200 in place of the n-th: a page of HTML or, every
// second time, torn JSON.
func (a answer) garbage(n int) answer {
	if n%2 == 1 || len(a.body) < 2 {
		return htmlPage(http.StatusOK, "Please log in to the network")
	}
	a.status, a.body = http.StatusOK, a.body[:len(a.body)/2]
	return a
}

// abort closes the connection without an answer, with a reset if asked to and if it is TCP. It
// does not return.
func (c *call) abort(reset bool) {
	if reset {
		resetConnection(c.w)
	}
	panic(http.ErrAbortHandler)
}

// resetConnection closes a TCP connection so that the peer sees a reset.
func resetConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}
