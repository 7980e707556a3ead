package tasklist

import (
	"slices"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
)

const (
	// listed is how long the list is trusted to show a task: it shows 24 h.
	Reach = 23 * time.Hour
	// longestPost is when a submission has ended that an earlier run began: it had a minute for
	// its answer (client.Config.Timeout), after an fsync of its intent.
	LongestSubmission = 2 * time.Minute
	// earlier is how far before its intent a task of ours may seem to be created: the clocks of
	// two of the service's machines, and a Date header that is cut to the second.
	Margin = time.Minute
	// before is how many tasks of ours before a doubt a pass must show, too: a list that is cut
	// off ends somewhere.
	shownBefore = 10
	// quickAnswer is how long the answer to a submission may have taken that tells when its
	// task was made.
	maxAnswerTime = 30 * time.Second
	// sameOffset is how far two tasks may disagree about what the list's times differ by.
	offsetTolerance = time.Minute
	// longAgo is the age of a doubt from which on the list must be seen to reach back to it.
	oldDoubt = time.Hour
)

// An ownTask is a task that a record of ours knows. It was made between intent and answer, by
// the clock that we had then.
type ownTask struct {
	id               string
	intent, answered time.Time // answered is zero where it is not recorded
	thisRun          bool
	undated          bool // it was made some time before the intent: its item was sent again since
}

// quick reports whether its record tells well when it was made.
func (t ownTask) quick() bool {
	return !t.answered.IsZero() &&
		t.answered.Sub(t.intent) <= maxAnswerTime
}

// OwnTasks are those of the last day. They are collected when the first doubt needs them.
type OwnTasks struct {
	state  *state.File
	clock  *pace.Clock
	settle time.Duration
	doubts *Doubts
	began  time.Time // the service's clock: when this run began

	mu       sync.Mutex
	tasks    map[string]ownTask // nil before
	judged   time.Time          // when the last pass began that was judged
	evidence Evidence
}

// NewOwnTasks reads them from a state file when they are needed first. Settle is how long an
// unanswered submission may take to show in the list; what earlier runs have adopted is noted
// in the doubts.
func NewOwnTasks(s *state.File, clock *pace.Clock, settle time.Duration, d *Doubts) *OwnTasks {
	return &OwnTasks{state: s, clock: clock, settle: settle, doubts: d}
}

// Begin notes when this run began, by the service's clock.
func (o *OwnTasks) Begin(at time.Time) { o.began = at }

// ownTaskOf is what a record says of its task. One that was adopted for its words was made at a
// time that only the list has told, and so was one that was taken in from its picture: they are
// known to be there, and teach nothing. One that bears the id of the request was made when that
// was on its way.
func ownTaskOf(rec state.Record, thisRun bool) ownTask {
	t := ownTask{id: rec.Task, intent: rec.Intent, answered: rec.Submitted, thisRun: thisRun}
	switch {
	case rec.Adopted == "request_id":
		t.answered = rec.Intent
	case rec.Adopted != "" || rec.Finished.Equal(rec.Submitted):
		t.answered = time.Time{}
	}
	return t
}

// Add notes a task that this run has got.
func (o *OwnTasks) Add(rec state.Record) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.tasks != nil {
		o.tasks[rec.Task] = ownTaskOf(rec, true)
	}
}

// EvidenceOf judges a pass, once for all who are in doubt.
func (o *OwnTasks) EvidenceOf(pass Pass) (Evidence, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.collect(); err != nil {
		return Evidence{}, err
	}
	if !o.judged.Equal(pass.localStart) {
		o.judged, o.evidence = pass.localStart, o.judge(pass)
	}
	return o.evidence, nil
}

// collect reads them from the state file.
func (o *OwnTasks) collect() error {
	if o.tasks != nil {
		return nil
	}
	all := map[string]ownTask{}
	// Twice the reach: see Evidence.gone.
	for rec, err := range recordsSince(o.state, o.clock.Now().Add(-2*Reach)) {
		if err != nil {
			return err
		}
		for _, t := range earlierTasks(rec) {
			all[t.id] = t
		}
		if rec.Task == "" || rec.Adopted == "hand" {
			continue
		}
		t := ownTaskOf(rec, !rec.Intent.Before(o.began))
		if rec.Adopted != "" && !t.thisRun {
			o.doubts.Close(o.doubts.Add(PromptKey(rec.Sent.Model, rec.Sent.Prompt), rec.Intent,
				rec.Intent, false), true)
		}
		all[rec.Task] = t
	}
	o.tasks = all
	return nil
}

// earlierTasks are those of an item before its last.
func earlierTasks(r state.Record) []ownTask {
	var all []ownTask
	for i, task := range r.Earlier {
		t := ownTask{id: task, intent: r.Intent, undated: true}
		if i < len(r.EarlierAt) && r.EarlierAt[i] != 0 {
			t.intent, t.undated = time.Unix(r.EarlierAt[i], 0), false
		}
		all = append(all, t)
	}
	return all
}

// An Offset is what the list's times are ahead of ours.
type Offset struct {
	Known    bool
	Conflict bool // our tasks disagree about it
	By       time.Duration
}

