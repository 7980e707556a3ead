package cli

import (
	"context"
	"io"
	"time"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/output"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

const (
	// pageEvery is how often report.html is written during a run, at most.
	pageEvery = 30 * time.Second

	// pageShare is how many times as long as it took to write the page the next one waits, so
	// that no more than a hundredth of a processor is spent on it.
	pageShare = 100

	// mostLiveItems is how many a page shows. Above that a second reading of the batch would
	// take too much memory, and a page is written at the end only.
	mostLiveItems = 50000
)

// A livePage writes report.html while a run goes on. It reads the batch as another process does,
// from its state file, so that no picture waits for it.
type livePage struct {
	options  batch.Options // of the run
	disk     durable.Disk
	progress func() batch.Progress
	left     func() (time.Duration, bool)
	items    int
}

// startPage writes the page from the first picture on. The function that it returns ends that.
func (j *job) startPage(ctx context.Context, o batch.Options) (stop func()) {
	l := &livePage{options: o, disk: j.disk, progress: j.batch.Progress, left: j.watch.Left,
		items: j.plan.Items}
	if l.items > mostLiveItems {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.keep(ctx)
	}()
	return func() { cancel(); <-ended }
}

// keep writes the page from the first picture on. What goes wrong is left to the next time, and
// to the end of the run.
func (l *livePage) keep(ctx context.Context) {
	for l.progress().Saved == 0 {
		if pause(ctx, time.Second) != nil {
			return
		}
	}
	nowAndThen(ctx, func(next time.Duration) {
		if err := l.write(ctx, next); err != nil && ctx.Err() == nil {
			l.options.Log.Debug("report.html was not written while the run goes on", "cause", err)
		}
	})
}

// nowAndThen calls write, with the time until the next call as far as it is known, until the
// context ends.
func nowAndThen(ctx context.Context, write func(next time.Duration)) {
	next := pageEvery
	for ctx.Err() == nil {
		start := time.Now()
		write(next)
		next = max(pageEvery, pageShare*time.Since(start))
		pause(ctx, next)
	}
}

// write writes the page as it stands now.
func (l *livePage) write(ctx context.Context, next time.Duration) error {
	o := l.options
	o.Disk, o.Client, o.Cache, o.Log, o.Tell = readOnlyDisk{l.disk, false}, nil, nil, nil, nil
	o.Redo, o.Restored, o.Hasty = nil, false, false
	b, err := batch.Open(o)
	if err != nil {
		return err
	}
	defer b.Close()
	now, p := time.Now(), l.progress()
	running := output.Running{Done: p.Done + p.Failed + p.Held, Items: l.items, Written: now,
		Next: now.Add(next)}
	if left, known := l.left(); known {
		running.Ends = now.Add(left)
	}
	return durable.Replace(l.disk, "report.html", func(w io.Writer) error {
		return b.View().WritePage(ctx, w, running)
	})
}
