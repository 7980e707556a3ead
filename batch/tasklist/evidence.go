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
	knownBefore = 10
	// quickAnswer is how long the answer to a submission may have taken that tells when its
	// task was made.
	quickAnswer = 30 * time.Second
	// sameOffset is how far two tasks may disagree about what the list's times differ by.
	sameOffset = time.Minute
	// longAgo is the age of a doubt from which on the list must be seen to reach back to it.
	longAgo = time.Hour
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
		t.answered.Sub(t.intent) <= quickAnswer
}

// OwnTasks are those of the last day. They are collected when the first doubt needs them.
type OwnTasks struct {
	state  *state.File
	clock  *pace.Clock
	settle time.Duration
	doubts *Doubts
	began  time.Time // the service's clock: when this run began

	mu    sync.Mutex
	all   map[string]ownTask // nil before
	of    time.Time          // when the last pass began that was judged
	judge Evidence
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
	if o.all != nil {
		o.all[rec.Task] = ownTaskOf(rec, true)
	}
}

// EvidenceOf judges a pass, once for all who are in doubt.
func (o *OwnTasks) EvidenceOf(pass Pass) (Evidence, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.collect(); err != nil {
		return Evidence{}, err
	}
	if !o.of.Equal(pass.begun) {
		o.of, o.judge = pass.begun, o.evidence(pass)
	}
	return o.judge, nil
}

// collect reads them from the state file.
func (o *OwnTasks) collect() error {
	if o.all != nil {
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
	o.all = all
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
	case (o.By - by).Abs() > sameOffset:
		return Offset{Conflict: true}
	}
	return o
}

// Evidence is what a pass proves.
type Evidence struct {
	intents []time.Time // of the tasks of ours that a whole list would show, in order
	// the latest intent of those that it does not show; zero where it shows all
	missing time.Time
	// the latest intent of those that it shows, and whose times are what the list's other ones
	// say
	shown  time.Time
	first  time.Time // the earliest of them
	gone   time.Time // the latest intent of a task of ours that is too old for the list
	oldest time.Time // the list's oldest row, by the list's clock
	now    Offset    // as the tasks of this run teach it
	Then   Offset    // as those of earlier runs do, whose records may be by another clock
}

func (o *OwnTasks) evidence(pass Pass) Evidence {
	var e Evidence
	for _, row := range pass.Rows {
		if e.oldest.IsZero() || !row.Created.IsZero() && row.Created.Before(e.oldest) {
			e.oldest = row.Created
		}
	}
	for id, t := range o.all {
		row, shown := pass.Rows[id]
		switch by := row.Created.Sub(t.answered); {
		case !shown || row.Created.IsZero() || !t.quick():
		case t.thisRun:
			e.now = e.now.with(by)
		default:
			e.Then = e.Then.with(by)
		}
	}
	for _, t := range o.all {
		if t.intent.Before(pass.at.Add(-Reach)) {
			e.gone = pace.Later(e.gone, t.intent)
			continue
		}
		row, shown := pass.Rows[t.id]
		if !shown && (t.undated || pace.Later(t.intent,
			t.answered).After(pass.at.Add(-o.settle))) {
			continue // it may not show it any more, or not yet
		}
		e.intents = append(e.intents, t.intent)
		switch {
		case !shown:
			e.missing = pace.Later(e.missing, t.intent)
		case e.agrees(t, row):
			e.shown = pace.Later(e.shown, t.intent)
			if e.first.IsZero() || t.intent.Before(e.first) {
				e.first = t.intent
			}
		}
	}
	slices.SortFunc(e.intents, time.Time.Compare)
	return e
}

// agrees reports whether a task that the list shows would be found by its time, were it in doubt.
func (e Evidence) agrees(t ownTask, row client.TaskInfo) bool {
	o := e.Then
	if t.thisRun || !o.Known {
		o = e.now
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
		return e.now, e.now, e.now
	}
	then, now := e.Then, e.now
	if then.Known && now.Known && (then.By-now.By).Abs() > sameOffset || then.Conflict ||
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
	if i, _ := slices.BinarySearchFunc(e.intents, intent, time.Time.Compare); i < knownBefore &&
		e.gone.After(intent.Add(-Reach)) {
		return false
	}
	if from := e.from(intent); e.shown.IsZero() || e.shown.Before(from) || e.Lacks(intent) {
		return false
	}
	if now.Sub(intent) <= longAgo || e.first.Before(intent) {
		return true
	}
	_, present, _ := e.Offsets(true)
	return present.Known && e.oldest.Add(-present.By).Before(intent)
}

// from is since when all tasks that we know must be shown, where one that was submitted at a
// time is looked for.
func (e Evidence) from(intent time.Time) time.Time {
	i, _ := slices.BinarySearchFunc(e.intents, intent, time.Time.Compare)
	if i == 0 {
		return intent
	}
	return e.intents[max(0, i-knownBefore)]
}

// Lacks reports whether one of those is not shown.
func (e Evidence) Lacks(intent time.Time) bool {
	return !e.missing.IsZero() && !e.missing.Before(e.from(intent))
}
