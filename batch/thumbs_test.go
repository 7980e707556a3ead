package batch

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/output"
	"github.com/qwenbatch/qwenbatch/output/disktest"
)

// thumbsThere are the names of all thumbnails.
func (s *scene) thumbsThere() map[string]bool {
	there := map[string]bool{}
	for _, name := range s.disk.Files() {
		if strings.HasPrefix(name, "thumbs/") {
			there[name] = true
		}
	}
	return there
}

// wantThumbs wants a thumbnail of every picture that is recorded.
func (s *scene) wantThumbs() {
	s.t.Helper()
	there := s.thumbsThere()
	for _, rec := range s.records() {
		if want := output.ThumbName(rec.Pictures[0].File, rec.Pictures[0].SHA256); !there[want] {
			s.t.Errorf("there is no %s in %v", want, there)
		}
	}
}

func TestRunMakesThumbnailsWhileItWaits(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.ends()
		if got := s.thumbsThere(); len(got) > 0 {
			t.Errorf("thumbnails that nobody wanted: %v", got)
		}
	})
	play(t, "id,prompt\na,a red cat\nb,a blue dog\n", emulator.Options{}, func(s *scene) {
		s.options.Thumbs, s.options.Window = true, 1
		var early map[string]bool
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "image" && c.N == 2 {
				early = s.thumbsThere()
			}
			return emulator.Fault{}
		}
		s.ends()
		first := output.ThumbName("images/a.png", s.records()["a red cat"].Pictures[0].SHA256)
		if len(early) != 1 || !early[first] {
			t.Errorf("thumbnails = %v, want %s, made while the service worked on the next", early, first)
		}
		s.report(nil)
		if !strings.Contains(s.reports()[2], `"`+first+`"`) {
			t.Errorf("report.html does not show %s", first)
		}
	})
}

// A row that is changed gets a picture under the same name, and the page the thumbnail of that.
func TestThumbnailOfAReplacedPicture(t *testing.T) {
	play(t, "id,prompt\na,a red cat\nb,a blue dog\n", emulator.Options{}, func(s *scene) {
		s.options.Thumbs, s.options.Window = true, 1
		s.ends()
		s.retype("id,prompt\na,a green cat\nb,a blue dog\nc,a bird\n")
		s.ends()
		b, closed := s.open()
		defer closed()
		if err := b.View().Thumbs(s.t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		s.report(nil)
		now := s.records()["a green cat"].Pictures[0]
		if page, want := s.reports()[2], output.ThumbName(now.File, now.SHA256); now.File != "images/a.png" || !strings.Contains(page, `"`+want+`"`) {
			t.Errorf("report.html does not show %s", want)
		}
		s.wantThumbs()
	})
}

// What fails with a thumbnail fails nothing else.
func TestThumbnailsFailAlone(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.options.Thumbs, s.options.Window = true, 1
		failures := 0
		full := func(op disktest.Op) bool {
			if strings.HasPrefix(op.Name, "thumbs") && op.Changes() {
				failures++
				return true
			}
			return false
		}
		s.startFailing(full)
		if failures == 0 {
			t.Error("no operation on a thumbnail failed")
		}
		s.wantPaidOnce(3)
	})
}

// startFailing is a process on a disk that is full for some operations.
func (s *scene) startFailing(full func(disktest.Op) bool) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.disk.Decide = func(op disktest.Op) disktest.Verdict {
		if full(op) {
			return disktest.Verdict{Err: syscall.ENOSPC}
		}
		return disktest.Verdict{}
	}
	if err := s.process(ctx, &killer{cancel: cancel, disk: s.disk}, s.sheet); err != nil {
		s.t.Errorf("Run = %v", err)
	}
	synctest.Wait()
	s.disk.Decide = nil
}

// idleRun is a run that does nothing but thumbnails.
func (s *scene) idleRun() (*run, state.Record) {
	s.ends()
	b, closed := s.open()
	s.t.Cleanup(closed)
	b.o.Thumbs = true
	return b.newRun(), s.records()["a red cat"]
}

func TestThumbnailsWaitForDownloads(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		r, rec := s.idleRun()
		thumbs := r.batch.View().StartThumbs(s.t.Context(), r.downloads.Idle)
		place := r.life.fetcher.Fetch(&rec, client.Task{}, 0)
		place.Enter(s.t.Context())
		thumbs.Add(rec)
		time.Sleep(time.Hour)
		if there := s.thumbsThere(); len(there) > 0 {
			t.Errorf("%v made while a picture is downloaded", there)
		}
		place.Leave(true)
		time.Sleep(time.Second)
		if there := s.thumbsThere(); len(there) != 1 {
			t.Errorf("thumbnails after the download = %v, want one", there)
		}
		thumbs.Stop()
	})
}

// A run that ends does not wait for the thumbnails that are left, nor for one that waits for a download.
func TestThumbnailsStopAtOnce(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		r, rec := s.idleRun()
		place := r.life.fetcher.Fetch(&rec, client.Task{}, 0)
		place.Enter(s.t.Context())
		thumbs := r.batch.View().StartThumbs(s.t.Context(), r.downloads.Idle)
		for range 10_000 { // more than are remembered
			thumbs.Add(rec)
		}
		synctest.Wait()
		began := time.Now()
		thumbs.Stop()
		if took := time.Since(began); took > 0 || len(s.thumbsThere()) > 0 {
			t.Errorf("stopped after %v, thumbnails %v", took, s.thumbsThere())
		}
		place.Leave(false)
	})
}

// TestThumbnailsUnderCrashes is the simulation with thumbnails: they change nothing of what is paid and kept.
func TestThumbnailsUnderCrashes(t *testing.T) {
	sheets, n := simSheets(t), 20
	if long() {
		n = 150
	}
	crowd(t, n, number, func(t *testing.T, i int) { simulate(t, drawWorld(uint64(i), sheets, nil), Options{Thumbs: true}) })
}
