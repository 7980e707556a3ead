package emulator

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestSubmissionQuotaInAnyWindow(t *testing.T) {
	for _, c := range []struct {
		model string
		n     int
		per   time.Duration
	}{{"qwen-image-plus", 2, time.Second}, {"qwen-image-max", 2, time.Minute}, {"qwen-image-3.0-pro", 5, time.Minute}} {
		body := fmt.Sprintf(`{"model":%q,"input":{"prompt":"[[pending:9h]]","messages":[{"role":"user","content":[{"text":"[[fail:InternalError]]"}]}]}}`, c.model)
		door, header := pathA1, async
		if c.model != "qwen-image-plus" {
			door, header = pathSync, "X-Test: 1"
		}
		bubble(t, exact(), func(t *testing.T, r *rig) {
			var passed []time.Time
			for range 60 { // ask ever so often; sync calls are refused or given up on at once
				at := time.Now()
				if a := r.tryFast(door, body, header); a.status != 429 {
					passed = append(passed, at)
				} else if code := text(t, a, "code"); code != "Throttling.RateQuota" || text(t, a, "message") == "" {
					t.Errorf("429 says %s", a.body)
				}
				time.Sleep(time.Until(at.Add(c.per / 20)))
			}
			if len(passed) != 3*c.n {
				t.Errorf("%s: %d passed in three periods, want %d", c.model, len(passed), 3*c.n)
			}
			for i := c.n; i < len(passed); i++ {
				if gap := passed[i].Sub(passed[i-c.n]); gap < c.per {
					t.Errorf("%s: %d passed within %v", c.model, c.n+1, gap)
				}
			}
			if got := r.s.Books().Refusals["Throttling.RateQuota"]; got != 60-len(passed) {
				t.Errorf("%s: books count %d refusals, want %d", c.model, got, 60-len(passed))
			}
		})
	}
}

// tryFast sends a submission and gives up after a millisecond of no answer.
func (r *rig) tryFast(door, body, header string) reply {
	r.client.Timeout = time.Millisecond
	defer func() { r.client.Timeout = 0 }()
	return r.ask("POST", door, body, header)
}

func TestEvenPaceAtTheRatePasses(t *testing.T) {
	bubble(t, exact(), func(t *testing.T, r *rig) {
		for range 20 {
			r.submit("a cat")
			time.Sleep(500 * time.Millisecond)
		}
	})
}

func TestFirstComeFirstServedTwoAtATime(t *testing.T) {
	bubble(t, exact(), func(t *testing.T, r *rig) {
		var ids []string
		for i := range 7 {
			ids = append(ids, r.submit(fmt.Sprint("cat ", i)))
			time.Sleep(500 * time.Millisecond)
		}
		if got := r.status(ids[2]); got != pending {
			t.Errorf("third of two: %s, want PENDING", got)
		}
		time.Sleep(time.Minute)
		b := r.s.Books()
		first := b.Tasks[0].Scheduled
		for i, task := range b.Tasks {
			// The two lanes start 0.5 s apart and each serves a task in 10 s.
			want := first.Add(time.Duration(i/2)*10*time.Second + time.Duration(i%2)*500*time.Millisecond)
			if task.ID != ids[i] || !task.Scheduled.Equal(want) || task.Ended.Sub(task.Scheduled) != 10*time.Second {
				t.Errorf("task %d: from %v to %v, want from %v for 10s", i, task.Scheduled, task.Ended, want)
			}
		}
		if b.Charges != 7 {
			t.Errorf("%d charges, want 7", b.Charges)
		}
	})
}

func TestPendingSteersAroundTheQueue(t *testing.T) {
	bubble(t, exact(), func(t *testing.T, r *rig) {
		slow, quick := r.submit("a [[pending:20s]]"), r.submit("b")
		time.Sleep(15 * time.Second)
		if a, b := r.status(slow), r.status(quick); a != pending || b != succeeded {
			t.Errorf("held %s and other %s, want PENDING and SUCCEEDED", a, b)
		}
		time.Sleep(6 * time.Second)
		if a := r.status(slow); a != running {
			t.Errorf("held task after its time: %s, want RUNNING", a)
		}
	})
}

func TestQueueBound(t *testing.T) {
	o := exact()
	o.Quota = func(model string) (Quota, bool) { return Quota{Running: 1, Queue: 3}, model != "" }
	bubble(t, o, func(t *testing.T, r *rig) {
		for range 4 { // one runs, three wait
			r.submit("a cat")
			time.Sleep(100 * time.Millisecond)
		}
		a := r.ask("POST", pathA1, `{"model":"qwen-image-plus","input":{"prompt":"a"}}`, async)
		if a.status != 429 || text(t, a, "code") != "Throttling" {
			t.Errorf("full queue: %d %s, want 429 Throttling", a.status, a.body)
		}
	})
}

