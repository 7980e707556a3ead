package batch

import (
	"errors"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/settle"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// A trouble is the service and its picture host as a world draws them, each call with its own luck, and a witness of what
// they have done. It is safe for concurrent use.
type trouble struct {
	*world
	mu      sync.Mutex
	random  *rand.Rand
	began   time.Time              // when it first misbehaves; zero before
	settled bool                   // calls do not go wrong by chance any more
	refused map[string]int         // submissions that were refused, or whose tasks fail, by prompt
	posts   map[string][]time.Time // when each prompt was sent, by model and prompt
	open    map[string][]time.Time // of those, where the answer did not tell what became of it
	deaths  []time.Time            // of the runs that were killed
	starts  []time.Time            // of the runs since it misbehaves
	created []creation             // our tasks in the order in which they were made
	chosen  map[string]bool        // tasks that the list hides if it may
	hid     map[string]time.Time   // tasks that a list has left out, and when it last did
	hidden  map[string]time.Time   // tasks that it hides, known or not, and when the known one was made that it hides with them
	known   map[string]bool        // tasks whose pictures were asked for: a record of them is durable
	spared  map[string]bool        // tasks whose pictures the host gives out
}

// A creation is a task of ours and when it was made.
type creation struct {
	task string
	at   time.Time
}

func newTrouble(w *world) *trouble {
	return &trouble{world: w, random: rand.New(rand.NewPCG(w.seed, 99)), refused: map[string]int{}, posts: map[string][]time.Time{},
		open: map[string][]time.Time{}, hid: map[string]time.Time{},
		chosen: map[string]bool{}, hidden: map[string]time.Time{}, known: map[string]bool{}, spared: map[string]bool{}}
}

// befall is what goes wrong with a call of ours.
func (tr *trouble) befall(c emulator.Call) emulator.Fault {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	f := tr.chance(c)
	switch c.Op {
	case "list":
		f.ListOffset, f.ListCap = tr.times, tr.capNow()
	case "image":
		tr.known[c.TaskID] = true
		if how := tr.refuses(c.TaskID); how != "" {
			return hostFaults[how]
		}
	case "submit", "sync":
		words := tasklist.PromptKey(c.Model, c.Prompt)
		tr.posts[words] = append(tr.posts[words], time.Now())
		if !tells(f) {
			tr.open[words] = append(tr.open[words], time.Now())
		}
		if f.Status+len(f.Code) > 0 && !f.DoneFirst || f.FailCode != "" {
			tr.refused[c.Prompt]++
		}
	}
	return f
}

// tells reports whether the answer to a submission tells what became of it: a task, or a refusal in an envelope that is known,
// or of the key.
func tells(f emulator.Fault) bool {
	status := f.Status
	if code, listed := map[string]int{"ModelUnavailable": 503, "ModelServingError": 503}[f.Code]; listed && status == 0 {
		status = code
	}
	switch {
	case f.LoseRequest || f.LoseAnswer || f.Reset || f.Garbage || f.Truncate || f.Hang || f.Delay >= time.Minute:
		return false
	case status == 0:
		return true
	case status == 401:
		return true
	case status == 200:
		return strings.HasPrefix(f.Code, "Throttling")
	case status >= 400 && status < 500 && status != 408:
		return f.Envelope == openAI || f.Envelope == "" && f.Code != ""
	}
	return false
}

// chance is what goes wrong by chance; tr.mu is held.
func (tr *trouble) chance(c emulator.Call) (f emulator.Fault) {
	if tr.began.IsZero() || tr.settled {
		return f
	}
	luck, kind := tr.random.Float64(), tr.random.IntN(1000)
	if c.Op == "list" {
		f.LagList, f.ShuffleList = tr.lag, kind%2 == 0
	}
	if c.Op == "submit" && luck < tr.envelopes {
		return envelopeFaults[kind%len(envelopeFaults)]
	}
	if luck > tr.luck {
		return f
	}
	switch c.Op {
	case "submit":
		return submitFaults[kind%len(submitFaults)]
	case "query":
		return queryFaults[kind%len(queryFaults)]
	case "list":
		bad := listFaults[kind%len(listFaults)]
		bad.LagList = tr.lag
		return bad
	case "image":
		return imageFaults[kind%len(imageFaults)]
	}
	return f
}

// refuses says how the picture host refuses a task's picture now; tr.mu is held.
func (tr *trouble) refuses(task string) string {
	if tr.host.how == "" || tr.began.IsZero() || time.Since(tr.began) > tr.host.lasts {
		return ""
	}
	if _, drawn := tr.spared[task]; !drawn {
		tr.spared[task] = tr.random.Float64() >= tr.host.share
	}
	if tr.spared[task] {
		return ""
	}
	return tr.host.how
}

// unplugged says whether the picture host cannot be reached at all.
func (tr *trouble) unplugged(host string) error {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if host == "pictures.test" && tr.host.how == "dial" && !tr.began.IsZero() && time.Since(tr.began) <= tr.host.lasts {
		return &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connect: connection refused")}
	}
	return nil
}

// answering witnesses a call that is in the books.
func (tr *trouble) answering(c emulator.Call) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if c.Op != "submit" || c.TaskID == "" {
		return
	}
	if tr.random.Float64() < tr.omit {
		tr.chosen[c.TaskID] = true
		for _, before := range tr.created[max(0, len(tr.created)-10):] {
			if tr.chosen[before.task] && tr.known[before.task] {
				tr.hidden[c.TaskID] = before.at
			}
		}
	}
	tr.created = append(tr.created, creation{c.TaskID, time.Now()})
}

