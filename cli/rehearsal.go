package cli

import (
	"context"
	"errors"
	"net"
	"path/filepath"

	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// booksFile keeps what the emulator did, in the output folder of the rehearsal: one that was
// killed goes on like a real run, with the same tasks.
const booksFile = ".rehearsal-books.jsonl"

// A rehearsalServer is the emulator in this process. It runs from start to close, so that a run
// with nothing to do, and the work before a run, add nothing to its time and books.
type rehearsalServer struct {
	server *emulator.Server
	net    *emulator.InProcess
}

// start serves with the books of an output folder.
func (r *rehearsalServer) start(folder string, speed float64) error {
	return r.begin(filepath.Join(folder, booksFile), speed)
}

// begin serves with the given books; "" keeps them in memory.
func (r *rehearsalServer) begin(books string, speed float64) error {
	server, err := emulator.New(emulator.Options{
		Speed: speed, Books: books, ImageURL: "http://pictures.rehearsal"})
	if err != nil {
		return err
	}
	r.server, r.net = server, server.ServeInProcess()
	return nil
}

// dial connects to the emulator in place of the network.
func (r *rehearsalServer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if r.net == nil {
		return nil, errors.New("the rehearsal has not started")
	}
	return r.net.Dial(ctx, network, address)
}

// config reaches the emulator and nothing else. The key is no secret; it must not be part of the
// name of the host, where the emulator would take it for a leak.
func (r *rehearsalServer) config() client.Config {
	return client.Config{BaseURL: rehearsalURL, Key: client.NewKey("costs-nothing"), Dial: r.dial,
		Insecure: true, UserAgent: "qwenbatch/" + version()}
}

// close stops the emulator and its clock.
func (r *rehearsalServer) close() error {
	if r.net == nil {
		return nil
	}
	return errors.Join(r.net.Close(), r.server.Close())
}

// rehearsalURL stands for the emulator in state files.
const rehearsalURL = "http://rehearsal.local/api/v1"
