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
	posted time.Time       // our clock: when this run has sent it; zero for an earlier one
	turn   *pace.KeyLock   // of its prompt; kept until the settling time is over
	doubt  *tasklist.Doubt // when a task of it can have been made
	ended  time.Time       // our clock: the submission had ended by then
	// tasks that were created later are another's; zero before the first pass
	until time.Time
	// before are the unclaimed tasks that the last whole pass showed, after the settling time;
	// nil before.
	before   []string
	not      map[string]bool            // tasks that have ended and are not ours
	seen     map[string]client.TaskInfo // candidates that passes have shown
	evidence tasklist.Evidence          // of the last pass
	looked   time.Time                  // our clock: the next pass must begin later
	proven   bool                       // the last pass proves what it does not show
	alive    bool                       // a task that runs may well be ours
	found    Verdict                    // where that is Found
	// Refused says that the answer was a refusal which is believed unless the list shows a task
	// that it may have made: an empty list proves it, too.
	Refused bool
	// a task that has our prompt, or tells none, and may have been made at another time
	maybe string
	why   string // where it cannot be told
}

// Search begins to look for the task of a record's last submission. Posted is when this run has
// sent it, by the local clock, and zero for one of an earlier run. The caller holds the turn of
// its prompt; once the settling time is over the search gives it back. Doubt is what an earlier
// search for the same submission has returned, or nil.
func (f *Finder) Search(rec *state.Record, posted time.Time, turn *pace.KeyLock,
	doubt *tasklist.Doubt) (*Search, *tasklist.Doubt) {
	now := time.Now()
	s := &Search{Finder: f, rec: rec, posted: posted, turn: turn, doubt: doubt,
		health: tasklist.NewHealth(f.Clock, f.Time),
		ended:  now, looked: now, not: map[string]bool{}, seen: map[string]client.TaskInfo{}}
	if s.doubt == nil {
		s.doubt = f.Doubts.Add(turn.Key, rec.Intent, s.health.Began, !posted.IsZero())
	}
	f.Doubts.Reopen(s.doubt) // it may be about a task that was given back
	return s, s.doubt
}

// Close says that nobody waits for the verdict any more. When the task can have been made still
// counts for others with the same prompt.
func (s *Search) Close() { s.Doubts.Close(s.doubt) }

// Decide makes passes over the list until they tell, or more of them will not. Called again after
// Found, where the task turned out to be another's, it goes on.
func (s *Search) Decide(ctx context.Context) (Verdict, error) {
	for {
		v, err := s.look(ctx)
		switch {
		case ctx.Err() != nil:
			return Verdict{}, ctx.Err()
		case errors.Is(err, state.ErrDamaged), err != nil && tasklist.KeyRefused(err):
			return Verdict{}, err
		}
		switch v {
		case Found:
			return s.found, nil
		case Absent:
			return Verdict{Outcome: Absent}, nil
		case Unsure:
			return Verdict{Outcome: Unsure, Why: s.why}, nil
		}
		why := s.health.GiveUpReason(err)
		if why != "" && s.Refused && len(s.rec.Suspects) == 0 {
			return Verdict{Outcome: Absent}, nil
		}
		if why != "" {
			return Verdict{Outcome: Unsure, Why: why}, nil
		}
		if s.unproven() {
			return s.postponed(), nil
		}
		if s.before == nil && s.age() >= s.Time {
			s.turn.Unlock()
		}
		if err := s.Clock.Sleep(ctx, s.pause(err)); err != nil {
			return Verdict{}, err
		}
	}
}

// postponed is the verdict of a search that the next run goes on with. A task that the
// submission of an earlier run may have made stays as doubtful as it is; of one of this run,
// the next has more tasks to learn the list's times from.
func (s *Search) postponed() Verdict {
	v := Verdict{Outcome: Unproven}
	if s.maybe != "" && !s.doubt.ThisRun {
		v.Why = fmt.Sprintf("task %s could be it, and when that was made cannot be told", s.maybe)
	}
	return v
}

