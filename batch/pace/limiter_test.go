package pace

import (
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/qwenbatch/qwenbatch/client"
)

// TestA1A2SlowsDown wants submissions to come further apart after a refusal.
func TestA1A2SlowsDown(t *testing.T) {
	p := NewModel(client.LookupModel("qwen-image-plus"), false, 0, 0, 1)
	full := p.limit
	p.Refused()
	p.Refused() // of the same moment: counts once
	if got := p.limit; got != full*0.7 {
		t.Errorf("after a refusal the limit is %v, want %v", got, full*0.7)
	}
	for range 100 {
		p.Accepted()
	}
	if got := p.limit; got != full {
		t.Errorf("after 100 accepted submissions the limit is %v, want %v", got, full)
	}
}

// TestWindowGrowsAndShrinks lets the window follow what runs at once.
func TestWindowGrowsAndShrinks(t *testing.T) {
	p := NewModel(client.LookupModel("qwen-image-plus"), false, 0, 0, 1)
	for _, step := range []struct {
		running int
		waited  bool
		want    int
	}{{2, true, 4}, {4, false, 8}, {3, false, 8}, {100, true, 200}, {300, true, 500}, {2, true, 4}, {1, true, 4}} {
		p.ObserveRunning(step.running, step.waited)
		if got := p.InFlight.capacity(); got != step.want {
			t.Errorf("when %d run, waited %v, the window is %d, want %d", step.running, step.waited, got, step.want)
		}
	}
	fixed := NewModel(client.LookupModel("qwen-image-plus"), false, 0, 7, 1)
	fixed.ObserveRunning(100, true)
	if got := fixed.InFlight.capacity(); got != 7 {
		t.Errorf("the window that was asked for became %d", got)
	}
}

// TestSubmissionsBeginSlowly wants a fast rate to rise after a pause.
func TestSubmissionsBeginSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewModel(client.LookupModel("qwen-image-plus"), false, 20, 0, 1)
		for range 2 {
			time.Sleep(2 * slowStartAfter)
			if err := p.Limiter.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := p.limit; got > p.quota/2 {
				t.Errorf("after a pause the rate is %v", got)
			}
			for range 20 {
				p.Accepted()
			}
			if got := p.limit; got != p.quota {
				t.Errorf("after 20 accepted submissions the rate is %v, want %v", got, p.quota)
			}
		}
	})
}

// TestBreakerLetsOneTry wants one of a hundred to try a service that is silent, later each time, and all when it answers.
func TestBreakerLetsOneTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, line := NewBreaker(1, 1), NewLimiter(rate.Inf, 1)
		var tries, through atomic.Int32
		var up atomic.Bool
		for range 100 {
			go func() {
				for {
					permit, err := b.Pass(t.Context(), line)
					if err != nil {
						return
					}
					tries.Add(1)
					if up.Load() {
						through.Add(1)
						permit.Observe(nil)
						return
					}
					time.Sleep(time.Millisecond)
					permit.Observe(io.ErrUnexpectedEOF)
				}
			}()
		}
		time.Sleep(time.Hour)
		if n := tries.Load(); n > 250 {
			t.Errorf("%d tries in an hour without an answer", n)
		}
		up.Store(true)
		time.Sleep(2 * time.Minute)
		if n := through.Load(); n != 100 {
			t.Errorf("%d of 100 went through when the service was back", n)
		}
	})
}
