package batch

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/client"
)

// How open tasks are watched. A question costs one of 20 a second that the whole account has (TASK, 2026-11), so a task is
// asked when it is likely to have ended (schedule.go), and nothing that goes wrong with a question says anything of the
// task: it is asked again.
//
// The service works on so many tasks of a model at once and lets the others wait in line, first come, first served. So
// when one ends the next has begun, and one that waits behind others is not asked at all. How many run at once is not
// believed but learned: it is how many ran when one that had waited began. Until one is seen to wait, none is believed to.
//
// With many in flight one page of the account's task list tells of a hundred. The list only says when to ask: what it
// omits, or tells too late, is asked directly as if there were no list. It is read without filters and from its first
// page, since newest first is the order that was seen; where it shows none of those that were looked for, or is not to be
// had, it is left alone for a while.
//
// All moments here are of our clock. Of the service's times only differences are used, and what it says to end in our
// future has ended now: so a service whose clock is wrong, or runs faster than we think, is soon understood.

const (
	// scout is the age at which one task is asked early: the first, while nothing is known of service times, and the last
	// of a full window, while none is known to wait.
	scout = 1500 * time.Millisecond
	// queued is how long a task may take to begin that waits for no other: 14 to 50 ms were recorded (api.md §1.3).
	queued = time.Second
	// nextQuestion after an answer that says nothing (the user's document, 2025-09).
	nextQuestion = 3 * time.Second
	// lastQuestions are how far apart the questions for each of the last few tasks of many are.
	lastQuestions = time.Second
	// shortLine is how long questions may wait in line, of our time, before those that may be in vain are put off.
	shortLine = 250 * time.Millisecond
	// longestLine is how long they are put off, after which they stand in line like others.
	longestLine = time.Minute
	// longestTrust is how long a task that seems to wait in line is not asked.
	longestTrust = 5 * time.Minute
)

// A watch decides when each open task is asked.
type watch struct {
	clock   *pace.Clock
	page    func(context.Context, int) (client.TaskPage, error)
	pace    func(model string) *pace.Model
	queue   func() time.Duration // how long a question waits in line
	service time.Duration

	mu    sync.Mutex
	lanes map[string]*lane
	tasks map[string]*watched // by id, for the list
	list  listState
}

// A watched is an open task.
type watched struct {
	id        string
	lane      *lane
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

// newWatch returns a watch that reads pages of the task list with page, fits the windows that model returns, and puts off
// questions that would wait for longer than queue says. Service is how long a task is thought to run as long as none is known.
func newWatch(clock *pace.Clock, page func(context.Context, int) (client.TaskPage, error), model func(string) *pace.Model, queue func() time.Duration, service time.Duration) *watch {
	return &watch{clock: clock, page: page, pace: model, queue: queue, service: service, lanes: map[string]*lane{}, tasks: map[string]*watched{}}
}

// A task is one that is to be watched.
type task struct {
	ID        string
	Model     string
	Kind      kind      // tells how long the like of it take
	Submitted time.Time // the local clock
}

// enter begins to watch a task.
func (w *watch) enter(of task) *watched {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.lane(of.Model)
	t := &watched{id: of.ID, lane: l, times: l.timesOf(w, of.Kind), soon: make(chan struct{}, 1), submitted: of.Submitted, looked: time.Now()}
	l.join(t)
	w.tasks[t.id] = t
	return t
}

// leave ends that.
func (w *watch) leave(t *watched) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t.lane.drop(t)
	if w.tasks[t.id] == t {
		delete(w.tasks, t.id)
	}
}

// open is how many tasks of a model are watched that are not known to have ended.
func (w *watch) open(model string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.lane(model).open)
}

// rest keeps a task from being asked for a while of the service's time.
func (w *watch) rest(t *watched, d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t.looked = time.Now()
	t.rested = t.looked.Add(w.clock.Local(d))
}

// wait waits until a task is to be asked. Whoever is the first that the list could tell about reads it for all.
func (w *watch) wait(ctx context.Context, t *watched) error {
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
func (w *watch) due(t *watched, now time.Time) (at time.Time, list bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.ended || now.Before(t.rested) {
		return t.rested, false
	}
	if early := t.lane.early(t, w.clock); !early.IsZero() {
		return early, false
	}
	begun, runs := t.lane.begins(t)
	if !runs {
		return t.looked.Add(w.clock.Local(longestTrust)), false
	}
	switch {
	case t.lane.closing():
		at = begun.Add(max(t.times.least(), t.alive.Sub(begun)+w.clock.Local(lastQuestions)))
		return w.behind(t, at, now), false
	case !w.list.pays(w, t, now.Sub(begun), now):
		at = begun.Add(t.times.after(max(0, t.alive.Sub(begun))))
		return w.behind(t, at, now), false
	}
	at = later(begun.Add(t.times.least()), w.list.next)
	if !at.After(now) && w.list.reading {
		return now.Add(w.list.pause(w)), false // or sooner, if the list says so
	}
	list = !at.After(now)
	w.list.reading = w.list.reading || list
	return at, list
}

// behind puts a question off whose answer is not known while others wait whose is: a task that has ended, says the list.
func (w *watch) behind(t *watched, at, now time.Time) time.Time {
	line := w.queue()
	if line <= shortLine || now.Sub(t.looked) > w.clock.Local(longestLine) {
		return at
	}
	return later(at, now.Add(line))
}

// told learns from what a task says of itself.
func (w *watch) told(t *watched, answer client.Task) {
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
func (w *watch) learn(t *watched, n news) {
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
			t.lane.atMost(t.lane.ahead(t))
		}
	case !n.status.Ended():
		t.alive = now
		if first && !t.begun.IsZero() && !waited {
			t.lane.free(t)
		}
	default:
		t.ended = true
		w.end(t, n, told, waited)
	}
}

