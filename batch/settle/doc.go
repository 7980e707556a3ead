// Package settle decides what became of submissions that were not answered, and finds the tasks
// that a state file has lost.
//
// The service has no idempotency key, so the account's task list is the only witness. A
// [Search] is about one submission, and has three verdicts:
//
//   - Found: an unclaimed task with the request id of the submission, or with its prompt and of
//     the right time;
//   - Absent: nothing of it can be there, so that sending it again pays once;
//   - neither: Unsure is held until a person or a later run decides, Unproven is left to the
//     next run.
//
// Absent is a proof from silence and needs all of this: the submission ended longer ago than
// the settling time, and it began within the 24 h that the list shows; two passes in a row are
// whole, show the same unclaimed tasks and prove something (see tasklist.Evidence); and every
// unclaimed task that a pass of this or an earlier run has shown and that could be ours has
// ended and is not. Tasks that FAILED or were CANCELED cost nothing and are no obstacle.
//
// Strays reads the list for a run whose state file may have lost its end. [Orphans] keeps what
// is found for the items that have the same prompt.
//
// What a search learns that a later run must not forget is put into the record, durably: which
// tasks could be the submission's, since a list that does not show them any more proves
// nothing. All else is in memory. Nothing is submitted and no task is claimed here: that is
// done by package batch, on the verdict. A search holds the lock of its prompt until the
// settling time is over, so that until then no other submission with the same prompt goes out.
//
// A [Finder] and [Orphans] are safe for concurrent use; a Search belongs to one goroutine.
package settle

import (
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
)

// DefaultTime is how long an unanswered submission may take to show in the task list.
const DefaultTime = 30 * time.Second

// A Verdict says what became of a submission.
type Verdict struct {
	Outcome Outcome
	// Task is the task of a Found, with its time by our clock, or zero if that is not known; By
	// is what identified it: "request_id" or "prompt".
	Task client.TaskInfo
	By   string
	// Why says, for Unsure, what stands against a decision, and for Unproven, why later runs will
	// not decide either, "" if they may.
	Why string
}

// An Outcome is what the list says of a submission.
type Outcome int

const (
	undecided Outcome = iota
	// Found says that a task is the submission's.
	Found
	// Absent says that the submission provably created no task.
	Absent
	// Unsure says that a task can be neither adopted nor ruled out, or that the list cannot be
	// read: the item is held.
	Unsure
	// Unproven says that nothing but doubts is left in the run, and that the list has shown
	// neither the task nor proof of its absence in five settling times.
	Unproven
)

// InDoubt is the code of items that are held because nobody can tell whether they are paid for.
const InDoubt = "InDoubt"

// Reviewable reports whether a later search may still settle a held item: it was submitted,
// over the asynchronous interface, and the list reaches back to that.
func Reviewable(rec state.Record, now time.Time) bool {
	return rec.Phase == state.Held && rec.Code == InDoubt && rec.Task == "" && !rec.Sent.Sync &&
		now.Sub(rec.Intent) <= tasklist.Reach
}
