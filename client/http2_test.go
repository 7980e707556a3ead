package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// The server speaks HTTP/2 with everyone who can; queries show that it does, submissions do not.
func TestN5NoHTTP2(t *testing.T) {
	protos := make(chan string, 3)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		protos <- r.Method + " " + r.Proto
		if r.Method == http.MethodPost && r.ProtoMajor == 2 {
			panic(http.ErrAbortHandler) // RST_STREAM
		}
		io.WriteString(w, good)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	c := newTest(t, Config{BaseURL: s.URL + "/api/v1", roots: pool(s)})
	_, err := submit(c, fox)
	_, queryErr := c.Task(context.Background(), aTask)
	if err != nil || queryErr != nil {
		t.Fatalf("Submit = %v, Task = %v", err, queryErr)
	}
	if post, get := <-protos, <-protos; post != "POST HTTP/1.1" || get != "GET HTTP/2.0" {
		t.Errorf("sent %s and %s, want POST HTTP/1.1 and GET HTTP/2.0", post, get)
	}
}

func pool(s *httptest.Server) *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(s.Certificate())
	return p
}

// A server that knows HTTP/2 only and answers everything with its frames.
func TestN5Frames(t *testing.T) {
	const settings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	for name, frames := range map[string]string{
		"GOAWAY":     settings + "\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"RST_STREAM": settings + "\x00\x00\x04\x03\x00\x00\x00\x00\x01\x00\x00\x00\x07",
	} {
		t.Run(name, func(t *testing.T) {
			helper := httptest.NewTLSServer(nil)
			defer helper.Close()
			l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: helper.TLS.Certificates, NextProtos: []string{"h2"}})
			if err != nil {
				t.Fatal(err)
			}
			s := serveRaw(t, l, func(c *rawConn) { c.request(); c.say(frames) })
			c := newTest(t, Config{BaseURL: "https://" + s.Addr().String(), roots: pool(helper)})
			if _, err = submit(c, fox); class(err) != "in doubt" || s.posts.Load() != 1 || s.conns.Load() != 1 {
				t.Errorf("Submit = %v with %d POSTs on %d connections, want in doubt, 1, 1", err, s.posts.Load(), s.conns.Load())
			}
		})
	}
}
