package batch

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

// This file decides what became of a submission that was not answered. The service has no
// idempotency key, so the account's task list is the only witness. There are three verdicts:
//
//   - found: an unclaimed task with our request id, or with our words and of the right time, is
//     adopted;
//   - absent: nothing of it can be there, so that sending again pays once;
//   - neither: it is held, or left as it is; either way the next run looks again while the list
//     reaches back to it.
//
// Absent is a proof from silence and needs all of this: the submission ended longer ago than
// the settling time, and it began within the 24 h that the list shows; two passes in a row are
// whole, show the same unclaimed tasks and prove something (known.go); and every unclaimed task
// that a pass of this or an earlier run has shown and that could be ours has ended and is not.
// Tasks that FAILED or were CANCELED cost nothing and are no obstacle. Which tasks could be
// ours is in doubt.go.

const (
	// DefaultSettle is how long an unanswered submission may take to show in the task list.
	DefaultSettle = 30 * time.Second
	// lost is how many submissions of an item may vanish before it is left for the next run.
	maxVanished = 10
)

// A listVerdict is what the list says of a submission.
type listVerdict int

const (
	taskUndecided listVerdict = iota
	taskFound
	taskAbsent
	taskUnsure // a task is there that can be neither taken nor ruled out
)

// resettle is settle for an item that comes out of the state file, or whose task turned out to
// be another's. As at run time, none with the same words goes out meanwhile: should that one go
// unanswered, too, neither could be told from the other.
func (r *run) resettle(ctx context.Context, j *job) error {
	turn := j.words
	j.words = nil
	if turn == nil {
		turn = r.words.Of(tasklist.PromptKey(j.Sent.Model, j.Sent.Prompt))
	}
	defer turn.Unlock()
	if err := r.waitTurn(ctx, turn); err != nil {
		return err
	}
	return r.settle(ctx, j, turn)
}

// waitTurn waits until no item with the same words is unanswered.
func (r *run) waitTurn(ctx context.Context, turn *pace.KeyLock) error {
	if turn.TryLock() {
		return nil
	}
	r.active.end()
	defer r.active.begin()
	return turn.Lock(ctx)
}

// settle decides, or waits until it can. Other items go on meanwhile; after the settling time
// those with the same words do, too.
func (r *run) settle(ctx context.Context, j *job, turn *pace.KeyLock) error {
	if j.Sent.Sync {
		return r.unsettled(ctx, j, "the synchronous interface has no task to find it by")
	}
	r.active.end()
	defer r.active.begin()
	s := r.newSettling(j, turn)
	defer s.close()
	for {
		v, err := s.look(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, state.ErrDamaged):
			return err
		case err != nil && keyRefused(err):
			return err
		}
		switch v {
		case taskFound:
			if again, err := s.take(ctx); !again || err != nil {
				return err
			}
			continue
		case taskAbsent:
			return s.nothing(ctx)
		case taskUnsure:
			return r.unsettled(ctx, j, s.why)
		}
		if why := s.Hopeless(err); why != "" {
			return r.unsettled(ctx, j, why)
		}
		if s.unproven() {
			return s.postpone(ctx)
		}
		if s.before == nil && s.age() >= r.settleTime() {
			turn.Unlock()
		}
		if err := r.clock.Sleep(ctx, s.pause(err)); err != nil {
			return err
		}
	}
}

// take adopts the task that was found. Again says that the doubt goes on. A task that was found
// by its words alone is taken and collected inside the turnstile of the words: one that made
// something else may be of an item that waits there.
func (s *settling) take(ctx context.Context) (again bool, err error) {
	if err := s.turn.Lock(ctx); err != nil {
		return false, err
	}
	if err := s.adopt(s.job, s.task, s.by); err != nil || s.job.Phase == state.Held {
		return false, err
	}
	if s.job.Phase != state.Open {
		return true, nil // another item was faster: look again
	}
	if s.by != "prompt" {
		return false, nil
	}
	s.active.begin()
	defer s.active.end()
	err = s.see(ctx, s.job)
	return s.job.Phase == state.Intent, err
}

// nothing ends a doubt about a submission that has created nothing, unless a task that was
// given back may be its.
func (s *settling) nothing(ctx context.Context) error {
	why, err := s.odd(&s.job.Record)
	switch {
	case err != nil:
		return err
	case why != "":
		return s.unsettled(ctx, s.job, why)
	}
	return s.absent(ctx, s.job)
}

// postpone leaves the doubt to the next run, which looks again.
func (s *settling) postpone(ctx context.Context) error {
	why, err := s.odd(&s.job.Record)
	if err != nil {
		return err
	}
	// else the next run has more tasks to learn the list's times from
	if why == "" && s.maybe != "" && !s.doubt.ThisRun {
		why = fmt.Sprintf("task %s could be it, and when that was made cannot be told", s.maybe)
	}
	if why != "" || s.o.OnDoubt == "resubmit" {
		return s.unsettled(ctx, s.job, why)
	}
	s.job.At = s.clock.Now()
	if err := s.state.Put(s.job.Record, true); err != nil {
		return err
	}
	s.b.counts.postponed()
	return errLeave
}

