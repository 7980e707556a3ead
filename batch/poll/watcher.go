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
	// firstScout is the age at which the first task is asked early, while no service time is
	// known.
	firstScout = 1500 * time.Millisecond
	// windowScout is the age at which the last task of a full window is asked early, to learn
	// whether it waits for others.
	windowScout = 500 * time.Millisecond
	// queued is how long a task may take to begin that waits for no other: 14 to 50 ms were
	// recorded (api.md §1.3).
	queued = time.Second
	// nextQuestion after an answer that says nothing (the user's document, 2025-09).
	nextQuestion = 3 * time.Second
	// shortLine is how long questions may wait in line, of our time, before those that may be in
	// vain are put off.
	shortLine = 250 * time.Millisecond
	// longestLine is how long they are put off, after which they stand in line like others.
	longestLine = time.Minute
	// longestTrust is how long a task that seems to wait in line is not asked.
	longestTrust = 5 * time.Minute
)

// A Watcher decides when each open task is asked.
type Watcher struct {
	clock   *pace.Clock
	page    func(context.Context, int) (client.TaskPage, error)
	pace    func(model string) *pace.Model
	delay   func() time.Duration // how long a question waits in line
	budget  float64              // queries a second of the local clock
	service time.Duration

	mu     sync.Mutex
	queues map[string]*modelQueue
	tasks  map[string]*Watched // by id, for the list
	list   listState
}

// A Watched is an open task.
type Watched struct {
	id        string
	queue     *modelQueue
	times     *times
	submitted time.Time
	begun     time.Time     // zero until it is told
	alive     time.Time     // when it was last told to run or to wait
	waited    time.Time     // when it was last told to wait
	rested    time.Time     // not asked before
	looked    time.Time     // when it was last asked for
	ended     bool          // the list says so, or the task itself
	unlisted  bool          // the list did not show it
	soon      chan struct{} // its question may be due earlier than it thought
}

// A Config is what a watcher works with.
type Config struct {
	Clock *pace.Clock
	Page  func(context.Context, int) (client.TaskPage, error) // reads a page of the task list
	Pace  func(model string) *pace.Model                      // its window is fitted
	Queue func() time.Duration                                // how long a query would wait in line
	// Budget is how many queries may be sent in a second of the service's time.
	Budget rate.Limit
	// Service is how long a task is thought to run as long as none is known.
	Service time.Duration
}

// New returns a watcher that watches nothing yet.
func New(c Config) *Watcher {
	second := c.Clock.Local(time.Second).Seconds()
	budget := math.Inf(1)
	if c.Budget != rate.Inf {
		budget = float64(c.Budget) / second
	}
	return &Watcher{clock: c.Clock, page: c.Page, pace: c.Pace, delay: c.Queue, budget: budget,
		service: c.Service, queues: map[string]*modelQueue{}, tasks: map[string]*Watched{}}
}

// shortest is the mean delay that is allowed however short a task is.
func (w *Watcher) shortest() time.Duration {
	if math.IsInf(w.budget, 1) {
		return 0
	}
	return w.clock.Local(shortestDelay)
}

// scout is the age at which a task is asked early: age, or at once where queries are not limited.
func (w *Watcher) scout(age time.Duration) time.Duration {
	if math.IsInf(w.budget, 1) {
		return time.Millisecond
	}
	return w.clock.Local(age)
}

// load is how many tasks end in a second.
func (w *Watcher) load() float64 {
	perSecond := 0.0
	for _, q := range w.queues {
		perSecond += float64(q.running()) / max(q.mean, time.Millisecond).Seconds()
	}
	return perSecond
}

// density is how often to ask for a task: as often as the budget allows, with a quarter to spare,
// and not more urgently than somebody waits for it.
func (w *Watcher) density(t *Watched) density {
	d := usual
	if t.queue.starved() || t.queue.closing() {
		d = urgent
	}
	for load := w.load(); d > sparing && load*t.times.queries(d) > w.budget*3/4; {
		d--
	}
	return d
}

// A Task is one that is to be watched.
type Task struct {
	ID        string
	Model     string
	Kind      Kind      // tells how long the like of it take
	Submitted time.Time // the local clock
}

// Watch begins to watch a task.
func (w *Watcher) Watch(of Task) *Watched {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.queueOf(of.Model)
	t := &Watched{id: of.ID, queue: l, times: l.timesOf(w, of.Kind), soon: make(chan struct{}, 1), submitted: of.Submitted, looked: time.Now()}
	l.join(t)
	w.tasks[t.id] = t
	return t
}

