package emulator

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
)

// InProcess serves s over connections in memory: no port is opened. Its Dial takes the place of
// a network dialer: the host of Options.ImageURL reaches the pictures, every other name the
// API. Close it after the client's idle connections are closed.
type InProcess struct {
	images string
	api    *listener
	host   *listener
}

// ServeInProcess starts serving. It is what a rehearsal and a test inside a synctest bubble use.
func (s *Server) ServeInProcess() *InProcess {
	return &InProcess{images: s.host.base.Hostname(), api: listen(s.API()),
		host: listen(s.Images())}
}

// Dial connects to the API or to the host of the pictures.
func (p *InProcess) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	name, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if name == p.images {
		return p.host.dial(ctx)
	}
	return p.api.dial(ctx)
}

// Close closes all connections, also those with a call in progress.
func (p *InProcess) Close() error {
	p.api.server.Close()
	return p.host.server.Close()
}

// A listener hands the far ends of pipes to an HTTP server.
type listener struct {
	server *http.Server
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func listen(h http.Handler) *listener {
	l := &listener{conns: make(chan net.Conn), closed: make(chan struct{})}
	l.server = &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	go l.server.Serve(l)
	return l
}

func (l *listener) dial(ctx context.Context) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements net.Listener.
func (l *listener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "memory" }
func (pipeAddr) String() string  { return "in-process" }
