package batch

import (
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/output/disktest"
)

// The simulation: a batch over a service that loses, delays and refuses, on a disk that loses what was not synced, killed
// up to five times at moments drawn from a seed, and started again by the same command. A seed also draws what is wrong
// with the world beyond that (see dimensions). At the end the service's books and the folder must agree: one charge and
// one picture an item, nothing held without a reason, nothing shown to the wrong host.
//
//	QWENBATCH_SIM_SEEDS=1000000 go test ./batch -run 'TestSimulation$' -timeout 0
//	QWENBATCH_SIM_WORLD=times,rival QWENBATCH_SIM_FROM=58 QWENBATCH_SIM_SEEDS=1 QWENBATCH_SIM_LOG=1 go test ./batch -run 'TestSimulation$'

// simulate plays one world.
func simulate(t testing.TB, w *world, o Options) {
	defer func() {
		if t.Failed() {
			t.Logf("%v", w)
		}
	}()
	tr := newTrouble(w)
	s := newSim(t, rand.New(rand.NewPCG(w.seed, 98)), emulator.Options{Seed: w.seed, CV: w.cv, Unlisted: tr.unlisted})
	defer s.close()
	s.starting, s.fault, s.answering, s.unplugged = tr.starting, tr.befall, tr.answering, tr.unplugged
	s.faults.Store(true)
	if os.Getenv("QWENBATCH_SIM_LOG") != "" {
		s.log = new(strings.Builder)
		defer func() { t.Logf("%s\n%s", s.log, s.story()) }()
	}
	if w.seed%4 == 0 {
		s.cache = nil
	}
	s.options = o
	s.options.Window = w.window
	if err, _ := s.run(w.sheet.first, 0, false, false); err != nil {
		t.Errorf("first run = %v", err)
		return
	}
	tr.misbehave()
	other := s.newRival(w.sheet)
	wish := s.drawWish(w)
	for n, stop := range w.stops {
		wish.begin(n)
		other.come(w, n, false)
		if _, died := s.run(w.sheet.whole, stop.at, stop.before, stop.torn); died {
			tr.died()
			s.crash(stop.loss)
			time.Sleep(stop.pause)
		} else {
			s.disk = s.disk.After(disktest.Killed, nil)
		}
		s.strike()
		s.between(w, other, n)
	}
	wish.begin(wish.from)
	if w.calm {
		tr.quieten()
	}
	other.come(w, len(w.stops), false)
	err := s.finish(w.sheet.whole)
	other.at.Wait()
	if err != nil {
		t.Errorf("the batch ends with %v", err)
		return
	}
	s.judge(w, tr, wish)
	wish.check()
}

// between is what happens between two runs.
func (s *sim) between(w *world, other *rival, n int) {
	other.come(w, n, true)
	s.touch(w, n)
	if w.lost == n+1 {
		s.loseState()
	}
}

func TestSimulation(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // small worlds, thrown away by the thousand
	from, count := seeds(t, 300)
	sheets, dims := simSheets(t), chosen(t)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				seed := from + next.Add(1) - 1
				if seed >= from+count || t.Failed() {
					return
				}
				t.Run(strconv.FormatInt(seed, 10), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { simulate(t, drawWorld(uint64(seed), sheets, dims), Options{}) })
				})
			}
		})
	}
	wg.Wait()
}

// seeds are QWENBATCH_SIM_FROM and QWENBATCH_SIM_SEEDS, else the first few.
func seeds(t testing.TB, few int64) (from, count int64) {
	number := func(name string, unset int64) int64 {
		text := os.Getenv(name)
		if text == "" {
			return unset
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return n
	}
	return number("QWENBATCH_SIM_FROM", 1), number("QWENBATCH_SIM_SEEDS", few)
}
