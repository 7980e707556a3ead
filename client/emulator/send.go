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

// json is an answer of JSON. The & of a URL comes as it is: people cut URLs out of answers with sed.
func (c *call) json(status int, v any) answer {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // unreachable unless a wire struct holds what JSON cannot
	}
	return answer{status: status, mime: c.mime, body: bytes.TrimRight(body.Bytes(), "\n")}
}

// refuse is an error answer, and books it.
func (c *call) refuse(r *refusal) answer {
	c.entry.Code = r.code
	return c.json(r.status, wireError{Code: r.code, Message: r.message, RequestID: c.requestID})
}

// plain is an answer that is not JSON, as gateways and captive portals give it.
func (c *call) plain(status int, text string) answer {
	page := fmt.Sprintf("<html><head><title>%d %s</title></head><body><center><h1>%s</h1></center></body></html>\n",
		status, http.StatusText(status), text)
	return answer{status: status, mime: "text/html", body: []byte(page)}
}

// send tells the client an answer, or does to it what the call's fault says.
func (c *call) send(a answer) {
	if c.fault.Delay > 0 && !c.s.wait(c.r.Context(), c.fault.Delay) {
		c.abort(false)
	}
	if c.fault.LoseAnswer || c.fault.Reset {
		c.abort(c.fault.Reset)
	}
	if c.fault.Garbage {
		a = c.garbage(a)
	}
	c.headers(a)
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

// headers sets the head of an answer. Its Date is the emulator's.
func (c *call) headers(a answer) {
	h, now := c.w.Header(), c.s.Now()
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

// write sends a body, byte by byte if the fault drips it.
func (c *call) write(body []byte) {
	if c.fault.Drip <= 0 {
		c.w.Write(body)
		return
	}
	flush := http.NewResponseController(c.w)
	for i := range body {
		if !c.s.wait(c.r.Context(), c.fault.Drip) {
			c.abort(false)
		}
		if _, err := c.w.Write(body[i : i+1]); err != nil {
			return
		}
		flush.Flush()
	}
}

// garbage turns an answer into one that cannot be read, with status 200: a page, or every second time torn JSON.
func (c *call) garbage(a answer) answer {
	if c.info.N%2 == 1 || len(a.body) < 2 {
		return c.plain(http.StatusOK, "Please log in to the network")
	}
	a.status, a.body = http.StatusOK, a.body[:len(a.body)/2]
	return a
}

// abort breaks the connection off without an answer, with a reset where it is TCP. It does not return.
func (c *call) abort(reset bool) {
	if reset {
		c.reset()
	}
	panic(http.ErrAbortHandler)
}

// reset closes the connection in a way that the other side sees as a reset.
func (c *call) reset() {
	conn, _, err := http.NewResponseController(c.w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}
