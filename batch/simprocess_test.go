package batch

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output/disktest"
)

// A killer ends the simulated process at the n-th effect: an operation that changes the disk, a call that reaches the
// service, or an answer that leaves it.
type killer struct {
	at, n  atomic.Int64
	dead   atomic.Bool
	before bool // at a disk operation: before it, or after
	torn   bool
	mu     sync.Mutex
	conns  []net.Conn
	cancel context.CancelFunc
	disk   *disktest.Disk
	cache  *disktest.Disk // dies with the process; may be nil
}

// effect counts one and reports whether the process dies of it.
func (k *killer) effect() bool {
	if k.dead.Load() || k.n.Add(1) != k.at.Load() {
		return k.dead.Load()
	}
	k.kill()
	return true
}

// kill takes the network and everything that waits.
func (k *killer) kill() {
	k.dead.Store(true)
	k.cancel()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.cache != nil {
		k.cache.Kill()
	}
	for _, c := range k.conns {
		c.Close()
	}
}

func (k *killer) dial(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if k.dead.Load() {
			return nil, net.ErrClosed
		}
		c, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		k.conns = append(k.conns, c)
		if k.dead.Load() {
			c.Close()
		}
		return c, nil
	}
}

func (k *killer) decide(op disktest.Op) disktest.Verdict {
	if !op.Changes() {
		return disktest.Verdict{}
	}
	if k.effect() {
		return disktest.Verdict{Err: disktest.ErrDead, Done: !k.before, Torn: k.torn, Die: true}
	}
	return disktest.Verdict{}
}

// A sim is one service, one disk, and the processes that come and go.
type sim struct {
	t         testing.TB
	random    *rand.Rand
	server    *emulator.Server
	net       *emulator.InProcess
	disk      *disktest.Disk
	cache     *disktest.Disk // of the user; nil where there is none
	killer    atomic.Pointer[killer]
	faults    atomic.Bool
	hook      sync.Mutex                         // held while fault runs
	fault     func(emulator.Call) emulator.Fault // must not wait
	starting  func()                             // is told when a run begins; may be nil
	answering func(emulator.Call)                // is told each call of ours when it is in the books; may be nil
	unplugged func(host string) error            // says why a host cannot be reached; may be nil
	options   Options
	log       *strings.Builder
	runs      int
	finals    []state.Record // of the manifest's items, as settled has seen them
	heldSeen  []string
	failed    int
	replaced  int
	powerCuts int
	tornEnds  int            // deaths within a line of the state file
	redone    map[string]int // how often each item was made again, by key
	touched   []touched
	lostAt    time.Time // when the state file was taken away
	traceless bool      // and nothing was left that told of it
	orphans   []Orphan  // of the last run
}

func newSim(t testing.TB, random *rand.Rand, o emulator.Options) *sim {
	s := &sim{t: t, random: random, disk: disktest.New(), cache: disktest.New()}
	o.Tiny, o.ImageURL, o.Key = true, cmp.Or(o.ImageURL, "http://pictures.test"), canary
	o.Fault = func(c emulator.Call) emulator.Fault {
		if c.Workspace == rivalWorkspace {
			return emulator.Fault{}
		}
		if k := s.killer.Load(); k != nil && k.effect() {
			return emulator.Fault{LoseRequest: true}
		}
		if s.faults.Load() && s.fault != nil {
			s.hook.Lock()
			defer s.hook.Unlock()
			return s.fault(c)
		}
		return emulator.Fault{}
	}
	o.BeforeAnswer = func(c emulator.Call) {
		if c.Workspace == rivalWorkspace {
			return
		}
		if s.answering != nil {
			s.answering(c)
		}
		if k := s.killer.Load(); k != nil {
			k.effect()
		}
	}
	server, err := emulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	s.server, s.net = server, server.ServeInProcess()
	return s
}

func (s *sim) close() { s.net.Close() }

// dial connects to the service, unless the host is out of reach.
func (s *sim) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if host, _, _ := net.SplitHostPort(address); s.unplugged != nil {
		if err := s.unplugged(host); err != nil {
			return nil, err
		}
	}
	return s.net.Dial(ctx, network, address)
}

