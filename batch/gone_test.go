package batch

import (
	"strings"
	"testing"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/output"
)

// TestMoneyOfGoneRows deletes a row that is paid for: its money stays in the plan, and on the
// page beside that of the rows that are there.
func TestMoneyOfGoneRows(t *testing.T) {
	play(t, "prompt\na\nb\nc\n", emulator.Options{}, func(s *scene) {
		s.ends()
		s.retype("prompt\na\nb\n")
		b, closed := s.open()
		defer closed()
		p, err := b.Plan()
		if err != nil || p.Done != 2 || p.Spent != 600_000 || p.Gone != 1 || p.SpentGone != 200_000 {
			t.Errorf("Plan = %+v, %v, want ¥0.60 spent, ¥0.20 of it for one row that is gone", p, err)
		}
		var page strings.Builder
		err = b.View().WritePage(t.Context(), &page, output.Running{})
		if err != nil || !strings.Contains(page.String(), `"spent":"0.40","spent_gone":"0.20"`) {
			t.Errorf("WritePage = %v, want 0.40 spent, and 0.20 for what is gone", err)
		}
	})
}

// TestNoteSettings records the flags of a run that has nothing to do, once, and what the last
// run has left to look for stays known.
func TestNoteSettings(t *testing.T) {
	play(t, "prompt\na\n", emulator.Options{}, func(s *scene) {
		s.ends()
		flags := map[string]string{"column": "id=tag"}
		for _, want := range []bool{true, false} {
			b, closed := s.open()
			b.o.Settings.Flags = flags
			since, stopped := b.state.LastMark().Since, b.state.Stopped()
			if changed, err := b.NoteSettings(); err != nil || changed != want {
				t.Errorf("NoteSettings = %v, %v, want %v", changed, err, want)
			}
			if got := b.state.LastMark().Since; got != since || b.state.Stopped() != stopped {
				t.Errorf("the last mark tells of %v, want %v", got, since)
			}
			closed()
			if got, _, err := state.ReadSettings(s.disk); err != nil || got.Flags["column"] != "id=tag" {
				t.Errorf("the state file knows %v, %v, want the flags", got.Flags, err)
			}
		}
		s.wantPosts(1)
		s.wantFinish(1)
	})
}