// with takes what a task says: the first teaches, another may disagree.
func (o Offset) with(by time.Duration) Offset {
	switch {
	case o.Conflict || !o.Known:
		return Offset{!o.Conflict, o.Conflict, by}
	case (o.By - by).Abs() > offsetTolerance:
		return Offset{Conflict: true}
	}
	return o
}

// Evidence is what a pass proves.
type Evidence struct {
	intents []time.Time // of the tasks of ours that a whole list would show, in order
	// the latest intent of those that it does not show; zero where it shows all
	lastMissing time.Time
	// the latest intent of those that it shows, and whose times are what the list's other ones
	// say
	lastShown  time.Time
	firstShown time.Time // the earliest of them
	lastGone   time.Time // the latest intent of a task of ours that is too old for the list
	oldestRow  time.Time // the list's oldest row, by the list's clock
	current    Offset    // as the tasks of this run teach it
	Earlier    Offset    // as those of earlier runs do, whose records may be by another clock
}

func (o *OwnTasks) judge(pass Pass) Evidence {
	var e Evidence
	for _, row := range pass.Rows {
		if e.oldestRow.IsZero() || !row.Created.IsZero() && row.Created.Before(e.oldestRow) {
			e.oldestRow = row.Created
		}
	}
	for id, t := range o.tasks {
		row, shown := pass.Rows[id]
		switch by := row.Created.Sub(t.answered); {
		case !shown || row.Created.IsZero() || !t.quick():
		case t.thisRun:
			e.current = e.current.with(by)
		default:
			e.Earlier = e.Earlier.with(by)
		}
	}
	for _, t := range o.tasks {
		if t.intent.Before(pass.start.Add(-Reach)) {
			e.lastGone = pace.Later(e.lastGone, t.intent)
			continue
		}
		row, shown := pass.Rows[t.id]
		if !shown && (t.undated || pace.Later(t.intent,
			t.answered).After(pass.start.Add(-o.settle))) {
			continue // it may not show it any more, or not yet
		}
		e.intents = append(e.intents, t.intent)
		switch {
		case !shown:
			e.lastMissing = pace.Later(e.lastMissing, t.intent)
		case e.datedRight(t, row):
			e.lastShown = pace.Later(e.lastShown, t.intent)
			if e.firstShown.IsZero() || t.intent.Before(e.firstShown) {
				e.firstShown = t.intent
			}
		}
	}
	slices.SortFunc(e.intents, time.Time.Compare)
	return e
}

// datedRight reports whether a task that the list shows would be found by its time, were it in doubt.
func (e Evidence) datedRight(t ownTask, row client.TaskInfo) bool {
	o := e.Earlier
	if t.thisRun || !o.Known {
		o = e.current
	}
	if !o.Known || t.undated {
		return true // nothing is looked for by its time
	}
	at := row.Created.Add(-o.By)
	return !at.Before(t.intent.Add(-Margin)) &&
		!at.After(pace.Later(t.intent, t.answered).Add(Margin))
}

// Offsets are what the list's times are compared by: with the intent of a submission, with the
// present, and with the whole of it. An intent of an earlier run is by the clock of that time.
func (e Evidence) Offsets(thisRun bool) (intent, present, adoption Offset) {
	if thisRun {
		return e.current, e.current, e.current
	}
	then, now := e.Earlier, e.current
	if then.Known && now.Known && (then.By-now.By).Abs() > offsetTolerance || then.Conflict ||
		now.Conflict {
		return Offset{}, Offset{}, Offset{Conflict: true}
	}
	if then.Known {
		return then, now, then
	}
	return then, now, now
}

// Proves reports whether a task that was submitted at a time would be among the rows. A task of
// ours that the list could have shown then, and is too old for now, may have been one that it
// hides: with it goes the proof.
func (e Evidence) Proves(intent, now time.Time) bool {
	if i, _ := slices.BinarySearchFunc(e.intents, intent, time.Time.Compare); i < shownBefore &&
		e.lastGone.After(intent.Add(-Reach)) {
		return false
	}
	if from := e.mustShowFrom(intent); e.lastShown.IsZero() || e.lastShown.Before(from) || e.Incomplete(intent) {
		return false
	}
	if now.Sub(intent) <= oldDoubt || e.firstShown.Before(intent) {
		return true
	}
	_, present, _ := e.Offsets(true)
	return present.Known && e.oldestRow.Add(-present.By).Before(intent)
}

// mustShowFrom is since when all tasks that we know must be shown, where one that was submitted at a
// time is looked for.
func (e Evidence) mustShowFrom(intent time.Time) time.Time {
	i, _ := slices.BinarySearchFunc(e.intents, intent, time.Time.Compare)
	if i == 0 {
		return intent
	}
	return e.intents[max(0, i-shownBefore)]
}

// Incomplete reports whether one of those is not shown.
func (e Evidence) Incomplete(intent time.Time) bool {
	return !e.lastMissing.IsZero() && !e.lastMissing.Before(e.mustShowFrom(intent))
}
