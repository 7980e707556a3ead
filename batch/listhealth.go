package batch

import (
	"errors"
	"fmt"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/client"
)

// A health counts the passes over the task list that one reader makes, and says when more of them will not help.
type health struct {
	now      func() time.Time // the service's clock
	settle   time.Duration    // how long an unanswered submission may take to show
	first    time.Time        // the service's clock: when reading began
	passes   int
	failures int       // the latest passes, which failed
	failing  time.Time // the service's clock: when the first of those did
	refused  int       // of those, the ones that the service refused
	answered int       // of those, the latest ones that the service itself answered
	gaps     int       // the latest passes that were not whole
}

func newHealth(clock *pace.Clock, settle time.Duration) health {
	return health{now: clock.Now, settle: settle, first: clock.Now()}
}

// count notes how a pass ended.
func (h *health) count(err error) {
	h.passes++
	if h.failures == 0 {
		h.failing = h.now()
	}
	var api *client.APIError
	switch {
	case err == nil:
		h.failures, h.refused, h.answered = 0, 0, 0
	case errors.As(err, &api) && api.Reach() != client.ReachRetry:
		h.failures, h.refused, h.answered = h.failures+1, h.refused+1, h.answered+1
	case errors.As(err, &api):
		h.failures, h.answered = h.failures+1, h.answered+1
	default: // the network is away: that passes
		h.failures, h.answered = h.failures+1, 0
	}
}

// read notes whether a pass that came through was whole.
func (h *health) read(whole bool) {
	h.gaps++
	if whole {
		h.gaps = 0
	}
}

// hopeless says why waiting longer will not help; "" where it may.
func (h *health) hopeless(err error) string {
	switch {
	case h.refused >= 3:
		return fmt.Sprintf("the task list is refused: %v", err)
	case h.answered >= 3 && h.now().Sub(h.failing) > 30*h.settle:
		return fmt.Sprintf("the task list does not answer: %v", err)
	}
	return h.gapped()
}

// gapped says that the list cannot be read whole; "" where it may.
func (h *health) gapped() string {
	if h.gaps > 20 && h.now().Sub(h.first) > 30*h.settle {
		return "the task list cannot be read without gaps"
	}
	return ""
}
