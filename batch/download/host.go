package download

import (
	"errors"
	"net/url"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/client"
)

// maxFailing is how many tasks' pictures are tried in vain, none having arrived since, before
// the host counts as refusing.
const maxFailing = 3

// A host is what a queue knows of the host of the pictures: the state of its circuit breaker.
// The queue's mutex guards it.
type host struct {
	name      string          // without the signed query of a URL
	cause     error           // of the last failure; nil before the first
	failing   map[string]bool // tasks that have failed since the last arrival
	suspect   bool            // an earlier run found it refusing, and none has arrived since
	probes    int             // failed probes in a row
	nextProbe time.Time       // local: no probe goes before

	arrivals    int       // in this run
	lastArrival time.Time // local; zero before the first
	lastEvent   time.Time // by the service's clock: when a picture last arrived or a task entered
}

// refuses reports whether the host gives no pictures out.
func (h *host) refuses() bool { return h.suspect || len(h.failing) >= maxFailing }

// away reports whether the host is to blame for pictures that do not come. Where others have
// come, or it answers that it does not have a picture, that concerns the picture alone.
func (h *host) away() bool {
	return h.refuses() || h.arrivals == 0 && !errors.Is(h.cause, client.ErrGone)
}

// Suspect makes the host count as refusing because an earlier run found it so: one picture is
// tried before all others, and before anything is bought.
func (q *Queue) Suspect() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.host.suspect = q.host.arrivals == 0
}

// clearSuspicion takes Suspect back where no picture is left that could show whether the host
// gives them out. It reports false where there is one, or may be soon.
func (q *Queue) clearSuspicion() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.host.cause != nil || len(q.tickets) > 0 || q.activity.AtService.Load() > 0 {
		return false
	}
	q.host.suspect = false
	q.wakeBuyers()
	return true
}

// arrived records that a picture was downloaded, which closes the breaker. Recovered is true
// where it was open.
func (q *Queue) arrived() (recovered bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	h := &q.host
	recovered = h.refuses()
	clear(h.failing)
	for t := range q.tickets {
		t.exempt = t.failures > 0
	}
	h.suspect = false
	h.probes, h.arrivals = 0, h.arrivals+1
	h.lastArrival, h.lastEvent = time.Now(), q.clock.Now()
	q.wakeBuyers()
	q.dispatch()
	return recovered
}

// failed records that a picture was tried in vain, and ends the ticket's download, so that it
// keeps no other waiting; wait gets it another. Opened is true for the failure that makes the
// host count as refusing.
func (q *Queue) failed(t *ticket, rawURL string, cause error) (opened bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	h := &q.host
	h.name, h.cause = hostOf(rawURL), cause
	if h.failing == nil {
		h.failing = map[string]bool{}
	}
	refused := h.refuses()
	if !t.exempt {
		h.failing[t.task] = true
	}
	opened = !refused && h.refuses()
	if t.failures++; t.probe || opened {
		h.nextProbe = time.Now().Add(q.clock.Local(pace.Backoff(h.probes)))
		h.probes++
	}
	q.endDownload(t)
	q.dispatch()
	return opened
}

// refusalCause is why the host gives no pictures out; "" where it does, or where no picture of
// this run was tried yet.
func (q *Queue) refusalCause() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.host.refuses() || q.host.cause == nil {
		return ""
	}
	return q.host.cause.Error()
}

// isolated reports whether a failure says that a picture is gone while the host gives others out.
func (q *Queue) isolated(cause error) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.host.arrivals > 0 && !q.host.refuses() && errors.Is(cause, client.ErrGone)
}

// hostOf is the host of a picture's URL, without the signed query.
func hostOf(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
