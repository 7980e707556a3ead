package settle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
)

// A Finder finds tasks of the batch in the account's task list. All of its fields are required;
// they are shared by all searches of a run.
type Finder struct {
	State  *state.File
	Clock  *pace.Clock
	Tasks  *tasklist.Reader
	Claims *tasklist.Claims
	Own    *tasklist.OwnTasks
	Doubts *tasklist.Doubts
	// Time is how long an unanswered submission may take to show in the list.
	Time time.Duration
	// Busy counts what goes on beside searches.
	Busy *Busy
}

// A Search looks for the task of one submission. One goroutine owns it.
type Search struct {
	*Finder
	health tasklist.Health
	rec    *state.Record
	posted time.Time       // our clock: when this run sent it; zero if an earlier run did
	lock   *pace.KeyLock   // of its prompt; kept until the settling time is over
	doubt  *tasklist.Doubt // the interval in which a task of it can have been created
	ended  time.Time       // our clock: the submission had ended by then
	// tasks created after until are not of this submission; zero before the first pass
	until time.Time
	// previous are the candidates of the pass before, if that was proof; nil if it was not
	previous     []string
	ruledOut     map[string]bool            // tasks that have ended and are not ours
	shown        map[string]client.TaskInfo // candidates that passes have shown
	evidence     tasklist.Evidence          // of the last pass
	lastPassEnd  time.Time                  // our clock: the next pass must begin later
	proven       bool                       // the last pass is proof of what it does not show
	running      bool                       // a candidate created within our time has not ended
	foundVerdict Verdict                    // set before the outcome is Found
	// Refused says that a gateway refused the submission. The refusal is believed unless the list
	// shows a task that may be of it: the list need show no other task of ours as evidence.
	Refused bool
	// possibleTask has our prompt, or tells none, and may have been created at another time
	possibleTask string
	reason       string // why the outcome is Unsure
}

// Search begins the search for the task of a record's last submission. Posted is when this run
// sent it, by the local clock, and zero if an earlier run did. The caller holds the lock of its
// prompt; the search unlocks it once the settling time is over. Doubt is what an earlier search
// for the same submission returned, or nil.
func (f *Finder) Search(rec *state.Record, posted time.Time, lock *pace.KeyLock,
	doubt *tasklist.Doubt) (*Search, *tasklist.Doubt) {
	now := time.Now()
	s := &Search{Finder: f, rec: rec, posted: posted, lock: lock, doubt: doubt,
		health: tasklist.NewHealth(f.Clock, f.Time),
		ended:  now, lastPassEnd: now, ruledOut: map[string]bool{},
		shown: map[string]client.TaskInfo{}}
	if s.doubt == nil {
		s.doubt = f.Doubts.Add(lock.Key, rec.Intent, s.health.Began, !posted.IsZero())
	}
	f.Doubts.Reopen(s.doubt) // closed if an earlier search adopted a task that was released since
	return s, s.doubt
}

// Close ends the search. The interval of its doubt still counts when tasks with the same prompt
// are judged.
func (s *Search) Close() { s.Doubts.Close(s.doubt) }

// Decide makes passes over the list until they give a verdict, or until more of them would not.
// It may be called again after Found, if the task turned out to be another submission's; then it
// goes on.
func (s *Search) Decide(ctx context.Context) (Verdict, error) {
	for {
		v, err := s.pass(ctx)
		switch {
		case ctx.Err() != nil:
			return Verdict{}, ctx.Err()
		case errors.Is(err, state.ErrDamaged), err != nil && tasklist.KeyRefused(err):
			return Verdict{}, err
		}
		switch v {
		case Found:
			return s.foundVerdict, nil
		case Absent:
			return Verdict{Outcome: Absent}, nil
		case Unsure:
			return Verdict{Outcome: Unsure, Why: s.reason}, nil
		}
		why := s.health.GiveUpReason(err)
		if why != "" && s.Refused && len(s.rec.Suspects) == 0 {
			return Verdict{Outcome: Absent}, nil
		}
		if why != "" {
			return Verdict{Outcome: Unsure, Why: why}, nil
		}
		if s.exhausted() {
			return s.unprovenVerdict(), nil
		}
		if s.previous == nil && s.age() >= s.Time {
			s.lock.Unlock()
		}
		if err := s.Clock.Sleep(ctx, s.pause(err)); err != nil {
			return Verdict{}, err
		}
	}
}

// unprovenVerdict is the verdict that leaves the doubt to the next run. It has a reason, for
// which the item is held, where a later look is no better: a possible task of a submission of an
// earlier run stays as doubtful as it is. For a submission of this run the next one has more
// tasks of its own from which to learn how the list's times differ.
func (s *Search) unprovenVerdict() Verdict {
	v := Verdict{Outcome: Unproven}
	if s.possibleTask != "" && !s.doubt.ThisRun {
		v.Why = fmt.Sprintf("task %s could be it, and when that was made cannot be told",
			s.possibleTask)
	}
	return v
}

