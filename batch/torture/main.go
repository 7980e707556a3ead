// Command torture proves with real processes what the engine promises: it kills `qwenbatch run`
// at random moments over a service that loses answers, refuses after it has done the work,
// tells wrong times and keeps its pictures back, starts it again until it ends, and compares
// the service's books with what was asked for.
//
//	go run ./batch/torture -n 50
//	go run ./batch/torture -sigkills 2000 -parallel 40
//
// It exits with 1 where anything was paid twice, lost, held, or out of place.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"time"
)

// settings are the flags.
type settings struct {
	batches, items, parallel, kills int
	sigkills                        int
	seed                            uint64
	binary                          string
	faults                          string
	lasting, keep                   bool
}

// usualFaults are those of every batch.
const usualFaults = "submit.lose-answer=0.05,submit.lose-request=0.03,submit.delay:2s=0.3,submit.throttle=0.03," +
	"submit.error-after=0.03,submit.error-after:ModelServingError=0.03,submit.refuse:ModelUnavailable=0.03,submit.framework-after:403=0.02," +
	"submit.late:5s=0.03,query.status=0.05,list.status=0.05,image.truncate=0.05"

func main() {
	var s settings
	flag.IntVar(
		&s.batches,
		"n",
		5,
		"how many batches are tortured, each with a service of its own",
	)
	flag.IntVar(&s.items, "items", 8, "pictures a batch")
	flag.IntVar(&s.kills, "kills", 10, "how often a batch is ended before it may finish, at most")
	flag.IntVar(
		&s.sigkills,
		"sigkills",
		0,
		"how many SIGKILLs at least, by as many batches as that takes; 0 is what -n brings",
	)
	flag.IntVar(&s.parallel, "parallel", 6, "batches at once; they mostly wait")
	flag.Uint64Var(&s.seed, "seed", 1, "of the first batch")
	flag.StringVar(&s.binary, "bin", "", "the binary (default: built from this module)")
	flag.StringVar(
		&s.faults,
		"faults",
		usualFaults,
		"what the service does wrong, as of qwenbatch emulate",
	)
	flag.BoolVar(
		&s.lasting,
		"lasting",
		true,
		"also lists whose times are off and picture hosts that refuse for a while, in half of the batches",
	)
	flag.BoolVar(&s.keep, "keep", false, "keep the folders of batches that went wrong")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := torture(ctx, os.Stdout, s); err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		os.Exit(1)
	}
}

// torture runs all batches and prints the counts.
func torture(ctx context.Context, out io.Writer, s settings) error {
	dir, err := os.MkdirTemp("", "torture-")
	if err != nil {
		return err
	}
	if !s.keep {
		defer os.RemoveAll(dir)
	}
	if s.binary == "" {
		s.binary = filepath.Join(dir, "qwenbatch")
		build := exec.CommandContext(
			ctx,
			"go",
			"build",
			"-o",
			s.binary,
			"github.com/qwenbatch/qwenbatch",
		)
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("build: %w", err)
		}
	}
	begun := time.Now()
	total := all(ctx, out, dir, s)
	fmt.Fprintf(out, "%v, %v\n", total, time.Since(begun).Round(time.Second))
	if total.wrong > 0 || ctx.Err() != nil {
		return fmt.Errorf("%d batches went wrong", total.wrong)
	}
	return nil
}

// all runs the batches, a few at a time.
func all(ctx context.Context, out io.Writer, dir string, s settings) (total tally) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	free := make(chan struct{}, max(1, s.parallel))
	enough := func(i int) bool {
		mu.Lock()
		defer mu.Unlock()
		return ctx.Err() != nil || s.sigkills == 0 && i >= s.batches ||
			s.sigkills > 0 && total.kills >= s.sigkills
	}
	for i := 0; ; i++ {
		free <- struct{}{}
		if enough(i) {
			break
		}
		wg.Go(func() {
			defer func() { <-free }()
			seed := s.seed + uint64(i)
			t, err := newBatch(ctx, filepath.Join(dir, fmt.Sprint(seed)), seed, s).run()
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.wrong++
				fmt.Fprintf(out, "seed %d: %v\n", seed, err)
			}
			total.add(t)
		})
	}
	wg.Wait()
	return total
}

// A tally is what happened.
type tally struct {
	batches, items, charges, kills, stops, runs, busy, wrong int
	slowest                                                  time.Duration // from SIGTERM to exit
}

func (t *tally) add(o tally) {
	t.batches += o.batches
	t.items += o.items
	t.charges += o.charges
	t.kills += o.kills
	t.stops += o.stops
	t.runs += o.runs
	t.busy += o.busy
	t.wrong += o.wrong
	t.slowest = max(t.slowest, o.slowest)
}

func (t tally) String() string {
	return fmt.Sprintf(
		"%d batches, %d pictures, %d charges; %d runs, %d SIGKILLs, %d SIGTERMs (slowest exit %v), %d refused as a second run; %d batches wrong",
		t.batches,
		t.items,
		t.charges,
		t.runs,
		t.kills,
		t.stops,
		t.slowest.Round(time.Millisecond),
		t.busy,
		t.wrong,
	)
}
