package emulator

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Server is one emulated account of the service. Its methods may be called from several
// goroutines.
type Server struct {
	opts  Options
	host  pictureHost
	clock clock

	sketches sketches

	mu      sync.Mutex // held while a call is decided, never while waiting; guards what follows
	closed  bool
	end     time.Time // when it was closed
	account account
	keys    map[string]bool // keys seen, to recognise them in wrong places; never written down
}

// New opens the books, or begins new ones at the machine's time, and returns a service that
// continues where they end.
func New(opts Options) (*Server, error) {
	opts, images, err := opts.filled()
	if err != nil {
		return nil, err
	}
	s := &Server{opts: opts, keys: map[string]bool{}}
	s.host = pictureHost{base: images, url: opts.ImageURL, seed: opts.Seed}
	s.clock = clock{speed: opts.Speed, stopped: make(chan struct{})}
	s.account = newAccount(s.opts.quotaOf)
	if opts.Key != "" {
		s.keys[opts.Key] = true
	}
	return s, s.open()
}

// SetImageURL replaces Options.ImageURL once the server of Images has an address. It must be called
// before the first call is served.
func (s *Server) SetImageURL(base string) error {
	base = strings.TrimRight(base, "/")
	images, err := parseImageURL(base)
	if err != nil {
		return err
	}
	s.host.base, s.host.url = images, base
	return nil
}

// open reads the books and starts the clock, which stands still while no Server exists.
func (s *Server) open() error {
	s.clock.base = time.Now().UTC().Round(0).Add(s.opts.Offset)
	end, err := s.account.open(s.opts.Books)
	if err != nil {
		return fmt.Errorf("emulator: books: %w", err)
	}
	if !end.IsZero() {
		s.clock.base = end
	}
	for _, q := range s.account.order {
		q.clock = s.clock.base
	}
	s.clock.started = time.Now()
	return nil
}

// Now returns the emulator's time, in UTC. The Date header, the times of tasks and the expiry of
// URLs follow it.
func (s *Server) Now() time.Time { return s.clock.now() }

// Close records the time in the books, so that a later Server continues from here, and closes
// them. Calls that wait are aborted. It returns the first error met when writing the books.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	books := &s.account.journal
	if s.closed {
		return books.err
	}
	now := s.Now()
	s.account.advance(now)
	s.account.record(entry{At: now})
	s.closed, s.end = true, now
	close(s.clock.stopped)
	return errors.Join(books.err, books.close())
}

// Books returns a snapshot that the caller owns.
func (s *Server) Books() Books {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	if s.closed {
		now = s.end
	}
	s.account.advance(now)
	b := s.account.tally.books()
	b.Time = now
	b.Tasks = make([]Task, 0, len(s.account.tasks))
	for _, t := range s.account.tasks {
		b.Tasks = append(b.Tasks, t.snapshot(now))
		b.Charges += t.chargedAt(now)
	}
	return b
}

// fingerprint identifies a key in the books without revealing it.
func fingerprint(key string) string {
	sum := sha256.Sum256([]byte("qwenbatch emulator\n" + key))
	return hex.EncodeToString(sum[:6])
}
