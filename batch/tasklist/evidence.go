package tasklist

import (
	"slices"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/client"
)

const (
	// Reach is how long the list is trusted to show a task. It is said to show 24 h.
	Reach = 23 * time.Hour
	// LongestSubmission is how long after its intent a submission of an earlier run has ended:
	// it had a minute for its answer (client.Config.Timeout), after an fsync of the intent.
	LongestSubmission = 2 * time.Minute
	// Margin is by how much the time of a task may seem to be before its intent, or after its
	// answer: two of the service's machines have two clocks, and a Date header is cut to the
	// second.
	Margin = time.Minute
	// shownBefore is how many tasks of ours from before a doubt a pass must show, too, since a
	// list that is cut off ends somewhere.
	shownBefore = 10
	// maxAnswerTime is how long the answer to a submission may have taken that dates its task.
	maxAnswerTime = 30 * time.Second
	// offsetTolerance is by how much two tasks may disagree about the offset of the list's times.
	offsetTolerance = time.Minute
	// oldDoubt is the age from which on the list must be seen to reach back to a doubt.
	oldDoubt = time.Hour
)

// An Offset is by how much the list's times are ahead of ours.
type Offset struct {
	Known    bool
	Conflict bool // our tasks disagree about it; it is not known then
	By       time.Duration
}

// with returns the offset after another task has told it.
func (o Offset) with(by time.Duration) Offset {
	switch {
	case o.Conflict || !o.Known:
		return Offset{!o.Conflict, o.Conflict, by}
	case (o.By - by).Abs() > offsetTolerance:
		return Offset{Conflict: true}
	}
	return o
}

// Evidence is what a pass proves, by the tasks of ours that it must show: those that were
// submitted within [Reach], and longer ago than the settling time.
type Evidence struct {
	intents     []time.Time // of those tasks, sorted
	lastMissing time.Time   // the last intent of those that it omits; zero for none
	lastShown   time.Time   // the last intent of those that it shows where others would be looked for
	firstShown  time.Time   // the first intent of these
	lastGone    time.Time   // the last intent of a task of ours that is older than Reach
	oldestRow   time.Time   // by the list's clock
	current     Offset      // by the tasks of this run
	Earlier     Offset      // by those of earlier runs, whose clock may have been another
}

// datedRight reports whether a task that the list shows would be looked for at the time that it
// shows, were it in doubt.
func (e Evidence) datedRight(t ownTask, row client.TaskInfo) bool {
	o := e.Earlier
	if t.thisRun || !o.Known {
		o = e.current
	}
	if !o.Known || t.undated {
		return true // no task is looked for by its time
	}
	at := row.Created.Add(-o.By)
	return !at.Before(t.intent.Add(-Margin)) &&
		!at.After(pace.Later(t.intent, t.answered).Add(Margin))
}

// Offsets returns the offsets by which times of the list are compared with those of a submission:
// with its intent, with the present, and with the whole of it, for an adoption. The times of an
// earlier run are by the clock of that run.
func (e Evidence) Offsets(thisRun bool) (intent, present, whole Offset) {
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

// Proves reports whether a task that was submitted at an intent would be among the rows, so that
// its absence is a proof. The pass must show each task of ours from the tenth before the intent
// on, and at least one; for a doubt that is older than an hour, a row from before it, too. Where
// there are not ten, none may be too old for the list now that it could have shown then: it may
// have been one that the list hides.
func (e Evidence) Proves(intent, now time.Time) bool {
	if e.countBefore(intent) < shownBefore && e.lastGone.After(intent.Add(-Reach)) {
		return false
	}
	none := e.lastShown.IsZero() || e.lastShown.Before(e.mustShowFrom(intent))
	if none || e.Incomplete(intent) {
		return false
	}
	if now.Sub(intent) <= oldDoubt || e.firstShown.Before(intent) {
		return true
	}
	_, present, _ := e.Offsets(true)
	return present.Known && e.oldestRow.Add(-present.By).Before(intent)
}

// countBefore returns how many of the tasks that must be shown were submitted before an intent.
func (e Evidence) countBefore(intent time.Time) int {
	i, _ := slices.BinarySearchFunc(e.intents, intent, time.Time.Compare)
	return i
}

// mustShowFrom returns the intent from which on all tasks must be shown, for a proof about one.
func (e Evidence) mustShowFrom(intent time.Time) time.Time {
	i := e.countBefore(intent)
	if i == 0 {
		return intent
	}
	return e.intents[max(0, i-shownBefore)]
}

// Incomplete reports whether the pass omits a task that it must show for a proof about an intent.
func (e Evidence) Incomplete(intent time.Time) bool {
	return !e.lastMissing.IsZero() && !e.lastMissing.Before(e.mustShowFrom(intent))
}
