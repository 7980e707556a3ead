package batch

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/output/disktest"
)

// A dimension is one way in which the world is worse than a service that only loses, delays and refuses. Each draws from
// a luck of its own, so that switching one on leaves the other draws of a seed as they are.
type dimension struct {
	name string
	draw func(*world, *rand.Rand)
	on   bool // by default: the engine holds it
}

// dimensions are all there are. QWENBATCH_SIM_WORLD chooses among them: names with commas, all, or none.
var dimensions = []dimension{
	{"models", drawModels, true}, // first, since others draw rows of its sheets
	{"times", drawTimes, true},
	{"cap", drawCap, true},
	{"omit", drawOmit, true},
	{"rival", drawRival, true},
	{"host", drawHost, true},
	{"envelopes", drawEnvelopes, true},
	{"touch", drawTouches, true},
	{"lost", drawLost, true},
	{"bystander", drawBystander, false}, // of 20,000 seeds two end in a way that is not explained yet
}

// chosen are the dimensions that a test runs with.
func chosen(t testing.TB) []dimension {
	text, said := os.LookupEnv("QWENBATCH_SIM_WORLD")
	names := strings.Split(text, ",")
	var all []dimension
	for _, d := range dimensions {
		if named := slices.Contains(names, d.name); named || text == "all" || !said && d.on {
			all = append(all, d)
		}
		names = slices.DeleteFunc(names, func(name string) bool { return name == d.name })
	}
	if len(names) > 0 && !slices.Contains([]string{"", "all", "none"}, names[0]) {
		t.Fatalf("QWENBATCH_SIM_WORLD: there is no dimension %q", names[0])
	}
	return all
}

// A world is all that a seed draws of a story: what the service, the network, the disk and other people do.
type world struct {
	seed   uint64
	sheet  simSheet
	window int
	cv     float64       // of service times
	luck   float64       // the share of calls that go wrong
	lag    time.Duration // of the list
	calm   bool          // nothing goes wrong any more in the runs that finish
	stops  []stop        // of the runs before those

	times     time.Duration // how far the list's times are ahead of the service's clock
	cap       int           // how many rows the list shows; 0 is all
	omit      float64       // the share of tasks that the list hides, as far as it may; see hider
	visits    []visit       // of another batch with the same words
	host      hostTrouble
	envelopes float64 // the share of submissions that are answered by something else than DashScope
	touches   []touch
	lost      int // the stop after which the state file is gone; 0 is never
}

// A stop is how one run ends: at its n-th effect, if it comes that far.
type stop struct {
	at           int64
	before, torn bool
	loss         disktest.Loss
	pause        time.Duration // until the next run
}

// A visit are tasks with our words that another client makes, at some moment of a run or, with after, between it and the next.
type visit struct {
	run   int
	after bool
	delay time.Duration
	whole bool  // a batch of its own, in another folder of the same user, is run to its end; else only tasks are made
	rows  []int // of the sheet
	size  string
}

// A hostTrouble is a picture host that refuses, from when the service first misbehaves.
type hostTrouble struct {
	how   string // 403, 404, 503, dial, hang; "" is not
	lasts time.Duration
	share float64 // of the tasks whose pictures it refuses
}

// A touch is what somebody does to a picture after a run.
type touch struct {
	run  int
	kind string // cut, emptied, swapped, edited, stripped, deleted
	nth  int    // of the pictures that are done
}

// drawWorld draws what every world has, then what the dimensions add.
func drawWorld(seed uint64, sheets []simSheet, dims []dimension) *world {
	random := rand.New(rand.NewPCG(seed, 0))
	w := &world{
		seed: seed, window: random.IntN(4), calm: random.IntN(2) == 0,
		cv:   []float64{-1, 0.1, 0.5}[random.IntN(3)],
		luck: []float64{0, 0.05, 0.2, 0.4}[random.IntN(4)],
		lag:  time.Duration(random.IntN(18)) * time.Second, // with the latest submission, less than the settling time
	}
	for range random.IntN(6) {
		w.stops = append(w.stops, stop{
			at: 1 + random.Int64N(140), before: random.IntN(2) == 0, torn: random.IntN(2) == 0,
			loss:  disktest.Loss(random.IntN(int(disktest.Losses))),
			pause: time.Duration(random.IntN(3)) * time.Duration(random.IntN(60)) * time.Second,
		})
	}
	plain := slices.DeleteFunc(slices.Clone(sheets), func(s simSheet) bool { return s.models })
	w.sheet = plain[random.IntN(len(plain))]
	for _, d := range dims {
		own := rand.New(rand.NewPCG(seed, uint64(slices.IndexFunc(dimensions, func(e dimension) bool { return e.name == d.name })+2)))
		if d.name == "models" { // it chooses among the other sheets
			if own.IntN(2) == 0 {
				mixed := slices.DeleteFunc(slices.Clone(sheets), func(s simSheet) bool { return !s.models })
				w.sheet = mixed[own.IntN(len(mixed))]
			}
			continue
		}
		if len(dims) < 3 || own.IntN(4) == 0 {
			d.draw(w, own)
		}
	}
	return w
}

