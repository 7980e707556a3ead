package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/batch/settle"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// TestM12HintsPayNothingTwice looks at what is said where a batch may have paid for something:
// nobody is sent to another folder, or to a first run, without being told that it pays for
// everything again.
func TestM12HintsPayNothingTwice(t *testing.T) {
	for _, err := range []error{state.ErrLocked, state.ErrOther, batch.ErrUnprovenKey, settle.ErrNoList, state.ErrReplaced,
		&state.DamageError{File: "state.jsonl", Line: 2, Reason: "its checksum does not fit"}, fs.ErrNotExist, fs.ErrPermission, durable.ErrMoved,
		fmt.Errorf("write: %w", errors.ErrUnsupported)} {
		hint := explain(err).hint
		if strings.Contains(hint, "resubmit") || strings.Contains(hint, "move it away") {
			t.Errorf("%v: the hint is %q", err, hint)
		}
		if (strings.Contains(hint, "--out") || strings.Contains(hint, "output folder")) && !strings.Contains(hint, "again") {
			t.Errorf("%v: the hint %q does not say what another folder costs", err, hint)
		}
	}
}
