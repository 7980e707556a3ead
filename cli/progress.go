package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/client"
)

// A progressState is where a run stands at one moment.
type progressState struct {
	batch.Progress
	total int
	rate  float64 // items a second over this run; 0 is not known yet
	left  time.Duration
	known bool // left is
}

// A view shows a run while it runs. Its methods are called by one goroutine at a time.
type view interface {
	// settled is told of every item that is done, failed or held.
	settled(batch.Event)
	// tick is told where the run stands, once every interval.
	tick(progressState)
	interval() time.Duration
	// end takes down what is on the screen.
	end(progressState)
}

// A watch tells a view what happens.
type watch struct {
	mu       sync.Mutex
	view     view
	forecast forecast
	progress func() batch.Progress
	workload workload
}

// A workload is what a run is to do.
type workload struct {
	total   int           // items of the manifest that are not skipped
	due     int           // items that the plan takes to their end, whatever a limit says
	work    int           // of them, those that this run takes to their end
	planned time.Duration // for the work; 0 is not known
}

// begin prepares a watch over a run that starts now, and returns its first state.
func (w *watch) begin(progress func() batch.Progress, l workload) progressState {
	now := time.Now()
	w.progress, w.workload = progress, l
	w.forecast = forecast{planned: l.planned, work: l.work, start: now}
	return w.update(now)
}

// observe passes an event on; it is batch.Options.Tell.
func (w *watch) observe(e batch.Event) {
	switch e.Phase {
	case "done", "failed", "held":
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.view != nil {
			w.update(time.Now()) // the pace is taken from when items end, not from when somebody looks
			w.view.settled(e)
		}
	}
}

// showWhile shows the view while f runs, also while f is being stopped.
func (w *watch) showWhile(f func() error) error {
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

func (w *watch) ticks(stop <-chan struct{}) {
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

// update takes the state of things.
func (w *watch) update(now time.Time) progressState {
	p := w.progress()
	if counted(p) {
		w.forecast.see(now, w.workload.due-p.Pending-p.Open)
	}
	s := progressState{Progress: p, total: w.workload.total, rate: w.forecast.rate(now)}
	s.left, s.known = w.forecast.left(now)
	return s
}

// counted reports whether a run has come as far as to count its items.
func counted(p batch.Progress) bool { return p.Pending+p.Open+p.Done+p.Failed+p.Held > 0 }

// troubleLine is what is said of an item that failed or is held.
func troubleLine(e batch.Event) string {
	name := e.ID
	if name == "" {
		name = quote(short(e.Prompt, 24))
	}
	return fmt.Sprintf("%s %s: %s", e.Phase, short(name, 30), reasonOf(e.Code, e.Message))
}

// reasonOf joins code and message of the service, which may be long.
func reasonOf(code, message string) string { return wholeReason(code, short(message, 120)) }

// wholeReason is reasonOf with all of the message.
func wholeReason(code, message string) string {
	switch {
	case message == "":
		return line(code)
	case code == "" || strings.Contains(message, code):
		return line(message)
	}
	return line(code) + ": " + line(message)
}

// rateText is a pace in the unit in which it can be read: 1.9/s, 7.5/min.
func rateText(perSecond float64) string {
	switch {
	case perSecond >= 10:
		return fmt.Sprintf("%.0f/s", perSecond)
	case perSecond >= 1:
		return fmt.Sprintf("%.1f/s", perSecond)
	}
	return fmt.Sprintf("%.1f/min", perSecond*60)
}

// moneyText is what a run has spent; a rehearsal never spends any.
func moneyText(m client.Money, rehearsal bool) string {
	if rehearsal {
		return "real: " + yuan(m)
	}
	return yuan(m)
}

// set puts a view up.
func (w *watch) set(v view) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.view = v
}
