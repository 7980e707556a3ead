package batch

import (
	"errors"
	"strings"
	"testing"

	"github.com/qwenbatch/qwenbatch/batch/halt"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// TestMaxFailuresStartsNoMore fails every task: when as many as allowed have failed, nothing more is sent; what was open then is all
// that is added.
func TestMaxFailuresStartsNoMore(t *testing.T) {
	const most, window = 2, 3
	var sheet strings.Builder
	sheet.WriteString("id,prompt\n")
	for i := range 20 {
		sheet.WriteString(number(i) + ",picture " + number(i) + "\n")
	}
	play(t, sheet.String(), emulator.Options{}, func(s *scene) {
		s.options.MaxFailures, s.options.Window = most, window
		s.fault = at("submit", 0, emulator.Fault{FailCode: "DataInspectionFailed"})
		if err := s.start(); !errors.Is(err, halt.ErrLimit) {
			t.Errorf("Run = %v, want %v", err, halt.ErrLimit)
		}
		if n := s.posts(); n < most || n >= most+window {
			t.Errorf("%d submissions, want %d and fewer than %d that were open", n, most, window)
		}
	})
}
