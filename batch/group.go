package batch

import (
	"errors"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/output"
)

// An fsync costs the same for one record as for fifty, so items that want one at the same time share it. While one runs,
// the next group gathers. Where items come in company, a group waits for as long again as the last fsync took, at most
// gatherLimit: that halves the fsyncs of a fast batch and is lost on nobody who waits for a picture for 15 s. An item
// that comes alone does not wait.

// gatherLimit is how long a group gathers at most.
const gatherLimit = 5 * time.Millisecond

// A group lets goroutines share what do does. What any of them did before it called share, do sees.
type group struct {
	do func() error

	mu   sync.Mutex
	next *round // gathers; nil where none does

	turn chan struct{} // taken by the leader of the round that runs
	took time.Duration // by the last round, 0 where it had one member; the leader's
}

func newGroup(do func() error) *group { return &group{do: do, turn: make(chan struct{}, 1)} }

// A round is a group's members that share one call of do.
type round struct {
	members int
	done    chan struct{} // closed when err is known
	err     error
}

var errRound = errors.New("the round was broken off")

// share returns after a call of do that began after the call of share. The first of a round leads it.
func (g *group) share() error {
	g.mu.Lock()
	r := g.next
	leads := r == nil
	if leads {
		r = &round{done: make(chan struct{}), err: errRound}
		g.next = r
	}
	r.members++
	g.mu.Unlock()
	if leads {
		g.lead(r)
	}
	<-r.done
	return r.err
}

func (g *group) lead(r *round) {
	g.turn <- struct{}{}
	defer func() { <-g.turn }()
	defer close(r.done) // also if do panics
	if g.took > 0 {
		<-time.After(min(g.took, gatherLimit)) // too short to be worth a context
	}
	g.mu.Lock()
	g.next = nil
	members := r.members
	g.mu.Unlock()
	start := time.Now()
	r.err = g.do()
	g.took = 0
	if members > 1 {
		g.took = time.Since(start)
	}
}

// sharedSyncs is a disk on which goroutines that sync a folder at the same time share one fsync.
type sharedSyncs struct {
	output.Disk

	mu      sync.Mutex
	folders map[string]*group
}

func (d *sharedSyncs) SyncDir(name string) error {
	d.mu.Lock()
	g := d.folders[name]
	if g == nil {
		g = newGroup(func() error { return d.Disk.SyncDir(name) })
		d.folders[name] = g
	}
	d.mu.Unlock()
	return g.share()
}
