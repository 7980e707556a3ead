package cli

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/qwenbatch/qwenbatch/batch"
)

// A barView is one live line on a terminal; items that failed are printed above it.
type barView struct {
	screen   *screen
	bars     *mpb.Progress
	bar      *mpb.Bar
	now      atomic.Pointer[progressState] // read by the goroutine that draws
	troubles int
}

func newBarView(s *screen, colours bool, first progressState) *barView {
	v := &barView{screen: s}
	v.now.Store(&first)
	v.bars = mpb.New(mpb.WithOutput(s.stderr), mpb.WithAutoRefresh(), mpb.WithRefreshRate(200*time.Millisecond))
	v.bar = v.bars.New(int64(first.total), barStyle(colours), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return v.before() })),
		mpb.AppendDecorators(decor.Any(func(d decor.Statistics) string { return v.behind(d.AvailableWidth) })))
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

// before stands left of the bar.
func (v *barView) before() string {
	s := v.now.Load()
	text := number(s.Done) + "/" + number(s.total)
	if v.screen.rehearsal {
		return rehearsalMark + text
	}
	return text
}

// behind stands right of the bar: as much as fits, the most wanted first.
func (v *barView) behind(available int) string {
	const shortest = 8 // columns of a bar that is still one
	s := v.now.Load()
	room := available - shortest
	var parts []string
	for _, part := range v.parts(s) {
		if room -= width(part) + 2; room < 0 {
			break
		}
		parts = append(parts, part)
	}
	return " " + strings.Join(parts, "  ")
}

func (v *barView) parts(s *progressState) []string {
	var parts []string
	if s.Failed > 0 {
		parts = append(parts, number(s.Failed)+" failed")
	}
	if s.Held > 0 {
		parts = append(parts, number(s.Held)+" held")
	}
	for _, r := range s.Refused {
		parts = append(parts, "refused since "+clockText(r.Since))
	}
	pace := paceTexts(*s, v.screen.rehearsal)
	return append(append(parts, number(s.Open)+" open"+unfetchedText(s.Unfetched)), pace...)
}

func (*barView) interval() time.Duration { return 200 * time.Millisecond }

func (v *barView) settled(e batch.Event) { v.troubles = showTrouble(v.screen, e, v.troubles) }

func (v *barView) tick(s progressState) {
	v.now.Store(&s)
	v.bar.SetCurrent(int64(s.Done + s.Failed + s.Held))
}

// end takes the bar away; the summary says the rest. After Wait the bar's writer takes nothing any more.
func (v *barView) end(progressState) {
	v.bar.Abort(true)
	v.bars.Wait()
	v.screen.drawAbove(nil)
}
