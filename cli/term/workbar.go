package term

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// A WorkBar shows how far some work on this machine is, and how much longer it takes: as a bar
// on a terminal, elsewhere as a line every ten seconds. Work that ends within a second shows
// nothing. It is safe for concurrent use.
type WorkBar struct {
	What    string // "thumbnails"
	Stderr  io.Writer
	Colours bool

	mu       sync.Mutex
	forecast forecast
	printed  time.Time
	bars     *mpb.Progress
	bar      *mpb.Bar

	text atomic.Pointer[string] // behind the bar; read by the goroutine that draws
}

// Tell says that so many of all are done.
func (b *WorkBar) Tell(done, all int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if done == 0 {
		b.forecast, b.printed = forecast{start: now, work: all}, now
		return
	}
	b.forecast.see(now, done, done)
	text := b.What + ": " + Number(done) + "/" + Number(all)
	if left, known := b.forecast.left(now); known && left > time.Second {
		text += ", " + Span(left) + " left"
	}
	b.text.Store(&text)
	switch terminal := IsTerminal(b.Stderr); {
	case now.Sub(b.forecast.start) < time.Second:
	case terminal && b.bars == nil:
		b.draw(all)
		fallthrough
	case terminal:
		b.bar.SetCurrent(int64(done))
	case now.Sub(b.printed) >= 10*time.Second:
		b.printed = now
		fmt.Fprintln(b.Stderr, text)
	}
}

func (b *WorkBar) draw(all int) {
	b.bars = mpb.New(mpb.WithOutput(b.Stderr), mpb.WithAutoRefresh(),
		mpb.WithRefreshRate(200*time.Millisecond))
	b.bar = b.bars.New(int64(all), barStyle(b.Colours), mpb.BarRemoveOnComplete(),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
			return " " + *b.text.Load()
		})))
}

// End removes the bar.
func (b *WorkBar) End() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bars != nil {
		b.bar.Abort(true)
		b.bars.Wait()
		b.bars = nil
	}
}
