package batch

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
)

// A backlog is the tasks that have ended and whose pictures are not saved yet. The service
// keeps them for a day (the user's document, 2025-09), so whoever expires first is served
// first, and nothing more is submitted while what waits may not be fetched in time.
type backlog struct {
	mu      sync.Mutex
	free    int             // downloads that may start
	waiting []*berth        // in the order of their deadlines
	all     map[*berth]bool // that wait, download or rest
	busy    map[*berth]bool // whose downloads have begun, also those that rest
	mean    time.Duration   // how long a picture takes, of our time; 0 before the first
	// arrays of pictures that are saved, for the next: they are most of what a run throws away
	spares [][]byte
	host   pictureHost
	alarm  bool // set for the next probe
	clock  *pace.Clock
	moved  chan struct{} // closed when a picture has come; nil while nobody waits for one
	over   chan struct{} // closed when this run waits no longer for what cannot be fetched
}

func newBacklog(c *pace.Clock) *backlog {
	return &backlog{free: parallelDownloads, all: map[*berth]bool{}, busy: map[*berth]bool{},
		clock: c, over: make(chan struct{})}
}

// A berth is one task's place in the backlog.
type berth struct {
	task     string    // or the key of an item that has none
	untasked bool      // it has none
	pictures int       // that it waits for
	deadline time.Time // the service's clock
	since    time.Time // ours: when its download began
	turn     bool      // it may download
	probe    bool      // it does so to find out whether the host gives pictures out again
	tries    int       // in vain
	alone    bool      // others have come since the first of them
	spare    []byte    // an array for its picture, as long as it has the turn
	ready    chan struct{}
}

// enter waits for a turn to download.
func (b *backlog) enter(ctx context.Context, p *berth) error {
	b.mu.Lock()
	b.all[p], b.host.quiet = true, b.clock.Now()
	b.mu.Unlock()
	return b.wait(ctx, p)
}

// wait waits for a turn, also for the next one of a download that has rested.
func (b *backlog) wait(ctx context.Context, p *berth) error {
	p.ready = make(chan struct{})
	b.mu.Lock()
	i, _ := slices.BinarySearchFunc(b.waiting, p,
		func(x, y *berth) int { return x.deadline.Compare(y.deadline) })
	b.waiting = slices.Insert(b.waiting, i, p)
	b.serve()
	served := p.turn // also where the run waits for others no longer
	b.mu.Unlock()
	if served {
		return nil
	}
	select {
	case <-p.ready:
		return nil
	case <-ctx.Done():
		b.leave(p, false)
		return ctx.Err()
	case <-b.over:
		b.leave(p, false)
		return errLeave
	}
}

// mostSpare is the largest array that is kept: most pictures have 1 to 3 MB.
const mostSpare = 4 << 20

// yield takes the turn, and the array that came with it; b.mu is held.
func (b *backlog) yield(p *berth) {
	if cap(p.spare) <= mostSpare {
		b.spares = append(b.spares, p.spare)
	}
	p.turn, p.spare, p.probe = false, nil, false
	b.free++
}

// serve starts downloads while there is room; b.mu is held.
func (b *backlog) serve() {
	for len(b.waiting) > 0 && b.mayServe() {
		i := b.first()
		p := b.waiting[i]
		b.waiting = slices.Delete(b.waiting, i, i+1)
		b.free--
		p.probe = b.host.refuses()
		if !b.busy[p] {
			b.busy[p], p.since = true, time.Now()
		}
		p.turn = true
		if last := len(b.spares) - 1; last >= 0 {
			p.spare, b.spares = b.spares[last], b.spares[:last]
		}
		close(p.ready)
	}
}

// mayServe reports whether another download may start. While the host refuses, one at a time
// does, after a pause; b.mu is held.
func (b *backlog) mayServe() bool {
	if !b.host.refuses() {
		return b.free > 0
	}
	if b.free < parallelDownloads {
		return false
	}
	pause := time.Until(b.host.next)
	if pause > 0 && !b.alarm {
		b.alarm = true
		time.AfterFunc(pause, func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.alarm = false
			b.serve()
		})
	}
	return pause <= 0
}

// first is whose turn is next: whoever expires first. While the host refuses it is whoever was
// tried least, since a picture that is gone for good says nothing of the others; b.mu is held.
func (b *backlog) first() int {
	best := 0
	if b.host.refuses() {
		for i, p := range b.waiting {
			if p.tries < b.waiting[best].tries {
				best = i
			}
		}
	}
	return best
}

// leave gives a turn back; saved tells how long such a download takes.
func (b *backlog) leave(p *berth, saved bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.all, p)
	delete(b.busy, p)
	if !p.turn {
		b.waiting = slices.DeleteFunc(b.waiting, func(x *berth) bool { return x == p })
		return
	}
	b.yield(p)
	if took := time.Since(p.since); saved && b.mean == 0 {
		b.mean = took
	} else if saved {
		b.mean += (took - b.mean) / 8
	}
	b.serve()
}

// resting reports whether nothing is being downloaded or saved.
func (b *backlog) resting() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.free == parallelDownloads
}

// tight reports whether what waits may not be fetched in time: the time that it takes is more
// than half of what is left to the first deadline. A download that hangs counts for as long as
// it has hung, but not longer than no picture has come: one that is gone must not stop the
// others. b.mu is held.
func (b *backlog) tight(now time.Time) bool {
	took, pending := b.mean, len(b.all)
	var first time.Time
	for p := range b.all {
		if !p.deadline.After(now) {
			pending-- // no haste makes it come in time
			continue
		}
		first = pace.Sooner(first, p.deadline)
		if b.busy[p] {
			took = max(took, time.Since(pace.Later(p.since, b.host.last)))
		}
	}
	if pending == 0 {
		return false
	}
	rounds := (pending + parallelDownloads - 1) / parallelDownloads
	need := b.clock.Remote(took) * time.Duration(rounds)
	return need > first.Sub(now)/2
}
