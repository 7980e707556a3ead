package tasklist

import (
	"slices"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/state"
)

// An ownTask is a task that a record of ours names. It was made between intent and answer, by the
// service's clock as its run knew it.
type ownTask struct {
	id       string
	intent   time.Time
	answered time.Time // zero where that is not recorded
	thisRun  bool
	undated  bool // it was made before the intent, which is that of a later submission of its item
}

// isDated reports whether intent and answer tell well enough when it was made.
func (t ownTask) isDated() bool {
	return !t.answered.IsZero() && t.answered.Sub(t.intent) <= maxAnswerTime
}

// OwnTasks are the tasks that the records of the batch name, of the last two days. They are read
// from the state file when they are needed first, and kept up from then on. They are safe for
// concurrent use.
type OwnTasks struct {
	state      *state.File
	clock      *pace.Clock
	settleTime time.Duration // how long a submission may take to show in the list
	doubts     *Doubts
	began      time.Time // this run, by the service's clock

	mu       sync.Mutex
	tasks    map[string]ownTask // by id; nil until they are needed
	judged   time.Time          // when the pass began that evidence is of
	evidence Evidence
}

// NewOwnTasks returns the tasks of a state file. A submission may take settleTime to show in the
// list. Adoptions of earlier runs are added to the doubts, closed: what they can have made is no
// task of another doubt alone.
func NewOwnTasks(s *state.File, clock *pace.Clock, settleTime time.Duration, d *Doubts) *OwnTasks {
	return &OwnTasks{state: s, clock: clock, settleTime: settleTime, doubts: d}
}

// Begin says when this run began, by the service's clock. It comes before all other calls.
func (o *OwnTasks) Begin(at time.Time) { o.began = at }

// ownTaskOf returns the task of a record. One that was adopted for its prompt, or taken in from
// its picture, was made at a time that only the list has told: it must be shown, but teaches no
// offset. One that bears the request id of its submission was made when that was on its way.
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

// Add adds the task of a record, which this run was answered with or has adopted.
func (o *OwnTasks) Add(rec state.Record) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.tasks != nil {
		o.tasks[rec.Task] = ownTaskOf(rec, true)
	}
}

// EvidenceOf returns what a pass proves. It is worked out once for all doubts.
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

// collect reads the tasks from the state file, unless it has been done; o.mu is held.
func (o *OwnTasks) collect() error {
	if o.tasks != nil {
		return nil
	}
	all := map[string]ownTask{}
	// Twice the reach, for Evidence.lastGone.
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
			key := PromptKey(rec.Sent.Model, rec.Sent.Prompt)
			o.doubts.Close(o.doubts.Add(key, rec.Intent, rec.Intent, false))
		}
		all[rec.Task] = t
	}
	o.tasks = all
	return nil
}

// earlierTasks returns the tasks of an item before its last one.
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

// judge works the evidence of a pass out; o.mu is held.
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
		case !shown || row.Created.IsZero() || !t.isDated():
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
			t.answered).After(pass.start.Add(-o.settleTime))) {
			continue // perhaps it does not show it any more, or not yet
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
