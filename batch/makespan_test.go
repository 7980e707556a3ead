package batch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output/disktest"
)

// How early a batch ends, in virtual time: the emulator draws how long each task runs, a batch is run against it, and an
// oracle that knows those times computes when a client would have ended that submits as fast as the quota allows, evenly
// (RL, 2026-11: two a minute can mean one in 30 s), and learns of every end at once. Virtual time is exact, so the bars
// are asserted by a test, and the benchmark reports more of the same:
//
//	go test -run '^$' -bench Makespan -benchtime 10x ./batch
//
// Each round of the benchmark is a seed of its own: one seed alone can be lucky.

// A race is one batch under one quota.
type race struct {
	name   string
	model  string // "" is qwen-image-plus
	quota  emulator.Quota
	cv     float64
	n      int
	client func(*course) error
	seed   uint64 // of the service times; 0 is 11
	// service is the mean service time, without a longer prompt; 0 is the model's, with one.
	service time.Duration
	// tail says that one task in ten takes five times as long.
	tail bool
	// charged is how many pictures are paid for, where not n.
	charged int
}

// A course is what a client runs on.
type course struct {
	race
	t      testing.TB
	sheet  string
	server *emulator.Server
	client *client.Client
}

// A result is what came of it.
type result struct {
	time, oracle   time.Duration
	queries, lists float64         // per task
	delays         []time.Duration // from the end of a task to the question that found it, sorted
	refused        int             // submissions
	asked          int             // questions in the busiest second
	above          int             // submissions above the quota in the busiest Per
	submitted      int             // submissions
	questions      int             // queries and lists
	unanswered     int             // of them refused
}

// told runs a batch that is told the quota.
func told(c *course) error {
	return c.batch(Options{SubmitRate: rate.Limit(float64(c.quota.Submissions) / c.quota.Per.Seconds()), Window: 2 * c.quota.Running})
}

// untold runs one that has to learn how many tasks run at once; it begins with what is documented.
func untold(c *course) error {
	return c.batch(Options{SubmitRate: rate.Limit(float64(c.quota.Submissions) / c.quota.Per.Seconds())})
}

func (c *course) batch(o Options) error {
	m, err := manifests.Open(c.sheet, manifests.Options{})
	if err != nil {
		return err
	}
	defer m.Close()
	o.Manifest, o.Client, o.Disk, o.Key = m, c.client, disktest.New(), client.NewKey(canary)
	o.Settings = state.Settings{BaseURL: c.client.BaseURL(), Region: "beijing"}
	b, err := Open(o)
	if err != nil {
		return err
	}
	defer b.Close()
	return b.Run(c.t.Context())
}

// threads is the vendor's SDK in a pool, as its samples have it: each thread submits, asks at 0, 1, 2, 4, 6, 8, 12, 16, 20 s
// and then every 5 s. Here it tries again after a second where the SDK gives up.
func threads(n int) func(*course) error {
	return func(c *course) error {
		items := make(chan int)
		var pool sync.WaitGroup
		for range n {
			pool.Go(func() {
				for i := range items {
					c.sdk(fmt.Sprintf("picture %d", i))
				}
			})
		}
		for i := range c.n {
			items <- i
		}
		close(items)
		pool.Wait()
		return nil
	}
}

func (c *course) sdk(prompt string) {
	ctx := context.Background()
	task, err := c.client.Submit(ctx, client.Request{Model: c.model, Prompt: prompt, Size: "1328*1328", N: 1, PromptExtend: new(true)})
	for err != nil {
		time.Sleep(time.Second)
		task, err = c.client.Submit(ctx, client.Request{Model: c.model, Prompt: prompt, Size: "1328*1328", N: 1, PromptExtend: new(true)})
	}
	begun := time.Now()
	for _, at := range []time.Duration{0, 1, 2, 4, 6, 8, 12, 16, 20} {
		time.Sleep(time.Until(begun.Add(at * time.Second)))
		if got, err := c.client.Task(ctx, task.ID); err == nil && got.Status.Ended() {
			return
		}
	}
	for {
		time.Sleep(5 * time.Second)
		if got, err := c.client.Task(ctx, task.ID); err == nil && got.Status.Ended() {
			return
		}
	}
}

