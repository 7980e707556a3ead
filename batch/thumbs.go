package batch

import (
	"context"
	"fmt"
	"iter"
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
	// unmade is how many pictures may wait for their thumbnails; Thumbs finds the others.
	unmade = 4096
	// glance is how often the goroutine looks whether the downloads rest.
	glance = 100 * time.Millisecond
)

// Thumbs makes the thumbnails that report.html and results.xlsx show, where they are missing,
// on all processors. It tells how many pictures of those that lack one it has been through.
// Without them the page shows the pictures themselves.
func (b *Batch) Thumbs(ctx context.Context, tell func(made, missing int)) error {
	return output.ThumbMaker{Disk: b.o.Disk, Book: b.HasWorkbook(), Tell: tell}.Make(
		ctx, b.results())
}

// startThumbs begins to make thumbnails of the pictures that the run saves, if they are wanted, while
// it is idle. The function that it returns ends that within the time that one picture takes.
func (b *Batch) startThumbs(ctx context.Context, idle func() bool) (stop func()) {
	if !b.o.Thumbs {
		return func() {}
	}
	t := thumbs{make(chan output.Result, unmade), idle}
	b.counts.saved = t.want
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		maker := output.ThumbMaker{Disk: b.o.Disk, Book: b.HasWorkbook()}
		if err := t.make(ctx, maker); err != nil && ctx.Err() == nil {
			b.o.Log.Warn("no more thumbnails in this run", "cause", err)
		}
	}()
	return func() { cancel(); <-ended }
}

// thumbs are those that a run makes.
type thumbs struct {
	unmade chan output.Result // pictures without a thumbnail
	idle   func() bool        // whether nothing is downloaded or saved
}

func (t thumbs) make(ctx context.Context, maker output.ThumbMaker) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("internal error: %v", p)
		}
	}()
	return maker.Follow(ctx, t.calmly(ctx))
}

// want remembers a saved picture, unless too many wait already.
func (t thumbs) want(rec state.Record) {
	var res output.Result
	describe(&res, rec)
	select {
	case t.unmade <- output.Result{File: res.File, SHA256: res.SHA256}:
	default:
	}
}

// calmly is what was saved in this run, each as soon as the downloads rest.
func (t thumbs) calmly(ctx context.Context) iter.Seq2[output.Result, error] {
	return func(yield func(output.Result, error) bool) {
		for {
			select {
			case <-ctx.Done():
				return
			case res := <-t.unmade:
				for !t.idle() {
					if pace.Sleep(ctx, glance) != nil {
						return
					}
				}
				if !yield(res, nil) {
					return
				}
			}
		}
	}
}
