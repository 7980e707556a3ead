package batch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
)

// This file decides what became of a submission that was not answered. The service has no idempotency key, so the account's
// task list is the only witness. There are three verdicts:
//
//   - found: an unclaimed task with our request id, or with our words, is adopted;
//   - absent: nothing of it can be there, so that sending again pays once;
//   - neither: a person decides (held).
//
// Absent is a proof from silence and needs all of this: the submission ended longer ago than the settling time, and it began
// within the 24 h that the list shows; two passes in a row are whole and show the same unclaimed tasks; the list has shown a
// task that we know, since an empty list may be one that we may not see; and every unclaimed task that could be ours has
// ended and is not. Tasks that FAILED or were CANCELED cost nothing and are no obstacle.

const (
	// DefaultSettle is how long an unanswered submission may take to show in the task list.
	DefaultSettle = 30 * time.Second
	// listed is how long the list is trusted to show a task: it shows 24 h.
	listed = 23 * time.Hour
	// longestPost is when a submission has ended that an earlier run began: it had a minute for its answer (client.Config.Timeout),
	// after an fsync of its intent.
	longestPost = 2 * time.Minute
	// earlier is how far before its intent a task of ours may seem to be created: the clocks of two of the service's
	// machines, and a Date header that is cut to the second.
	earlier = time.Minute
	// lost is how many submissions of an item may vanish before it is left for the next run.
	lost = 10
	// cutPrompt is where the service cuts prompts, and so orig_prompt (the user's document, 2025-09).
	cutPrompt = 800
)

// A verdict is what the list says of a submission.
type verdict int

const (
	undecided verdict = iota
	found
	absent
	unsure // a task is there that can be neither taken nor ruled out
)

// resettle is settle for an item that comes out of the state file, or whose task turned out to be another's. As at run time,
// none with the same words goes out meanwhile: should that one go unanswered, too, neither could be told from the other.
func (r *run) resettle(ctx context.Context, rec *record) error {
	words := wordsOf(rec.Sent.Model, rec.Sent.Prompt)
	if !rec.inside {
		if err := r.words.enter(ctx, words); err != nil {
			return err
		}
	}
	rec.inside = false
	defer r.words.leave(words)
	return r.settle(ctx, rec)
}

// settle decides, or waits until it can. Other items go on meanwhile.
func (r *run) settle(ctx context.Context, rec *record) error {
	if rec.Sent.Sync {
		return r.unsettled(ctx, rec, "the synchronous interface has no task to find it by")
	}
	now := time.Now()
	s := settling{run: r, rec: rec, began: r.clock.now(), ended: now, looked: now, not: map[string]bool{}}
	for {
		v, err := s.look(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, ErrDamaged):
			return err
		case err != nil && keyRefused(err):
			return err
		}
		switch v {
		case found:
			if err := r.adopt(rec, s.task, s.by); err != nil || rec.Phase != open || s.by != "prompt" {
				return err
			}
			if err := r.see(ctx, rec); err != nil || rec.Phase != intent {
				return err
			}
			continue
		case absent:
			if s.why, err = r.odd(rec); err != nil {
				return err
			}
			if s.why != "" {
				return r.unsettled(ctx, rec, s.why)
			}
			return r.absent(ctx, rec)
		case unsure:
			return r.unsettled(ctx, rec, s.why)
		}
		if why := s.hopeless(err); why != "" {
			return r.unsettled(ctx, rec, why)
		}
		if err := r.clock.sleep(ctx, s.pause(err)); err != nil {
			return err
		}
	}
}

// A settling is the doubt about one submission.
type settling struct {
	*run
	rec   *record
	began time.Time // the service's clock
	ended time.Time // our clock: the submission had ended by then
	until time.Time // tasks that were created later are another's; zero before the first pass
	// before are the unclaimed tasks that the last whole pass showed, after the settling time; nil before.
	before   []string
	not      map[string]bool // tasks that have ended and are not ours
	looked   time.Time       // our clock: the next pass must begin later
	proven   bool            // the list has shown a task that we know
	task     client.TaskInfo
	by       string // what told that it is ours: "request_id" or "prompt"
	why      string
	failures int // passes in a row that failed
	refused  int // of them, those that the service refused
	answered int // of the last ones, those that the service itself answered
	passes   int
	gaps     int // of the last ones, those that were not whole
}

