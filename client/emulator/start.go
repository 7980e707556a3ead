package emulator

import (
	"cmp"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
)

// A Running server is reached over two ports of this machine.
type Running struct {
	*Server
	BaseURL string // "http://127.0.0.1:PORT/api/v1"
	Key     string // one that is let in

	serving []*http.Server
}

// startSpeed is how many times faster than life a server of Start runs.
const startSpeed = 1000

// Start serves a new account until the test ends, 1000 times faster than life and with blank
// pictures, or as options say, of which there is at most one. A client in the test wants the
// BaseURL and the Key, and should not wait long between its questions:
//
//	service := emulator.Start(t)
//	c, err := client.New(client.Config{
//		BaseURL: service.BaseURL, Key: client.NewKey(service.Key), Poll: time.Millisecond,
//	})
//
// Other programs take them from DASHSCOPE_HTTP_BASE_URL and DASHSCOPE_API_KEY. What was charged for
// is in [Server.Books]. t is a *testing.T, B or F.
func Start(t interface {
	Helper()
	Cleanup(func())
	Fatal(...any)
}, options ...Options) *Running {
	t.Helper()
	o := Options{Speed: startSpeed, Tiny: true}
	if len(options) > 0 {
		o = options[0]
	}
	r, err := Serve(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// Serve serves a new account over two ports of this machine, until Close. It sets
// Options.ImageURL.
func Serve(o Options) (*Running, error) {
	api, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	images, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		api.Close()
		return nil, fmt.Errorf("emulator: %w", err)
	}
	o.ImageURL = "http://" + images.Addr().String()
	server, err := New(o)
	if err != nil {
		api.Close()
		images.Close()
		return nil, err
	}
	return &Running{Server: server, BaseURL: "http://" + api.Addr().String() + "/api/v1",
		Key: cmp.Or(o.Key, "sk-rehearsal"),
		serving: []*http.Server{serveQuietly(api, server.API()),
			serveQuietly(images, server.Images())},
	}, nil
}

func serveQuietly(l net.Listener, h http.Handler) *http.Server {
	s := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	go s.Serve(l)
	return s
}

// Close ends all connections and closes the server.
func (r *Running) Close() error {
	for _, s := range r.serving {
		s.Close()
	}
	return r.Server.Close()
}
