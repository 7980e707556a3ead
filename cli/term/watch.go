package term

import (
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/client"
)

// A View shows a run while it runs. Its methods are called from one goroutine at a time.
type View interface {
	// settled is called for every item that is done, failed or held.
	settled(batch.Event)
	// tick is called with the state of the run, once every interval.
	tick(ProgressState)
	interval() time.Duration
	// end removes what is on the screen.
	end(ProgressState)
}

// A Watch drives a View during one run: Begin, Show, then ShowWhile around the run, with
// Observe as the receiver of its events. Events before Show and after ShowWhile are ignored. It
// is safe for concurrent use.
type Watch struct {
	mu       sync.Mutex
	view     View
	forecast forecast
	progress func() batch.Progress
	workload Workload
}

// A Workload is what a run has to do.
type Workload struct {
	Total   int           // items of the manifest that are not skipped
	Due     int           // items that the plan takes to their end, whatever a limit says
	Work    int           // of them, those that this run takes to their end
	Planned time.Duration // for the work; 0 is not known
	Quiet   time.Duration // between two items that move on, by the plan
	Before  client.Money  // that earlier runs have paid for items of the manifest
}

// Begin prepares for a run that starts now, and returns its first state.
func (w *Watch) Begin(progress func() batch.Progress, l Workload) ProgressState {
	now := time.Now()
	w.progress, w.workload = progress, l
	w.forecast = forecast{planned: l.Planned, quiet: l.Quiet, work: l.Work, start: now}
	return w.update(now)
}

// Observe passes an event on to the view. It serves as batch.Options.Tell.
func (w *Watch) Observe(e batch.Event) {
	switch e.Phase {
	case "done", "failed", "held":
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.view != nil {
			w.update(time.Now()) // the rate counts from when items end, not from ticks
			w.view.settled(e)
		}
	}
}

// ShowWhile shows the view until f returns, and ends it.
func (w *Watch) ShowWhile(f func() error) error {
	stop := make(chan struct{})
	var ticking sync.WaitGroup
	ticking.Go(func() { w.ticks(stop) })
	err := f()
	close(stop)
	ticking.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.view.end(w.update(time.Now()))
	w.view = nil
	return err
}

// Left returns the time until all items have ended; false where it is not known.
func (w *Watch) Left() (time.Duration, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.update(time.Now())
	return s.left, s.known
}

func (w *Watch) ticks(stop <-chan struct{}) {
	ticker := time.NewTicker(w.view.interval())
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case now := <-ticker.C:
			w.mu.Lock()
			w.view.tick(w.update(now))
			w.mu.Unlock()
		}
	}
}

// update returns the state of the run, and gives it to the forecast.
func (w *Watch) update(now time.Time) ProgressState {
	p := w.progress()
	if Counted(p) {
		ended := w.workload.Due - p.Pending - p.Open
		w.forecast.see(now, ended, p.Submitted+ended)
	}
	s := ProgressState{Progress: p, total: w.workload.Total, rate: w.forecast.rate(now),
		paid: w.workload.Before + p.Spent}
	s.left, s.known = w.forecast.left(now)
	return s
}

// Counted reports whether a run has already counted its items.
func Counted(p batch.Progress) bool { return p.Pending+p.Open+p.Done+p.Failed+p.Held > 0 }

// Show sets the view.
func (w *Watch) Show(v View) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.view = v
}