// run is one process: it ends by itself, or dies at the given effect (0: never).
func (s *sim) run(manifest string, dieAt int64, before, torn bool) (error, bool) {
	s.runs++
	if s.starting != nil {
		s.starting()
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	k := &killer{cancel: cancel, disk: s.disk, before: before, torn: torn}
	k.at.Store(dieAt)
	s.disk.Decide = k.decide
	s.killer.Store(k)
	err := s.process(ctx, k, manifest)
	synctest.Wait()
	if s.log != nil {
		fmt.Fprintf(s.log, "%s run %d of %s: %v, died %v at %d\n", time.Now().Format(time.TimeOnly), s.runs, filepath.Base(manifest), err, k.dead.Load(), dieAt)
	}
	s.killer.Store(nil)
	return err, k.dead.Load()
}

// process is the program from main to exit.
func (s *sim) process(ctx context.Context, k *killer, manifest string) error {
	o := s.options
	m, err := manifests.Open(manifest, manifests.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer m.Close()
	c, err := client.New(client.Config{BaseURL: "http://api.test/api/v1", Key: client.NewKey(canary), Dial: k.dial(s.dial), Insecure: true})
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	if s.log != nil {
		o.Log = slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	if s.cache != nil {
		s.cache = s.cache.After(disktest.Killed, nil) // an earlier process has no hold of it
		k.mu.Lock()                                   // the network may go away meanwhile
		k.cache, o.Cache = s.cache, s.cache
		k.mu.Unlock()
	}
	o.Manifest, o.Client, o.Disk, o.Key, o.reserve = m, c, s.disk, client.NewKey(canary), 1<<10
	o.Settings = state.Settings{Manifest: m.Name(), BaseURL: c.BaseURL(), Region: "beijing"}
	b, err := Open(o)
	if err != nil {
		return err
	}
	defer b.Close()
	err = b.Run(ctx)
	s.orphans = b.Orphans()
	if err != nil {
		return err
	}
	return b.EndRedo()
}

// crash is what the next process finds after a death.
func (s *sim) crash(loss disktest.Loss) {
	if loss != disktest.Killed {
		s.powerCuts++
	}
	s.lose(loss)
	if b, there := s.disk.Content(state.FileName); there && !bytes.HasSuffix(b, []byte("\n")) {
		s.tornEnds++
	}
}

// lose is what a death takes from the folder and, with the power, from the cache.
func (s *sim) lose(loss disktest.Loss) {
	s.disk = s.disk.After(loss, s.random)
	if s.cache != nil {
		s.cache = s.cache.After(loss, s.random)
	}
}

// finish runs until the batch is done, as cron would: each minute, and when that has not helped for long, every three hours for
// some days.
func (s *sim) finish(manifest string) error {
	for n := range 80 { // a host that refuses for four days takes a day for every few items
		err, _ := s.run(manifest, 0, false, false)
		s.strike()
		if err == nil && s.settled(manifest) {
			return nil
		}
		if errors.Is(err, state.ErrDamaged) || errors.Is(err, state.ErrOther) {
			return err
		}
		time.Sleep(time.Minute)
		if n >= 6 {
			time.Sleep(3 * time.Hour)
		}
		s.disk = s.disk.After(disktest.Killed, nil)
	}
	return errors.New("does not finish")
}

// strike takes a wish back that has come to its end: whoever asks again asks for more. The process may have died all the
// same, of its very last effect.
func (s *sim) strike() {
	if len(s.options.Redo) > 0 && s.struckOut() {
		s.options.Redo = nil
	}
}

// struckOut reports whether the state knows of a wish, and of none that has not come to its end.
func (s *sim) struckOut() bool {
	s.disk.Decide = nil
	st, _, err := state.OpenFile(s.disk)
	if err != nil {
		s.t.Fatal(err)
	}
	defer st.Close()
	return st.LastRedo() > 0 && len(st.LastMark().Redos) == 0
}
