package term

import (
	"fmt"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/client"
)

// A ProgressState is the state of a run at one moment.
type ProgressState struct {
	batch.Progress
	total int
	paid  client.Money // for what is done of the total, by earlier runs, too
	rate  float64      // items a second over this run; 0 is not known yet
	left  time.Duration
	known bool // left is known
}

// progressLine is the state of a run on one line.
func progressLine(s ProgressState, rehearsal bool) string {
	parts := []string{fmt.Sprintf("%s/%s done", Number(s.Done), Number(s.total))}
	if s.Failed > 0 {
		parts = append(parts, Number(s.Failed)+" failed")
	}
	if s.Held > 0 {
		parts = append(parts, Number(s.Held)+" held")
	}
	parts = append(parts, Number(s.Open)+" open"+UnfetchedText(s.Unfetched))
	parts = append(parts, paceTexts(s, rehearsal)...)
	for _, r := range s.Refused {
		parts = append(parts, RefusalText(r))
	}
	return strings.Join(parts, ", ")
}

// paceTexts are the rate, the time left and the money, as far as they are known.
func paceTexts(s ProgressState, rehearsal bool) []string {
	var parts []string
	if s.rate > 0 {
		parts = append(parts, rateText(s.rate))
	}
	if s.known {
		parts = append(parts, Span(s.left)+" left")
	}
	return append(parts, moneyText(s.paid, rehearsal))
}

// rateText formats a rate per second or, where it is below one, per minute: 1.9/s, 7.5/min.
func rateText(perSecond float64) string {
	switch {
	case perSecond >= 10:
		return fmt.Sprintf("%.0f/s", perSecond)
	case perSecond >= 1:
		return fmt.Sprintf("%.1f/s", perSecond)
	}
	return fmt.Sprintf("%.1f/min", perSecond*60)
}

// moneyText is the money that a batch has cost or, in a rehearsal, that a real one would have.
func moneyText(m client.Money, rehearsal bool) string {
	if rehearsal {
		return "real: " + Yuan(m)
	}
	return Yuan(m)
}
