package output_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/qwenbatch/qwenbatch/output"
	"github.com/qwenbatch/qwenbatch/output/disktest"
)

func picturedDisk(t testing.TB) *tape {
	d := disktest.New()
	for name, b := range output.PicturedFiles(t) {
		d.Put(name, b)
	}
	return newTape(d)
}

func makeThumbs(t *testing.T, d *tape) error {
	return output.Thumbs(t.Context(), d, output.RowsOf(output.Pictured()...))
}

func TestThumbsMakesWhatIsMissing(t *testing.T) {
	d := picturedDisk(t)
	d.put("thumbs/.a-12345678.part", "left by a killed process")
	if err := makeThumbs(t, d); err != nil {
		t.Fatal(err)
	}
	want := []string{"thumbs/a-aaaaaaaa.jpg", "thumbs/b-2-bbbbbbbb.jpg", "thumbs/b-bbbbbbbb.jpg"}
	got := slices.DeleteFunc(d.Files(), func(name string) bool { return !strings.HasPrefix(name, "thumbs/") })
	if !slices.Equal(got, want) {
		t.Errorf("thumbnails = %q, want %q", got, want)
	}
	d.cut(0, disktest.Verdict{})
	if err := output.Thumbs(t.Context(), d, output.RowsOf(output.Pictured()[:3]...)); err != nil {
		t.Fatal(err)
	}
	for _, op := range d.ops {
		if op.Kind == "create" || op.Kind == "open" {
			t.Errorf("a second call did %v", d.ops)
		}
	}
}

// Whatever fails or dies, no thumbnail is half of one, and the next call makes the rest.
func TestThumbsSurviveFaults(t *testing.T) {
	whole := picturedDisk(t)
	if err := makeThumbs(t, whole); err != nil {
		t.Fatal(err)
	}
	for n, op := range whole.ops {
		for _, dies := range []bool{false, true} {
			d := picturedDisk(t)
			d.cut(n+1, disktest.Verdict{Err: syscall.ENOSPC, Torn: true, Die: dies})
			err := makeThumbs(t, d)
			if read := op.Kind == "close" && strings.HasPrefix(op.Name, "images"); dies && err == nil && !read {
				t.Errorf("death at %v went unseen", op)
			}
			next := newTape(d.After(disktest.Killed, nil))
			if err := makeThumbs(t, next); err != nil {
				t.Errorf("after %v: %v", op, err)
			}
			if got := next.Files(); !slices.Equal(got, whole.Files()) {
				t.Errorf("after %v: files %q", op, got)
			}
			for _, name := range whole.Files() {
				got, _ := next.text(name)
				if want, _ := whole.text(name); got != want {
					t.Errorf("after %v: %s differs", op, name)
				}
			}
		}
	}
}

func TestThumbsEndsWithContextAndRows(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := output.Thumbs(ctx, picturedDisk(t), output.RowsOf(output.Pictured()...)); !errors.Is(err, context.Canceled) {
		t.Errorf("Thumbs = %v, want the context's error", err)
	}
	broken := errors.New("the state is broken")
	rows := func(yield func(output.Result, error) bool) { yield(output.Result{}, broken) }
	if err := output.Thumbs(t.Context(), picturedDisk(t), rows); !errors.Is(err, broken) {
		t.Errorf("Thumbs = %v, want the rows' error", err)
	}
}
