package poll

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/client"
)

const (
	// firstScoutAge is the age at which the first task is asked, while no service time is known.
	firstScoutAge = 1500 * time.Millisecond
	// windowScoutAge is the age at which the last task of a full window is asked, to learn
	// whether it waits for others.
	windowScoutAge = 500 * time.Millisecond
	// promptStart is how soon a task starts that waits for no other: 14 to 50 ms were recorded
	// (api.md §1.3).
	promptStart = time.Second
	// requery is the pause after an answer that tells nothing new (the user's document, 2025-09).
	requery = 3 * time.Second
	// shortQueue is how long queries may wait for their turn, by the local clock, before those
	// that may be in vain give way.
	shortQueue = 250 * time.Millisecond
	// maxGiveWay is for how long a task gives way after it was last asked.
	maxGiveWay = time.Minute
	// maxTrust is how long a task that is thought to wait is not asked.
	maxTrust = 5 * time.Minute
)

// A Watcher decides when each open task is asked.
type Watcher struct {
	clock   *pace.Clock
	page    func(context.Context, int) (client.TaskPage, error)
	pace    func(model string) *pace.Model
	queue   func() time.Duration // how long a query waits for its turn
	budget  float64              // queries a second of the local clock
	service time.Duration        // a guess

	mu     sync.Mutex
	queues map[string]*modelQueue // by model
	tasks  map[string]*Watched    // by id
	list   listState
}

// A Watched is an open task. The watcher's mutex guards it.
type Watched struct {
	id         string
	queue      *modelQueue
	times      *times
	submitted  time.Time
	started    time.Time     // as the service tells; zero until it does
	lastAlive  time.Time     // when it was last known to run or to wait
	lastQueued time.Time     // when it was last known to wait
	lastAsked  time.Time     // or when the watch began
	notBefore  time.Time     // it is not asked before
	ended      bool          // as the list, or the task itself, tells
	unlisted   bool          // the list did not show it
	changed    chan struct{} // gets a value when the task may be due earlier
}

// A Config is what a watcher works with. All fields are required.
type Config struct {
	Clock *pace.Clock
	Page  func(context.Context, int) (client.TaskPage, error) // reads a page of the task list
	Pace  func(model string) *pace.Model                      // its windows are sized
	Queue func() time.Duration                                // how long a query waits for its turn
	// Budget is how many queries may be sent in a second of the service's time.
	Budget rate.Limit
	// Service is a guess of the service time, for use until one is known.
	Service time.Duration
}

// New returns a watcher that watches nothing yet.
func New(c Config) *Watcher {
	second := c.Clock.Local(time.Second).Seconds()
	budget := math.Inf(1)
	if c.Budget != rate.Inf {
		budget = float64(c.Budget) / second
	}
	return &Watcher{clock: c.Clock, page: c.Page, pace: c.Pace, queue: c.Queue, budget: budget,
		service: c.Service, queues: map[string]*modelQueue{}, tasks: map[string]*Watched{}}
}

// minDelay returns the mean delay that is allowed however short the tasks are.
func (w *Watcher) minDelay() time.Duration {
	if math.IsInf(w.budget, 1) {
		return 0
	}
	return w.clock.Local(minMeanDelay)
}

// scoutAge returns an age of the service's time by the local clock, and next to nothing where
// queries are not limited.
func (w *Watcher) scoutAge(age time.Duration) time.Duration {
	if math.IsInf(w.budget, 1) {
		return time.Millisecond
	}
	return w.clock.Local(age)
}

// endRate returns how many tasks end in a second; w.mu is held.
func (w *Watcher) endRate() float64 {
	perSecond := 0.0
	for _, q := range w.queues {
		perSecond += float64(q.running()) / max(q.mean, time.Millisecond).Seconds()
	}
	return perSecond
}

// urgencyOf returns the schedule of a task: urgent where something waits for the task to end, and
// a sparser one where the queries for all tasks would take more than three quarters of the
// budget. w.mu is held.
func (w *Watcher) urgencyOf(t *Watched) urgency {
	u := normal
	if t.queue.isStarved() || t.queue.isEnding() {
		u = urgent
	}
	for ends := w.endRate(); u > scarce && ends*t.times.queries(u) > w.budget*3/4; {
		u--
	}
	return u
}

// A Task is an open task that is to be watched.
type Task struct {
	ID        string
	Model     string
	Kind      Kind
	Submitted time.Time // by the local clock
}

// Watch begins to watch a task.
func (w *Watcher) Watch(of Task) *Watched {
	w.mu.Lock()
	defer w.mu.Unlock()
	q := w.queueOf(of.Model)
	t := &Watched{id: of.ID, queue: q, times: q.timesOf(w, of.Kind), submitted: of.Submitted,
		lastAsked: time.Now(), changed: make(chan struct{}, 1)}
	q.insert(t)
	w.tasks[t.id] = t
	return t
}

// Forget ends the watch of a task, whether it has ended or is given up.
func (w *Watcher) Forget(t *Watched) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t.queue.remove(t)
	if w.tasks[t.id] == t {
		delete(w.tasks, t.id)
	}
}

