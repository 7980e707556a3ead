package output_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/qwenbatch/qwenbatch/output"
	"github.com/qwenbatch/qwenbatch/output/disktest"
)

const (
	paid      = output.Paid
	oldReport = output.OldReport
	newReport = output.NewReport
)

// A tape is a disk in memory that remembers what is done on it.
type tape struct {
	*disktest.Disk
	ops []disktest.Op
}

func newTape(d *disktest.Disk) *tape {
	t := &tape{Disk: d}
	t.cut(0, disktest.Verdict{})
	return t
}

// cut begins the tape anew and gives its n-th operation, from 1, a verdict.
func (t *tape) cut(n int, v disktest.Verdict) {
	t.ops = nil
	t.Decide = func(op disktest.Op) disktest.Verdict {
		if t.ops = append(t.ops, op); len(t.ops) == n {
			return v
		}
		return disktest.Verdict{}
	}
}

func (t *tape) put(name, text string) { t.Put(name, []byte(text)) }

func (t *tape) text(name string) (string, bool) {
	b, there := t.Content(name)
	return string(b), there
}

// world is a folder with pictures of somebody else in it.
func world() *tape {
	d := disktest.New()
	d.Mkdir("images")
	d.SyncDir(".")
	d.Put("images/other.png", []byte("other"))
	return newTape(d)
}

// length is how many operations the work takes where nothing goes wrong.
func length(t *testing.T, world func() *tape, work func(*tape) error) int {
	t.Helper()
	clean := world()
	if err := work(clean); err != nil {
		t.Fatal(err)
	}
	if len(clean.ops) < 3 {
		t.Fatalf("only %v done: the fault injection sees nothing", clean.ops)
	}
	return len(clean.ops)
}

// faults calls f with a fresh world for every operation of work, each failing without and after being done. A write that
// is not done takes what still fits.
func faults(t *testing.T, world func() *tape, err error, work func(*tape) error, f func(*testing.T, *tape, error)) {
	t.Helper()
	for n := range length(t, world, work) {
		for _, done := range []bool{false, true} {
			d := world()
			d.cut(n+1, disktest.Verdict{Err: err, Done: done, Torn: !done})
			t.Run(fmt.Sprintf("%d done=%v", n, done), func(t *testing.T) { f(t, d, work(d)) })
		}
	}
}

// crashes calls f with what the next run finds, for every operation of work at which the process or the machine may die,
// before and after it, and for every loss, of no unsynced bytes and of some.
func crashes(t *testing.T, world func() *tape, work func(*tape) error, f func(t *testing.T, next *tape, l disktest.Loss, returned bool)) {
	t.Helper()
	for n := range length(t, world, work) + 1 { // the last one dies after the work has returned
		for variant := range 2 * 2 * disktest.Losses {
			done, l := variant%2 == 0, variant/4
			var random *rand.Rand
			if variant/2%2 == 0 {
				random = rand.New(rand.NewPCG(uint64(n), uint64(variant)))
			}
			d := world()
			d.cut(n+1, disktest.Verdict{Err: disktest.ErrDead, Done: done, Die: true})
			returned := work(d) == nil
			t.Run(fmt.Sprintf("%d variant %d", n, variant), func(t *testing.T) { f(t, newTape(d.After(l, random)), l, returned) })
		}
	}
}
