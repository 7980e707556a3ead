package tasklist

import (
	"errors"
	"fmt"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/client"
)

// A Health counts the passes that one search makes, and says when more of them will not help. It
// belongs to one goroutine.
type Health struct {
	now        func() time.Time // the service's clock
	settleTime time.Duration    // how long an unanswered submission may take to show
	Began      time.Time        // the search, by the service's clock
	Passes     int
	Failures   int       // passes in a row that failed, up to the last
	failing    time.Time // when the first of those did, by the service's clock
	Refused    int       // of those, the ones that the service refused
	answered   int       // of those, the last ones in a row that the service itself answered
	Gaps       int       // passes in a row that were not whole, up to the last
}

// NewHealth returns a Health that has counted nothing. An unanswered submission may take
// settleTime to show in the list.
func NewHealth(clock *pace.Clock, settleTime time.Duration) Health {
	return Health{now: clock.Now, settleTime: settleTime, Began: clock.Now()}
}

// Count counts a pass, which has failed unless err is nil.
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
	default: // the network is away, which may pass
		h.Failures, h.answered = h.Failures+1, 0
	}
}

// CountWhole counts whether a pass that has not failed was whole.
func (h *Health) CountWhole(whole bool) {
	h.Gaps++
	if whole {
		h.Gaps = 0
	}
}

// GiveUpReason returns why more passes will not help after one that failed with err; "" where
// they may.
func (h *Health) GiveUpReason(err error) string {
	switch {
	case h.Refused >= 3:
		return fmt.Sprintf("the task list is refused: %v", err)
	case h.answered >= 3 && h.now().Sub(h.failing) > 30*h.settleTime:
		return fmt.Sprintf("the task list does not answer: %v", err)
	}
	return h.GapReason()
}

// GapReason returns that the list cannot be read whole, where that is so; else "".
func (h *Health) GapReason() string {
	if h.Gaps > 20 && h.now().Sub(h.Began) > 30*h.settleTime {
		return "the task list cannot be read without gaps"
	}
	return ""
}

// KeyRefused reports whether an error will meet every query with this key.
func KeyRefused(err error) bool {
	var api *client.APIError
	return errors.As(err, &api) && api.Reach() == client.ReachAccount
}