// run runs a race in a bubble.
func (r race) run(t *testing.T) (out result) {
	r.model, r.seed = cmp.Or(r.model, "qwen-image-plus"), cmp.Or(r.seed, 11)
	sheet := "id,prompt,model,prompt_extend\n"
	for i := range r.n {
		sheet += fmt.Sprintf("%d,picture %d,%s,%t\n", i, i, r.model, r.service == 0)
	}
	path := writeManifest(t, "p.csv", sheet)
	synctest.Test(t, func(t *testing.T) { out = r.runIn(t, path) })
	return out
}

func (r race) runIn(t *testing.T, path string) result {
	w := &witness{found: map[string]time.Time{}}
	server, err := emulator.New(emulator.Options{Tiny: true, ImageURL: "http://pictures.test", Key: canary, Seed: r.seed, CV: r.cv, Service: r.service, Tail: r.tail, BeforeAnswer: w.answered, Fault: w.arrived,
		Quota: func(model string) (emulator.Quota, bool) { return r.quota, model != "" }})
	if err != nil {
		t.Fatal(err)
	}
	net := server.ServeInProcess()
	defer net.Close()
	c, err := client.New(client.Config{BaseURL: "http://api.test/api/v1", Key: client.NewKey(canary), Dial: net.Dial, Insecure: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	begun := time.Now()
	if err := r.client(&course{r, t, path, server, c}); err != nil {
		t.Fatal(err)
	}
	return r.judge(t, time.Since(begun), server.Books(), w)
}

// A witness notes when what was asked.
type witness struct {
	mu          sync.Mutex
	found       map[string]time.Time // when a task was last asked for
	submissions []time.Time
}

func (w *witness) answered(c emulator.Call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.Op == "query" {
		w.found[c.TaskID] = time.Now()
	}
}

func (w *witness) arrived(c emulator.Call) emulator.Fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.Op == "submit" || c.Op == "sync" {
		w.submissions = append(w.submissions, time.Now())
	}
	return emulator.Fault{}
}

func (r race) judge(t testing.TB, took time.Duration, books emulator.Books, w *witness) result {
	if want := cmp.Or(r.charged, r.n); books.Charges != want {
		t.Errorf("%d pictures are charged, want %d", books.Charges, want)
	}
	out := result{time: took, oracle: r.oracle(books.Tasks), asked: books.PeakQueries,
		queries: float64(books.Queries) / float64(r.n), lists: float64(books.Lists) / float64(r.n)}
	for _, n := range books.Submissions.Refused {
		out.refused += n
	}
	for _, n := range books.Refusals {
		out.unanswered += n
	}
	out.submitted, out.questions, out.unanswered = books.Submissions.Seen, books.Queries+books.Lists, out.unanswered-out.refused
	for _, task := range books.Tasks {
		if at, asked := w.found[task.ID]; asked {
			out.delays = append(out.delays, at.Sub(task.Ended))
		}
	}
	slices.Sort(out.delays)
	for i, at := range w.submissions {
		n, _ := slices.BinarySearchFunc(w.submissions, at.Add(r.quota.Per), time.Time.Compare)
		out.above = max(out.above, n-i-r.quota.Submissions)
	}
	return out
}

// oracle is when the last of these tasks would have ended, were they submitted as fast as the quota allows.
func (r race) oracle(tasks []emulator.Task) time.Duration {
	space := r.quota.Per / time.Duration(r.quota.Submissions)
	free := make([]time.Duration, max(1, r.quota.Running)) // when each place is free
	var last time.Duration
	for i, task := range tasks {
		starts := time.Duration(i)*space + task.NotBefore.Sub(task.Submitted)
		if r.quota.Running > 0 {
			place := slices.Index(free, slices.Min(free))
			starts = max(starts, free[place])
			free[place] = starts + task.Service
		}
		last = max(last, starts+task.Service)
	}
	return last
}

func (r result) questionsATask() float64 { return r.queries + r.lists }

func (r result) ratio() float64 { return float64(r.time) / float64(r.oracle) }

func (r result) delay(p float64) time.Duration {
	if len(r.delays) == 0 {
		return 0
	}
	return r.delays[int(p*float64(len(r.delays)-1))].Round(10 * time.Millisecond)
}

func (r result) mean() time.Duration {
	var sum time.Duration
	for _, d := range r.delays {
		sum += d
	}
	return sum / time.Duration(max(1, len(r.delays)))
}

// seconds is the mean delay.
func (r result) seconds() float64 { return r.mean().Seconds() }

var (
	quota2      = emulator.Quota{Submissions: 2, Per: time.Second, Running: 2, Queue: 500}
	quota10     = emulator.Quota{Submissions: 2, Per: time.Second, Running: 10, Queue: 500}
	quotaRate   = emulator.Quota{Submissions: 20, Per: time.Second, Queue: 1000}
	quota100    = emulator.Quota{Submissions: 20, Per: time.Second, Running: 100, Queue: 500}
	quota200    = emulator.Quota{Submissions: 20, Per: time.Second, Running: 200, Queue: 500}
	quotaMinute = emulator.Quota{Submissions: 20, Per: time.Minute, Running: 10, Queue: 500}
	quotaSync   = emulator.Quota{Submissions: 2, Per: time.Minute}
)

func races() []race {
	var all []race
	for _, cv := range []float64{0.1, 0.2} {
		all = append(all,
			race{name: "2/s·2", quota: quota2, cv: cv, n: 200, client: told},
			race{name: "2/s·2", quota: quota2, cv: cv, n: 1500, client: told},
			race{name: "20/s·100", quota: quota100, cv: cv, n: 1500, client: told},
			race{name: "20/s·200", quota: quota200, cv: cv, n: 2500, client: told},
			race{name: "20/min·10", quota: quotaMinute, cv: cv, n: 200, client: told},
			race{name: "20/s·100 not told", quota: quota100, cv: cv, n: 1500, client: untold},
		)
	}
	all = append(all, race{name: "2/min sync", model: "qwen-image-max", quota: quotaSync, cv: 0.1, n: 200, client: told})
	for _, n := range []int{1, 4, 50} {
		name := fmt.Sprintf("SDK pool %d ", n)
		all = append(all,
			race{name: name + "2/s·2", quota: quota2, cv: 0.2, n: 200, client: threads(n)},
			race{name: name + "20/s·100", quota: quota100, cv: 0.2, n: 1500, client: threads(n)},
		)
	}
	return all
}

// shortRaces are of short tasks, and of a heavy tail; TestShortTasks holds some of their bars.
func shortRaces() []race {
	var all []race
	for _, service := range []time.Duration{time.Second, 3 * time.Second, 5 * time.Second} {
		for _, q := range []struct {
			name  string
			quota emulator.Quota
			n     int
		}{
			{"2/s·2", quota2, 60},
			{"2/s·10", quota10, 300},
			{"20/s·100", quota100, 1000},
		} {
			all = append(all, race{name: fmt.Sprintf("%v %s", service, q.name), quota: q.quota, cv: 0.2, n: q.n, client: told, service: service})
		}
	}
	return append(all,
		race{name: "3s 20/s", quota: quotaRate, cv: 0.2, n: 1000, client: wide, service: 3 * time.Second},
		race{name: "3s 20/s not told", quota: quotaRate, cv: 0.2, n: 1000, client: untold, service: 3 * time.Second},
		race{name: "tail 2/s·2", quota: quota2, cv: 0.2, n: 200, client: told, service: 15 * time.Second, tail: true},
		race{name: "tail 20/s·100", quota: quota100, cv: 0.2, n: 1500, client: told, service: 15 * time.Second, tail: true},
	)
}

// wide runs a batch whose window holds all tasks.
func wide(c *course) error { return c.batch(Options{SubmitRate: 20, Window: c.n}) }

// BenchmarkShort prints the table of short tasks and heavy tails.
func BenchmarkShort(b *testing.B) { benchmark(b, shortRaces()) }

// BenchmarkMakespan prints the table of docs/performance.md: the medians over the rounds and, after a slash, the worst.
func BenchmarkMakespan(b *testing.B) { benchmark(b, races()) }

func benchmark(b *testing.B, of []race) {
	for _, r := range of {
		b.Run(fmt.Sprintf("%s/cv=%.1f/n=%d", r.name, r.cv, r.n), func(b *testing.B) {
			var all results
			for b.Loop() {
				r.seed++
				all = append(all, r.runFor(b))
			}
			all.report(b)
		})
	}
}

// results are those of several seeds.
type results []result

// report reports what the table shows of them.
func (all results) report(b *testing.B) {
	for _, of := range []struct {
		unit   string
		figure func(result) float64
	}{
		{"time/oracle", result.ratio},
		{"queries/task", result.questionsATask},
		{"lists/task", func(o result) float64 { return o.lists }},
		{"delay-mean-s", result.seconds},
		{"delay-p50-s", func(o result) float64 { return o.delay(0.5).Seconds() }},
		{"delay-p95-s", func(o result) float64 { return o.delay(0.95).Seconds() }},
		{"refused", func(o result) float64 { return float64(o.refused) }},
		{"queries-in-1s", func(o result) float64 { return float64(o.asked) }},
		{"above-rate", func(o result) float64 { return float64(max(0, o.above)) }},
	} {
		median, worst := all.spread(of.figure)
		b.ReportMetric(median, of.unit)
		b.ReportMetric(worst, of.unit+"-worst")
	}
}

// spread is the median and the largest of a figure.
func (all results) spread(figure func(result) float64) (median, worst float64) {
	var x []float64
	for _, o := range all {
		x = append(x, figure(o))
	}
	slices.Sort(x)
	return (x[len(x)/2] + x[(len(x)-1)/2]) / 2, x[len(x)-1]
}

// runFor runs a race for a benchmark: a bubble wants a test around it.
func (r race) runFor(b *testing.B) (out result) {
	all := func(_, _ string) (bool, error) { return true, nil }
	if !testing.RunTests(all, []testing.InternalTest{{Name: r.name, F: func(t *testing.T) { out = r.run(t) }}}) {
		b.Fatal("the race failed")
	}
	return out
}

// TestMakespan holds the bars of docs/design.md that can be had in seconds, for the medians over some seeds; the benchmark
// has the longer races.
func TestMakespan(t *testing.T) {
	for _, bar := range []struct {
		race
		seeds          int
		ratio, queries float64
		mean           time.Duration
	}{
		{race{name: "2/s·2", quota: quota2, cv: 0.1, n: 200, client: told}, 5, 1.003, 1.5, 2 * time.Second},
		{race{name: "2/s·2", quota: quota2, cv: 0.2, n: 200, client: told}, 9, 1.003, 1.8, 2 * time.Second},
		{race{name: "20/min·10", quota: quotaMinute, cv: 0.1, n: 200, client: told}, 5, 1.01, 1.8, 2 * time.Second},
		{race{name: "20/s·100", quota: quota100, cv: 0.1, n: 1500, client: told}, 1, 1.01, 1.15, time.Minute},
		{race{name: "20/s·100", quota: quota100, cv: 0.2, n: 1500, client: told}, 1, 1.01, 1.15, time.Minute},
		{race{name: "2/min sync", model: "qwen-image-max", quota: quotaSync, cv: 0.1, n: 20, client: told}, 1, 1.01, 0.1, 0},
	} {
		t.Run(fmt.Sprintf("%s cv %.1f", bar.name, bar.cv), func(t *testing.T) {
			var all results
			for range bar.seeds {
				bar.seed++
				all = append(all, bar.run(t))
			}
			if ratio, _ := all.spread(result.ratio); ratio > bar.ratio {
				t.Errorf("time/oracle = %.4f, want at most %.3f", ratio, bar.ratio)
			}
			if asked, _ := all.spread(result.questionsATask); asked > bar.queries {
				t.Errorf("%.3f queries a task, want at most %.2f", asked, bar.queries)
			}
			if mean, _ := all.spread(result.seconds); mean > bar.mean.Seconds() {
				t.Errorf("the mean delay is %.2f s, want at most %v", mean, bar.mean)
			}
			for _, o := range all {
				if o.refused > 0 || o.above > 0 || o.asked > 16 {
					t.Errorf("%d submissions refused, %d above the rate, %d questions in a second", o.refused, o.above, o.asked)
				}
			}
		})
	}
}

// TestShortTasks holds the bars for short tasks, for medians of three seeds: a short task is asked
// for in proportion to its service time, and where queries are scarce hardly any is in vain.
func TestShortTasks(t *testing.T) {
	bars := map[string]struct{ ratio, queries float64 }{
		"3s 2/s·2":  {1.01, 2},
		"3s 2/s·10": {1.01, 2},
		"3s 20/s":   {1.03 * (1000/15.92 + 3) / 53, 1.03},
	}
	for _, r := range shortRaces() {
		bar, held := bars[r.name]
		if !held {
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			var all results
			for range 3 {
				r.seed++
				all = append(all, r.run(t))
			}
			if ratio, _ := all.spread(result.ratio); ratio > bar.ratio {
				t.Errorf("time/oracle = %.4f, want at most %.3f", ratio, bar.ratio)
			}
			if asked, _ := all.spread(result.questionsATask); asked > bar.queries {
				t.Errorf("%.3f queries a task, want at most %.2f", asked, bar.queries)
			}
		})
	}
}

