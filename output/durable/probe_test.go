package durable_test

import (
	"errors"
	"path"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/qwenbatch/qwenbatch/output/disktest"
	"github.com/qwenbatch/qwenbatch/output/durable"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

func empty() *disktest.Recorder { return disktest.NewRecorder(disktest.New()) }

func probe(d *disktest.Recorder) error { return durable.Probe(d) }

func TestD1ProbeFindsEveryFault(t *testing.T) {
	faults(t, empty, syscall.EROFS, probe, func(t *testing.T, _ *disktest.Recorder, err error) {
		if !errors.Is(err, syscall.EROFS) {
			t.Errorf("Probe = %v, want EROFS", err)
		}
	})
}

// TestD1ProbeTriesEveryOperation fails for a probe that skips an operation or a folder, which no fault in
// the others shows.
func TestD1ProbeTriesEveryOperation(t *testing.T) {
	d := empty()
	if err := probe(d); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"images", "."} {
		for _, kind := range []string{"create", "write", "sync", "rename", "syncdir", "remove"} {
			if !slices.ContainsFunc(d.Ops, func(op disktest.Op) bool {
				return op.Kind == kind && (kind == "syncdir" && op.Name == dir || kind != "syncdir" && path.Dir(op.Name) == dir)
			}) {
				t.Errorf("Probe does no %s in %s: %v", kind, dir, d.Ops)
			}
		}
	}
}

func TestD1ProbeLeavesNothing(t *testing.T) {
	d := empty()
	if err := probe(d); err != nil || len(d.Files()) != 0 {
		t.Errorf("Probe = %v, files %v", err, d.Files())
	}
}

func TestD1DeadProbeIsNoPicture(t *testing.T) {
	crashes(t, empty, probe, func(t *testing.T, next *disktest.Recorder, _ disktest.Loss, _ bool) {
		for _, file := range next.Files() {
			text, _ := text(next, file)
			if _, err := imagefile.Inspect([]byte(text)); !errors.Is(err, imagefile.ErrDamaged) || !strings.HasSuffix(file, ".part") {
				t.Errorf("%s is left: Inspect = %v", file, err)
			}
		}
	})
}