// Open returns how many tasks of a model are watched and not known to have ended.
func (w *Watcher) Open(model string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.queueOf(model).open)
}

// Defer keeps a task from being asked for a duration of the service's time.
func (w *Watcher) Defer(t *Watched, d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t.lastAsked = time.Now()
	t.notBefore = t.lastAsked.Add(w.clock.Local(d))
}

// Wait waits until a task is to be asked. Where the list is to be read before, one of the
// goroutines that wait reads it for all of them.
func (w *Watcher) Wait(ctx context.Context, t *Watched) error {
	for {
		at, list := w.due(t, time.Now())
		if list {
			if err := w.readList(ctx); err != nil {
				return err
			}
			continue
		}
		left := time.Until(at)
		if left <= 0 {
			return ctx.Err()
		}
		if err := pace.SleepUnless(ctx, left, t.changed); err != nil {
			return err
		}
	}
}

// due returns when a task is to be asked. With list, the caller is to read the list now instead.
func (w *Watcher) due(t *Watched, now time.Time) (at time.Time, list bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.ended || now.Before(t.notBefore) {
		return t.notBefore, false
	}
	if scout := t.queue.scoutAt(t, w); !scout.IsZero() {
		return scout, false
	}
	start, runs := t.queue.start(t)
	if !runs {
		return t.lastAsked.Add(w.clock.Local(maxTrust)), false
	}
	if !w.list.pays(w, t, now.Sub(start), now) || t.queue.isEnding() {
		u := w.urgencyOf(t)
		alive := max(0, t.lastAlive.Sub(start))
		at = start.Add(t.times.next(u, alive, t.lastAlive.After(start)))
		if u > scarce {
			at = w.giveWay(t, at, now)
		}
		return at, false
	}
	at = pace.Later(start.Add(t.times.early()), w.list.next)
	if !at.After(now) && w.list.reading {
		return now.Add(w.list.gap(w)), false // or earlier, where the list shows it
	}
	list = !at.After(now)
	w.list.reading = w.list.reading || list
	return at, list
}

// giveWay defers a query that may be in vain while queries wait for their turn, so that those
// whose tasks have ended, as the list tells, go first. w.mu is held.
func (w *Watcher) giveWay(t *Watched, at, now time.Time) time.Time {
	wait := w.queue()
	if wait <= shortQueue || now.Sub(t.lastAsked) > w.clock.Local(maxGiveWay) {
		return at
	}
	return pace.Later(at, now.Add(wait))
}

// Observe learns from the answer to a query.
func (w *Watcher) Observe(t *Watched, answer client.Task) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t.lastAsked = time.Now()
	w.learn(t, report{answer.Status, answer.Submitted, answer.Scheduled, answer.Ended})
	// It lags behind the list, or knows nothing.
	if !answer.Status.Ended() && (t.ended || answer.Status == client.Unknown) {
		t.notBefore = t.lastAsked.Add(w.clock.Local(requery))
	}
}

// A report is what an answer, or a row of the list, tells of a task.
type report struct {
	status                    client.Status
	submitted, started, ended time.Time // by the service's clock; zero where it does not tell
}

// learn learns from a report on a task; w.mu is held.
func (w *Watcher) learn(t *Watched, r report) {
	now, first := time.Now(), t.started.IsZero()
	t.unlisted = false
	local := func(at time.Time) time.Time {
		at = t.submitted.Add(w.clock.Local(at.Sub(r.submitted)))
		if at.After(now) {
			return now
		}
		return at
	}
	if !r.started.IsZero() && !r.submitted.IsZero() {
		t.started = local(r.started)
	}
	waited := t.started.Sub(t.submitted) > w.clock.Local(promptStart)
	switch {
	case t.ended:
	case r.status == client.Pending:
		t.lastAlive, t.lastQueued = now, now
		if now.Sub(t.submitted) > w.clock.Local(promptStart) {
			t.queue.noteQueued(t.queue.ahead(t))
		}
	case !r.status.Ended():
		t.lastAlive = now
		if first && !t.started.IsZero() && !waited {
			t.queue.noteImmediateStart(t)
		}
	default:
		t.ended = true
		w.learnEnd(t, r, local, waited)
	}
}

// learnEnd learns from a task that has ended, of which local converts the times; w.mu is held.
func (w *Watcher) learnEnd(t *Watched, r report, local func(time.Time) time.Time, waited bool) {
	end, timed := time.Now(), !t.started.IsZero() && !r.ended.IsZero()
	if timed {
		end = local(r.ended)
	}
	if timed && waited {
		t.queue.noteQueuedStart(t)
	} else if timed {
		t.queue.noteImmediateStart(t)
	}
	t.queue.end(t, end)
	if d := end.Sub(t.started); timed && r.status == client.Succeeded && d >= 0 {
		t.queue.noteServiceTime(t.times, d)
	}
	t.wake()
}

// wake makes Wait look again when the task is due.
func (t *Watched) wake() {
	select {
	case t.changed <- struct{}{}:
	default:
	}
}
