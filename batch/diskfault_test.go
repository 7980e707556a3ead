package batch

import (
	"bytes"
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/output/disktest"
)

// TestD5RunEndsAtFailedSync lets each fsync of a run's state file fail in turn: the run ends with the disk's error, sends
// nothing more, tells the tasks that it could not record, and the next run pays nothing twice.
func TestD5RunEndsAtFailedSync(t *testing.T) {
	for n := 1; n <= 12; n++ {
		play(t, three, emulator.Options{}, func(s *scene) {
			s.log = new(strings.Builder)
			err := s.startOn(disktest.FailAt("sync", state.FileName, n, 1, disktest.Verdict{Err: syscall.EIO}))
			if !errors.Is(err, syscall.EIO) {
				t.Errorf("fsync %d fails: Run = %v, want EIO", n, err)
			}
			posts := s.posts()
			for _, task := range s.server.Books().Tasks {
				if !bytes.Contains(s.stateBytes(), []byte(task.ID)) && !strings.Contains(s.log.String(), task.ID) {
					t.Errorf("fsync %d fails: task %s is neither recorded nor told", n, task.ID)
				}
			}
			if posts > 3 {
				t.Errorf("fsync %d fails: %d submissions", n, posts)
			}
			s.disk = s.disk.After(disktest.PowerCut, nil)
			s.wantFinish(3)
		})
	}
}

// startOn is start on a disk that misbehaves.
func (s *scene) startOn(decide func(disktest.Op) disktest.Verdict) error {
	k := &killer{cancel: func() {}, disk: s.disk}
	s.disk.Decide = decide
	err := s.process(s.t.Context(), k, s.sheet)
	s.disk.Decide = nil
	return err
}

// TestD3FullDiskRecordsOpenTasks fills the disk at each write of a run's state file: what the service was asked for is
// recorded, nothing new is sent, and the next run pays nothing twice.
func TestD3FullDiskRecordsOpenTasks(t *testing.T) {
	for first := 3; first <= 10; first++ {
		play(t, three, emulator.Options{}, func(s *scene) {
			n, room, full := first, 0, false
			err := s.startOn(func(op disktest.Op) disktest.Verdict {
				if op.Kind == "write" && op.Name == state.FileName && !full {
					n--
					full = n <= 0
				}
				switch {
				case op.Kind == "remove" && op.Name == "state.reserve":
					room = 8 // records
				case op.Kind == "write" && full && room > 0 && op.Name == state.FileName:
					room--
				case (op.Kind == "write" || op.Kind == "create") && full:
					return disktest.Verdict{Err: syscall.ENOSPC, Torn: true}
				}
				return disktest.Verdict{}
			})
			if !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("Run = %v, want ENOSPC", err)
			}
			for _, task := range s.server.Books().Tasks {
				if !bytes.Contains(s.stateBytes(), []byte(task.ID)) {
					t.Errorf("task %s is open and not recorded", task.ID)
				}
			}
			s.wantFinish(3)
		})
	}
}

// TestD6EveryDiskErrorOnce lets each operation of a run that changes the disk fail once, with each kind of error. The run
// may end there; what follows pays nothing twice and leaves every picture in place.
func TestD6EveryDiskErrorOnce(t *testing.T) {
	ops := 0
	play(t, three, emulator.Options{}, func(s *scene) {
		s.startOn(func(op disktest.Op) disktest.Verdict {
			if op.Changes() || op.Kind == "close" {
				ops++
			}
			return disktest.Verdict{}
		})
	})
	causes := []error{syscall.EIO, syscall.ENOSPC, syscall.EROFS, syscall.EMFILE}
	path := writeManifest(t, "p.csv", three)
	crowd(t, ops*len(causes), number, func(t *testing.T, i int) {
		n, cause := i/len(causes)+1, causes[i%len(causes)]
		stage(t, path, emulator.Options{}, func(s *scene) {
			s.startOn(func(op disktest.Op) disktest.Verdict {
				if op.Changes() || op.Kind == "close" {
					if n--; n == 0 {
						return disktest.Verdict{Err: cause, Torn: op.Kind == "write", Done: op.Kind != "write" && i%2 == 0}
					}
				}
				return disktest.Verdict{}
			})
			s.disk = s.disk.After(disktest.Loss(i%int(disktest.Losses)), s.random)
			s.wantFinish(3)
		})
	})
	t.Logf("%d operations, %d errors each", ops, len(causes))
}
