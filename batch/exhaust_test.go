package batch

import (
	"context"
	"fmt"
	"os"
	"testing"
	"testing/synctest"

	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/output/disktest"
)

// The exhaustive small world: three items, and a crash at every effect there is: every operation that changes the disk, every request that reaches the service, every answer that leaves it. It names every crash point: failure modes P0, P1, P2,
// P3, P4, P5, P6, P7, P8, P9, P10, P11, P12, P13, P14, P15, P16 and P17.

// A death is where and how a process dies, and what the system loses with it.
type death struct {
	at           int64
	before, torn bool
	loss         disktest.Loss
}

// deaths are all ways to die at one effect.
func deathsAt(at int) []death {
	var all []death
	for loss := range disktest.Losses {
		all = append(all, death{int64(at), true, false, loss}, death{int64(at), false, false, loss}, death{int64(at), true, true, loss})
	}
	return all
}

func (d death) String() string {
	how := map[[2]bool]string{{true, false}: "before", {false, false}: "after", {true, true}: "torn"}[[2]bool{d.before, d.torn}]
	return fmt.Sprintf("%d-%s-%d", d.at, how, d.loss)
}

// suffer is a process that dies so, and what the next one finds; false where it came to its end.
func (s *scene) suffer(d death) bool {
	_, died := s.run(s.sheet, d.at, d.before, d.torn)
	loss := disktest.Killed
	if died {
		loss = d.loss
	}
	s.lose(loss)
	return died
}

// effects is how many effects a process has that follows these deaths.
func effects(t *testing.T, path string, deaths ...death) (n int) {
	synctest.Test(t, func(t *testing.T) {
		stage(t, path, emulator.Options{}, func(s *scene) {
			for _, d := range deaths {
				s.suffer(d)
			}
			k := &killer{cancel: func() {}, disk: s.disk}
			s.disk.Decide = k.decide
			s.killer.Store(k)
			s.process(t.Context(), k, s.sheet)
			s.killer.Store(nil)
			n = int(k.n.Load())
		})
	})
	return n
}

// TestEveryCrash dies once, everywhere and in every way: failure modes P0, P1, P2, P3, P4, P5, P6, P7, P8, P9, P10, P11,
// P12, P13 and P16.
func TestEveryCrash(t *testing.T) {
	path := writeManifest(t, "p.csv", three)
	var all []death
	for at := range effects(t, path) {
		all = append(all, deathsAt(at+1)...)
	}
	crowd(t, len(all), func(i int) string { return all[i].String() }, func(t *testing.T, i int) {
		stage(t, path, emulator.Options{}, func(s *scene) {
			if !s.suffer(all[i]) {
				t.Error("the process did not die")
			}
			s.wantFinish(3)
		})
	})
	t.Logf("%d effects, %d deaths", len(all)/9, len(all))
}

// TestEveryCrashTwice dies everywhere, and again everywhere and in every way while the next process recovers (failure mode
// P17, and all of TestEveryCrash). An ordinary run takes one in so many, QWENBATCH_LONG=1 one way at about every pair, QWENBATCH_LONG=all
// every way, which takes a quarter of an hour.
func TestEveryCrashTwice(t *testing.T) {
	path := writeManifest(t, "p.csv", three)
	type pair struct{ first, second death }
	var all []pair
	stride, pairs, n := 199, 0, 0
	switch os.Getenv("QWENBATCH_LONG") {
	case "":
	case "all":
		stride = 1
	default:
		stride = 10 // of nine ways each: about every pair once, the ways taking turns
	}
	for at := range effects(t, path) {
		first := deathsAt(at + 1)
		again := effects(t, path, first[at%len(first)])
		pairs += again
		for then := range again {
			for _, second := range deathsAt(then + 1) {
				if n++; n%stride == 0 {
					all = append(all, pair{first[at%len(first)], second})
				}
			}
		}
	}
	crowd(t, len(all), func(i int) string { return all[i].first.String() + "," + all[i].second.String() }, func(t *testing.T, i int) {
		stage(t, path, emulator.Options{Seed: uint64(i)}, func(s *scene) {
			s.suffer(all[i].first)
			s.suffer(all[i].second)
			s.wantFinish(3)
		})
	})
	t.Logf("%d of %d deaths at %d pairs of effects", len(all), n, pairs)
}

// TestP14P15ReportAndCrash dies at every operation of writing the reports: what is there is an old or a new one, whole,
// and the next report is the same as if nothing had happened.
func TestP14P15ReportAndCrash(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.first(1)
		s.report(nil)
		before := s.reports()
		s.ends()
		done := s.disk
		s.report(nil)
		after := s.reports()
		if before == after {
			t.Fatal("the reports did not change")
		}
		for n, died := 1, true; died; n++ {
			for loss := range disktest.Losses {
				s.disk = done.After(disktest.Killed, nil)
				old := s.reports()
				died = s.report(func(op disktest.Op) bool { return op.Changes() && op.N >= n })
				s.lose(loss)
				for i, got := range s.reports() {
					if got != old[i] && got != after[i] {
						t.Errorf("operation %d, loss %d: report %d is neither old nor new: %q", n, loss, i, got)
					}
				}
				s.report(nil)
				if s.reports() != after {
					t.Errorf("operation %d, loss %d: another report", n, loss)
				}
			}
		}
	})
}

// report writes the reports and reports whether it died.
func (s *scene) report(dies func(disktest.Op) bool) (died bool) {
	s.t.Helper()
	s.disk.Decide = nil
	b, closed := s.open()
	defer closed()
	if dies != nil {
		first := s.disk.Ops()
		s.disk.Decide = func(op disktest.Op) disktest.Verdict {
			op.N -= first
			if died = died || dies(op); died {
				return disktest.Verdict{Err: disktest.ErrDead, Torn: true, Die: true}
			}
			return disktest.Verdict{}
		}
	}
	if _, err := b.View().Write(context.Background()); err != nil && !died {
		s.t.Fatalf("Report = %v", err)
	}
	s.disk.Decide = nil
	return died
}

// reports are the contents of all.
func (s *scene) reports() (all [3]string) {
	for i, name := range []string{"results.csv", "results.jsonl", "report.html"} {
		b, _ := s.disk.Content(name)
		all[i] = string(b)
	}
	return all
}
