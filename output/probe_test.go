package output_test

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/qwenbatch/qwenbatch/output"
	"github.com/qwenbatch/qwenbatch/output/disktest"
)

func empty() *tape { return newTape(disktest.New()) }

func probe(d *tape) error { return output.Probe(d) }

func TestD1ProbeFindsEveryFault(t *testing.T) {
	faults(t, empty, syscall.EROFS, probe, func(t *testing.T, _ *tape, err error) {
		if !errors.Is(err, syscall.EROFS) {
			t.Errorf("Probe = %v, want EROFS", err)
		}
	})
}

func TestD1ProbeLeavesNothing(t *testing.T) {
	d := empty()
	if err := probe(d); err != nil || len(d.Files()) != 0 {
		t.Errorf("Probe = %v, files %v", err, d.Files())
	}
}

func TestD1DeadProbeIsNoPicture(t *testing.T) {
	crashes(t, empty, probe, func(t *testing.T, next *tape, _ disktest.Loss, _ bool) {
		for _, file := range next.Files() {
			text, _ := next.text(file)
			if _, err := output.Inspect([]byte(text)); !errors.Is(err, output.ErrDamaged) || !strings.HasSuffix(file, ".part") {
				t.Errorf("%s is left: Inspect = %v", file, err)
			}
		}
	})
}
