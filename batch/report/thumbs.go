package report

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/output"
)

// A page of thumbnails loads at once where one of full pictures takes minutes. They are made
// where nobody waits for them: by one goroutine, one picture at a time, and only while no
// picture is downloaded or saved. An async batch has plenty of such time, since it waits for
// the service. What is not made when the run ends, for want of time or whatever goes wrong
// here, is left to Thumbs; nothing of it concerns the items, and none of it is in the state
// file.

const (
	// maxWaiting is how many pictures may wait for their thumbnails; Thumbs finds the others.
	maxWaiting = 4096
	// glance is how often the goroutine looks whether the downloads rest.
	glance = 100 * time.Millisecond
)

// Thumbs makes the thumbnails that report.html and results.xlsx show, where they are missing,
// on all processors. It tells how many pictures of those that lack one it has been through.
// Without them the page shows the pictures themselves.
func (v View) Thumbs(ctx context.Context, tell func(made, missing int)) error {
	return output.ThumbMaker{Disk: v.Disk, Book: v.HasWorkbook(), Tell: tell}.Make(ctx, v.saved())
}

// saved yields a row for each item of the manifest, of which it knows the pictures alone: that
// takes the state file, and not the manifest.
func (v View) saved() results {
	return func(yield func(output.Result, error) bool) {
		records := state.NewReader(v.State)
		for i, m := range v.Matches {
			var r output.Result
			var err error
			if m.Entry >= 0 && v.State.Entry(int(m.Entry)).Pictures > 0 {
				var rec state.Record
				var told bool
				if rec, told, err = v.record(records, v.Skipped[i], m); told {
					r = picturesOf(rec)
				}
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// picturesOf returns a row that knows the pictures alone.
func picturesOf(rec state.Record) output.Result {
	var r output.Result
	describe(&r, rec)
	return output.Result{File: r.File, SHA256: r.SHA256}
}

// A Thumbnailer makes the thumbnails of pictures while a run saves them. The zero Thumbnailer
// makes none. Its methods may be called from several goroutines.
type Thumbnailer struct {
	waiting chan output.Result // nil makes none
	stop    context.CancelFunc
	ended   chan struct{}
}

// StartThumbs begins to make thumbnails, each while resting returns true.
func (v View) StartThumbs(ctx context.Context, resting func() bool) Thumbnailer {
	t := Thumbnailer{waiting: make(chan output.Result, maxWaiting), ended: make(chan struct{})}
	ctx, t.stop = context.WithCancel(ctx)
	maker := output.ThumbMaker{Disk: v.Disk, Book: v.HasWorkbook()}
	go t.follow(ctx, maker, resting, v.Log)
	return t
}

// Stop ends the making of thumbnails within the time that one picture takes.
func (t Thumbnailer) Stop() {
	if t.waiting != nil {
		t.stop()
		<-t.ended
	}
}

// Add remembers a saved picture, unless too many wait already.
func (t Thumbnailer) Add(rec state.Record) {
	if t.waiting == nil {
		return
	}
	select {
	case t.waiting <- picturesOf(rec):
	default:
	}
}

func (t Thumbnailer) follow(ctx context.Context, maker output.ThumbMaker, resting func() bool,
	log *slog.Logger) {
	defer close(t.ended)
	var err error
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("internal error: %v", p)
		}
		if err != nil && ctx.Err() == nil {
			log.Warn("no more thumbnails in this run", "cause", err)
		}
	}()
	err = maker.Follow(ctx, t.calmly(ctx, resting))
}

// calmly yields what was saved in this run, each as soon as the downloads rest.
func (t Thumbnailer) calmly(ctx context.Context, resting func() bool) iter.Seq2[output.Result,
	error] {
	return func(yield func(output.Result, error) bool) {
		for {
			select {
			case <-ctx.Done():
				return
			case r := <-t.waiting:
				for !resting() {
					if pace.Sleep(ctx, glance) != nil {
						return
					}
				}
				if !yield(r, nil) {
					return
				}
			}
		}
	}
}
