package term

import (
	"time"

	"github.com/qwenbatch/qwenbatch/batch"
)

// A PlainView prints a line every ten seconds, for logs, and one for each item that failed or is
// held.
type PlainView struct {
	Screen   *Screen
	troubles int
}

// troublesShown is how many failed or held items are printed during a run. The report has all.
const troublesShown = 50

func (*PlainView) interval() time.Duration { return 10 * time.Second }

func (v *PlainView) settled(e batch.Event) { v.troubles = showTrouble(v.Screen, e, v.troubles) }

// showTrouble prints an event of an item that failed or is held, unless troublesShown were printed
// before, and returns the new number of such items.
func showTrouble(s *Screen, e batch.Event, before int) int {
	if e.Phase == "done" {
		return before
	}
	if before < troublesShown {
		s.Say("%s", s.fit(troubleLine(e)))
	} else if before == troublesShown {
		s.Say("more have failed; results.csv has them all")
	}
	return before + 1
}

func (v *PlainView) tick(s ProgressState) { v.Screen.Say("%s", progressLine(s, v.Screen.Rehearsal)) }

func (*PlainView) end(ProgressState) {}

// A SilentView shows nothing.
type SilentView struct{}

func (SilentView) interval() time.Duration { return time.Hour }
func (SilentView) settled(batch.Event)     {}
func (SilentView) tick(ProgressState)      {}
func (SilentView) end(ProgressState)       {}