// look makes one pass and judges it.
func (s *settling) look(ctx context.Context) (verdict, error) {
	v, err := s.judged(ctx)
	s.count(err)
	return v, err
}

func (s *settling) judged(ctx context.Context) (verdict, error) {
	if s.outOfReach() {
		return unsure, nil
	}
	age := s.age()
	pass, err := s.list(ctx, s.looked)
	s.looked = time.Now()
	if err != nil {
		return undecided, err
	}
	s.heard(pass)
	if s.outOfReach() { // by the clock of the list itself: our machine may have slept
		return unsure, nil
	}
	candidates, err := s.candidates(pass)
	if err != nil {
		return undecided, err
	}
	v, err := s.weigh(ctx, candidates)
	if v != absent || err != nil {
		s.before = nil
		return v, err
	}
	return s.silence(age, pass.whole, candidates), nil
}

// outOfReach reports whether the list may not show the submission any more.
func (s *settling) outOfReach() bool {
	if s.clock.now().Sub(s.rec.Intent) <= listed {
		return false
	}
	s.why = "it is older than the task list reaches"
	return true
}

// age is how long ago the submission has ended, at least: until then the service may have begun to receive it. One of this run
// ended when the doubt about it began; one of an earlier run did so, too, or soon after its intent. A machine that
// slept dates an intent too early, by a clock that stood still with it; what this run has sent itself is dated by ours.
func (s *settling) age() time.Duration {
	if s.rec.posted.IsZero() {
		return s.clock.now().Sub(sooner(s.began, s.rec.Intent.Add(longestPost)))
	}
	return time.Duration(float64(time.Since(sooner(s.ended, s.rec.posted.Add(s.clock.ours(longestPost))))) * s.clock.speed)
}

// heard notes a pass that came through, which began after the submission ended. Only now is the service's clock known to be
// fresh: no task that is created much later can be its. In an account that others use, there is always another.
func (s *settling) heard(pass listing) {
	if s.until.IsZero() {
		s.until = s.clock.now().Add(s.settleTime() + earlier)
	}
	s.gaps++
	if pass.whole {
		s.gaps = 0
	}
}

// gapped says that the list cannot be read whole; "" where it may.
func (s *settling) gapped() string {
	if s.gaps > 20 && s.clock.now().Sub(s.began) > 30*s.settleTime() {
		return "the task list cannot be read without gaps"
	}
	return ""
}

// count keeps how often passes fail.
func (s *settling) count(err error) {
	s.passes++
	var api *client.APIError
	switch {
	case err == nil:
		s.failures, s.refused, s.answered = 0, 0, 0
	case errors.As(err, &api) && api.Reach() != client.ReachRetry:
		s.failures, s.refused, s.answered = s.failures+1, s.refused+1, s.answered+1
	case errors.As(err, &api) && !client.Throttled(err):
		s.failures, s.answered = s.failures+1, s.answered+1
	default: // the network is away, or the pace too high: that passes
		s.failures, s.answered = s.failures+1, 0
	}
}

// candidates are the tasks that could be the submission's: of its model, created since, and no record's.
func (s *settling) candidates(pass listing) ([]client.TaskInfo, error) {
	ours, err := s.claimed(pass.rows)
	if err != nil {
		return nil, err
	}
	s.proven = s.proven || len(ours) > 0
	var all []client.TaskInfo
	for _, id := range slices.Sorted(maps.Keys(pass.rows)) {
		row := pass.rows[id]
		within := row.Created.IsZero() || row.Created.After(s.rec.Intent.Add(-earlier)) && !row.Created.After(s.until)
		if !ours[id] && within && (row.Model == s.rec.Sent.Model || row.Model == "") && !s.released(id) {
			all = append(all, row)
		}
	}
	return all, nil
}

