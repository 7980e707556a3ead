package batch

import (
	"bytes"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// exchanged tells a story of a batch that was exchanged.
func exchanged(t *testing.T, name string, later time.Duration, story func(s *scene, c []byte)) {
	t.Run(name, func(t *testing.T) {
		play(t, alikeRows, emulator.Options{Seed: 1, NoQuota: true}, func(s *scene) { s.exchange(later, story) })
	})
}

// exchange plays a batch to its end and takes it in again from pictures that have changed places, so
// that the record of a names images/c.png and that of c names images/a.png. Some time later c's
// picture is put back, and a's is gone.
func (s *scene) exchange(later time.Duration, story func(s *scene, c []byte)) {
	s.ends()
	a, _ := s.disk.Content("images/a.png")
	c, _ := s.disk.Content("images/c.png")
	time.Sleep(time.Minute)
	s.disk.Put("images/a.png", c)
	s.disk.Put("images/c.png", a)
	s.loseState()
	s.ends()
	if file := s.records()["a red cat"].Pictures[0].File; file != "images/c.png" {
		s.t.Fatalf("the record of a names %s", file)
	}
	time.Sleep(later)
	s.disk.Put("images/c.png", c)
	s.drop("images/a.png")
	story(s, c)
}

// wantFile compares a file's bytes.
func (s *scene) wantFile(name string, want []byte) {
	s.t.Helper()
	if got, there := s.disk.Content(name); !bytes.Equal(got, want) {
		s.t.Errorf("%s: there %v, %d bytes; want %d", name, there, len(got), len(want))
	}
}

// TestD35OwnPlace is failure mode D35: a picture that stands in its own item's place stays there,
// though the record of another item, whose picture is fetched, bought or renamed, names the file.
func TestD35OwnPlace(t *testing.T) {
	exchanged(t, "fetched", time.Minute, func(s *scene, c []byte) {
		s.ends()
		s.wantFile("images/c.png", c)
		s.wantPaidOnce(3)
		s.wantPlan(func(p Plan) bool { return p.Done == 3 && p.Missing == 0 }, "after one run")
	})
	exchanged(t, "bought", 48*time.Hour, func(s *scene, c []byte) {
		s.redone("a")
		s.wantFile("images/c.png", c)
	})
	exchanged(t, "renamed", 48*time.Hour, func(s *scene, c []byte) {
		s.retype("id,prompt,file\na,a red cat,x\nb,a red dog,b\nc,a red fox,c\n")
		s.ends()
		s.wantFile("images/c.png", c)
	})
}

// TestD36LookedAtAgain is failure mode D36: a file that was damaged when the run began, and is whole
// when the picture has been fetched again at last, is somebody's work and stays.
func TestD36LookedAtAgain(t *testing.T) {
	play(t, alikeRows, emulator.Options{Seed: 1, NoQuota: true}, func(s *scene) {
		s.ends()
		time.Sleep(time.Minute)
		s.disk.Put("images/a.png", nil)
		mine := otherPNG(t, 7)
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op != "image" {
				return emulator.Fault{}
			}
			s.disk.Put("images/a.png", mine)
			s.faults.Store(false)
			return emulator.Fault{Status: 503}
		}
		s.ends()
		s.wantFile("images/a.png", mine)
		s.wantPlan(func(p Plan) bool { return p.Done == 3 && p.Edited == 1 && p.Missing == 0 }, "edited meanwhile")
	})
}
