package batch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output/disktest"
	"github.com/qwenbatch/qwenbatch/output/durable"
	"github.com/qwenbatch/qwenbatch/output/filename"
)

// Scale: manifests of a million rows and state files of a million finished items.

// testURL is where the state files of these tests belong.
const testURL = "http://api.test/api/v1"

// sheetOf writes a manifest of so many rows of about 120 bytes.
func sheetOf(t testing.TB, folder, kind string, rows int) string {
	t.Helper()
	prompt := func(i int) string {
		return fmt.Sprintf("a red fox, number %d, jumps over a lazy dog in the morning light of autumn", i)
	}
	header := map[string]string{"csv": "id,prompt,size,category\n", "tsv": "id\tprompt\tsize\tcategory\n"}[kind]
	line := map[string]string{"csv": "row-%07d,\"%s\",16:9,animals\n", "tsv": "row-%07d\t%s\t16:9\tanimals\n",
		"jsonl": `{"id":"row-%07d","prompt":"%s","size":"16:9","category":"animals"}` + "\n"}[kind]
	path := filepath.Join(folder, "prompts."+kind)
	writeFile(t, path, func(w io.Writer) {
		io.WriteString(w, header)
		for i := range rows {
			fmt.Fprintf(w, line, i, prompt(i))
		}
	})
	return path
}