// released reports whether a task was adopted once and turned out to be somebody else's.
func (s *settling) released(id string) bool { return slices.Contains(s.rec.Released, id) }

// weigh asks the candidates. It says absent where none of them is ours.
func (s *settling) weigh(ctx context.Context, candidates []client.TaskInfo) (verdict, error) {
	waiting := false
	for _, c := range candidates {
		if s.rec.Request != "" && c.RequestID == s.rec.Request {
			s.task, s.by = c, "request_id"
			return found, nil
		}
	}
	for _, c := range candidates {
		v, err := s.examine(ctx, c)
		if v == found || v == unsure || err != nil {
			return v, err
		}
		waiting = waiting || v == undecided
	}
	if waiting {
		return undecided, nil
	}
	return absent, nil
}

// examine finds out whether one task is ours. Its prompt is told only when it has succeeded.
func (s *settling) examine(ctx context.Context, c client.TaskInfo) (verdict, error) {
	switch {
	case s.not[c.ID] || c.Status == client.Failed || c.Status == client.Canceled:
		return absent, nil
	case c.Status != client.Succeeded && c.Status != client.Unknown:
		return undecided, nil
	}
	task, err := s.ask(ctx, c.ID)
	if err != nil {
		return undecided, err
	}
	v := s.compare(c, task)
	s.not[c.ID] = v == absent
	return v, nil
}

// compare judges a task by its own words.
func (s *settling) compare(c client.TaskInfo, task client.Task) verdict {
	switch task.Status {
	case client.Failed, client.Canceled:
		return absent
	case client.Unknown:
		if s.clock.now().Sub(s.began) > young {
			s.why = fmt.Sprintf("task %s could be it, and the service does not know it any more", c.ID)
			return unsure
		}
	case client.Succeeded:
		words, told := origPrompt(task)
		switch {
		case len(task.Results) == 0 && s.clock.now().Sub(s.began) <= young: // they come a little later
			return undecided
		case !told:
			s.why = fmt.Sprintf("task %s could be it, and its answer does not tell the prompt", c.ID)
			return unsure
		case sameWords(words, s.rec.Sent.Prompt):
			s.task, s.by = c, "prompt"
			return found
		}
		return absent
	}
	return undecided
}

// origPrompt is what a task was asked for. qwen-image-3.0, 2.1 and wan 2.6 do not tell it (QI3, 2026-10).
func origPrompt(t client.Task) (string, bool) {
	for _, r := range t.Results {
		if r.OrigPrompt != "" {
			return r.OrigPrompt, true
		}
	}
	return "", false
}

// sameWords compares as far as the service keeps a prompt.
func sameWords(told, sent string) bool { return cutAt(told, cutPrompt) == cutAt(sent, cutPrompt) }

func cutAt(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n])
	}
	return s
}

// silence decides whether a pass without our task proves that there is none.
func (s *settling) silence(age time.Duration, whole bool, candidates []client.TaskInfo) verdict {
	if age < s.settleTime() || !whole {
		return undecided
	}
	ids := make([]string, 0, len(candidates))
	for _, c := range candidates {
		ids = append(ids, c.ID)
	}
	same := s.before != nil && slices.Equal(s.before, ids)
	s.before = ids
	if same && s.proven {
		return absent
	}
	return undecided
}

func (r *run) settleTime() time.Duration {
	if r.o.Settle > 0 {
		return r.o.Settle
	}
	return DefaultSettle
}

// hopeless says why waiting longer will not help; "" where it may.
func (s *settling) hopeless(err error) string {
	waited := s.clock.now().Sub(s.began)
	switch {
	case s.refused >= 3:
		return fmt.Sprintf("the task list is refused: %v", err)
	case s.answered >= 3 && waited > 30*s.settleTime():
		return fmt.Sprintf("the task list does not answer: %v", err)
	case !s.proven && s.failures == 0 && waited > 5*s.settleTime():
		return "the task list has shown no task of this batch, so that its silence proves nothing"
	}
	return s.gapped()
}

