package term

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/qwenbatch/qwenbatch/batch"
)

// A barView is one live line on a terminal. Items that failed are printed above it.
type barView struct {
	screen   *Screen
	bars     *mpb.Progress
	bar      *mpb.Bar
	now      atomic.Pointer[ProgressState] // read by the goroutine that draws
	troubles int
}

// NewBarView puts a bar below the lines of a screen, until the Watch ends it. The first state is
// what it shows until the first tick.
func NewBarView(s *Screen, colours bool, first ProgressState) View {
	v := &barView{screen: s}
	v.now.Store(&first)
	v.bars = mpb.New(mpb.WithOutput(s.Stderr), mpb.WithAutoRefresh(),
		mpb.WithRefreshRate(v.interval()))
	v.bar = v.bars.New(int64(first.total), barStyle(colours), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return v.before() })),
		mpb.AppendDecorators(decor.Any(func(d decor.Statistics) string {
			return v.behind(d.AvailableWidth)
		})))
	s.drawAbove(v.bars)
	return v
}

func barStyle(colours bool) mpb.BarStyleComposer {
	style := mpb.BarStyle().Lbound("").Rbound("").Filler("━").Tip("━").Padding("─")
	if !colours {
		return style
	}
	paint := func(code string) func(string) string {
		return func(s string) string { return "\x1b[" + code + "m" + s + "\x1b[0m" }
	}
	return style.FillerMeta(paint("32")).TipMeta(paint("32")).PaddingMeta(paint("2"))
}

// before is the text to the left of the bar.
func (v *barView) before() string {
	s := v.now.Load()
	text := Number(s.Done) + "/" + Number(s.total)
	if v.screen.Rehearsal {
		return RehearsalMark + text
	}
	return text
}

// behind is the text to the right of the bar: as much as fits, the most important first.
func (v *barView) behind(available int) string {
	const shortest = 8 // columns of a bar that is still one
	s := v.now.Load()
	room := available - shortest
	var parts []string
	for _, part := range v.parts(s) {
		if room -= Width(part) + 2; room < 0 {
			break
		}
		parts = append(parts, part)
	}
	return " " + strings.Join(parts, "  ")
}

func (v *barView) parts(s *ProgressState) []string {
	var parts []string
	if s.Failed > 0 {
		parts = append(parts, Number(s.Failed)+" failed")
	}
	if s.Held > 0 {
		parts = append(parts, Number(s.Held)+" held")
	}
	for _, r := range s.Refused {
		parts = append(parts, "refused since "+ClockText(r.Since))
	}
	pace := paceTexts(*s, v.screen.Rehearsal)
	return append(append(parts, Number(s.Open)+" open"+UnfetchedText(s.Unfetched)), pace...)
}

func (*barView) interval() time.Duration { return 200 * time.Millisecond }

func (v *barView) settled(e batch.Event) { v.troubles = showTrouble(v.screen, e, v.troubles) }

func (v *barView) tick(s ProgressState) {
	v.now.Store(&s)
	v.bar.SetCurrent(int64(s.Done + s.Failed + s.Held))
}

// end removes the bar. Lines go to stderr directly from then on, since the writer of a bar accepts
// nothing after Wait.
func (v *barView) end(ProgressState) {
	v.bar.Abort(true)
	v.bars.Wait()
	v.screen.drawAbove(nil)
}
