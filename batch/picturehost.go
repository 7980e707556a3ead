package batch

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/client"
)

// The pictures of all tasks lie on one host, whatever their model. It may be closed to this
// machine while the API is not: a firewall, a proxy that denies it, a resolver that sends its
// name elsewhere. So a picture that nobody can fetch says something of those that are bought
// next, and until one comes again nothing is bought. What is paid for stays open for as long as
// the service keeps its task: the next run goes on by itself.

const (
	// refusedTasks is how many tasks' pictures are tried in vain, none having come since,
	// before the host counts as refusing. What did not come while another did says nothing of
	// the host any more.
	refusedTasks = 3
	// pictureless is how long a run waits for a picture once nothing runs at the service any more.
	pictureless = 10 * time.Minute
)

// A pictureHost is what is known of the host of the pictures. It belongs to a backlog and its
// lock.
type pictureHost struct {
	name    string
	cause   error           // why the last picture did not come
	failing map[string]bool // tasks whose pictures were tried in vain since the last one came
	suspect bool            // an earlier run has ended so, and none has come since
	probes  int             // in vain, in a row
	next    time.Time       // ours: no probe before
	came    int             // pictures, in this run
	last    time.Time       // ours: when the last came; zero before the first
	// the service's: since when neither a picture has come nor a task has ended
	quiet time.Time
}

// refuses reports whether nobody can fetch anything.
func (h *pictureHost) refuses() bool { return h.suspect || len(h.failing) >= refusedTasks }

// away reports whether it is the host that keeps pictures back, and not their own fate: the
// store's answer about one or two speaks of these alone.
func (h *pictureHost) away() bool {
	return h.refuses() || h.came == 0 && !errors.Is(h.cause, client.ErrGone)
}

// suspect says that an earlier run could not fetch pictures: one is tried before all others,
// and before anything is bought.
func (b *backlog) suspect() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.host.suspect = b.host.came == 0
}

// unsuspect drops what an earlier run has said of the host where none of its pictures is left
// to be tried.
func (r *run) unsuspect() bool {
	b := r.backlog
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.host.cause != nil || len(b.all) > 0 || r.flight.running.Load() > 0 {
		return false
	}
	b.host.suspect = false
	b.letGo()
	return true
}

// letGo wakes all who wait until pictures can be fetched; b.mu is held.
func (b *backlog) letGo() {
	if b.moved != nil {
		close(b.moved)
		b.moved = nil
	}
}

// came notes a picture: the host is there for all.
func (b *backlog) came() (again bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := &b.host
	again = h.refuses()
	clear(h.failing)
	for p := range b.all {
		p.alone = p.tries > 0
	}
	h.suspect = false
	h.probes, h.came = 0, h.came+1
	h.last, h.quiet = time.Now(), b.clock.Now()
	b.letGo()
	b.serve()
	return again
}

// failed notes that a picture was tried in vain, and gives its turn up for a while: it must not
// keep others from being fetched. Refuses is true for the one that makes the host count as
// refusing.
func (b *backlog) failed(p *berth, rawURL string, cause error) (refuses bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := &b.host
	h.name, h.cause = hostOf(rawURL), cause
	if h.failing == nil {
		h.failing = map[string]bool{}
	}
	refuses = !h.refuses()
	if !p.alone {
		h.failing[p.task] = true
	}
	refuses = refuses && h.refuses()
	if p.tries++; p.probe || refuses {
		h.next = time.Now().Add(b.clock.Local(pace.Backoff(h.probes)))
		h.probes++
	}
	b.yield(p)
	b.serve()
	return refuses
}

