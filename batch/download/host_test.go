package download

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/client"
)

var errRefused = errors.New("403")

// A world is a queue with tasks whose downloads fail until the host is up.
type world struct {
	*Queue
	t        *testing.T
	activity Activity
	halted   error
	up       atomic.Bool
	tries    atomic.Int64
}

func newWorld(t *testing.T) *world {
	w := &world{t: t}
	w.Queue = NewQueue(pace.NewClock(1), &w.activity, func(err error) { w.halted = err })
	return w
}

// fetch downloads a task's picture as a Fetch does, and returns how that ended.
func (w *world) fetch(ctx context.Context, t *ticket, cause error) error {
	w.activity.Items.Add(1)
	defer w.activity.Items.Add(-1)
	if err := w.acquire(ctx, t); err != nil {
		return err
	}
	for failures := 0; ; failures++ {
		w.tries.Add(1)
		time.Sleep(time.Second)
		if w.up.Load() {
			w.arrived()
			w.release(t, true)
			return nil
		}
		w.failed(t, "https://pictures.test/a.png?signature", cause)
		w.closeIfStuck(time.Now())
		if err := w.pause(ctx, pace.Backoff(failures), nil); err != nil {
			w.release(t, false)
			return err
		}
		if err := w.wait(ctx, t); err != nil {
			return err
		}
	}
}

func (w *world) ticket(n int) *ticket {
	return &ticket{task: fmt.Sprint(n), pictures: 2, expires: time.Now().Add(client.TaskLifetime)}
}

// TestHostRefuses lets downloads fail for an hour: from the third task on nothing may be bought, single pictures are tried
// in growing pauses, and the first that comes opens the way for all.
func TestHostRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.activity.AtService.Add(1) // so that the run goes on
		done := make(chan error, 3)
		for n := range 3 {
			if !w.MayBuy(time.Now()) {
				t.Errorf("with %d tasks in vain nothing may be bought", n)
			}
			go func() { done <- w.fetch(t.Context(), w.ticket(n), errRefused) }()
			time.Sleep(2 * time.Second)
		}
		if w.MayBuy(time.Now()) || w.refusalCause() != errRefused.Error() {
			t.Errorf("with three tasks in vain pictures may be bought; the cause is %q", w.refusalCause())
		}
		bought := make(chan error, 1)
		go func() { bought <- w.WaitToBuy(t.Context()) }()
		before := w.tries.Load()
		time.Sleep(time.Hour)
		if probes := w.tries.Load() - before; probes < 30 || probes > 130 { // a pause has 30 to 60 s
			t.Errorf("%d probes in an hour", probes)
		}
		select {
		case err := <-bought:
			t.Errorf("WaitToBuy = %v while the host refuses", err)
		default:
		}
		w.up.Store(true)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if len(done) != 3 || len(bought) != 1 || !w.MayBuy(time.Now()) || !w.Idle() {
			t.Errorf("%d of 3 pictures came when the host was back, and %d of 1 was bought", len(done), len(bought))
		}
	})
}

// TestLostPicturesDoNotAccuseTheHost lets pictures fail again and again while others come: they may be gone for good, and
// nothing waits for them.
func TestLostPicturesDoNotAccuseTheHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var lost []*ticket
		for n := range 2 * maxFailing {
			lost = append(lost, w.ticket(n))
			w.acquire(t.Context(), lost[n])
			w.failed(lost[n], "https://pictures.test/a.png", client.ErrGone)
			w.arrived()
		}
		for _, p := range lost {
			w.wait(t.Context(), p)
			w.failed(p, "https://pictures.test/a.png", client.ErrGone)
		}
		if !w.MayBuy(time.Now()) || !w.isolated(client.ErrGone) || w.isolated(errRefused) {
			t.Error("pictures that are gone count as a host that refuses")
		}
	})
}

// TestProbeIsOfTheFewestFailures tries, while the host refuses, the picture that has failed least, and else the first to expire.
func TestProbeIsOfTheFewestFailures(t *testing.T) {
	w := newWorld(t)
	w.waiting = []*ticket{{failures: 3}, {failures: 1}, {failures: 2}}
	if i := w.next(); i != 0 {
		t.Errorf("next = %d, want the first to expire", i)
	}
	w.Suspect()
	if i := w.next(); i != 1 {
		t.Errorf("next = %d while the host refuses, want the one that has failed least", i)
	}
}