// unlisted hides a task from the list: a chosen one that is known, and one that is not if a known one of the ten before it is
// hidden, too, and no list leaves it out for its age. A list that hid our doubts and showed all that we know could not be told
// from one that is whole.
func (tr *trouble) unlisted(t *emulator.Task) bool {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	with, hidden := tr.hidden[t.ID]
	hides := hidden && time.Since(with) < tasklist.Reach-time.Hour || tr.chosen[t.ID] && tr.known[t.ID]
	if hides {
		tr.hid[t.ID] = time.Now()
	}
	return hides
}

// capNow is how many rows the list shows now. It shows them all while every one that it would leave out is unknown, or nearly
// out of its reach: one that hid our doubts and showed all that we know could not be told from one that is whole. tr.mu is held.
func (tr *trouble) capNow() int {
	left := tr.created[:max(0, len(tr.created)-tr.cap)]
	if slices.ContainsFunc(left, func(c creation) bool {
		return tr.known[c.task] && time.Since(c.at) > 2*settle.DefaultTime && time.Since(c.at) < tasklist.Reach-time.Hour
	}) {
		for _, c := range left {
			tr.hid[c.task] = time.Now()
		}
		return tr.cap
	}
	return 0
}

// hidSince reports whether a list has left out a task since a moment.
func (tr *trouble) hidSince(at time.Time) bool {
	for _, hid := range tr.hid {
		if hid.After(at) {
			return true
		}
	}
	return false
}

// misbehave begins.
func (tr *trouble) misbehave() {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.began = time.Now()
}

// starting notes the beginning of a run.
func (tr *trouble) starting() {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.starts = append(tr.starts, time.Now())
}

// died notes that a run was killed.
func (tr *trouble) died() {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.deaths = append(tr.deaths, time.Now())
}

// diedOfAnAnswer reports whether a run was killed right when a task of it was made.
func (tr *trouble) diedOfAnAnswer() bool {
	return slices.ContainsFunc(tr.deaths, func(death time.Time) bool {
		return slices.ContainsFunc(tr.created, func(c creation) bool {
			return !c.at.After(death) && death.Sub(c.at) < time.Second
		})
	})
}

const (
	// margin is how far two clocks of the service may be apart, and a task from its intent.
	margin = 2 * time.Minute
	// longestEnd is how long after it was sent a submission may end: its own time, and what the service and the network took.
	longestEnd = 4 * time.Minute
	// longestHearing is how long after a run has begun, or a submission has ended, the service's clock is heard at last.
	longestHearing = 10 * time.Minute
)

// could reports whether a submission of some words may have made a task at a moment.
func (tr *trouble) could(words string, at time.Time) bool {
	near := func(began time.Time) bool { return at.After(began.Add(-margin)) && at.Before(began.Add(longestEnd)) }
	return slices.ContainsFunc(tr.posts[words], near) || slices.ContainsFunc(tr.deaths, near) // an intent that was not sent
}

// cannotTell reports whether a task of a moment may be taken for one that a submission of some words has made, by a client that
// hears the service's clock again only when it runs again.
func (tr *trouble) cannotTell(words string, at time.Time) bool {
	return slices.ContainsFunc(slices.Concat(tr.posts[words], tr.deaths), func(post time.Time) bool {
		heard := post
		if i := slices.IndexFunc(tr.starts, func(start time.Time) bool { return start.After(post) }); i >= 0 {
			heard = tr.starts[i]
		}
		return at.After(post.Add(-margin)) && at.Before(heard.Add(longestHearing))
	})
}

// quieten ends what goes wrong by chance.
func (tr *trouble) quieten() {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.settled = true
}

const openAI, framework, numeric = emulator.EnvelopeOpenAI, emulator.EnvelopeFramework, emulator.EnvelopeNumeric

