package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
)

// An estimate is what a run is about to do: its items, cost and duration.
type estimate struct {
	manifest, folder string
	rehearsal        bool
	speed            float64
	items, done      int
	open             int // at the service from an earlier run, or in doubt
	requests         int
	pictures         int
	cost             client.Money
	about            bool // the cost is an estimate, since --limit cuts a batch of several prices
	unpriced         bool
	budget           client.Money  // that will stop it before that cost; 0 where it will not
	duration         time.Duration // in the service's time
}

// newEstimate takes the estimate from a plan, reduced to what --limit lets through.
func newEstimate(p batch.Plan, limit int) estimate {
	o := estimate{items: p.Items - p.Skipped, done: p.Done, open: p.Open + p.Doubt,
		pictures: p.Pictures, cost: p.Cost,
		unpriced: p.Unpriced, duration: p.Duration}
	for _, m := range p.Models {
		o.requests += m.Requests
	}
	if limit > 0 && limit < o.requests {
		part := func(n int) int { return (n*limit + o.requests - 1) / o.requests }
		o.pictures = part(o.pictures)
		o.about = len(p.Models) > 1 || o.pictures != limit
		o.cost = client.Money(int64(o.cost) * int64(limit) / int64(o.requests))
		o.duration = time.Duration(float64(o.duration) * float64(limit) / float64(o.requests))
		o.requests = limit
	}
	return o
}

// String is the line that is printed before the first submission.
func (o estimate) String() string {
	var b strings.Builder
	if o.done > 0 {
		fmt.Fprintf(&b, "%s of %s done; ", term.Number(o.done), term.Number(o.items))
	}
	if o.open > 0 {
		fmt.Fprintf(&b, "%s to collect; ", term.Number(o.open))
	}
	if o.pictures == 0 {
		b.WriteString("nothing new to pay")
		return b.String()
	}
	fmt.Fprintf(&b, "%s to make, %s, ", term.Amount(o.pictures, "picture"), o.costText())
	if o.rehearsal {
		fmt.Fprintf(&b, "%s in life, %s here", term.Span(o.duration), term.Span(o.wallTime()))
	} else {
		fmt.Fprintf(&b, "about %s", term.Span(o.duration))
	}
	if o.budget > 0 {
		fmt.Fprintf(&b, "; --budget stops at %s, earlier runs included", term.Yuan(o.budget))
	}
	return b.String()
}

// wallTime is how long the run takes here, where a rehearsal is faster than the service.
func (o estimate) wallTime() time.Duration {
	if o.rehearsal && o.speed > 0 {
		return time.Duration(float64(o.duration) / o.speed)
	}
	return o.duration
}

// pictureTime is how long the service works on a picture, or a little more (about 15 s: the user's
// document, 2025-09).
const pictureTime = 20 * time.Second

// quiet is how long the plan expects that no item is sent or ends.
func (o estimate) quiet() time.Duration {
	quiet := max(pictureTime, o.duration/time.Duration(max(1, o.requests)))
	if o.rehearsal && o.speed > 0 {
		return time.Duration(float64(quiet) / o.speed)
	}
	return quiet
}

func (o estimate) costText() string {
	text := term.Yuan(o.cost)
	switch {
	case o.unpriced && o.cost == 0:
		return "price not known"
	case o.unpriced:
		text = "more than " + text
	case o.about:
		text = "about " + text
	}
	return text
}

// confirmAbove is the cost above which a run on a terminal asks first.
const confirmAbove = 10_000_000 // ¥10

// confirm asks once. Only a yes goes on; a signal ends the question.
func (p *program) confirm(ctx context.Context) error {
	fmt.Fprintf(p.stderr, "Make and pay them? [y/N] ")
	answer := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(p.stdin).ReadString('\n')
		answer <- strings.ToLower(strings.TrimSpace(text))
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(p.stderr)
		return context.Cause(ctx)
	case a := <-answer:
		if a == "y" || a == "yes" || a == "是" {
			return nil
		}
	}
	return &mistake{text: "not confirmed; nothing was sent", hint: "--yes answers beforehand"}
}

// record is the estimate as --progress json tells it.
func (o estimate) record() term.StartRecord {
	return term.StartRecord{Type: "start", Time: time.Now().UTC(), Manifest: o.manifest,
		Folder:    o.folder,
		Rehearsal: o.rehearsal, Items: o.items, Done: o.done, Pictures: o.pictures,
		Cost: o.cost.String(), Seconds: o.duration.Seconds()}
}
