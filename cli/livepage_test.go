package cli

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestPageNowAndThen: the page is written at once, then every 30 s at most, and less often where
// that takes long, so that a hundredth of the time is spent on it.
func TestPageNowAndThen(t *testing.T) {
	for _, c := range []struct {
		took time.Duration
		want []time.Duration // when, from the start
	}{
		{0, []time.Duration{0, 30 * time.Second, 60 * time.Second, 90 * time.Second}},
		{time.Second, []time.Duration{0, 101 * time.Second}},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 119*time.Second)
			defer cancel()
			start := time.Now()
			var at []time.Duration
			nowAndThen(ctx, func(time.Duration) {
				at = append(at, time.Since(start))
				time.Sleep(c.took)
			})
			if !slices.Equal(at, c.want) {
				t.Errorf("taking %v it is written at %v, want %v", c.took, at, c.want)
			}
		})
	}
}