// Forget ends the watching of a task.
func (w *Watcher) Forget(t *Watched) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t.queue.drop(t)
	if w.tasks[t.id] == t {
		delete(w.tasks, t.id)
	}
}

// Open is how many tasks of a model are watched that are not known to have ended.
func (w *Watcher) Open(model string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.queueOf(model).open)
}

// Defer keeps a task from being asked for a while of the service's time.
func (w *Watcher) Defer(t *Watched, d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t.looked = time.Now()
	t.rested = t.looked.Add(w.clock.Local(d))
}

// Wait waits until a task is to be asked. Whoever is the first that the list could tell about
// reads it for all.
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
		if err := pace.SleepUnless(ctx, left, t.soon); err != nil {
			return err
		}
	}
}

// due is when a task is to be asked or, with list, that the list is to be read now.
func (w *Watcher) due(t *Watched, now time.Time) (at time.Time, list bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.ended || now.Before(t.rested) {
		return t.rested, false
	}
	if early := t.queue.early(t, w); !early.IsZero() {
		return early, false
	}
	begun, runs := t.queue.begins(t)
	if !runs {
		return t.looked.Add(w.clock.Local(longestTrust)), false
	}
	if !w.list.pays(w, t, now.Sub(begun), now) || t.queue.closing() {
		d := w.density(t)
		at = begun.Add(t.times.next(d, max(0, t.alive.Sub(begun)), t.alive.After(begun)))
		if d > sparing {
			at = w.behind(t, at, now)
		}
		return at, false
	}
	at = pace.Later(begun.Add(t.times.least()), w.list.next)
	if !at.After(now) && w.list.reading {
		return now.Add(w.list.pause(w)), false // or sooner, if the list says so
	}
	list = !at.After(now)
	w.list.reading = w.list.reading || list
	return at, list
}

// behind puts a question off whose answer is not known while others wait whose is: a task that
// has ended, says the list.
func (w *Watcher) behind(t *Watched, at, now time.Time) time.Time {
	line := w.delay()
	if line <= shortLine || now.Sub(t.looked) > w.clock.Local(longestLine) {
		return at
	}
	return pace.Later(at, now.Add(line))
}

// Observe learns from what a task says of itself.
func (w *Watcher) Observe(t *Watched, answer client.Task) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t.looked = time.Now()
	w.learn(t, news{answer.Status, answer.Submitted, answer.Scheduled, answer.Ended})
	if !answer.Status.Ended() && (t.ended || answer.Status == client.Unknown) { // the list knew more, or it nothing
		t.rested = t.looked.Add(w.clock.Local(nextQuestion))
	}
}

// news is what an answer, or a row of the list, tells of a task.
type news struct {
	status                  client.Status
	submitted, begun, ended time.Time // the service's clock; zero where it does not say
}

// learn takes news of a task; w.mu is held.
func (w *Watcher) learn(t *Watched, n news) {
	now, first := time.Now(), t.begun.IsZero()
	t.unlisted = false
	told := func(at time.Time) time.Time {
		at = t.submitted.Add(w.clock.Local(at.Sub(n.submitted)))
		if at.After(now) {
			return now
		}
		return at
	}
	if !n.begun.IsZero() && !n.submitted.IsZero() {
		t.begun = told(n.begun)
	}
	waited := t.begun.Sub(t.submitted) > w.clock.Local(queued)
	switch {
	case t.ended:
	case n.status == client.Pending:
		t.alive, t.waited = now, now
		if now.Sub(t.submitted) > w.clock.Local(queued) {
			t.queue.atMost(t.queue.ahead(t))
		}
	case !n.status.Ended():
		t.alive = now
		if first && !t.begun.IsZero() && !waited {
			t.queue.free(t)
		}
	default:
		t.ended = true
		w.end(t, n, told, waited)
	}
}

// end learns from a task that has ended; w.mu is held.
func (w *Watcher) end(t *Watched, n news, told func(time.Time) time.Time, waited bool) {
	end, timed := time.Now(), !t.begun.IsZero() && !n.ended.IsZero()
	if timed {
		end = told(n.ended)
	}
	if timed && waited {
		t.queue.full(t)
	} else if timed {
		t.queue.free(t)
	}
	t.queue.end(t, end)
	if took := end.Sub(t.begun); timed && n.status == client.Succeeded && took >= 0 {
		t.queue.took(t.times, took)
	}
	t.wake()
}

func (t *Watched) wake() {
	select {
	case t.soon <- struct{}{}:
	default:
	}
}
