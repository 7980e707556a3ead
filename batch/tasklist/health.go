package tasklist

import (
	"errors"
	"fmt"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/client"
)

// A Health counts the passes over the task list that one reader makes, and says when more of
// them will not help.
type Health struct {
	now      func() time.Time // the service's clock
	settle   time.Duration    // how long an unanswered submission may take to show
	Began    time.Time        // the service's clock: when reading began
	Passes   int
	Failures int       // the latest passes, which failed
	failing  time.Time // the service's clock: when the first of those did
	Refused  int       // of those, the ones that the service refused
	answered int       // of those, the latest ones that the service itself answered
	Gaps     int       // the latest passes that were not whole
}

// NewHealth begins to count. Settle is how long an unanswered submission may take to show.
func NewHealth(clock *pace.Clock, settle time.Duration) Health {
	return Health{now: clock.Now, settle: settle, Began: clock.Now()}
}

// Count notes how a pass ended.
func (h *Health) Count(err error) {
	h.Passes++
	if h.Failures == 0 {
		h.failing = h.now()
	}
	var api *client.APIError
	switch {
	case err == nil:
		h.Failures, h.Refused, h.answered = 0, 0, 0
	case errors.As(err, &api) && api.Reach() != client.ReachRetry:
		h.Failures, h.Refused, h.answered = h.Failures+1, h.Refused+1, h.answered+1
	case errors.As(err, &api):
		h.Failures, h.answered = h.Failures+1, h.answered+1
	default: // the network is away: that passes
		h.Failures, h.answered = h.Failures+1, 0
	}
}

// CountWhole notes whether a pass that came through was whole.
func (h *Health) CountWhole(whole bool) {
	h.Gaps++
	if whole {
		h.Gaps = 0
	}
}

// GiveUpReason says why waiting longer will not help; "" where it may.
func (h *Health) GiveUpReason(err error) string {
	switch {
	case h.Refused >= 3:
		return fmt.Sprintf("the task list is refused: %v", err)
	case h.answered >= 3 && h.now().Sub(h.failing) > 30*h.settle:
		return fmt.Sprintf("the task list does not answer: %v", err)
	}
	return h.GapReason()
}

// GapReason says that the list cannot be read whole; "" where it may.
func (h *Health) GapReason() string {
	if h.Gaps > 20 && h.now().Sub(h.Began) > 30*h.settle {
		return "the task list cannot be read without gaps"
	}
	return ""
}

// KeyRefused reports whether an error will meet every question of this key.
func KeyRefused(err error) bool {
	var api *client.APIError
	return errors.As(err, &api) && api.Reach() == client.ReachAccount
}
