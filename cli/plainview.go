package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/batch"
)

// A plainView prints a line every ten seconds, for logs, and one for each item that failed or is held.
type plainView struct {
	screen   *screen
	troubles int
}

// troublesShown is how many items that failed are printed while a run goes on; the report has all.
const troublesShown = 50

func (*plainView) interval() time.Duration { return 10 * time.Second }

func (v *plainView) settled(e batch.Event) { v.troubles = showTrouble(v.screen, e, v.troubles) }

// showTrouble prints an item that failed, up to a number of them, and returns how many there were.
func showTrouble(s *screen, e batch.Event, before int) int {
	if e.Phase == "done" {
		return before
	}
	if before < troublesShown {
		s.say("%s", s.fit(troubleLine(e)))
	} else if before == troublesShown {
		s.say("more have failed; results.csv has them all")
	}
	return before + 1
}

func (v *plainView) tick(s progressState) { v.screen.say("%s", progressLine(s, v.screen.rehearsal)) }

func (*plainView) end(progressState) {}

// progressLine is where a run stands.
func progressLine(s progressState, rehearsal bool) string {
	parts := []string{fmt.Sprintf("%s/%s done", number(s.Done), number(s.total))}
	if s.Failed > 0 {
		parts = append(parts, number(s.Failed)+" failed")
	}
	if s.Held > 0 {
		parts = append(parts, number(s.Held)+" held")
	}
	parts = append(parts, number(s.Open)+" open"+unfetchedText(s.Unfetched))
	parts = append(parts, paceTexts(s, rehearsal)...)
	for _, r := range s.Refused {
		parts = append(parts, refusalText(r))
	}
	return strings.Join(parts, ", ")
}

// refusalText says that a model takes nothing, since when and why.
func refusalText(r batch.Refusal) string {
	return fmt.Sprintf("%s refuses since %s (%s)", line(r.Model), clockText(r.Since), line(r.Cause.Code))
}

// clockText is a time of day where the run is looked at.
func clockText(t time.Time) string { return t.Local().Format(time.TimeOnly) }

// unfetchedText says of open items that they are paid and their pictures do not come.
func unfetchedText(n int) string {
	if n == 0 {
		return ""
	}
	return " (" + number(n) + " paid, no picture yet)"
}

// paceTexts are pace, time left and money, as far as they are known.
func paceTexts(s progressState, rehearsal bool) []string {
	var parts []string
	if s.rate > 0 {
		parts = append(parts, rateText(s.rate))
	}
	if s.known {
		parts = append(parts, span(s.left)+" left")
	}
	return append(parts, moneyText(s.Spent, rehearsal))
}

// A silentView shows nothing.
type silentView struct{}

func (silentView) interval() time.Duration { return time.Hour }
func (silentView) settled(batch.Event)     {}
func (silentView) tick(progressState)      {}
func (silentView) end(progressState)       {}
