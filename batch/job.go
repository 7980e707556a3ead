package batch

import (
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
)

// A job is the work of one run on one item: its record, and what the run holds for it
// meanwhile. One goroutine owns it.
type job struct {
	state.Record
	slot   *pace.Slot // in the window of its model; nil or released where it has none
	posted time.Time  // when this run has sent it, by the local clock
	// of its prompt, for a doubt that came out of the state file; held unless another doubt has
	// the same prompt
	promptLock *pace.KeyLock
	// when a task of its last submission can have been made, once that is in doubt
	doubt *tasklist.Doubt
}

// asked is the task of the job, as it is asked after. One that was adopted was made when the
// list says, not when this run sent what may have made it.
func (j *job) asked() askedTask {
	a := askedTask{id: j.Task, sent: j.Sent, submitted: j.Submitted, posted: j.posted}
	if j.Adopted != "" {
		a.posted = time.Time{}
	}
	return a
}
