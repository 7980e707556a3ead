package client

import (
	"context"
	"fmt"
	"net"
	"sync"
)

// A meteredConn counts the bytes written to a connection, which distinguishes a submission that
// broke off from one that may have arrived.
type meteredConn struct {
	net.Conn
	mu     sync.Mutex // held while writing
	sent   int
	sealed bool
}

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

func (d dialFunc) metered(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(interface{ SetLinger(seconds int) error }); ok {
		// What is not delivered when the connection is closed, or when the process is killed,
		// is dropped: else the system would go on trying for minutes, and the service have it
		// after it was given up. Should that fail, settling is all there is.
		_ = tcp.SetLinger(0)
	}
	return &meteredConn{Conn: conn}, nil
}

func (m *meteredConn) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sealed {
		return 0, net.ErrClosed
	}
	n, err := m.Conn.Write(p)
	m.sent += n
	return n, err
}

func (m *meteredConn) total() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sent
}

// seal ends the connection and returns how much was sent. net/http may report an error while a
// write is still on its way: closing ends that write and prevents later ones, so that the
// count is final.
func (m *meteredConn) seal() (int, error) {
	err := m.Conn.Close()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sealed = true
	return m.sent, err
}

// metered finds the meter below TLS.
func metered(conn net.Conn) *meteredConn {
	for {
		switch c := conn.(type) {
		case *meteredConn:
			return c
		case interface{ NetConn() net.Conn }:
			conn = c.NetConn()
		default:
			// unreachable unless net/http wraps connections one day; then everything is in
			// doubt
			return nil
		}
	}
}

// A passage watches one submission go out.
type passage struct {
	hooked bool // it goes through a Config.Transport, which may use other connections
	mu     sync.Mutex
	asked  bool // a connection was asked of our transport
	conns  int
	meter  *meteredConn
	before int
}

// ask notes that our transport looks for a connection.
func (p *passage) ask(string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = true
}

// on notes the connection that the submission goes out on. What was sent over it before, a TLS
// handshake or an earlier submission, does not count.
func (p *passage) on(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns++
	if p.meter = metered(conn); p.meter != nil {
		p.before = p.meter.total()
	}
}

// incomplete reports whether the body provably did not go out whole: fewer bytes than it has
// were handed to the network. TLS only adds bytes, and so do headers. It ends the connection.
func (p *passage) incomplete(body int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.conns == 0:
		return p.asked || !p.hooked
	// unreachable unless net/http sends a body twice, which needs GetBody
	case p.conns > 1 || p.meter == nil:
		return false
	}
	sent, _ := p.meter.seal()
	return sent-p.before < body
}

// errSwitched is an answer after which the connection is no HTTP any more.
var errSwitched = fmt.Errorf("%w: HTTP 101", ErrUnreadable)