func writeFile(t testing.TB, path string, write func(io.Writer)) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	write(w)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// finishedBatch writes a state file as a run leaves it at its end, with all of a manifest's items done, and calls picture with
// the name of each.
func finishedBatch(t testing.TB, disk durable.Disk, sheet, baseURL string, picture func(name string)) {
	t.Helper()
	m, err := manifests.Open(sheet, manifests.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	s, _, err := state.OpenFile(disk)
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	err = s.Create(state.Header{Tool: "test", Created: begun, Salt: "salt", KeyPrint: client.NewKey(canary).Fingerprint("salt"), Settings: state.Settings{
		Manifest: m.Name(), BaseURL: baseURL, Region: "beijing", Mode: "auto"}})
	if err != nil {
		t.Fatal(err)
	}
	for it, err := range m.Items() {
		if err != nil {
			t.Fatal(err)
		}
		rec := finishedRecord(t, it, begun)
		picture(rec.Pictures[0].File)
		if err := s.Put(rec, false); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(s.Mark(state.Mark{Run: "stop", At: begun.Add(time.Hour), Tool: "test"}), s.Close()); err != nil {
		t.Fatal(err)
	}
}

// finishedRecord is what is remembered of an item that is done, with an actual prompt of 100 characters.
func finishedRecord(t testing.TB, it *manifests.Item, at time.Time) state.Record {
	t.Helper()
	print := state.Fingerprint(it.Fingerprint())
	k := item{Item: it, first: it}.key()
	s, err := Rules{}.newRequest(it, k.String(), 0)
	if err != nil {
		t.Fatal(err)
	}
	name := pictures.Name(it, k)
	return state.Record{Key: k.String(), ID: it.ID, Print: print, Phase: state.Done, At: at, Intent: at, Name: name, Sent: s, Attempt: 1,
		Task: fmt.Sprintf("7a1f4d6c-3b52-4a0e-9c55-%012d", it.Row), Request: fmt.Sprintf("0d9e8b7a-6c5d-9e4f-a3b2-%012d", it.Row),
		Submitted: at, Finished: at.Add(16 * time.Second), ActualPrompt: (it.Prompt + strings.Repeat(" in warm light", 8))[:100], Cost: 200000,
		Pictures: []state.Picture{{File: pictures.ImagesDir + "/" + filename.Clean(name, ".png"), Width: 1664, Height: 928, SHA256: strings.Repeat("0123456789abcdef", 4)}}}
}

// TestD16NothingToDo joins a large sheet with the state that a run leaves: nothing is sent, nothing is written, no picture is
// looked at by itself, and a row costs little. BenchmarkMillion measures the same in full.
func TestD16NothingToDo(t *testing.T) {
	const rows = 20_000
	sheet := sheetOf(t, t.TempDir(), "csv", rows)
	disk := disktest.New()
	disk.Mkdir(pictures.ImagesDir)
	finishedBatch(t, disk, sheet, testURL, func(name string) { disk.Put(name, nil) })
	content, _ := disk.Content(state.FileName)
	ops := map[string]int{}
	disk.Decide = func(op disktest.Op) disktest.Verdict {
		ops[op.Kind]++
		if op.Changes() && op.Kind != "append" { // append opens the state file
			t.Errorf("%s %s, with nothing to do", op.Kind, op.Name)
		}
		return disktest.Verdict{}
	}
	m, err := manifests.Open(sheet, manifests.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	before := memory()
	b, err := Open(Options{Manifest: m, Disk: disk, Settings: state.Settings{BaseURL: testURL, Region: "beijing"}}) // no Client: a request panics
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	plan, err := b.Plan()
	if err != nil || plan.Done != rows || !plan.Idle() || plan.Spent != 200000*rows {
		t.Errorf("Plan = %+v, %v, want %d done", plan, err, rows)
	}
	if err := b.Run(t.Context()); err != nil {
		t.Errorf("Run = %v", err)
	}
	after := memory()
	if ops["lstat"] > 1 || ops["readdir"] > 1 || ops["read"] > len(content)>>16+10 {
		t.Errorf("operations on the disk: %v, want 1 lstat, 1 readdir and no read a row", ops)
	}
	if kept := (after.HeapAlloc - before.HeapAlloc) / rows; kept > 200 {
		t.Errorf("%d bytes a row are kept, want at most 200", kept)
	}
	if made := (after.Mallocs - before.Mallocs) / rows; made > 30 {
		t.Errorf("%d allocations a row, want at most 30", made)
	}
	runtime.KeepAlive(b)
}

// TestD16OneLeft goes on with a large sheet of which one item is left: no record of the others is read before it is sent.
func TestD16OneLeft(t *testing.T) {
	const rows = 2000
	folder := t.TempDir()
	sheet := sheetOf(t, folder, "csv", rows-1)
	names, finished := map[string]bool{}, disktest.New()
	finishedBatch(t, finished, sheet, testURL, func(name string) { names[name] = true })
	content, _ := finished.Content(state.FileName)
	sheet = sheetOf(t, folder, "csv", rows)
	synctest.Test(t, func(t *testing.T) {
		stage(t, sheet, emulator.Options{}, func(s *scene) {
			s.disk.Mkdir(pictures.ImagesDir)
			for name := range names {
				s.disk.Put(name, nil)
			}
			s.rewrite(content)
			var reads, before atomic.Int64
			s.fault = func(c emulator.Call) emulator.Fault {
				if c.Op == "submit" {
					before.Store(reads.Load())
				}
				return emulator.Fault{}
			}
			err := s.startOn(func(op disktest.Op) disktest.Verdict {
				if op.Kind == "read" && op.Name == state.FileName {
					reads.Add(1)
				}
				return disktest.Verdict{}
			})
			if most := int64(len(content)>>16 + 20); err != nil || before.Load() == 0 || before.Load() > most {
				t.Errorf("%d reads of the disk before the first submission, want at most %d; Run = %v", before.Load(), most, err)
			}
			s.wantPosts(1)
		})
	})
}

func memory() (m runtime.MemStats) {
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m
}

// BenchmarkFirstSubmission measures from the opening of a manifest of 10,000 rows to the moment when the service has the
// first submission: the checks, the plan and the run, on a real disk, against an emulator in process that answers at once.
// New has no state file; resumed has one in which 5,000 items are done.
func BenchmarkFirstSubmission(b *testing.B) {
	const rows = 10_000
	sheet := sheetOf(b, b.TempDir(), "csv", rows)
	b.Run("new", func(b *testing.B) { firstSubmission(b, sheet, nil) })
	half := sheetOf(b, b.TempDir(), "csv", rows/2)
	b.Run("resumed", func(b *testing.B) {
		firstSubmission(b, sheet, func(folder string) {
			os.Mkdir(filepath.Join(folder, pictures.ImagesDir), 0o755)
			finishedFolder(b, folder, half, testURL)
		})
	})
}

func firstSubmission(b *testing.B, sheet string, before func(folder string)) {
	submitted := make(chan time.Time, 1)
	server, err := emulator.New(emulator.Options{Tiny: true, NoQuota: true, Fault: func(c emulator.Call) emulator.Fault {
		if c.Op == "submit" {
			select {
			case submitted <- time.Now():
			default:
			}
		}
		return emulator.Fault{}
	}})
	if err != nil {
		b.Fatal(err)
	}
	net := server.ServeInProcess()
	defer net.Close()
	var took time.Duration
	for b.Loop() {
		folder := b.TempDir()
		if before != nil {
			before(folder)
		}
		for len(submitted) > 0 {
			<-submitted
		}
		ctx, cancel := context.WithCancel(b.Context())
		begun, first := time.Now(), make(chan time.Duration, 1)
		go func() {
			first <- (<-submitted).Sub(begun)
			cancel()
		}()
		onlyStart(b, ctx, sheet, folder, net)
		took += <-first
	}
	b.ReportMetric(float64(took.Milliseconds())/float64(b.N), "ms/start")
}

// onlyStart is the program from main on, as far as its context lets it come.
func onlyStart(b *testing.B, ctx context.Context, sheet, folder string, net *emulator.InProcess) {
	m, err := manifests.Open(sheet, manifests.Options{Check: Rules{}.Check})
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	index := &Index{}
	if _, err := m.CheckItems(index.Add); err != nil {
		b.Fatal(err)
	}
	dir, err := durable.OpenDir(folder)
	if err != nil {
		b.Fatal(err)
	}
	defer dir.Close()
	c, err := client.New(client.Config{BaseURL: testURL, Key: client.NewKey(canary), Dial: net.Dial, Insecure: true})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	batch, err := Open(Options{Manifest: m, Index: func() (*Index, error) { return index, nil }, Disk: dir, Client: c, Key: client.NewKey(canary), Grace: time.Nanosecond,
		Settings: state.Settings{Manifest: m.Name(), BaseURL: testURL, Region: "beijing"}})
	if err != nil {
		b.Fatal(err)
	}
	defer batch.Close()
	if _, err := batch.Plan(); err != nil {
		b.Fatal(err)
	}
	if err := batch.Run(ctx); !errors.Is(err, context.Canceled) {
		b.Fatalf("Run = %v", err)
	}
}

const million = 1_000_000

// BenchmarkMillion measures the command over a million finished rows: seconds, and the most memory (VmHWM) in MB. The
// state file has about 900 MB, the pictures are empty files. QWENBATCH_LONG=1 runs it; TMPDIR chooses the disk.
func BenchmarkMillion(b *testing.B) {
	if !long() {
		b.Skip("QWENBATCH_LONG=1 runs it")
	}
	folder := b.TempDir()
	tool := filepath.Join(folder, "qwenbatch")
	if out, err := exec.Command("go", "build", "-o", tool, "..").CombinedOutput(); err != nil {
		b.Fatalf("go build: %s", out)
	}
	prepareMillion(b, folder)
	for _, kind := range []string{"csv", "tsv", "jsonl"} {
		sheet := sheetOf(b, folder, kind, million)
		for _, verb := range []string{"run", "plan", "status", "report"} {
			b.Run(verb+"/"+kind, func(b *testing.B) {
				for b.Loop() {
					reports := emptyReports(b, filepath.Join(folder, "out"))
					seconds, peak := measure(b, tool, verb, sheet, "--out", filepath.Join(folder, "out"))
					if rewritten := reports(); rewritten != (verb == "report") {
						b.Errorf("reports are rewritten: %v", rewritten)
					}
					b.ReportMetric(seconds, "s")
					b.ReportMetric(peak, "MB")
				}
			})
		}
	}
}

// emptyReports makes reports with nothing in them that are newer than manifest and state, so that only a command which writes
// them for no reason does so. The function that it returns tells whether one did.
func emptyReports(b *testing.B, folder string) (rewritten func() bool) {
	all := []string{"results.csv", "results.jsonl", "report.html"}
	for _, name := range all {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	return func() bool {
		for _, name := range all {
			if info, err := os.Stat(filepath.Join(folder, name)); err != nil || info.Size() > 0 {
				return true
			}
		}
		return false
	}
}

// prepareMillion makes the output folder: state file and pictures.
func prepareMillion(b *testing.B, folder string) {
	out := filepath.Join(folder, "out")
	if err := os.MkdirAll(filepath.Join(out, pictures.ImagesDir), 0o755); err != nil {
		b.Fatal(err)
	}
	region, _ := client.LookupRegion("beijing")
	finishedFolder(b, out, sheetOf(b, folder, "csv", million), region.BaseURL(""))
}

// finishedFolder is finishedBatch in a folder with images/, whose pictures are empty.
func finishedFolder(b *testing.B, folder, sheet, baseURL string) {
	dir, err := durable.OpenDir(folder)
	if err != nil {
		b.Fatal(err)
	}
	defer dir.Close()
	finishedBatch(b, dir, sheet, baseURL, func(name string) {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o644); err != nil {
			b.Fatal(err)
		}
	})
}

var highWater = regexp.MustCompile(`VmHWM:\s*(\d+) kB`)

// measure runs a command to its end and reads the high-water mark of its memory as it goes: the one that wait reports
// begins with that of the process that started it.
func measure(b *testing.B, tool string, args ...string) (seconds, peak float64) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool, args...)
	cmd.Env = append(os.Environ(), "DASHSCOPE_API_KEY="+canary)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	started := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			if err != nil {
				b.Fatalf("%v: %v\n%s", args, err, out.String())
			}
			return time.Since(started).Seconds(), peak
		case <-time.After(10 * time.Millisecond):
			status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
			if m := highWater.FindSubmatch(status); m != nil {
				kB, _ := strconv.ParseFloat(string(m[1]), 64)
				peak = kB / 1024
			}
		}
	}
}