func drawModels(*world, *rand.Rand) {} // see drawWorld

func drawTimes(w *world, random *rand.Rand) {
	all := []time.Duration{8 * time.Hour, time.Hour, 10 * time.Minute, 2 * time.Minute, 90 * time.Second, 40 * time.Second}
	w.times = all[random.IntN(len(all))]
	if random.IntN(2) == 0 {
		w.times = -w.times
	}
}

func drawCap(w *world, random *rand.Rand) { w.cap = []int{1, 2, 3, 10}[random.IntN(4)] }

func drawOmit(w *world, random *rand.Rand) { w.omit = []float64{0.1, 0.3, 0.6, 1}[random.IntN(4)] }

func drawRival(w *world, random *rand.Rand) {
	for range 1 + random.IntN(3) {
		v := visit{run: random.IntN(len(w.stops) + 1), after: random.IntN(2) == 0, delay: time.Duration(random.IntN(90)) * time.Second, whole: random.IntN(2) == 0}
		for row := range w.sheet.rows {
			if random.IntN(3) > 0 {
				v.rows = append(v.rows, row)
			}
		}
		if v.after && random.IntN(2) == 0 {
			v.delay += 10 * time.Minute
		}
		if random.IntN(4) == 0 {
			v.size = "928*1664"
		}
		w.visits = append(w.visits, v)
	}
}

// drawBystander has somebody send our words long after a run was killed, and before the next: nothing that the dead run has
// sent can have made those tasks, and no state file has lost its end.
func drawBystander(w *world, random *rand.Rand) {
	if len(w.stops) == 0 {
		return
	}
	v := visit{run: random.IntN(len(w.stops)), after: true, delay: 10 * time.Minute}
	for row := range w.sheet.rows {
		v.rows = append(v.rows, row)
	}
	w.visits = append(w.visits, v)
	for i := range w.stops {
		w.stops[i].torn, w.stops[i].loss = false, disktest.Killed
	}
}

// hostKinds are how a picture host refuses.
var hostKinds = []string{"403", "404", "503", "dial", "hang"}

func drawHost(w *world, random *rand.Rand) {
	lasts := []time.Duration{time.Minute, 3 * time.Minute, 12 * time.Minute}
	if random.IntN(8) == 0 { // in processor time, hours of refusals are dear
		lasts = []time.Duration{3 * time.Hour, 18 * time.Hour, 100 * time.Hour}
	}
	w.host = hostTrouble{
		how:   hostKinds[random.IntN(len(hostKinds))],
		lasts: lasts[random.IntN(len(lasts))],
		share: []float64{0.3, 1, 1}[random.IntN(3)],
	}
}

func drawEnvelopes(w *world, random *rand.Rand) {
	w.envelopes = []float64{0.1, 0.3, 0.6}[random.IntN(3)]
}

// touchKinds are what people and their programs do to pictures.
var touchKinds = []string{"cut", "emptied", "swapped", "edited", "stripped", "deleted"}

func drawTouches(w *world, random *rand.Rand) {
	for range 1 + random.IntN(3) {
		w.touches = append(w.touches, touch{random.IntN(len(w.stops) + 1), touchKinds[random.IntN(len(touchKinds))], random.IntN(8)})
	}
}

func drawLost(w *world, random *rand.Rand) { w.lost = random.IntN(len(w.stops) + 1) }

// String is the world as a person reads it, in one block.
func (w *world) String() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, "  "+format+"\n", args...) }
	fmt.Fprintf(&b, "world of seed %d\n", w.seed)
	line("sheet      %s: %s", w.sheet.header, strings.Join(w.sheet.rows, " | "))
	line("service    window %d, cv %v, %.0f%% of calls go wrong, list lags %v, calm at the end %v", w.window, w.cv, 100*w.luck, w.lag, w.calm)
	for i, s := range w.stops {
		line("stop %d     at effect %d, before %v, torn %v, %v, next run after %v", i+1, s.at, s.before, s.torn, lossNames[s.loss], s.pause)
	}
	if w.times != 0 {
		line("times      the list's are %v ahead", w.times)
	}
	if w.cap > 0 {
		line("cap        the list shows %d rows", w.cap)
	}
	if w.omit > 0 {
		line("omit       the list hides %.0f%% of the tasks", 100*w.omit)
	}
	for _, v := range w.visits {
		line("rival      run %d, after it %v, %v later: a batch %v, or rows %v %s", v.run+1, v.after, v.delay, v.whole, v.rows, v.size)
	}
	if w.host.how != "" {
		line("host       %s for %v, %.0f%% of the tasks", w.host.how, w.host.lasts, 100*w.host.share)
	}
	if w.envelopes > 0 {
		line("envelopes  %.0f%% of submissions", 100*w.envelopes)
	}
	for _, t := range w.touches {
		line("touch      after run %d: picture %d is %s", t.run+1, t.nth, t.kind)
	}
	if w.lost > 0 {
		line("lost       the state file, after run %d", w.lost)
	}
	return b.String()
}

var lossNames = map[disktest.Loss]string{disktest.Killed: "killed", disktest.PowerCut: "power cut", disktest.NamesFirst: "power cut, names first"}