// A settling is the doubt about one submission.
type settling struct {
	*run
	tasklist.Health
	job   *job
	turn  *pace.KeyLock   // of its words; kept until the settling time is over
	doubt *tasklist.Doubt // when a task of it can have been made
	ended time.Time       // our clock: the submission had ended by then
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
	task     client.TaskInfo
	by       string // what told that it is ours: "request_id" or "prompt"
	// a task that has our words, or tells none, and may have been made at another time
	maybe string
	why   string
}

func (r *run) newSettling(j *job, turn *pace.KeyLock) *settling {
	now := time.Now()
	s := &settling{run: r, job: j, turn: turn, Health: tasklist.NewHealth(r.clock, r.settleTime()),
		ended: now, looked: now, not: map[string]bool{}, seen: map[string]client.TaskInfo{}}
	if j.doubt == nil {
		j.doubt = r.doubts.Add(turn.Key, j.Intent, s.First, !j.posted.IsZero())
	}
	s.doubt = j.doubt
	s.doubts.Close(s.doubt, false) // it may be about a task that was given back
	return s
}

// close says that the doubt waits no more. When its task can have been made still counts for
// others with the same words.
func (s *settling) close() { s.doubts.Close(s.doubt, true) }

// look makes one pass and judges it.
func (s *settling) look(ctx context.Context) (listVerdict, error) {
	v, err := s.judged(ctx)
	s.Count(err)
	return v, err
}

func (s *settling) judged(ctx context.Context) (listVerdict, error) {
	s.alive, s.maybe = false, ""
	if s.outOfReach() {
		return taskUnsure, nil
	}
	age := min(s.age(), s.doubts.Age(s.turn.Key, s.clock))
	pass, err := s.tasks.Read(ctx, s.looked)
	s.looked = time.Now()
	if err != nil {
		return taskUndecided, err
	}
	s.heard(pass)
	if s.outOfReach() { // by the clock of the list itself: our machine may have slept
		return taskUnsure, nil
	}
	if s.evidence, err = s.own.EvidenceOf(pass); err != nil {
		return taskUndecided, err
	}
	candidates, err := s.candidates(pass)
	if err != nil {
		return taskUndecided, err
	}
	v, err := s.weigh(ctx, candidates)
	if err == nil && v != taskFound {
		err = s.suspect(candidates)
	}
	s.proven = pass.Whole && s.evidence.Proves(s.job.Intent, s.clock.Now())
	if v != taskAbsent || err != nil {
		s.before = nil
		return v, err
	}
	return s.silence(age, candidates), nil
}

// outOfReach reports whether the list may not show the submission any more.
func (s *settling) outOfReach() bool {
	if s.clock.Now().Sub(s.job.Intent) <= tasklist.Reach {
		return false
	}
	s.why = "it is older than the task list reaches"
	return true
}

// age is how long ago the submission has ended, at least: until then the service may have begun
// to receive it. One of this run ended when the doubt about it began; one of an earlier run did
// so, too, or soon after its intent. A machine that slept dates an intent too early, by a clock
// that stood still with it; what this run has sent itself is dated by ours.
func (s *settling) age() time.Duration {
	if s.job.posted.IsZero() {
		return s.clock.Now().Sub(pace.Sooner(
			s.First, s.job.Intent.Add(tasklist.LongestSubmission)))
	}
	return s.clock.Remote(time.Since(pace.Sooner(
		s.ended, s.job.posted.Add(s.clock.Local(tasklist.LongestSubmission)))))
}

// heard notes a pass that came through, which began after the submission ended. Only now is the
// service's clock known to be fresh: no task that is created much later can be its. In an
// account that others use, there is always another.
func (s *settling) heard(pass tasklist.Pass) {
	if s.until.IsZero() {
		if s.job.Heard.IsZero() {
			s.job.Heard = s.clock.Now()
		}
		s.until = s.job.Heard.Add(s.settleTime() + tasklist.Margin)
		if s.doubt != nil {
			s.doubts.Hear(s.doubt, s.until, s.clock.Now().Add(
				-s.clock.Remote(time.Since(s.ended))))
		}
	}
	s.Read(pass.Whole)
}

// silence decides whether a pass without our task proves that there is none.
func (s *settling) silence(age time.Duration, candidates []candidate) listVerdict {
	if age < s.settleTime() || !s.proven {
		s.before = nil
		return taskUndecided
	}
	ids := make([]string, 0, len(candidates))
	for _, c := range candidates {
		ids = append(ids, c.ID)
	}
	same := s.before != nil && slices.Equal(s.before, ids)
	s.before = ids
	if same {
		return taskAbsent
	}
	return taskUndecided
}

func (r *run) settleTime() time.Duration {
	if r.o.Settle > 0 {
		return r.o.Settle
	}
	return DefaultSettle
}

// unproven reports whether only doubts are left, and the list has had its time to settle this
// one. A task that may well be ours and has not ended is waited for, and so is a list that
// fails.
func (s *settling) unproven() bool {
	enough := 5 * s.settleTime()
	return s.Failures == 0 && !s.alive && s.clock.Now().Sub(s.First) > enough &&
		s.clock.Remote(s.active.quiet()) > enough
}

