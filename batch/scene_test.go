package batch

import (
	"context"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output/disktest"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// three is the sheet of most stories.
const three = "id,prompt\na,a red cat\nb,a blue dog\nc,a bird\n"

// long reports whether the layers that take minutes are to run (QWENBATCH_LONG=1).
func long() bool { return os.Getenv("QWENBATCH_LONG") != "" }

// A scene is a small story: one service, one disk, one sheet, and processes that come and go.
type scene struct {
	*sim
	sheet string
}

// play tells a story under fake time. The service behaves until the story sets s.fault.
func play(t *testing.T, sheet string, o emulator.Options, story func(*scene)) {
	t.Helper()
	path := writeManifest(t, "p.csv", sheet)
	synctest.Test(t, func(t *testing.T) { stage(t, path, o, story) })
}

// stage is play inside a bubble.
func stage(t testing.TB, path string, o emulator.Options, story func(*scene)) {
	s := &scene{newSim(t, rand.New(rand.NewPCG(o.Seed, 7)), o), path}
	defer s.close()
	s.faults.Store(true)
	story(s)
}

// start is one process from main to exit.
func (s *scene) start() error {
	err, _ := s.run(s.sheet, 0, false, false)
	return err
}

// ends fails the test where a run does not end well.
func (s *scene) ends() {
	s.t.Helper()
	if err := s.start(); err != nil {
		s.t.Fatalf("Run = %v", err)
	}
}

// startUnder is start under a context of the story's own.
func (s *scene) startUnder(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	k := &killer{cancel: cancel, disk: s.disk}
	s.disk.Decide = nil
	err := s.process(ctx, k, s.sheet)
	synctest.Wait()
	return err
}

// startAndDie is a process that dies before the first operation of the disk that dies picks; it reports whether one was.
func (s *scene) startAndDie(dies func(disktest.Op) bool) bool {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	k := &killer{cancel: cancel, disk: s.disk}
	s.disk.Decide = func(op disktest.Op) disktest.Verdict {
		if k.dead.Load() || !dies(op) {
			return disktest.Verdict{}
		}
		k.kill()
		return disktest.Verdict{Err: disktest.ErrDead, Die: true}
	}
	s.process(ctx, k, s.sheet)
	synctest.Wait()
	s.disk = s.disk.After(disktest.Killed, nil)
	return k.dead.Load()
}

// dies is startAndDie that must die.
func (s *scene) dies(at func(disktest.Op) bool) {
	s.t.Helper()
	if !s.startAndDie(at) {
		s.t.Fatal("the process did not come to where it should die")
	}
}

// on picks the n-th operation of a kind on names with a prefix.
func on(kind, prefix string, n int) func(disktest.Op) bool {
	return func(op disktest.Op) bool {
		if op.Kind == kind && strings.HasPrefix(op.Name, prefix) {
			n--
			return n == 0
		}
		return false
	}
}

// atCompaction picks the moment when a run has recorded its end and begins to write the state file anew.
func atCompaction() func(disktest.Op) bool { return on("create", ".state.jsonl-", 1) }

// at gives one call of an operation a fault; n 0 is every call.
func at(op string, n int, f emulator.Fault) func(emulator.Call) emulator.Fault {
	return func(c emulator.Call) emulator.Fault {
		if c.Op == op && (n == 0 || c.N == n) {
			return f
		}
		return emulator.Fault{}
	}
}

// records are what the state file says of each item, by its prompt; of several with one prompt, the last.
func (s *scene) records() map[string]state.Record {
	s.t.Helper()
	s.disk.Decide = nil
	st, _, err := state.OpenFile(s.disk)
	if err != nil {
		s.t.Fatal(err)
	}
	defer st.Close()
	all := map[string]state.Record{}
	for i := range st.Count() {
		rec, err := st.Get(i)
		if err != nil {
			s.t.Fatal(err)
		}
		all[rec.Sent.Prompt] = rec
	}
	return all
}

// open matches the sheet with the state file, without a client.
func (s *scene) open() (*Batch, func()) {
	s.t.Helper()
	m, err := manifests.Open(s.sheet, manifests.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	o := s.options
	o.Manifest, o.Disk, o.Settings = m, s.disk, state.Settings{BaseURL: "http://api.test/api/v1", Region: "beijing"}
	b, err := Open(o)
	if err != nil {
		s.t.Fatalf("Open = %v", err)
	}
	return b, func() { b.Close(); m.Close() }
}

// wantPhases compares the phases of all items.
func (s *scene) wantPhases(want map[string]state.Phase) {
	s.t.Helper()
	got := s.records()
	for prompt, p := range want {
		if got[prompt].Phase != p {
			s.t.Errorf("%q is %q (%s: %s), want %q", prompt, got[prompt].Phase, got[prompt].Code, got[prompt].Message, p)
		}
	}
}

// posts is how many submissions the service has seen.
func (s *scene) posts() int { return s.server.Books().Submissions.Seen }

// charges is how many pictures were charged for a prompt.
func (s *scene) charges(prompt string) int {
	n := 0
	for _, t := range s.server.Books().Tasks {
		if t.Prompt == prompt {
			n += t.Charged
		}
	}
	return n
}

// wantPosts compares the number of submissions.
func (s *scene) wantPosts(want int) {
	s.t.Helper()
	if got := s.posts(); got != want {
		s.t.Errorf("%d submissions, want %d", got, want)
	}
}

// wantDownloads compares how often pictures were downloaded.
func (s *scene) wantDownloads(want int) {
	s.t.Helper()
	if got := s.server.Books().Downloads; got != want {
		s.t.Errorf("%d downloads, want %d", got, want)
	}
}

// wantPaidOnce wants every item done, in place and charged once, and nothing held.
func (s *scene) wantPaidOnce(items int) {
	s.t.Helper()
	if !s.settled(s.sheet) {
		s.t.Errorf("not every item is done")
	}
	s.check(items)
	if s.failed > 0 {
		s.t.Errorf("%d items failed", s.failed)
	}
}

// wantFinish runs until the batch is done, then wants everything paid once.
func (s *scene) wantFinish(items int) {
	s.t.Helper()
	if err := s.finish(s.sheet); err != nil {
		s.t.Errorf("the batch ends with %v", err)
		return
	}
	s.wantPaidOnce(items)
}

// rewrite replaces the state file.
func (s *scene) rewrite(content []byte) { s.disk.Put(state.FileName, content) }

// stateBytes is the state file.
func (s *scene) stateBytes() []byte {
	s.t.Helper()
	b, ok := s.disk.Content(state.FileName)
	if !ok {
		s.t.Fatal("there is no state file")
	}
	return b
}

// retype replaces the sheet's content.
func (s *scene) retype(content string) {
	if err := os.WriteFile(s.sheet, []byte(content), 0o644); err != nil {
		s.t.Error(err)
	}
}

// drop removes files whose names have a prefix, as a person would.
func (s *scene) drop(prefix string) {
	s.disk.Decide = nil
	for _, name := range s.disk.Files() {
		if strings.HasPrefix(name, prefix) {
			if err := s.disk.Remove(name); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	s.disk.SyncDir(pictures.ImagesDir)
	s.disk.SyncDir(".")
}

// crowd does n things, each in a bubble of its own, on all processors, and stops at the first that fails.
func crowd(t *testing.T, n int, name func(int) string, do func(t *testing.T, i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := int(next.Add(1) - 1); i < n && !t.Failed(); i = int(next.Add(1) - 1) {
				t.Run(name(i), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { do(t, i) })
				})
			}
		})
	}
	wg.Wait()
}

// sealedLine is a line of a state file.
func sealedLine(seq int64, object []byte) string {
	line := fmt.Sprintf(`{"seq":%d,%s`, seq, object[1:len(object)-1])
	return fmt.Sprintf(`%s,"sum":"%08x"}`+"\n", line, crc32.Checksum([]byte(line), crc32.MakeTable(crc32.Castagnoli)))
}

func number(i int) string { return strconv.Itoa(i) }

// emptyBatch is a state file with a header, on a disk.
func emptyBatch(t testing.TB, disk durable.Disk) *state.File {
	t.Helper()
	s, _, err := state.OpenFile(disk)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Create(state.Header{Created: time.Unix(1e9, 0).UTC()}); err != nil {
		t.Fatal(err)
	}
	return s
}
