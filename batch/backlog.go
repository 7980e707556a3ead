package batch

import (
	"context"
	"slices"
	"sync"
	"time"
)

// A backlog is the tasks that have ended and whose pictures are not saved yet. The service keeps them for a day (the user's
// document, 2025-09), so whoever expires first is served first, and nothing more is submitted while what waits may not be
// fetched in time.
type backlog struct {
	mu      sync.Mutex
	free    int             // downloads that may start
	waiting []*berth        // in the order of their deadlines
	busy    map[*berth]bool // whose downloads have begun, also those that rest
	mean    time.Duration   // how long a picture takes, of our time; 0 before the first
	spares  [][]byte        // arrays of pictures that are saved, for the next: they are most of what a run throws away
}

// A berth is one task's place in the backlog.
type berth struct {
	deadline time.Time // the service's clock
	since    time.Time // ours: when its download began
	turn     bool      // it may download
	spare    []byte    // an array for its picture, as long as it has the turn
	ready    chan struct{}
}

// enter waits for a turn to download.
func (b *backlog) enter(ctx context.Context, deadline time.Time) (*berth, error) {
	p := &berth{deadline: deadline}
	return p, b.wait(ctx, p)
}

// wait waits for a turn, also for the next one of a download that has rested.
func (b *backlog) wait(ctx context.Context, p *berth) error {
	p.ready = make(chan struct{})
	b.mu.Lock()
	i, _ := slices.BinarySearchFunc(b.waiting, p, func(x, y *berth) int { return x.deadline.Compare(y.deadline) })
	b.waiting = slices.Insert(b.waiting, i, p)
	b.serve()
	b.mu.Unlock()
	select {
	case <-p.ready:
		return nil
	case <-ctx.Done():
		b.leave(p, false)
		return ctx.Err()
	}
}

// rest gives a turn up for a while: a picture that cannot be had must not keep others from being fetched.
func (b *backlog) rest(p *berth) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.yield(p)
	b.serve()
}

// mostSpare is the largest array that is kept: most pictures have 1 to 3 MB.
const mostSpare = 4 << 20

// yield takes the turn, and the array that came with it; b.mu is held.
func (b *backlog) yield(p *berth) {
	if cap(p.spare) <= mostSpare {
		b.spares = append(b.spares, p.spare)
	}
	p.turn, p.spare = false, nil
	b.free++
}

// serve starts downloads while there is room; b.mu is held.
func (b *backlog) serve() {
	for b.free > 0 && len(b.waiting) > 0 {
		p := b.waiting[0]
		b.waiting = b.waiting[1:]
		b.free--
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

// leave gives a turn back; saved tells how long such a download takes.
func (b *backlog) leave(p *berth, saved bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
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

// tight reports whether what waits may not be fetched in time: the time that it takes is more than half of what is left to
// the first deadline. A download that hangs counts for as long as it has hung. Speed is that of the service's clock.
func (b *backlog) tight(now time.Time, speed float64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	took, pending := b.mean, len(b.busy)
	var first time.Time
	for p := range b.busy {
		took, first = max(took, time.Since(p.since)), sooner(first, p.deadline)
	}
	for _, p := range b.waiting {
		if !b.busy[p] {
			first, pending = sooner(first, p.deadline), pending+1
		}
	}
	if pending == 0 {
		return false
	}
	rounds := (pending + parallelDownloads - 1) / parallelDownloads
	need := time.Duration(float64(took) * float64(rounds) * speed)
	return need > first.Sub(now)/2
}

// sooner is the earlier of two moments, of which the first may be none.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