// pause is how long to wait before the next pass: less while the task may still turn up, never
// past the settling time.
func (s *settling) pause(err error) time.Duration {
	if err != nil {
		return pace.Backoff(s.Failures)
	}
	left := s.settleTime() - s.age()
	step := min(2*time.Second<<min(s.Passes, 4), 20*time.Second)
	if left > 0 && left < step {
		return left
	}
	if s.before != nil && left <= 0 && s.proven {
		return time.Second // the second of two equal passes
	}
	return step
}

// adopt takes a task that was found for the item. A crash before it is recorded finds it again.
func (r *run) adopt(j *job, task client.TaskInfo, by string) error {
	free, err := r.claims.Claim(task.ID)
	if err != nil || !free {
		return err // another item was faster: look again
	}
	if by == "prompt" && r.o.OnDoubt != "resubmit" && r.claims.TakenElsewhere(task) {
		r.claims.Unclaim(task.ID)
		return r.hold(
			&j.Record, "InDoubt",
			"task %s, which has its words, was taken by another batch in another folder",
			task.ID)
	}
	j.SeedUnknown = by == "prompt" // another item, or another client, may have sent the same words
	j.Phase, j.Task, j.Adopted, j.At = state.Open, task.ID, by, r.clock.Now()
	j.Request, j.Code, j.Message = task.RequestID, "", ""
	j.Submitted, j.Suspects = task.Created, nil
	if j.Submitted.IsZero() {
		j.Submitted = j.Intent
	}
	if !j.slot.Held() {
		j.slot = r.paces.Of(j.Sent.Model).InFlight.Take()
	}
	r.own.Add(j.Record)
	return r.state.Put(j.Record, true)
}

// see collects a task that was adopted for its words, within their turnstile: if it made
// something else, it may be of an item with the same words, which must not be sent before. The
// item is in doubt again then.
func (r *run) see(ctx context.Context, j *job) error {
	r.announce(j.Record)
	return r.collect(ctx, j)
}

// release gives an adopted task back that made something else than was asked for: it is another
// client's, with the same words. The doubt goes on.
func (r *run) release(rec *state.Record) error {
	r.claims.Unclaim(rec.Task)
	rec.Released = append(rec.Released, rec.Task)
	rec.Phase, rec.Task, rec.Request, rec.Adopted, rec.At = state.Intent, "", "", "", r.clock.Now()
	rec.SeedUnknown = false
	return r.state.Put(*rec, true)
}

// odd says why a task that was released may be the item's all the same: the service made
// another size than it was asked for, which is paid for, too. "" where it is, or may be,
// another item's.
func (r *run) odd(rec *state.Record) (string, error) {
	rows := map[string]client.TaskInfo{}
	for _, task := range rec.Released {
		rows[task] = client.TaskInfo{}
	}
	ours, err := r.claims.Claimed(rows)
	if err != nil || len(ours) == len(rows) {
		return "", err
	}
	words := tasklist.PromptKey(rec.Sent.Model, rec.Sent.Prompt)
	for _, it := range r.b.items() {
		if it.err != nil {
			return "", it.err
		}
		if it.Skip || tasklist.PromptKey(modelOf(it.Item), it.Prompt) != words {
			continue
		}
		if s, err := r.o.Rules.sent(it.Item, "", 0); err != nil || s.Size != rec.Sent.Size {
			return "", err
		}
	}
	return fmt.Sprintf("task %s, which has its words, made a picture of another size",
		rec.Released[len(rec.Released)-1]), nil
}

// absent is proof that a submission created nothing. What it was answered with, if that was the
// API's own word, counts.
func (r *run) absent(ctx context.Context, j *job) error {
	if j.Code != "" {
		return r.judge(ctx, j, &client.APIError{
			Op: "submit", Status: 500, Code: j.Code, Message: j.Message, RequestID: j.Request})
	}
	if err := r.back(&j.Record, errors.New("not in the task list")); err != nil {
		return err
	}
	if j.Attempt%maxVanished == 0 {
		return errLeave
	}
	return nil
}

// unsettled ends a doubt that the list cannot settle now.
func (r *run) unsettled(ctx context.Context, j *job, why string) error {
	if r.o.OnDoubt == "resubmit" {
		r.stops.Doubted(&j.Record)
		return r.absent(ctx, j)
	}
	if j.Answer != "" {
		return r.hold(
			&j.Record, inDoubt,
			"its submission was answered with %s, which leaves open whether a task was made, and %s", j.Answer, why)
	}
	return r.hold(&j.Record, inDoubt, "its submission was not answered, and %s", why)
}

// inDoubt is the code of items that are held because nobody can tell whether they are paid for.
const inDoubt = "InDoubt"

// reviewable reports whether a later look at the task list may still settle a held item: it was
// submitted, over the asynchronous interface, and the list reaches back to that.
func reviewable(rec state.Record, now time.Time) bool {
	return rec.Phase == state.Held && rec.Code == inDoubt && rec.Task == "" && !rec.Sent.Sync &&
		now.Sub(rec.Intent) <= tasklist.Reach
}