var (
	submitFaults = []emulator.Fault{
		{LoseRequest: true}, {LoseAnswer: true}, {Reset: true}, {Garbage: true}, {Truncate: true}, {Delay: 5 * time.Second},
		{Status: 500, Code: "InternalError"}, {Status: 500, Code: "InternalError", DoneFirst: true}, {Status: 503}, {Status: 502, DoneFirst: true},
		{Status: 504}, {Status: 429, Code: "Throttling.RateQuota"}, {Status: 429, Code: "Throttling.BurstRate"}, {FailCode: "InternalError.Algo"},
		{Late: 3 * time.Second}, {LoseAnswer: true, Late: 10 * time.Second}, {Hang: true}, {Delay: 90 * time.Second},
	}
	queryFaults = []emulator.Fault{
		{LoseRequest: true}, {LoseAnswer: true}, {Reset: true}, {Garbage: true}, {Truncate: true}, {Status: 500, Code: "InternalError"}, {Status: 502},
		{Status: 429, Code: "Throttling.RateQuota"}, {Unknown: true}, {WrongTask: true}, {ExpireURL: true}, {TaskStatus: "SUSPENDED"}, {Delay: 3 * time.Second},
	}
	listFaults = []emulator.Fault{
		{LoseRequest: true}, {LoseAnswer: true}, {Garbage: true}, {Truncate: true}, {Status: 500, Code: "InternalError"}, {Status: 502},
		{Status: 429, Code: "Throttling.RateQuota"}, {Delay: 3 * time.Second},
	}
	imageFaults = []emulator.Fault{
		{LoseRequest: true}, {Reset: true}, {Truncate: true}, {Garbage: true}, {FlipByte: true}, {BadCRC: true}, {Status: 500}, {NoCRC: true}, {Delay: 3 * time.Second},
	}

	// envelopeFaults are what stands between us and DashScope, or what it says of itself. A 4xx in an
	// envelope that we know has created nothing, nor has 401 in any; all else may have.
	envelopeFaults = []emulator.Fault{
		{Code: "ModelUnavailable"}, {Code: "ModelUnavailable", DoneFirst: true}, {Code: "ModelServingError"}, {Code: "ModelServingError", DoneFirst: true},
		{Status: 500, Code: "RequestTimeOut", DoneFirst: true}, {Status: 503, Code: "Throttling", DoneFirst: true}, {Status: 500, Code: "SystemError"},
		{Status: 403}, {Status: 403, DoneFirst: true}, {Status: 404}, {Status: 405}, {Status: 400, DoneFirst: true}, {Status: 418, DoneFirst: true}, {Status: 401},
		{Status: 429}, {Status: 429, DoneFirst: true}, {Status: 408, DoneFirst: true}, {Status: 409, DoneFirst: true}, {Status: 413},
		{Status: 200, Code: "Success", DoneFirst: true}, {Status: 200, Code: "200", DoneFirst: true}, {Status: 200, Code: "0"}, {Status: 200, Code: "Odd", DoneFirst: true},
		{Status: 400, Envelope: openAI}, {Status: 401, Envelope: openAI}, {Status: 403, Envelope: openAI}, {Status: 404, Envelope: openAI}, {Status: 429, Envelope: openAI},
		{Status: 413, Envelope: openAI}, {Status: 422, Envelope: openAI}, {Status: 503, Envelope: openAI}, {Status: 503, Envelope: openAI, DoneFirst: true},
		{Status: 403, Envelope: framework}, {Status: 403, Envelope: framework, DoneFirst: true}, {Status: 422, Envelope: framework}, {Status: 400, Envelope: framework, DoneFirst: true},
		{Status: 404, DoneFirst: true}, {Status: 405, DoneFirst: true}, {Status: 413, DoneFirst: true}, {Status: 422, DoneFirst: true},
		{Status: 415, Envelope: framework, DoneFirst: true}, {Status: 404, Envelope: framework, DoneFirst: true},
		{Status: 400, Envelope: numeric}, {Status: 400, Envelope: numeric, DoneFirst: true}, {Status: 500, Envelope: numeric, DoneFirst: true},
		{Status: 200, Code: "Throttling.RateQuota"}, {Status: 200, Code: "InternalError", DoneFirst: true},
	}
	// hostFaults are how a picture host refuses. Where it cannot be dialed at all, see unplugged.
	hostFaults = map[string]emulator.Fault{
		"403": {Status: 403, Code: "AccessDenied"}, "404": {Gone: true}, "503": {Status: 503}, "dial": {LoseRequest: true}, "hang": {Hang: true},
	}
)
