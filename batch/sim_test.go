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
// up to five times at moments drawn from a seed, and started again by the same command. At the end the service's books
// and the folder must agree: one charge and one picture an item, nothing held, nothing shown to the wrong host.
//
//	QWENBATCH_SIM_SEEDS=1000000 go test ./batch -run TestSimulation

// simulate plays one seed.
func simulate(t testing.TB, seed uint64, sheets [][2]string, o Options) {
	random := rand.New(rand.NewPCG(seed, 0))
	which := random.IntN(len(sheets))
	s := newSim(t, random, emulator.Options{Seed: seed, CV: []float64{-1, 0.1, 0.5}[random.IntN(3)]})
	defer s.close()
	if os.Getenv("QWENBATCH_SIM_LOG") != "" {
		s.log = new(strings.Builder)
		defer func() { t.Logf("%s\n%s", s.log, s.story()) }()
	}
	s.options = o
	s.options.Window = random.IntN(4)
	s.fault = drawFaults(random)
	if err, _ := s.run(sheets[which][0], 0, false, false); err != nil {
		t.Errorf("first run = %v", err)
		return
	}
	s.faults.Store(true)
	wish := s.drawWish(seed, sheets[which][1], simItems[which])
	for n := range random.IntN(6) {
		wish.begin(n)
		at := 1 + random.Int64N(140)
		_, died := s.run(sheets[which][1], at, random.IntN(2) == 0, random.IntN(2) == 0)
		if died {
			s.crash()
			time.Sleep(time.Duration(random.IntN(3)) * time.Duration(random.IntN(60)) * time.Second)
		} else {
			s.disk = s.disk.After(disktest.Killed, nil)
		}
		s.strike()
	}
	wish.begin(wish.from)
	if random.IntN(2) == 0 {
		s.faults.Store(false)
	}
	if err := s.finish(sheets[which][1]); err != nil {
		t.Errorf("the batch ends with %v", err)
		return
	}
	s.check(simItems[which])
	wish.check()
}

func TestSimulation(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // small worlds, thrown away by the thousand
	from, count := seeds(t, 300)
	sheets := simManifests(t)
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
					synctest.Test(t, func(t *testing.T) { simulate(t, uint64(seed), sheets, Options{}) })
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
