//go:build unix

package batch

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/crc64"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// What the engine costs beside a bare loop that submits, asks, downloads, writes, fsyncs and renames, and remembers
// nothing: with as many tasks at once, from the same service, over real sockets onto a real disk. The service is a
// process of its own, so that the processor time is that of the client alone. Both take turns, since the machine has
// other work, too; what is told is the median of the rounds.
//
//	go test -run '^$' -bench Throughput ./batch

const (
	throughputItems  = 2000
	throughputRounds = 5
	// throughputWindow is how many tasks are open at the service at most, and how many workers the bare loop has.
	throughputWindow = 32
	// throughputSpeed times life, so that the first question comes after 3 ms, when the task has ended, and URLs hold 29 s.
	throughputSpeed = 3000
	// throughputPadding in the environment makes this binary the service, with pictures of so many bytes more.
	throughputPadding = "QWENBATCH_THROUGHPUT_PADDING"
)

func TestMain(m *testing.M) {
	if padding, ok := os.LookupEnv(throughputPadding); ok {
		n, err := strconv.Atoi(padding)
		if err == nil {
			err = serveThroughput(n)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func BenchmarkThroughput(b *testing.B) {
	// All folders stay to the end: ext4 makes files slowly where many were removed a moment ago.
	newFolder := b.TempDir
	b.Run("tiny", func(b *testing.B) { benchmarkThroughput(b, newFolder, 0) })
	b.Run("100KB", func(b *testing.B) { benchmarkThroughput(b, newFolder, 100<<10) })
}

func benchmarkThroughput(b *testing.B, newFolder func() string, padding int) {
	sheet := throughputSheet(b)
	var engines, loops []throughput
	for b.Loop() {
		for range throughputRounds {
			engines = append(engines, measureThroughput(b, padding, func(base string) int { return runEngine(b, sheet, newFolder(), base) }))
			loops = append(loops, measureThroughput(b, padding, func(base string) int { return runBareLoop(b, newFolder(), base) }))
		}
	}
	median := func(of func(e, l throughput) float64) float64 {
		var all []float64
		for i, e := range engines {
			all = append(all, of(e, loops[i]))
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	b.ReportMetric(0, "ns/op") // an operation would be all the rounds
	b.ReportMetric(median(func(e, _ throughput) float64 { return throughputItems / e.took.Seconds() }), "items/s")
	b.ReportMetric(median(func(e, l throughput) float64 { return l.took.Seconds() / e.took.Seconds() }), "items/s÷loop")
	b.ReportMetric(median(func(e, l throughput) float64 { return e.cpu.Seconds() / l.cpu.Seconds() }), "cpu÷loop")
	b.ReportMetric(median(func(e, _ throughput) float64 { return float64(e.cpu.Microseconds()) / throughputItems }), "cpu-µs/item")
	b.ReportMetric(median(func(e, _ throughput) float64 { return float64(e.requests) / throughputItems }), "requests/item")
	b.ReportMetric(median(func(e, _ throughput) float64 { return float64(e.fsyncs) / throughputItems }), "fsyncs/item")
	b.ReportMetric(median(func(e, _ throughput) float64 { return float64(e.allocations) / throughputItems }), "allocs/item")
	b.ReportMetric(median(func(_, l throughput) float64 { return float64(l.allocations) / throughputItems }), "loop-allocs/item")
}

// A throughput is what all items together have cost.
type throughput struct {
	took, cpu   time.Duration
	requests    int
	fsyncs      int
	allocations uint64
}

// measureThroughput runs a client, which returns its fsyncs, against a service of its own.
func measureThroughput(b *testing.B, padding int, run func(base string) int) throughput {
	base, stop := startThroughputService(b, padding)
	defer stop()
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, start := processorTime(b), time.Now()
	fsyncs := run(base)
	t := throughput{took: time.Since(start), cpu: processorTime(b) - cpu, fsyncs: fsyncs}
	runtime.ReadMemStats(&after)
	t.allocations = after.Mallocs - before.Mallocs
	t.requests = throughputRequests(b, base)
	return t
}

// processorTime is what this process has used, in user and system mode.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// throughputRequests asks the books how many calls there were, and wants every item charged and downloaded.
func throughputRequests(b *testing.B, base string) int {
	resp, err := http.Get(strings.TrimSuffix(base, "/api/v1") + "/books")
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	var books emulator.Books
	if err := json.NewDecoder(resp.Body).Decode(&books); err != nil {
		b.Fatal(err)
	}
	if books.Charges != throughputItems || books.Downloads != throughputItems || len(books.Violations) > 0 {
		b.Fatalf("%d charges, %d downloads, violations %v", books.Charges, books.Downloads, books.Violations)
	}
	return books.Submissions.Seen + books.Queries + books.Lists + books.Limits + books.Images
}

func throughputPrompt(i int) string {
	return fmt.Sprintf("picture %d of a quiet harbour at dawn, fishing boats, light fog, seen from the pier", i)
}

func throughputSheet(b *testing.B) string {
	sheet := []byte("id,prompt,prompt_extend\n")
	for i := range throughputItems {
		sheet = fmt.Appendf(sheet, "%d,%q,false\n", i, throughputPrompt(i))
	}
	name := filepath.Join(b.TempDir(), "prompts.csv")
	if err := os.WriteFile(name, sheet, 0o644); err != nil {
		b.Fatal(err)
	}
	return name
}

// runEngine does what the command does, but for the report, and returns the number of fsyncs.
func runEngine(b *testing.B, sheet, folder, base string) int {
	dir, err := durable.OpenDir(folder)
	if err != nil {
		b.Fatal(err)
	}
	defer dir.Close()
	m, err := manifests.Open(sheet, manifests.Options{Check: Rules{}.Check})
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	key := client.NewKey(canary)
	c, err := client.New(client.Config{BaseURL: base, Key: key})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	disk := &syncCounter{Disk: dir}
	batch, err := Open(Options{Manifest: m, Disk: disk, Client: c, Key: key, Speed: throughputSpeed, SubmitRate: rate.Inf,
		QueryRate: rate.Inf, Window: throughputWindow, Settings: state.Settings{BaseURL: c.BaseURL(), Region: "beijing"}})
	if err != nil {
		b.Fatal(err)
	}
	defer batch.Close()
	if err := batch.Run(b.Context()); err != nil {
		b.Fatalf("Run = %v", err)
	}
	if p := batch.Progress(); p.Done != throughputItems {
		b.Fatalf("%+v, want %d done", p, throughputItems)
	}
	return int(disk.n.Load())
}

// A syncCounter is a disk that counts the fsyncs of files and folders.
type syncCounter struct {
	durable.Disk
	n atomic.Int64
}

func (d *syncCounter) SyncDir(name string) error {
	d.n.Add(1)
	return d.Disk.SyncDir(name)
}

func (d *syncCounter) Create(name string) (durable.File, error) {
	return d.counted(d.Disk.Create(name))
}
func (d *syncCounter) Append(name string) (durable.File, error) {
	return d.counted(d.Disk.Append(name))
}

func (d *syncCounter) counted(f durable.File, err error) (durable.File, error) {
	if err != nil {
		return nil, err
	}
	return countedFile{f, d}, nil
}

type countedFile struct {
	durable.File
	disk *syncCounter
}

func (f countedFile) Sync() error {
	f.disk.n.Add(1)
	return f.File.Sync()
}

// runBareLoop is what one would write for an afternoon: no memory, no checks, no quota, no second try.
func runBareLoop(b *testing.B, folder, base string) int {
	c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: throughputWindow}}
	defer c.CloseIdleConnections()
	var g errgroup.Group
	g.SetLimit(throughputWindow)
	for i := range throughputItems {
		g.Go(func() error { return bareItem(c, base, folder, i) })
	}
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
	return throughputItems
}

type bareAnswer struct {
	Output struct {
		Task    string `json:"task_id"`
		Status  string `json:"task_status"`
		Results []struct {
			URL string `json:"url"`
		} `json:"results"`
	} `json:"output"`
}

func bareItem(c *http.Client, base, folder string, i int) error {
	body, err := json.Marshal(map[string]any{
		"model": "qwen-image-plus", "input": map[string]any{"prompt": throughputPrompt(i)},
		"parameters": map[string]any{"size": "1328*1328", "n": 1, "seed": i, "prompt_extend": false, "watermark": false},
	})
	if err != nil {
		return err
	}
	answer, err := bareCall(c, http.MethodPost, base+"/services/aigc/text2image/image-synthesis", body)
	for err == nil && answer.Output.Status != "SUCCEEDED" {
		answer, err = bareCall(c, http.MethodGet, base+"/tasks/"+answer.Output.Task, nil)
	}
	if err != nil {
		return err
	}
	resp, err := c.Get(answer.Output.Results[0].URL)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	picture, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	return bareSave(filepath.Join(folder, strconv.Itoa(i)+".png"), picture)
}

func bareCall(c *http.Client, method, url string, body []byte) (answer bareAnswer, err error) {
	req, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		return answer, err
	}
	req.Header.Set("Authorization", "Bearer "+canary)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-DashScope-Async", "enable")
	}
	resp, err := c.Do(req)
	if err != nil {
		return answer, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return answer, errors.New(resp.Status)
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer, err
	}
	return answer, json.Unmarshal(text, &answer)
}

func bareSave(name string, picture []byte) error {
	f, err := os.Create(name + ".part")
	if err != nil {
		return err
	}
	_, err = f.Write(picture)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(name+".part", name)
}

// startThroughputService starts this binary as the service.
func startThroughputService(b *testing.B, padding int) (base string, stop func()) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), throughputPadding+"="+strconv.Itoa(padding))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	if _, err := fmt.Fscanln(stdout, &base); err != nil {
		b.Fatal(err)
	}
	return base, func() {
		stdin.Close()
		if err := cmd.Wait(); err != nil {
			b.Error(err)
		}
	}
}