func TestQueriesShareTwentyASecond(t *testing.T) {
	bubble(t, exact(), func(t *testing.T, r *rig) {
		id := r.submit("a [[pending:1h]]")
		start, ok := time.Now(), 0
		for i := range 45 {
			path, method := "/api/v1/tasks/"+id, "GET"
			switch i % 3 {
			case 1:
				path = "/api/v1/tasks"
			case 2:
				path, method = "/api/v1/tasks/none/cancel", "POST"
			}
			if a := r.ask(method, path, ""); a.status != 429 {
				ok++
			} else if text(t, a, "code") != "Throttling.RateQuota" {
				t.Errorf("429 says %s", a.body)
			}
			time.Sleep(time.Until(start.Add(time.Duration(i+1) * 1990 * time.Millisecond / 45)))
		}
		b := r.s.Books()
		if ok != 40 {
			t.Errorf("%d of 45 queries in 1.99 s passed, want 40", ok)
		}
		if b.Violated[RuleQueryRate] == 0 || b.PeakQueries < 21 || b.PeakQueries > 23 {
			t.Errorf("books: violated %v, peak %d; want the query rate, and 22 or 23", b.Violated, b.PeakQueries)
		}
	})
}

func TestSixteenQueriesASecondAreWelcome(t *testing.T) {
	bubble(t, exact(), func(t *testing.T, r *rig) {
		for range 64 {
			if a := r.ask("GET", "/api/v1/tasks/x", ""); a.status != 200 {
				t.Fatalf("refused: %s", a.body)
			}
			time.Sleep(time.Second / 16)
		}
		if b := r.s.Books(); b.PeakQueries != 16 || len(b.Violations) != 0 {
			t.Errorf("peak %d, violations %v; want 16, none", b.PeakQueries, b.Violations)
		}
	})
}

func TestQuotaMayChangeItsMind(t *testing.T) {
	var limit atomic.Int32
	o := exact()
	o.Quota = func(string) (Quota, bool) { return Quota{Running: int(limit.Load())}, true }
	bubble(t, o, func(t *testing.T, r *rig) {
		limit.Store(1)
		for range 8 {
			r.submit("a cat")
		}
		for _, c := range []struct {
			limit int
			wait  time.Duration
		}{{1, time.Second}, {4, time.Second}, {2, 11 * time.Second}} {
			limit.Store(int32(c.limit))
			time.Sleep(c.wait)
			got := 0
			for _, task := range r.s.Books().Tasks {
				if task.Status == running {
					got++
				}
			}
			if got != c.limit {
				t.Errorf("limit %d: %d run", c.limit, got)
			}
		}
	})
}

func TestNoQuota(t *testing.T) {
	o := exact()
	o.NoQuota = true
	bubble(t, o, func(t *testing.T, r *rig) {
		for range 50 {
			r.submit("a cat")
		}
		time.Sleep(10*time.Second + 30*time.Millisecond)
		b := r.s.Books()
		if b.Charges != 50 {
			t.Errorf("%d of 50 done at once", b.Charges)
		}
	})
}

func TestSpeedScalesEverything(t *testing.T) {
	o := exact()
	o.Speed = 60
	bubble(t, o, func(t *testing.T, r *rig) {
		base := r.s.Now()
		id := r.submit("a cat")
		time.Sleep(time.Second)
		if d := r.s.Now().Sub(base); d != time.Minute {
			t.Errorf("a second is %v, want a minute", d)
		}
		task, _ := r.s.Books().Task(id)
		if d := task.Ended.Sub(task.Submitted); task.Status != succeeded || d != 10*time.Second+30*time.Millisecond {
			t.Errorf("%s after %v, want SUCCEEDED after 10.03s of the emulator's time", task.Status, d)
		}
		a := r.ask("GET", "/api/v1/tasks/x", "")
		if got, want := a.header.Get("Date"), r.s.Now().Format("Mon, 02 Jan 2006 15:04:05 GMT"); got != want {
			t.Errorf("Date %q, want %q", got, want)
		}
	})
}

func TestServiceTimesVaryAndRepeat(t *testing.T) {
	draw := func(seed uint64) []time.Duration {
		var all []time.Duration
		for i := range 2000 {
			all = append(all, lognormal(chance(seed, domainService, i), 15*time.Second, 0.15, false))
		}
		return all
	}
	a := draw(1)
	if !slices.Equal(a, draw(1)) || slices.Equal(a, draw(2)) {
		t.Error("service times are not a function of the seed")
	}
	var sum time.Duration
	for _, d := range a {
		sum += d
	}
	if mean := sum / 2000; mean < 14800*time.Millisecond || mean > 15200*time.Millisecond {
		t.Errorf("mean %v, want about 15s", mean)
	}
	if lo, hi := slices.Min(a), slices.Max(a); lo < 7*time.Second || lo > 12*time.Second || hi < 19*time.Second || hi > 30*time.Second {
		t.Errorf("from %v to %v: not a spread of 0.15", lo, hi)
	}
}

func TestLateStartIsNeverInThePast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New(exact())
		if err != nil {
			t.Fatal(err)
		}
		l := s.account.queue("m")
		now := s.Now()
		l.clock = now
		s.account.tasks = nil
		s.account.addTask(&Task{ID: "a", RequestID: "ra", Model: "m", Source: sourceAsync, Submitted: now.Add(-time.Hour), NotBefore: now.Add(-time.Hour)})
		time.Sleep(time.Second)
		s.Books()
		if got := s.account.tasks[0].Scheduled; got.Before(now) {
			t.Errorf("started %v, before the lane's clock %v", got, now)
		}
	})
}
