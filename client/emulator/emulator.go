// Package emulator serves Alibaba's Qwen-Image HTTP API in process: for rehearsals that cost nothing, for tests, and for
// other people's clients.
//
// It keeps books: who was charged for which picture, how often each task was asked for, what was refused and what a
// correct client would never have done. It is written as if by someone who distrusts the client: strict where the real
// service is strict, tolerant where real clients are known to send odd things.
//
// A [Server] has no goroutine, no socket and no timer of its own. It is two [http.Handler] values, the API and the host
// of the pictures, over a simulation that every call first brings up to the present; so it also runs inside a
// testing/synctest bubble over the in-memory connections of [Server.ServeInProcess].
//
// It does not look at pictures that are sent to it (edit models draw from the prompt alone), does not stream, and sends
// no callbacks.
//
// The contract is docs/api.md and docs/wire.md of this project; a comment that gives a fact names its source there by
// tag (RL, QI, TASK, CN and so on) and date. [I] marks a fact that no source states.
package emulator

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Options says how the emulated service behaves. The zero value is a service at the speed of life with the documented
// limits that lets in any key.
type Options struct {
	// Key is the only key let in. Default: any non-empty key; all keys belong to one account.
	Key string
	// Speed is how many times faster than life everything runs: service times, quotas and expiry scale together.
	// Default: 1.
	Speed float64
	// NoQuota lifts every rate limit, the number of tasks that run at once and the length of the queue.
	NoQuota bool
	// Service is the mean time a task runs, before scaling, without the time of prompt_extend. Default: the model's.
	Service time.Duration
	// CV is the coefficient of variation of service times. Default: 0.15. Negative: exactly 0.
	CV float64
	// Seed draws service times, ids and the seeds of requests that bring none.
	Seed uint64
	// Books is the file that keeps the books across restarts. Default: memory only.
	Books string
	// Offset is how far the service's clock is ahead of the machine's when new books begin. Default: 0.
	Offset time.Duration
	// ImageURL is where Images is reached; result URLs start with it. Default: http://pictures.localhost.
	ImageURL string
	// Fault is asked once for every call what shall go wrong with it, from several goroutines, without any lock held.
	// Default: nothing goes wrong.
	Fault func(Call) Fault
	// Quota replaces the documented quota of a model, and with the model "" the account's queries per second. It is asked
	// on every call, so that it may change its mind, with a lock held: it must not call the Server. Where it reports
	// false, the documented quota holds.
	Quota func(model string) (Quota, bool)
	// Unlisted reports whether the list hides a task. It is asked on every list call, with a lock held: it must not call
	// the Server, nor change the task. Default: the list shows all.
	Unlisted func(*Task) bool
	// Tiny serves one tiny picture of each size instead of pretty ones.
	Tiny bool
	// BeforeAnswer is called when the books are written and before the answer is sent, without any lock held.
	BeforeAnswer func(Call)
}

// Quota is what an account may ask of one model. 0 means unlimited, everywhere.
type Quota struct {
	Submissions int           // submissions or sync calls in any Per
	Per         time.Duration // 0 is a second
	Running     int           // async tasks that run at once; the others wait in line
	Queue       int           // async tasks that wait in line
	Queries     int           // query, list and cancel calls in any second, over the whole account
}

// Call is one request to the emulator, as faults and hooks see it.
type Call struct {
	Op     string // submit, sync, query, list, cancel, image or limits
	N      int    // ordinal among the calls of this Op, from 1, over all restarts on the same books
	Model  string // of submissions, tasks and pictures
	TaskID string // of queries, cancels and pictures; in BeforeAnswer also the task that a submission made
	Prompt string // of submissions, tasks and pictures
	// Workspace is what X-DashScope-WorkSpace names, "" without it. A picture has that of its task.
	Workspace string
}

// Server is one emulated account of the service. Its methods may be called from several goroutines.
type Server struct {
	opts    Options
	images  *url.URL
	started time.Time // when this Server began, by the machine's clock
	base    time.Time // the emulator's time at that moment
	done    chan struct{}

	mu     sync.Mutex // held for the length of one decision, never while waiting
	closed bool
	end    time.Time // when it was closed
	account  account
	tally  tally
	file   journal
	keys   map[string]bool // keys seen, to recognise them where they must not be; never written down
}

// New opens the books, or begins new ones at the machine's time, and returns a service that goes on where they end.
func New(opts Options) (*Server, error) {
	if opts.Speed == 0 {
		opts.Speed = 1
	}
	if opts.Speed < 0 {
		return nil, fmt.Errorf("emulator: speed %v is negative", opts.Speed)
	}
	if opts.ImageURL == "" {
		opts.ImageURL = "http://pictures.localhost"
	}
	opts.ImageURL = strings.TrimRight(opts.ImageURL, "/")
	images, err := url.Parse(opts.ImageURL)
	if err != nil || images.Host == "" || images.RawQuery != "" {
		return nil, fmt.Errorf("emulator: picture host %q is not the base of a URL", opts.ImageURL)
	}
	s := &Server{opts: opts, images: images, done: make(chan struct{}), keys: map[string]bool{}}
	s.account.queues = map[string]*queue{}
	if opts.Key != "" {
		s.keys[opts.Key] = true
	}
	return s, s.open()
}

// open reads the books and starts the emulator's clock: it stands still while no Server exists.
func (s *Server) open() error {
	s.base = time.Now().UTC().Round(0).Add(s.opts.Offset)
	if s.opts.Books != "" {
		end, err := s.file.open(s.opts.Books, s.apply)
		if err != nil {
			return fmt.Errorf("emulator: books: %w", err)
		}
		if !end.IsZero() {
			s.base = end
		}
	}
	for _, l := range s.account.order {
		l.clock = s.base
	}
	s.started = time.Now()
	return nil
}

// API returns the handler of /api/v1/… and of GET /books.
func (s *Server) API() http.Handler { return http.HandlerFunc(s.serveAPI) }

// Images returns the handler of the picture host. It is another host than the API's, and no key belongs there.
func (s *Server) Images() http.Handler { return http.HandlerFunc(s.serveImage) }

// Now returns the emulator's time, in UTC. The Date header, the times of tasks and Expires tell it too.
func (s *Server) Now() time.Time {
	return s.base.Add(time.Duration(float64(time.Since(s.started)) * s.opts.Speed))
}

// Close notes the time in the books, so that a later Server goes on from here, and closes them. Calls that wait are
// broken off. It returns the first error met when writing the books.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return s.file.err
	}
	now := s.Now()
	s.advance(now)
	s.record(entry{At: now})
	s.closed, s.end = true, now
	close(s.done)
	return errors.Join(s.file.err, s.file.close())
}

// wait waits for d of the emulator's time. It reports false if the client went or the server closed before that.
func (s *Server) wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(s.real(d))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-s.done:
	}
	return false
}

// until waits for a moment of the emulator's time.
func (s *Server) until(ctx context.Context, at time.Time) bool {
	for {
		left := at.Sub(s.Now())
		if left <= 0 {
			return true
		}
		if !s.wait(ctx, left) { // which may end a rounding early
			return false
		}
	}
}

// real turns a duration of the emulator's time into one of the machine's, rounded up.
func (s *Server) real(d time.Duration) time.Duration {
	const longest = 1 << 62
	if f := math.Ceil(float64(d) / s.opts.Speed); f < longest {
		return time.Duration(f)
	}
	return longest
}

// fingerprint names a key in the books without telling it.
func fingerprint(key string) string {
	sum := sha256.Sum256([]byte("qwenbatch emulator\n" + key))
	return hex.EncodeToString(sum[:6])
}