// serveThroughput is the service: no quotas, no service time. It ends with its input.
func serveThroughput(padding int) error {
	api, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	images, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server, err := emulator.New(emulator.Options{Tiny: true, NoQuota: true, Service: time.Nanosecond, CV: -1, Speed: throughputSpeed,
		Key: canary, ImageURL: "http://" + images.Addr().String()})
	if err != nil {
		return err
	}
	go http.Serve(api, server.API())
	go http.Serve(images, padded(server.Images(), padding))
	fmt.Printf("http://%s/api/v1\n", api.Addr())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// padded makes pictures larger by a chunk of noise behind their headers.
func padded(h http.Handler, padding int) http.Handler {
	if padding == 0 {
		return h
	}
	const header = 8 + 12 + 13 // signature and IHDR
	noise := noiseChunk(padding)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		body := rec.Body.Bytes()
		if rec.Code == http.StatusOK {
			body = slices.Concat(body[:header], noise, body[header:])
		}
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Header().Set("X-Oss-Hash-Crc64ecma", strconv.FormatUint(crc64.Checksum(body, crc64.MakeTable(crc64.ECMA)), 10))
		w.WriteHeader(rec.Code)
		w.Write(body)
	})
}

func noiseChunk(n int) []byte {
	body := make([]byte, 4+n)
	rand.NewChaCha8([32]byte{}).Read(body)
	copy(body, "noIs")
	chunk := binary.BigEndian.AppendUint32(nil, uint32(n))
	chunk = append(chunk, body...)
	return binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(body))
}