// pause is how long to wait before the next pass: less while the task may still turn up, never past the settling time.
func (s *settling) pause(err error) time.Duration {
	if err != nil {
		return backoff(s.failures)
	}
	left := s.settleTime() - s.age()
	step := min(2*time.Second<<min(s.passes, 4), 20*time.Second)
	if left > 0 && left < step {
		return left
	}
	if s.before != nil && left <= 0 && s.proven {
		return time.Second // the second of two equal passes
	}
	return step
}

// adopt takes a task that was found for the item. A crash before it is recorded finds it again.
func (r *run) adopt(rec *record, task client.TaskInfo, by string) error {
	free, err := r.claim(task.ID)
	if err != nil || !free {
		return err // another item was faster: look again
	}
	if by == "prompt" && r.o.OnDoubt != "resubmit" && r.takenElsewhere(task) {
		r.unclaim(task.ID)
		return r.hold(rec, "InDoubt", "task %s, which has its words, was taken by another batch in another folder", task.ID)
	}
	if rec.SeedUnknown, err = r.seedUnknown(rec, by); err != nil {
		return err
	}
	rec.Phase, rec.Task, rec.Adopted, rec.At = open, task.ID, by, r.clock.now()
	rec.Request, rec.Code, rec.Message = task.RequestID, "", ""
	rec.Submitted = task.Created
	if rec.Submitted.IsZero() {
		rec.Submitted = rec.Intent
	}
	rec.slot = true
	r.pace(rec.Sent.Model).window.force()
	return r.state.put(*rec, true)
}

// see collects a task that was adopted for its words, within their turnstile: if it made something else, it may be of an item
// with the same words, which must not be sent before. The item is in doubt again then.
func (r *run) see(ctx context.Context, rec *record) error {
	r.announce(*rec)
	return r.collect(ctx, rec)
}

// release gives an adopted task back that made something else than was asked for: it is another client's, with the same
// words. The doubt goes on.
func (r *run) release(rec *record) error {
	r.unclaim(rec.Task)
	rec.Released = append(rec.Released, rec.Task)
	rec.Phase, rec.Task, rec.Request, rec.Adopted, rec.At = intent, "", "", "", r.clock.now()
	rec.SeedUnknown = false
	return r.state.put(*rec, true)
}

// odd says why a task that was released may be the item's all the same: the service made another size than it was asked for,
// which is paid for, too. "" where it is, or may be, another item's.
func (r *run) odd(rec *record) (string, error) {
	rows := map[string]client.TaskInfo{}
	for _, task := range rec.Released {
		rows[task] = client.TaskInfo{}
	}
	ours, err := r.claimed(rows)
	if err != nil || len(ours) == len(rows) {
		return "", err
	}
	words := wordsOf(rec.Sent.Model, rec.Sent.Prompt)
	for _, it := range r.items() {
		if it.err != nil {
			return "", it.err
		}
		if it.Skip || wordsOf(modelOf(it.Item), it.Prompt) != words {
			continue
		}
		if s, err := r.o.Rules.sent(it.Item, "", 0); err != nil || s.Size != rec.Sent.Size {
			return "", err
		}
	}
	return fmt.Sprintf("task %s, which has its words, made a picture of another size", rec.Released[len(rec.Released)-1]), nil
}

// absent is proof that a submission created nothing. What it was answered with, if that was the API's own word, counts.
func (r *run) absent(ctx context.Context, rec *record) error {
	if rec.Code != "" {
		return r.judge(ctx, rec, &client.APIError{Op: "submit", Status: 500, Code: rec.Code, Message: rec.Message, RequestID: rec.Request})
	}
	if err := r.back(rec, errors.New("not in the task list")); err != nil {
		return err
	}
	if rec.Attempt%lost == 0 {
		return errLeave
	}
	return nil
}

// unsettled ends a doubt that the list cannot settle.
func (r *run) unsettled(ctx context.Context, rec *record, why string) error {
	if r.o.OnDoubt == "resubmit" {
		r.doubted(rec)
		return r.absent(ctx, rec)
	}
	return r.hold(rec, "InDoubt", "its submission was not answered, and %s", why)
}
