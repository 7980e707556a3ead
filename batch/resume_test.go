package batch

import (
	"strconv"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// TestT2OpenTasksBeforeDoubts resumes more doubts than are settled at a time, none of which the list can settle soon, since
// another program's task waits there: what is open is fetched meanwhile.
func TestT2OpenTasksBeforeDoubts(t *testing.T) {
	play(t, three, emulator.Options{NoQuota: true}, func(s *scene) {
		s.options.Limit = 1
		s.startUnder(s.stopAfter(time.Second))
		st, _, err := state.OpenFile(s.disk)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 1100 {
			if err := st.Put(doubtful(i, number(i)), false); err != nil {
				t.Fatal(err)
			}
		}
		st.Close()
		s.otherProgram("[[pending:30m]] theirs")
		s.startUnder(s.stopAfter(5 * time.Minute))
		s.wantPhases(map[string]state.Phase{"a red cat": state.Done})
	})
}

// doubtful is the i-th of many items, of which a process died while it submitted it.
func doubtful(i int, prompt string) state.Record {
	return state.Record{Key: state.NewKey(strconv.Itoa(i), state.Fingerprint{}, 1).String(), Print: state.Fingerprint{byte(i), byte(i >> 8)}, Phase: state.Intent, Attempt: 1, Intent: time.Now(), At: time.Now(),
		Sent: state.Request{Model: DefaultModel, Prompt: prompt, Size: "1328*1328", N: 1}}
}

// A doubt about the same words as those of all tasks that are gone on with at once, and all of these fail and want to be sent
// again: it is settled, and they go on.
func TestFailedTasksWaitForADoubt(t *testing.T) {
	play(t, three, emulator.Options{NoQuota: true}, func(s *scene) {
		const words = "a quiet harbour"
		s.options.Limit = 1
		s.start()
		st, _, err := state.OpenFile(s.disk)
		if err != nil {
			t.Fatal(err)
		}
		s.fault = at("submit", 0, emulator.Fault{FailCode: "InternalError"})
		for i := range resumedAtOnce + 1 {
			rec := doubtful(i, words)
			if i < resumedAtOnce {
				task := s.submitElsewhere(rec.Sent.Client(nil))
				rec.Phase, rec.Task, rec.Submitted = state.Open, task.ID, time.Now()
			}
			if err := st.Put(rec, false); err != nil {
				t.Fatal(err)
			}
		}
		st.Close()
		s.fault = nil
		s.startUnder(s.stopAfter(4 * time.Minute))
		if rec := s.records()[words]; rec.Phase == state.Intent { // the last of them
			t.Errorf("the doubt is %+v, want it settled", rec)
		}
	})
}
