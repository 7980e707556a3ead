package cli

import (
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/cli/probe"
)

// A lag of the list that a probe has seen may only lengthen how long a run waits for a task to show.
func TestSettleTimeOfAProbe(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	const usual = 30 * time.Second
	for _, tt := range []struct {
		lag  float64
		want time.Duration
	}{{0.2, usual}, {15, usual}, {40.5, 81 * time.Second}, {-1, usual}, {1e9, usual}} {
		if err := rememberProbe(state.Settings{BaseURL: "https://a/api/v1"}, probe.Findings{ListLag: &tt.lag}); err != nil {
			t.Fatal(err)
		}
		if got := settleTimeOf(usual, "https://a/api/v1"); got != tt.want {
			t.Errorf("after a lag of %v s a run settles %v, want %v", tt.lag, got, tt.want)
		}
	}
	if got := settleTimeOf(usual, "https://b/api/v1"); got != usual {
		t.Errorf("another service settles %v, want %v", got, usual)
	}
}
