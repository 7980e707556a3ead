package batch

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/halt"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/output/disktest"
)

// A state file that has lost its end, and runs over it that do not come to theirs either: what it lost must still be
// looked for by the next.

// lostEnd plays until three tasks are open, and cuts the state file down to so many lines; 0 leaves half a header.
func lostEnd(s *scene, lines int) {
	s.dies(on("create", "images/.a", 1))
	b := s.stateBytes()
	keep := 20
	for n, i := 0, 0; n < lines; n++ {
		i += bytes.IndexByte(b[i:], '\n') + 1
		keep = i
	}
	s.rewrite(b[:keep])
	time.Sleep(10 * time.Minute) // so that the next run's own lines are no guide to when the tasks were made
}

// wantAdopted wants the next run to finish without a further submission.
func (s *scene) wantAdopted() {
	s.t.Helper()
	s.ends()
	s.wantPosts(3)
	s.wantPaidOnce(3)
}

// TestD9InterruptedWhileSweeping stops a run while it looks for what was lost. Its end is no clean one.
func TestD9InterruptedWhileSweeping(t *testing.T) {
	for lines := range 5 {
		for _, after := range []time.Duration{100 * time.Millisecond, 5 * time.Second, 20 * time.Second} {
			play(t, three, emulator.Options{}, func(s *scene) {
				lostEnd(s, lines)
				for range 2 {
					s.startUnder(s.stopAfter(after))
				}
				s.wantAdopted()
			})
		}
	}
}

// TestD9KilledWhileSweeping kills a run at each thing it does to the disk while it looks, and when it has found.
func TestD9KilledWhileSweeping(t *testing.T) {
	for lines := range 5 {
		for n := 1; n < 60; n++ {
			left, died := n, false
			play(t, three, emulator.Options{}, func(s *scene) {
				lostEnd(s, lines)
				died = s.startAndDie(func(op disktest.Op) bool {
					if op.Changes() {
						left--
					}
					return left == 0
				})
				s.wantAdopted()
			})
			if !died || t.Failed() {
				break
			}
		}
	}
}

// TestD9LimitAfterSweeping ends a run at a limit before every item could claim what was found.
func TestD9LimitAfterSweeping(t *testing.T) {
	for lines := range 3 {
		play(t, three, emulator.Options{}, func(s *scene) {
			lostEnd(s, lines)
			s.options.Limit = 1
			if err := s.start(); err != nil && !errors.Is(err, halt.ErrLimit) { // nil where pictures on disk leave one item only
				t.Fatalf("Run with a limit = %v", err)
			}
			s.options.Limit = 0
			s.wantAdopted()
		})
	}
}

// TestD9ResolveIsNoCleanStop settles a held item by hand when a later run has lost its end.
func TestD9ResolveIsNoCleanStop(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.options.Limit = 1
		s.fault = func(c emulator.Call) emulator.Fault { return emulator.Fault{Unknown: c.Op == "query"} }
		s.start()
		s.options.Limit = 0
		s.faults.Store(false)
		before := len(s.stateBytes())
		s.dies(on("create", "images/.", 2)) // the probe comes first
		b := s.stateBytes()
		s.rewrite(b[:before+bytes.IndexByte(b[before:], '\n')+1])

		batch, closed := s.open()
		if err := batch.Resolve([]string{"a"}, Resolution{Abandon: true}); err != nil {
			t.Fatal(err)
		}
		closed()
		s.ends()
		s.wantPosts(3)
		s.wantPhases(map[string]state.Phase{"a red cat": state.Abandoned, "a blue dog": state.Done, "a bird": state.Done})
	})
}

// TestD9OldBackup puts the state file of the day before back: pictures that it does not know are taken in, and the tasks
// since are looked for.
func TestD9OldBackup(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.first(1)
		backup := s.stateBytes()
		s.ends()
		s.rewrite(backup)
		s.wantAdopted()
		s.wantDownloads(3)
	})
}

// TestD37AnothersName puts an older state file back: since then a picture was renamed, and another item's picture has the name
// that the file knows. Both are taken in where they are, get their names, and nothing is paid, though no list tells of them.
func TestD37AnothersName(t *testing.T) {
	play(t, "prompt,file\na red cat,x\n", emulator.Options{}, func(s *scene) {
		s.ends()
		backup := s.stateBytes()
		s.retype("prompt,file\na red cat,y\na blue dog,x\n")
		s.ends()
		s.wantPosts(2)
		s.rewrite(backup)
		time.Sleep(25 * time.Hour)
		s.ends()
		s.wantPosts(2)
		s.wantPaidOnce(2)
		s.wantNamed(map[string]string{"a red cat": "y.png", "a blue dog": "x.png"})
	})
}

// TestD10StateDeleted deletes the state file and keeps the pictures: nothing is paid or downloaded again.
func TestD10StateDeleted(t *testing.T) {
	for _, metadata := range []bool{true, false} {
		play(t, three, emulator.Options{}, func(s *scene) {
			s.options.NoMetadata = !metadata
			s.ends()
			keys := s.records()
			s.drop("state")
			s.ends()
			s.wantPosts(3)
			s.wantDownloads(3)
			if !metadata { // their words are not known any more, but to the sheet
				if s.report(nil); !strings.Contains(s.reports()[0], "\na,2,done,images/a.png,a red cat,") {
					t.Errorf("results.csv does not tell the prompt:\n%s", s.reports()[0])
				}
				return
			}
			s.wantPaidOnce(3)
			for _, rec := range s.records() {
				if was := keys[rec.Sent.Prompt]; was.Key != rec.Key || !reflect.DeepEqual(was.Sent, rec.Sent) || was.Cost != rec.Cost || was.Task != rec.Task {
					t.Errorf("%+v became %+v", was, rec)
				}
			}
		})
	}
}

// TestD10StateDeletedHalfWay deletes the state file when some pictures are there and other tasks are open: the pictures
// tell that this is no first run.
func TestD10StateDeletedHalfWay(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.dies(on("create", "images/.", 3)) // the probe, a picture
		s.drop("state")
		s.wantAdopted()
	})
}

// TestD10StateDeletedAtOnce deletes the state file, and puts an older one back, seconds after the run was killed, while the list
// does not show its tasks yet: nothing that is left tells when it sent its last, so that the settling time begins anew.
func TestD10StateDeletedAtOnce(t *testing.T) {
	for _, older := range []bool{false, true} {
		play(t, three, emulator.Options{}, func(s *scene) {
			s.first(1)
			content := s.stateBytes()
			s.fault = at("list", 0, emulator.Fault{LagList: 20 * time.Second})
			s.dies(on("write", state.FileName, 6)) // a task's line
			s.drop("state")
			if older {
				s.rewrite(content)
				s.options.Restored = true
			}
			s.wantAdopted()
		})
	}
}

// TestD9OldFolderAfterACleanEnd puts back a folder as it was before the last run, or nothing of it. Nothing in it tells
// that it is old: the person does, and what it lacks is found in the list, as long as that reaches back.
func TestD9OldFolderAfterACleanEnd(t *testing.T) {
	for kept := range 3 {
		play(t, three, emulator.Options{}, func(s *scene) {
			if kept > 0 {
				s.first(kept)
			}
			old, had := s.disk.Content(state.FileName)
			time.Sleep(time.Hour)
			s.ends()
			time.Sleep(20 * time.Hour)
			for _, name := range []string{"a", "b", "c"}[kept:] {
				s.drop("images/" + name)
			}
			s.drop("state")
			if had {
				s.rewrite(old)
			}
			s.options.Restored = true
			s.wantAdopted()
		})
	}
}