// hostOf is the host of a picture, without the signed query.
func hostOf(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// A PictureHostError ends a run that nobody could fetch pictures for. What they cost is paid;
// the same command fetches them.
type PictureHostError struct {
	Host  string
	Cause error // it names the host, too
	// Waiting is how many paid pictures wait, at least until Until.
	Waiting int
	Until   time.Time
}

func (e *PictureHostError) Error() string {
	if e.Waiting == 0 {
		return fmt.Sprintf("no picture could be fetched: %v", e.Cause)
	}
	wait := "paid pictures wait"
	if e.Waiting == 1 {
		wait = "paid picture waits"
	}
	return fmt.Sprintf("no picture can be fetched: %v; %d %s there until %s", e.Cause, e.Waiting,
		wait, e.Until.Local().Format("2006-01-02 15:04"))
}

// Unwrap returns the reason.
func (e *PictureHostError) Unwrap() error { return e.Cause }

// inFlight counts what the items of a run are doing.
type inFlight struct {
	items atomic.Int64 // goroutines that take one as far as it comes
	// of them, those that wait for the answer to a submission, or for a task to end
	running   atomic.Int64
	doubting  atomic.Int64 // those whose submission is in doubt
	barred    atomic.Int64 // those that wait until pictures can be fetched again, to be sent
	producing atomic.Int64 // models whose items are not all begun
}

// during counts one more while do runs.
func during(n *atomic.Int64, do func() error) error {
	n.Add(1)
	defer n.Add(-1)
	return do()
}

// unbarred waits while pictures cannot be fetched, so that none is bought that may be lost. It
// returns errLeave where the run ends without them.
func (r *run) unbarred(ctx context.Context) error {
	for {
		moved := r.backlog.bars(r.clock.Now())
		if moved == nil {
			return nil
		}
		err := during(&r.flight.barred, func() error { return r.anyOf(ctx, time.Minute, moved) })
		if err != nil {
			return err
		}
		if r.backlog.empty() && !r.unsuspect() {
			r.endWithout(r.clock.Now())
		}
	}
}

// why says why nobody can fetch anything; "" where that is not so, or not known yet.
func (b *backlog) why() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.host.refuses() || b.host.cause == nil {
		return ""
	}
	return b.host.cause.Error()
}

// empty reports whether no picture waits.
func (b *backlog) empty() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.all) == 0
}

// alone reports whether a picture that the store does not have is the only one that does not come.
func (b *backlog) alone(cause error) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.host.came > 0 && !b.host.refuses() && errors.Is(cause, client.ErrGone)
}

// anyOf waits for a duration of the service's time, or until moved is closed; errLeave where
// the run ends without pictures.
func (r *run) anyOf(ctx context.Context, d time.Duration, moved <-chan struct{}) error {
	timer := time.NewTimer(r.clock.Local(d))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-r.backlog.over:
		return errLeave
	case <-moved:
	case <-timer.C:
	}
	return nil
}

// bars returns what is closed when a picture comes, where nothing is to be bought until then;
// else nil.
func (b *backlog) bars(now time.Time) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.host.refuses() && !b.tight(now) {
		return nil
	}
	if b.moved == nil {
		b.moved = make(chan struct{})
	}
	return b.moved
}

// endWithout ends the run where all that is left are pictures that cannot be fetched: for as
// long as it waits for them, nothing else has happened. It is called by one whose turn has just
// been in vain while the API answers, so that a network that is away altogether ends nothing.
func (r *run) endWithout(now time.Time) {
	barred := r.backlog.bars(now) != nil
	f := &r.flight
	if f.running.Load() > 0 {
		return
	}
	b := r.backlog
	b.mu.Lock()
	defer b.mu.Unlock()
	left := int64(len(b.all)) + f.doubting.Load()
	if !barred && (f.producing.Load() > 0 || f.items.Load() > left) {
		return
	}
	if b.free < parallelDownloads || now.Sub(b.host.quiet) < b.patience() || b.isOver() {
		return
	}
	if barred || b.host.away() {
		r.stops.Halt("", b.waitingAt())
	}
	close(b.over)
}

// patience is how long to wait for a picture. What has no task can only be fetched by this run;
// b.mu is held.
func (b *backlog) patience() time.Duration {
	if b.host.refuses() {
		for p := range b.all {
			if p.untasked {
				return keptFor
			}
		}
	}
	return pictureless
}

// isOver reports whether the run has ended without its pictures.
func (b *backlog) isOver() bool {
	select {
	case <-b.over:
		return true
	default:
		return false
	}
}

// waitingAt is why nobody can fetch what is left; b.mu is held.
func (b *backlog) waitingAt() *PictureHostError {
	e := &PictureHostError{Host: b.host.name, Cause: b.host.cause}
	for p := range b.all {
		e.Waiting += p.pictures
		e.Until = pace.Sooner(e.Until, p.deadline)
	}
	return e
}