// TestQueueCloses says after how long a run that waits only for pictures is given up, and whether the host is to blame.
func TestQueueCloses(t *testing.T) {
	for name, story := range map[string]struct {
		prepare func(*world)
		cause   error
		tasks   int
		after   time.Duration // 0 is never
		blames  bool
	}{
		"the host refuses":           {cause: errRefused, tasks: 3, after: maxWait, blames: true},
		"no picture has come":        {cause: errRefused, tasks: 1, after: maxWait, blames: true},
		"the store has it no more":   {cause: client.ErrGone, tasks: 1, after: maxWait},
		"another picture has come":   {prepare: func(w *world) { w.arrived() }, cause: errRefused, tasks: 2, after: maxWait},
		"a task runs":                {prepare: func(w *world) { w.activity.AtService.Add(1) }, cause: errRefused, tasks: 3},
		"an item has not begun":      {prepare: func(w *world) { w.activity.Producers.Add(1) }, cause: errRefused, tasks: 2},
		"an item may not be bought":  {prepare: func(w *world) { w.activity.Producers.Add(1) }, cause: errRefused, tasks: 3, after: maxWait, blames: true},
		"another item is in doubt":   {prepare: func(w *world) { w.activity.Items.Add(1); w.activity.InDoubt.Add(1) }, cause: errRefused, tasks: 2, after: maxWait, blames: true},
		"another item does anything": {prepare: func(w *world) { w.activity.Items.Add(1) }, cause: errRefused, tasks: 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				if story.prepare != nil {
					story.prepare(w)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				begun, ends := time.Now(), make(chan error, story.tasks)
				for n := range story.tasks {
					go func() { ends <- w.fetch(ctx, w.ticket(n), story.cause) }()
				}
				for range story.tasks {
					if err := <-ends; errors.Is(err, ErrLater) != (story.after > 0) {
						t.Errorf("a fetch ended with %v", err)
					}
				}
				if took := time.Since(begun); story.after > 0 && (took < story.after || took > story.after+2*time.Minute) {
					t.Errorf("it took %v, want %v", took, story.after)
				}
				var host *HostError
				if errors.As(w.halted, &host) != story.blames {
					t.Fatalf("the run was halted with %v", w.halted)
				}
				if story.blames && (host.Waiting != 2*story.tasks || host.Host != "pictures.test" || !host.Until.Equal(begun.Add(client.TaskLifetime))) {
					t.Errorf("HostError = %+v", host)
				}
			})
		})
	}
}

// TestTasklessPictureIsWaitedFor waits for a picture that no other run can fetch for as long as it is kept.
func TestTasklessPictureIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.ticket(0)
		p.taskless = true
		begun := time.Now()
		if err := w.fetch(t.Context(), p, errRefused); !errors.Is(err, ErrLater) || time.Since(begun) < client.TaskLifetime {
			t.Errorf("fetch = %v after %v, want %v", err, time.Since(begun), client.TaskLifetime)
		}
	})
}

// TestNothingIsBoughtThatMayExpire wants nothing bought while the queue takes more than half of the time to the first expiry.
func TestNothingIsBoughtThatMayExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		now := time.Now()
		w.mean = time.Minute
		for n := range 10 * MaxParallel {
			w.tickets[w.ticket(n)] = true
		}
		first := w.ticket(-1)
		w.tickets[first] = true // eleven rounds of a minute
		for left, want := range map[time.Duration]bool{21 * time.Minute: false, 22 * time.Minute: true, -time.Hour: true} {
			first.expires = now.Add(left)
			if got := w.MayBuy(now); got != want {
				t.Errorf("with %v to the first expiry MayBuy = %v, want %v", left, got, want)
			}
		}
	})
}

// TestOnePictureDoesNotStopBuying wants one picture that is too late, or that never comes while others do, to stop nothing.
func TestOnePictureDoesNotStopBuying(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.ticket(0)
		w.acquire(t.Context(), p)
		time.Sleep(10 * time.Hour)
		if w.MayBuy(time.Now()) {
			t.Error("a download that has hung for 10 of 24 hours does not stop buying, though no picture has come")
		}
		w.arrived()
		if !w.MayBuy(time.Now()) {
			t.Error("a download that has hung for 10 hours stops buying, though others come")
		}
		time.Sleep(15 * time.Hour)
		if !w.MayBuy(time.Now()) {
			t.Error("a picture that has expired stops buying")
		}
	})
}

// TestQueueStaysOpenWhileADownloadGoesOn lets a download hang for an hour while another picture fails.
func TestQueueStaysOpenWhileADownloadGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		hangs, fails := w.ticket(0), w.ticket(1)
		w.acquire(t.Context(), hangs)
		w.acquire(t.Context(), fails)
		w.failed(fails, "https://pictures.test/a.png", errRefused)
		time.Sleep(time.Hour)
		if w.closeIfStuck(time.Now()); w.Closed() {
			t.Error("the queue is closed while a download goes on")
		}
		w.release(hangs, false)
		if w.closeIfStuck(time.Now()); !w.Closed() {
			t.Error("the queue is not closed when nothing has come for an hour")
		}
	})
}
