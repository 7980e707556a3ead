package state

import (
	"errors"
	"io/fs"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

// An fsync costs the same for one record as for fifty, so items that want one at the same time
// share it: while one runs, the next group gathers, and a millisecond longer, which is nothing
// beside the 15 s of a picture. That millisecond saves a third of the fsyncs on an idle disk, and
// a seventh of an item's processor time (BenchmarkThroughput).

// gather is how long a group waits for company when it is its turn.
const gather = time.Millisecond

// A group lets goroutines share calls of do. A call of do sees everything that its sharers did
// before they called share.
type group struct {
	do   func() error
	turn chan struct{} // taken by the leader of the round that runs

	mu   sync.Mutex
	next *round // gathers; nil where none does
}

func newGroup(do func() error) *group { return &group{do: do, turn: make(chan struct{}, 1)} }

// A round is one call of do for all that share it.
type round struct {
	done chan struct{} // closed when err is known
	err  error
}

var errRound = errors.New("the round was broken off")

// share returns after a call of do that began after the call of share. The first of a round
// leads it.
func (g *group) share() error {
	g.mu.Lock()
	r := g.next
	leads := r == nil
	if leads {
		r = &round{done: make(chan struct{}), err: errRound}
		g.next = r
	}
	g.mu.Unlock()
	if leads {
		g.lead(r)
	}
	<-r.done
	return r.err
}

func (g *group) lead(r *round) {
	g.turn <- struct{}{}
	<-time.After(gather)
	defer func() { <-g.turn }()
	defer close(r.done) // also if do panics
	g.mu.Lock()
	g.next = nil
	g.mu.Unlock()
	r.err = g.do()
}

// sharedSyncs is a disk on which goroutines that sync a folder at the same time share one
// fsync. One that failed is not tried again: the kernel reports lost pages once and forgets
// them, so a later success proves nothing.
type sharedSyncs struct {
	durable.Disk

	mu      sync.Mutex
	folders map[string]*group
}

// ShareSyncs returns a disk on which goroutines that sync the same folder at the same time share
// one fsync.
func ShareSyncs(disk durable.Disk) durable.Disk {
	return &sharedSyncs{Disk: disk, folders: map[string]*group{}}
}

func (d *sharedSyncs) SyncDir(name string) error {
	d.mu.Lock()
	g := d.folders[name]
	if g == nil {
		g = newGroup(d.once(name))
		d.folders[name] = g
	}
	d.mu.Unlock()
	return g.share()
}

// once syncs a folder until that fails. A folder that is not there has nothing to lose.
func (d *sharedSyncs) once(name string) func() error {
	var failed error
	return func() error {
		if failed != nil {
			return failed
		}
		err := d.Disk.SyncDir(name)
		if !errors.Is(err, fs.ErrNotExist) {
			failed = err
		}
		return err
	}
}
