package batch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output/disktest"
)

// The simulation: a batch over a service that loses, delays and refuses, on a disk that loses what was not synced, killed
// up to five times at moments drawn from a seed, and started again by the same command. At the end the service's books
// and the folder must agree: one charge and one picture an item, nothing held, nothing shown to the wrong host.
//
//	go test ./batch -run TestSimulation -seeds 1000000 -from 1

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

// A sim is a world with a seed.
type sim struct {
	t         testing.TB
	random    *rand.Rand
	server    *emulator.Server
	net       *emulator.InProcess
	disk      *disktest.Disk
	killer    atomic.Pointer[killer]
	faults    atomic.Bool
	fault     func(emulator.Call) emulator.Fault
	options   Options
	log       *strings.Builder
	runs      int
	heldSeen  []string
	failed    int
	replaced  int
	powerCuts int
	redone    map[string]int // how often each item was made again, by key
}

func newSim(t testing.TB, random *rand.Rand, o emulator.Options) *sim {
	s := &sim{t: t, random: random, disk: disktest.New()}
	o.Tiny, o.ImageURL, o.Key = true, "http://pictures.test", canary
	o.Fault = func(c emulator.Call) emulator.Fault {
		if k := s.killer.Load(); k != nil && k.effect() {
			return emulator.Fault{LoseRequest: true}
		}
		if s.faults.Load() && s.fault != nil {
			return s.fault(c)
		}
		return emulator.Fault{}
	}
	o.BeforeAnswer = func(emulator.Call) {
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

// run is one process: it ends by itself, or dies at the given effect (0: never).
func (s *sim) run(manifest string, dieAt int64, before, torn bool) (error, bool) {
	s.runs++
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
	c, err := client.New(client.Config{BaseURL: "http://api.test/api/v1", Key: client.NewKey(canary), Dial: k.dial(s.net.Dial), Insecure: true})
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	if s.log != nil {
		o.Log = slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	o.Manifest, o.Client, o.Disk, o.Key, o.reserve = m, c, s.disk, client.NewKey(canary), 1<<10
	o.Settings = Settings{Manifest: m.Name(), BaseURL: c.BaseURL(), Region: "beijing"}
	b, err := Open(o)
	if err != nil {
		return err
	}
	defer b.Close()
	if err := b.Run(ctx); err != nil {
		return err
	}
	return b.EndRedo()
}

// crash is what the next process finds after a death.
func (s *sim) crash() {
	loss := disktest.Loss(s.random.IntN(int(disktest.Losses)))
	if loss != disktest.Killed {
		s.powerCuts++
	}
	s.disk = s.disk.After(loss, s.random)
}

// finish runs until the batch is done, as cron would.
func (s *sim) finish(manifest string) error {
	for range 40 {
		err, _ := s.run(manifest, 0, false, false)
		s.strike()
		if err == nil && s.settled(manifest) {
			return nil
		}
		if errors.Is(err, ErrDamaged) || errors.Is(err, ErrOther) {
			return err
		}
		time.Sleep(time.Minute)
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
	st, _, err := openState(s.disk)
	if err != nil {
		s.t.Fatal(err)
	}
	defer st.close()
	return st.lastRedo > 0 && len(st.redos) == 0
}

// settled reports whether every item is done or held, and collects what is held.
func (s *sim) settled(manifest string) bool {
	s.disk.Decide = nil
	m, err := manifests.Open(manifest, manifests.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer m.Close()
	b, err := Open(Options{Manifest: m, Disk: s.disk, Settings: Settings{BaseURL: "http://api.test/api/v1", Region: "beijing"}})
	if err != nil {
		s.t.Fatal(err)
	}
	defer b.Close()
	s.heldSeen, s.failed, s.replaced, s.redone = nil, 0, 0, map[string]int{}
	all := true
	for i, mt := range b.matches {
		if mt.entry < 0 {
			return false
		}
		rec, err := b.state.get(int(mt.entry))
		if err != nil {
			s.t.Fatal(err)
		}
		s.replaced += rec.Replaced
		s.redone[rec.Key] = rec.Redone
		switch rec.Phase {
		case failed: // three refusals in a row; it must have cost nothing
			s.failed++
		case held:
			s.heldSeen = append(s.heldSeen, fmt.Sprintf("item %d %s: %s: %s", i, rec.Phase, rec.Code, rec.Message))
		case done:
			s.checkPicture(rec)
		default:
			all = false
		}
	}
	return all
}

// checkPicture compares a done item with its file: it is there, whole, and made from the item's words and seed.
func (s *sim) checkPicture(rec record) {
	for _, p := range rec.Pictures {
		if _, ok := s.disk.Content(p.File); !ok {
			s.t.Errorf("%s is done and its picture %s is not there", rec.Key, p.File)
		}
		if id, ok := readIdentity(s.disk, p.File); !ok || id.Key != rec.Key || id.Task != rec.Task {
			s.t.Errorf("%s has the picture of %+v", rec.Key, id)
		}
	}
	for _, task := range s.server.Books().Tasks {
		if task.ID == rec.Task && task.Prompt != rec.Sent.Prompt {
			s.t.Errorf("%s has a picture of %q, want %q", rec.Key, task.Prompt, rec.Sent.Prompt)
		}
	}
}

// check compares the books with what was asked for.
func (s *sim) check(items int) {
	books := s.server.Books()
	charged := 0
	for _, task := range books.Tasks {
		charged += task.Charged
	}
	if want := items - s.failed + s.replaced; charged != want {
		s.t.Errorf("%d pictures are charged, want %d", charged, want)
	}
	for _, v := range books.Violations {
		s.t.Errorf("violation: %+v", v)
	}
	for _, h := range s.heldSeen {
		s.t.Errorf("held: %s", h)
	}
	s.checkCanary()
}

// checkCanary looks for the key and for signed queries in every byte on the disk (failure mode H17).
func (s *sim) checkCanary() {
	for _, name := range s.disk.Files() {
		b, _ := s.disk.Content(name)
		for _, secret := range []string{canary, "Signature=", "OSSAccessKeyId"} {
			if strings.Contains(string(b), secret) {
				s.t.Errorf("%s holds %q", name, secret)
			}
		}
	}
}

// story tells what the service saw.
func (s *sim) story() string {
	var b strings.Builder
	for _, t := range s.server.Books().Tasks {
		fmt.Fprintf(&b, "%s %s %q %s %s..%s charged %d\n", t.ID[:8], t.Status, t.Prompt, t.Size, t.Submitted.Format(time.TimeOnly), t.Ended.Format(time.TimeOnly), t.Charged)
	}
	state, _ := s.disk.Content(stateFile)
	return b.String() + string(state)
}

// simManifests are sheets of one to four items, some with the same words and some without ids; [0] of each is what a
// first, undisturbed run has made: a task of ours that the list can be seen to show.
func simManifests(t testing.TB) [][2]string {
	dir := t.TempDir()
	sheets := []struct {
		header string
		rows   []string
	}{
		{"id,prompt", []string{"a,a red cat", "b,a blue dog"}},
		{"id,prompt", []string{"a,一只猫", "b,a blue dog", "c,a bird"}},
		{"id,prompt", []string{"a,a red cat", "b,same words", "c,same words"}},
		{"prompt,seed", []string{"a red cat,1", "a red cat,2", "a bird,3"}},
		{"prompt", []string{"first", "twin", "twin", "other"}},
		{"id,prompt,size", []string{"a,a red cat,1:1", "b,a red cat,16:9", "c,wide,16:9", "d,tall,9:16"}},
	}
	var all [][2]string
	for i, s := range sheets {
		var pair [2]string
		for j, rows := range []int{1, len(s.rows)} {
			pair[j] = filepath.Join(dir, fmt.Sprintf("%d-%d.csv", i, j))
			content := s.header + "\n" + strings.Join(s.rows[:rows], "\n") + "\n"
			if err := os.WriteFile(pair[j], []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, pair)
	}
	return all
}

var simItems = []int{2, 3, 3, 3, 4, 4}

// drawFaults gives a service that misbehaves in one of many ways, each call with its own luck.
func drawFaults(random *rand.Rand) func(emulator.Call) emulator.Fault {
	p := []float64{0, 0.05, 0.2, 0.4}[random.IntN(4)]
	lag := time.Duration(random.IntN(18)) * time.Second // with the latest submission below, less than the settling time
	var mu sync.Mutex
	draw := func() (float64, int) {
		mu.Lock()
		defer mu.Unlock()
		return random.Float64(), random.IntN(1000)
	}
	return func(c emulator.Call) emulator.Fault {
		luck, kind := draw()
		f := emulator.Fault{}
		if c.Op == "list" {
			f.LagList, f.ShuffleList = lag, kind%2 == 0
		}
		if luck > p {
			return f
		}
		switch c.Op {
		case "submit":
			return submitFaults[kind%len(submitFaults)]
		case "query":
			return queryFaults[kind%len(queryFaults)]
		case "list":
			bad := listFaults[kind%len(listFaults)]
			bad.LagList = lag
			return bad
		case "image":
			return imageFaults[kind%len(imageFaults)]
		}
		return f
	}
}

var (
	submitFaults = []emulator.Fault{
		{LoseRequest: true}, {LoseAnswer: true}, {Reset: true}, {Garbage: true}, {Truncate: true}, {Delay: 5 * time.Second},
		{Status: 500, Code: "InternalError"}, {Status: 500, Code: "InternalError", DoneFirst: true}, {Status: 503}, {Status: 502, DoneFirst: true},
		{Status: 504}, {Status: 429, Code: "Throttling.RateQuota"}, {Status: 429, Code: "Throttling.BurstRate"}, {FailCode: "InternalError.Algo"},
		{Late: 3 * time.Second}, {LoseAnswer: true, Late: 10 * time.Second}, {Hang: true}, {Delay: 90 * time.Second},
	}
	queryFaults = []emulator.Fault{
		{LoseRequest: true}, {LoseAnswer: true}, {Reset: true}, {Garbage: true}, {Truncate: true}, {Status: 500, Code: "InternalError"}, {Status: 502},
		{Status: 429, Code: "Throttling.RateQuota"}, {Unknown: true}, {WrongTask: true}, {ExpireURL: true}, {TaskStatus: "SUSPENDED"}, {Delay: 3 * time.Second},
	}
	listFaults = []emulator.Fault{
		{LoseRequest: true}, {LoseAnswer: true}, {Garbage: true}, {Truncate: true}, {Status: 500, Code: "InternalError"}, {Status: 502},
		{Status: 429, Code: "Throttling.RateQuota"}, {Delay: 3 * time.Second},
	}
	imageFaults = []emulator.Fault{
		{LoseRequest: true}, {Reset: true}, {Truncate: true}, {Garbage: true}, {FlipByte: true}, {BadCRC: true}, {Status: 500}, {NoCRC: true}, {Delay: 3 * time.Second},
	}
)

// simulate plays one seed.
func simulate(t testing.TB, seed uint64, sheets [][2]string, o Options) {
	random := rand.New(rand.NewPCG(seed, 0))
	which := random.IntN(len(sheets))
	s := newSim(t, random, emulator.Options{Seed: seed, CV: []float64{-1, 0.1, 0.5}[random.IntN(3)]})
	defer s.close()
	if os.Getenv("QWENBATCH_SIM_LOG") != "" {
		s.log = new(strings.Builder)
		defer func() { t.Logf("%s\n%s", s.log, s.story()) }()
	}
	s.options = o
	s.options.Window = random.IntN(4)
	s.fault = drawFaults(random)
	if err, _ := s.run(sheets[which][0], 0, false, false); err != nil {
		t.Errorf("first run = %v", err)
		return
	}
	s.faults.Store(true)
	wish := s.drawWish(seed, sheets[which][1], simItems[which])
	for n := range random.IntN(6) {
		wish.begin(n)
		at := 1 + random.Int64N(140)
		_, died := s.run(sheets[which][1], at, random.IntN(2) == 0, random.IntN(2) == 0)
		if died {
			s.crash()
			time.Sleep(time.Duration(random.IntN(3)) * time.Duration(random.IntN(60)) * time.Second)
		} else {
			s.disk = s.disk.After(disktest.Killed, nil)
		}
		s.strike()
	}
	wish.begin(wish.from)
	if random.IntN(2) == 0 {
		s.faults.Store(false)
	}
	if err := s.finish(sheets[which][1]); err != nil {
		t.Errorf("the batch ends with %v", err)
		return
	}
	s.check(simItems[which])
	wish.check()
}

// A simWish is a --redo that is given from some run on, until it has come to its end.
type simWish struct {
	*sim
	manifest string
	names    []string
	from     int             // the run
	was      map[string]bool // keys of named items that were done when it began
	begun    bool
	cuts     int // of the power, before it began
}

// drawWish names some rows, in one of three stories. Its luck is its own, so that a seed tells the same story as before
// there were wishes, but for them.
func (s *sim) drawWish(seed uint64, manifest string, items int) *simWish {
	random := rand.New(rand.NewPCG(seed, 1))
	w := &simWish{sim: s, manifest: manifest, from: random.IntN(6), was: map[string]bool{}}
	if random.IntN(3) > 0 {
		return w
	}
	for i := range items {
		if random.IntN(2) == 0 {
			w.names = append(w.names, fmt.Sprint(rowPrefix, i+2))
		}
	}
	return w
}

// begin gives the wish to the n-th run, if that is the first to have it.
func (w *simWish) begin(n int) {
	if n != w.from || w.begun || len(w.names) == 0 {
		return
	}
	w.begun, w.options.Redo, w.cuts = true, w.names, w.powerCuts
	w.disk.Decide = nil
	m, err := manifests.Open(w.manifest, manifests.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	defer m.Close()
	b, err := Open(Options{Manifest: m, Disk: w.disk, Redo: w.names, Settings: Settings{BaseURL: "http://api.test/api/v1", Region: "beijing"}})
	if err != nil {
		w.t.Fatal(err)
	}
	defer b.Close()
	for _, e := range b.state.entries {
		if b.redo.entries[e.key] && e.phase() == done {
			w.was[e.key.String()] = true
		}
	}
}

// check wants what was done and named made again once, and nothing else. A power cut may take back that it was done: then it
// was made for the wish.
func (w *simWish) check() {
	for key, n := range w.redone {
		undone := n == 0 && w.powerCuts > w.cuts
		if once := n == 1; n > 1 || once != w.was[key] && !undone {
			w.t.Errorf("%s was made again %d times; done and named it was: %v", key, n, w.was[key])
		}
	}
}

func TestSimulation(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // small worlds, thrown away by the thousand
	from, count := seeds(t, 300)
	sheets := simManifests(t)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				seed := from + next.Add(1) - 1
				if seed >= from+count || t.Failed() {
					return
				}
				t.Run(strconv.FormatInt(seed, 10), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { simulate(t, uint64(seed), sheets, Options{}) })
				})
			}
		})
	}
	wg.Wait()
}

// seeds are QWENBATCH_SIM_FROM and QWENBATCH_SIM_SEEDS, else the first few.
func seeds(t testing.TB, few int64) (from, count int64) {
	number := func(name string, unset int64) int64 {
		text := os.Getenv(name)
		if text == "" {
			return unset
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return n
	}
	return number("QWENBATCH_SIM_FROM", 1), number("QWENBATCH_SIM_SEEDS", few)
}
