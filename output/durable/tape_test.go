package durable_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/qwenbatch/qwenbatch/output/disktest"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

const (
	paid      = durable.Paid
	oldReport = durable.OldReport
	newReport = durable.NewReport
)

// text is what a file of the disk holds.
func text(d *disktest.Recorder, name string) (string, bool) {
	b, there := d.Content(name)
	return string(b), there
}

// world is a folder with pictures of somebody else in it.
func world() *disktest.Recorder {
	d := disktest.New()
	d.Mkdir("images")
	d.SyncDir(".")
	d.Put("images/other.png", []byte("other"))
	return disktest.NewRecorder(d)
}

// length is how many operations the work takes where nothing goes wrong.
func length(t *testing.T, world func() *disktest.Recorder, work func(*disktest.Recorder) error) int {
	t.Helper()
	clean := world()
	if err := work(clean); err != nil {
		t.Fatal(err)
	}
	if len(clean.Ops) < 3 {
		t.Fatalf("only %v done: the fault injection sees nothing", clean.Ops)
	}
	return len(clean.Ops)
}

// faults calls f with a fresh world for every operation of work, each failing without and after being done. A write that
// is not done takes what still fits.
func faults(t *testing.T, world func() *disktest.Recorder, err error, work func(*disktest.Recorder) error, f func(*testing.T, *disktest.Recorder, error)) {
	t.Helper()
	for n := range length(t, world, work) {
		for _, done := range []bool{false, true} {
			d := world()
			d.FailAt(n+1, disktest.Verdict{Err: err, Done: done, Torn: !done})
			t.Run(fmt.Sprintf("%d done=%v", n, done), func(t *testing.T) { f(t, d, work(d)) })
		}
	}
}

// crashes calls f with what the next run finds, for every operation of work at which the process or the machine may die,
// before and after it, and for every loss, of no unsynced bytes and of some.
func crashes(t *testing.T, world func() *disktest.Recorder, work func(*disktest.Recorder) error, f func(t *testing.T, next *disktest.Recorder, l disktest.Loss, returned bool)) {
	t.Helper()
	for n := range length(t, world, work) + 1 { // the last one dies after the work has returned
		for variant := range 2 * 2 * disktest.Losses {
			done, l := variant%2 == 0, variant/4
			var random *rand.Rand
			if variant/2%2 == 0 {
				random = rand.New(rand.NewPCG(uint64(n), uint64(variant)))
			}
			d := world()
			d.FailAt(n+1, disktest.Verdict{Err: disktest.ErrDead, Done: done, Die: true})
			returned := work(d) == nil
			t.Run(fmt.Sprintf("%d variant %d", n, variant), func(t *testing.T) { f(t, disktest.NewRecorder(d.After(l, random)), l, returned) })
		}
	}
}