// TestA17SharedAccount lets two batches share an account whose rate and whose places are too few for both: each gives way,
// and of all that either asks at most one in a hundred is refused once they know of each other.
func TestA17SharedAccount(t *testing.T) {
	var early emulator.Books // of the first minute, in which they learn of each other
	r := race{name: "shared", quota: quota100, cv: 0.2, n: 1200, client: func(c *course) error {
		var errs [2]error
		var both sync.WaitGroup
		both.Go(func() {
			time.Sleep(time.Minute)
			early = c.server.Books()
		})
		for i := range errs {
			both.Go(func() { errs[i] = told(c) })
		}
		both.Wait()
		return errors.Join(errs[:]...)
	}}
	r.charged = 2 * r.n
	o := r.run(t)
	asked := o.submitted + o.questions - early.Submissions.Seen - early.Queries - early.Lists
	bad := o.refused + o.unanswered
	for _, n := range early.Refusals {
		bad -= n
	}
	if asked < r.n || bad*100 > asked {
		t.Errorf("after the first minute %d of %d requests were refused, want at most one in a hundred", bad, asked)
	}
	t.Logf("%d of %d requests were refused after the first minute", bad, asked)
}

// TestA15QueueIsNotFilled gives a batch more rows than the queue holds: what waits in it stays far below its bound, however
// much the account may run. Where others have filled it, what is refused is sent again.
func TestA15QueueIsNotFilled(t *testing.T) {
	r := race{name: "queue", quota: quota100, cv: 0.1, n: 900, client: untold}
	r.quota.Queue = 210
	if o := r.run(t); o.refused > 0 {
		t.Errorf("%d submissions were refused", o.refused)
	}
	r = race{name: "full", quota: quota2, cv: 0.1, n: 12, client: untold}
	r.quota.Queue = 1
	if o := r.run(t); o.refused == 0 || o.refused > 3*r.n {
		t.Errorf("%d submissions were refused, want a few", o.refused)
	}
}
