package batch

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/output/disktest"
)

// four has what each of the tests below pays for: two items of the same words among them.
const four = "prompt\na red cat\na blue dog\na bird\na bird\n"

// stopBeforePictures is a run that is stopped when everything is submitted and no picture has come.
func (s *scene) stopBeforePictures() {
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Second)
	defer cancel()
	if err := s.startUnder(ctx); !errors.Is(err, context.DeadlineExceeded) {
		s.t.Fatalf("Run = %v, want that it is stopped", err)
	}
	s.wantPosts(4)
}

// failure mode D23: the state file is gone before the first picture has come, and nobody says so. What a run that was stopped
// or killed leaves beside it says that it was there: the tasks are found in the list, and none is paid again.
func TestD23LostState(t *testing.T) {
	for _, killed := range []bool{false, true} {
		play(t, four, emulator.Options{}, func(s *scene) {
			if killed {
				s.dies(on("create", "images/.", 2)) // the first is the probe's
			} else {
				s.stopBeforePictures()
			}
			s.disk.Decide = nil
			if err := s.disk.Remove(state.FileName); err != nil {
				t.Fatal(err)
			}
			b, closed := s.open()
			if b.Lost() == "" || b.hadState {
				t.Errorf("killed %v: the folder is taken for a new one", killed)
			}
			closed()
			s.wantFinish(4)
			if n := s.posts(); n != 4 {
				t.Errorf("killed %v: %d submissions, want 4", killed, n)
			}
		})
	}
	play(t, four, emulator.Options{}, func(s *scene) { // images/ is a common name
		s.disk.Mkdir(pictures.ImagesDir)
		s.disk.Put("images/holiday.png", []byte("a picture of somebody's"))
		b, closed := s.open()
		defer closed()
		if trace := b.Lost(); trace != "" {
			t.Errorf("%s is taken for a trace of a batch", trace)
		}
	})
}

// TestD24RestoredAfterDamage flips bits all over the state file of a run that was stopped before the first picture, and of one
// that was killed, and follows the hint: Restored. Nothing is paid twice, and nothing is lost.
func TestD24RestoredAfterDamage(t *testing.T) {
	path := writeManifest(t, "p.csv", four)
	step := 997
	if long() {
		step = 53
	}
	for _, killed := range []bool{false, true} {
		var size int
		stage4 := func(t *testing.T, damage func(s *scene)) {
			stage(t, path, emulator.Options{}, func(s *scene) {
				if killed {
					s.dies(on("create", "images/.", 4)) // the first is the probe's
				} else {
					s.stopBeforePictures()
				}
				s.disk.Decide = nil
				damage(s)
			})
		}
		crowd(t, 1, number, func(t *testing.T, _ int) {
			stage4(t, func(s *scene) { size = len(s.stateBytes()) })
		})
		crowd(t, size*8/step, number, func(t *testing.T, i int) {
			stage4(t, func(s *scene) {
				bit := i * step % (len(s.stateBytes()) * 8)
				s.rewrite(flipped(s.stateBytes(), bit))
				if err := s.start(); !errors.Is(err, state.ErrDamaged) {
					return // an end that was cut off: failure mode D7
				}
				s.wantPosts(4)
				s.options.Restored = true
				if err := s.start(); err != nil {
					t.Fatalf("bit %d: Run = %v", bit, err)
				}
				if _, kept := s.disk.Content(state.DamagedFile); !kept {
					t.Error("the damaged file is not kept")
				}
				s.options.Restored = false
				s.wantFinish(4)
				s.wantPosts(4)
			})
		})
	}
}

// TestD24NothingToRestore refuses a file that is no state file, whatever is said, and leaves it.
func TestD24NothingToRestore(t *testing.T) {
	disk := disktest.New()
	disk.Put(state.FileName, []byte("a letter\n"))
	b := &Batch{o: Options{Disk: disk}}
	if _, err := b.salvage(); !errors.Is(err, state.ErrDamaged) {
		t.Errorf("salvage = %v, want %v", err, state.ErrDamaged)
	}
	if text, _ := disk.Content(state.FileName); string(text) != "a letter\n" {
		t.Errorf("it became %q", text)
	}
}