// pass makes one pass over the list and judges it; an error counts against the list's health.
func (s *Search) pass(ctx context.Context) (Outcome, error) {
	v, err := s.readAndJudge(ctx)
	s.health.Count(err)
	return v, err
}

// readAndJudge is pass without the count. It notes candidates in the record before it returns,
// and whether this pass is proof of what it does not show.
func (s *Search) readAndJudge(ctx context.Context) (Outcome, error) {
	s.running, s.possibleTask = false, ""
	if s.outOfReach() {
		return Unsure, nil
	}
	age := min(s.age(), s.Doubts.YoungestAge(s.lock.Key, s.Clock))
	pass, err := s.Tasks.Read(ctx, s.lastPassEnd)
	s.lastPassEnd = time.Now()
	if err != nil {
		return undecided, err
	}
	s.observe(pass)
	if s.outOfReach() { // by the clock of the list itself: our machine may have slept
		return Unsure, nil
	}
	if s.evidence, err = s.Own.EvidenceOf(pass); err != nil {
		return undecided, err
	}
	candidates, err := s.candidates(pass)
	if err != nil {
		return undecided, err
	}
	v, err := s.judgeCandidates(ctx, candidates)
	if err == nil && v != Found {
		err = s.recordSuspects(candidates)
	}
	s.proven = pass.Whole && (s.evidence.Proves(s.rec.Intent, s.Clock.Now()) ||
		s.Refused && !s.evidence.Incomplete(s.rec.Intent))
	if v != Absent || err != nil {
		s.previous = nil
		return v, err
	}
	return s.judgeSilence(age, candidates), nil
}

// outOfReach reports whether the list may not show the submission any more.
func (s *Search) outOfReach() bool {
	if s.Clock.Now().Sub(s.rec.Intent) <= tasklist.Reach {
		return false
	}
	s.reason = "it is older than the task list reaches"
	return true
}

// age is a lower bound of the time since the submission ended; before its end the service may
// still have received it. A submission of this run ended when its search began, one of an
// earlier run then or within LongestSubmission of its intent. What this run sent is measured by
// the local clock: the service's clock stands still while the machine sleeps, so that an intent
// written right after that is dated too early.
func (s *Search) age() time.Duration {
	if s.posted.IsZero() {
		return s.Clock.Now().Sub(pace.Sooner(
			s.health.Began, s.rec.Intent.Add(tasklist.LongestSubmission)))
	}
	return s.Clock.Remote(time.Since(pace.Sooner(
		s.ended, s.posted.Add(s.Clock.Local(tasklist.LongestSubmission)))))
}

// observe notes a pass that was read, and with the first one bounds the doubt from above: that
// pass began after the submission ended, and its answer tells the service's time, so that no
// task created later than that, a settling time and a margin can be the submission's. Without
// the bound a search in an account that others use would meet new candidates for ever.
func (s *Search) observe(pass tasklist.Pass) {
	if s.until.IsZero() {
		if s.rec.Heard.IsZero() {
			s.rec.Heard = s.Clock.Now()
		}
		s.until = s.rec.Heard.Add(s.Time + tasklist.Margin)
		s.Doubts.Bound(s.doubt, s.until, s.Clock.Now().Add(-s.Clock.Remote(time.Since(s.ended))))
	}
	s.health.CountWhole(pass.Whole)
}

// judgeSilence says absent if this pass and the one before it, both after the settling time and
// both proof of what they do not show, have the same candidates, none of which is ours.
func (s *Search) judgeSilence(age time.Duration, candidates []candidate) Outcome {
	if age < s.Time || !s.proven {
		s.previous = nil
		return undecided
	}
	ids := make([]string, 0, len(candidates))
	for _, c := range candidates {
		ids = append(ids, c.ID)
	}
	same := s.previous != nil && slices.Equal(s.previous, ids)
	s.previous = ids
	if same {
		return Absent
	}
	return undecided
}

// exhausted reports whether to leave the doubt to the next run: the search and the quiet since
// the last other work (see [Busy]) have both lasted five settling times, no candidate is still
// running, and the last pass did not fail.
func (s *Search) exhausted() bool {
	enough := 5 * s.Time
	return s.health.Failures == 0 && !s.running && s.Clock.Now().Sub(s.health.Began) > enough &&
		s.Clock.Remote(s.Busy.quiet()) > enough
}

// pause is how long to wait before the next pass: 2 s, doubled with each pass up to 20 s, and
// cut so that one begins when the settling time ends; 1 s before the second of two equal passes.
func (s *Search) pause(err error) time.Duration {
	if err != nil {
		return pace.Backoff(s.health.Failures)
	}
	left := s.Time - s.age()
	step := min(2*time.Second<<min(s.health.Passes, 4), 20*time.Second)
	if left > 0 && left < step {
		return left
	}
	if s.previous != nil && left <= 0 && s.proven {
		return time.Second // the second of two equal passes
	}
	return step
}
