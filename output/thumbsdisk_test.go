package output

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/qwenbatch/qwenbatch/output/disktest"
)

func picturedDisk(t testing.TB) *disktest.Recorder {
	d := disktest.New()
	for name, b := range picturedFiles(t) {
		d.Put(name, b)
	}
	return disktest.NewRecorder(d)
}

func thumbsOf(t *testing.T, d *disktest.Recorder) error {
	return Thumbs(t.Context(), d, rowsOf(pictured()...))
}

func TestThumbsMakesWhatIsMissing(t *testing.T) {
	d := picturedDisk(t)
	d.Put("thumbs/.a-12345678.part", []byte("left by a killed process"))
	if err := thumbsOf(t, d); err != nil {
		t.Fatal(err)
	}
	want := []string{"thumbs/a-aaaaaaaa.jpg", "thumbs/b-2-bbbbbbbb.jpg", "thumbs/b-bbbbbbbb.jpg"}
	got := slices.DeleteFunc(d.Files(), func(name string) bool { return !strings.HasPrefix(name, "thumbs/") })
	if !slices.Equal(got, want) {
		t.Errorf("thumbnails = %q, want %q", got, want)
	}
	d.FailAt(0, disktest.Verdict{})
	if err := Thumbs(t.Context(), d, rowsOf(pictured()[:3]...)); err != nil {
		t.Fatal(err)
	}
	for _, op := range d.Ops {
		if op.Kind == "create" || op.Kind == "open" {
			t.Errorf("a second call did %v", d.Ops)
		}
	}
}

// Whatever fails or dies, no thumbnail is half of one, and the next call makes the rest.
func TestThumbsSurviveFaults(t *testing.T) {
	whole := picturedDisk(t)
	if err := thumbsOf(t, whole); err != nil {
		t.Fatal(err)
	}
	for n, op := range whole.Ops {
		for _, dies := range []bool{false, true} {
			d := picturedDisk(t)
			d.FailAt(n+1, disktest.Verdict{Err: syscall.ENOSPC, Torn: true, Die: dies})
			err := thumbsOf(t, d)
			if read := op.Kind == "close" && strings.HasPrefix(op.Name, "images"); dies && err == nil && !read {
				t.Errorf("death at %v went unseen", op)
			}
			next := disktest.NewRecorder(d.After(disktest.Killed, nil))
			if err := thumbsOf(t, next); err != nil {
				t.Errorf("after %v: %v", op, err)
			}
			if got := next.Files(); !slices.Equal(got, whole.Files()) {
				t.Errorf("after %v: files %q", op, got)
			}
			for _, name := range whole.Files() {
				got, _ := next.Content(name)
				if want, _ := whole.Content(name); !bytes.Equal(got, want) {
					t.Errorf("after %v: %s differs", op, name)
				}
			}
		}
	}
}

func TestThumbsEndsWithContextAndRows(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Thumbs(ctx, picturedDisk(t), rowsOf(pictured()...)); !errors.Is(err, context.Canceled) {
		t.Errorf("Thumbs = %v, want the context's error", err)
	}
	broken := errors.New("the state is broken")
	rows := func(yield func(Result, error) bool) { yield(Result{}, broken) }
	if err := Thumbs(t.Context(), picturedDisk(t), rows); !errors.Is(err, broken) {
		t.Errorf("Thumbs = %v, want the rows' error", err)
	}
}
