package cli

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/qwenbatch/qwenbatch/batch"
)

// TestItemsThatAreLeft ends runs that nothing has stopped and that leave items: the message
// says which, and does not blame the service for what it did not do.
func TestItemsThatAreLeft(t *testing.T) {
	for _, c := range []struct {
		progress batch.Progress
		want     string
		code     exitCode
	}{
		{batch.Progress{Open: 2, Pending: 1, Done: 3}, "left open: 2 items", codeStopped},
		{batch.Progress{Open: 2, Unfetched: 1, Done: 3}, "left open: 2 items (1 paid, no picture yet)", codeItems},
		{batch.Progress{Pending: 2, Done: 3}, "left out: 2 items whose submissions never arrived", codeStopped},
	} {
		code, err := (&job{}).outcome(context.Background(), nil, summary{progress: c.progress})
		var m *mistake
		if code != c.code || !errors.As(err, &m) || !strings.Contains(m.text, c.want) || m.hint == "" {
			t.Errorf("%+v: outcome = %v, %v, want %q and code %d", c.progress, code, err, c.want, c.code)
		}
	}
}
