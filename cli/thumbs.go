package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/qwenbatch/qwenbatch/cli/term"
)

// makeThumbs makes the thumbnails that the reports show, where they are missing. A signal stops
// it; what is made stays.
func (l *savedBatch) makeThumbs(p *program, ctx context.Context) error {
	ctx, forget := untilSignal(ctx, func(stopSignal) {})
	defer forget()
	bar := &term.WorkBar{What: "thumbnails", Stderr: p.stderr, Colours: p.colours()}
	made, missing := 0, 0
	err := l.batch.View().Thumbs(ctx, func(n, of int) {
		made, missing = n, of
		bar.Tell(n, of)
	})
	bar.End()
	if stop := (stopSignal{}); errors.As(err, &stop) {
		fmt.Fprintf(p.stderr, "qwenbatch: %s: %s of %s are made and stay; the same command makes "+
			"the others\n", stop.Error(), term.Number(made), term.Amount(missing, "thumbnail"))
	}
	return err
}