// end learns from a task that has ended; w.mu is held.
func (w *watch) end(t *watched, n news, told func(time.Time) time.Time, waited bool) {
	end, timed := time.Now(), !t.begun.IsZero() && !n.ended.IsZero()
	if timed {
		end = told(n.ended)
	}
	if timed && waited {
		t.lane.full(t)
	} else if timed {
		t.lane.free(t)
	}
	t.lane.end(t, end)
	if took := end.Sub(t.begun); timed && n.status == client.Succeeded && took > 0 {
		t.lane.took(t.times, took)
	}
	t.wake()
}

func (t *watched) wake() {
	select {
	case t.soon <- struct{}{}:
	default:
	}
}

// How the list is read.
const (
	// findings is how many ended tasks a page is to show.
	findings = 14
	// listPause is how far apart readings may be: a list that would be read less often pays less than questions.
	listPause = 6 * time.Second
	// lastPause is how far apart they are at most when no task waits in line any more: what is found then may be the end of
	// the batch.
	lastPause = 1500 * time.Millisecond
	// listAway is how long the list is left alone after it was of no use.
	listAway = time.Minute
)

// A listState is what is known of the task list.
type listState struct {
	reading bool
	from    int       // the page on which the last reading found its first, and so where the next begins; 0 is the first page
	pages   int       // that the last reading took
	next    time.Time // not read before
	away    time.Time // of no use before
}

// forever is the pause where the list is not worth reading.
const forever = time.Hour

// pause is how long to wait between two readings, so that each page shows enough that have ended.
func (s *listState) pause(w *watch) time.Duration {
	running, perSecond, most := 0, 0.0, w.clock.Local(lastPause)
	for _, l := range w.lanes {
		running += l.running()
		perSecond += float64(l.running()) / max(l.mean, time.Millisecond).Seconds()
		if l.limit == 0 || len(l.open) > l.limit {
			most = forever
		}
	}
	page := time.Duration(findings / max(perSecond, 1e-3) * float64(time.Second))
	fill := 1 + running/100 // pages, by those that run
	if page*time.Duration(fill) > w.clock.Local(listPause) {
		return forever
	}
	// What the last reading took has no say in whether there is a next one: then it would never be known better.
	return min(page*time.Duration(max(fill, s.pages)), w.clock.Local(listPause), most)
}

// pays reports whether the list is the way to learn of a task that has run that long. Who is older than any before is asked
// directly, and so is whom the list did not show.
func (s *listState) pays(w *watch, t *watched, age time.Duration, now time.Time) bool {
	return !t.unlisted && !now.Before(s.away) && age <= t.times.most() && s.pause(w) < forever
}

// readList reads pages until all tasks that may have ended are seen.
func (w *watch) readList(ctx context.Context) error {
	wanted, from, most := w.wanted()
	first, last := 0, 0
	var err error
	for n := from; n <= most && len(wanted) > 0; n++ {
		var page client.TaskPage
		if page, err = w.page(ctx, n); err != nil {
			break
		}
		if w.rows(page.Tasks, wanted) {
			first, last = cmp.Or(first, n), n
		}
		if n >= page.Pages || len(page.Tasks) == 0 {
			break
		}
	}
	w.read(from, first, last, wanted, err != nil)
	return ctx.Err()
}

// read notes what came of reading the list.
func (w *watch) read(from, first, last int, missed map[*watched]bool, failed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, now := &w.list, time.Now()
	s.reading, s.from, s.pages = false, first, 1
	if first > 0 {
		s.pages = last - first + 1
	}
	s.next = now.Add(min(s.pause(w), w.clock.Local(listPause)))
	if len(missed) > 0 {
		s.from = 1 // they may be on an earlier page
	}
	if failed || first == 0 && from == 1 && len(missed) > 0 {
		s.away = now.Add(w.clock.Local(listAway))
	}
	for t := range missed {
		t.unlisted = from == 1
		t.wake()
	}
}

// wanted are the tasks that may have ended, and the pages to look for them on: one more than they fill if nobody else's are
// between them.
func (w *watch) wanted() (all map[*watched]bool, from, most int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	from = max(1, w.list.from)
	most = from + 1 + len(w.tasks)/100
	all = map[*watched]bool{}
	now := time.Now()
	for _, l := range w.lanes {
		for _, t := range l.open {
			if begun, runs := l.begins(t); runs && now.Sub(begun) >= t.times.least() {
				all[t] = true
			}
		}
	}
	return all, from, most
}

// rows takes a page of the list; it reports whether one of those that were wanted is there.
func (w *watch) rows(rows []client.TaskInfo, wanted map[*watched]bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := len(wanted)
	for _, row := range rows {
		if t := w.tasks[row.ID]; t != nil {
			delete(wanted, t)
			w.learn(t, news{row.Status, row.Created, row.Started, row.Ended})
		}
	}
	return len(wanted) < all
}

// later is the later of two moments.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