// look makes one pass and judges it.
func (s *Search) look(ctx context.Context) (Outcome, error) {
	v, err := s.judged(ctx)
	s.health.Count(err)
	return v, err
}

func (s *Search) judged(ctx context.Context) (Outcome, error) {
	s.alive, s.maybe = false, ""
	if s.outOfReach() {
		return Unsure, nil
	}
	age := min(s.age(), s.Doubts.YoungestAge(s.turn.Key, s.Clock))
	pass, err := s.Tasks.Read(ctx, s.looked)
	s.looked = time.Now()
	if err != nil {
		return undecided, err
	}
	s.heard(pass)
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
	v, err := s.weigh(ctx, candidates)
	if err == nil && v != Found {
		err = s.suspect(candidates)
	}
	s.proven = pass.Whole && (s.evidence.Proves(s.rec.Intent, s.Clock.Now()) ||
		s.Refused && !s.evidence.Incomplete(s.rec.Intent))
	if v != Absent || err != nil {
		s.before = nil
		return v, err
	}
	return s.silence(age, candidates), nil
}

// outOfReach reports whether the list may not show the submission any more.
func (s *Search) outOfReach() bool {
	if s.Clock.Now().Sub(s.rec.Intent) <= tasklist.Reach {
		return false
	}
	s.why = "it is older than the task list reaches"
	return true
}

// age is how long ago the submission has ended, at least: until then the service may have begun
// to receive it. One of this run ended when the doubt about it began; one of an earlier run did
// so, too, or soon after its intent. A machine that slept dates an intent too early, by a clock
// that stood still with it; what this run has sent itself is dated by ours.
func (s *Search) age() time.Duration {
	if s.posted.IsZero() {
		return s.Clock.Now().Sub(pace.Sooner(
			s.health.Began, s.rec.Intent.Add(tasklist.LongestSubmission)))
	}
	return s.Clock.Remote(time.Since(pace.Sooner(
		s.ended, s.posted.Add(s.Clock.Local(tasklist.LongestSubmission)))))
}

// heard notes a pass that came through, which began after the submission ended. Only now is the
// service's clock known to be fresh: no task that is created much later can be its. In an
// account that others use, there is always another.
func (s *Search) heard(pass tasklist.Pass) {
	if s.until.IsZero() {
		if s.rec.Heard.IsZero() {
			s.rec.Heard = s.Clock.Now()
		}
		s.until = s.rec.Heard.Add(s.Time + tasklist.Margin)
		s.Doubts.Bound(s.doubt, s.until, s.Clock.Now().Add(-s.Clock.Remote(time.Since(s.ended))))
	}
	s.health.CountWhole(pass.Whole)
}

// silence decides whether a pass without our task proves that there is none.
func (s *Search) silence(age time.Duration, candidates []candidate) Outcome {
	if age < s.Time || !s.proven {
		s.before = nil
		return undecided
	}
	ids := make([]string, 0, len(candidates))
	for _, c := range candidates {
		ids = append(ids, c.ID)
	}
	same := s.before != nil && slices.Equal(s.before, ids)
	s.before = ids
	if same {
		return Absent
	}
	return undecided
}

// unproven reports whether only doubts are left, and the list has had its time to settle this
// one. A task that may well be ours and has not ended is waited for, and so is a list that
// fails.
func (s *Search) unproven() bool {
	enough := 5 * s.Time
	return s.health.Failures == 0 && !s.alive && s.Clock.Now().Sub(s.health.Began) > enough &&
		s.Clock.Remote(s.Busy.quiet()) > enough
}

// pause is how long to wait before the next pass: less while the task may still turn up, never
// past the settling time.
func (s *Search) pause(err error) time.Duration {
	if err != nil {
		return pace.Backoff(s.health.Failures)
	}
	left := s.Time - s.age()
	step := min(2*time.Second<<min(s.health.Passes, 4), 20*time.Second)
	if left > 0 && left < step {
		return left
	}
	if s.before != nil && left <= 0 && s.proven {
		return time.Second // the second of two equal passes
	}
	return step
}
