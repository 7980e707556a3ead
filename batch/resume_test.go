package batch

import (
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// TestT2OpenTasksBeforeDoubts resumes more doubts than are settled at a time, none of which the list can settle soon, since
// another program's task waits there: what is open is fetched meanwhile.
func TestT2OpenTasksBeforeDoubts(t *testing.T) {
	play(t, three, emulator.Options{NoQuota: true}, func(s *scene) {
		s.options.Limit = 1
		s.startUnder(s.stopAfter(time.Second))
		st, _, err := openState(s.disk)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 1100 {
			k := key{uint64(i + 1), 1}
			rec := record{Key: k.String(), Print: printOf(number(i)), Phase: intent, Attempt: 1, Intent: time.Now(), At: time.Now(),
				Sent: sent{Model: DefaultModel, Prompt: number(i), Size: "1328*1328", N: 1}}
			if err := st.put(rec, false); err != nil {
				t.Fatal(err)
			}
		}
		st.close()
		s.otherProgram("[[pending:30m]] theirs")
		s.startUnder(s.stopAfter(5 * time.Minute))
		s.wantPhases(map[string]phase{"a red cat": done})
	})
}
