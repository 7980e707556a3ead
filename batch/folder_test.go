package batch

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/output/disktest"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// fullFor makes every operation of a kind on pictures fail.
func fullFor(kind string, cause error) func(disktest.Op) disktest.Verdict {
	seen := 0
	return func(op disktest.Op) disktest.Verdict {
		if op.Kind == kind && strings.HasPrefix(op.Name, "images/") {
			if seen++; seen > 1 { // the first is the probe
				return disktest.Verdict{Err: cause, Torn: true}
			}
		}
		return disktest.Verdict{}
	}
}

// TestD2D4FullDisk has no room for pictures, or no inodes: the run ends with the disk's error, tasks stay open and no part
// is left; when there is room again the pictures are fetched, and nothing is paid again.
func TestD2D4FullDisk(t *testing.T) {
	for kind, cause := range map[string]error{"write": syscall.ENOSPC, "create": syscall.ENOSPC, "sync": syscall.EDQUOT, "rename": syscall.ENOSPC} {
		play(t, three, emulator.Options{}, func(s *scene) {
			if err := s.startOn(fullFor(kind, cause)); !errors.Is(err, cause) {
				t.Errorf("%s fails: Run = %v, want %v", kind, err, cause)
			}
			for prompt, rec := range s.records() {
				if rec.Phase != state.Open && rec.Phase != state.Ready {
					t.Errorf("%s fails: %q is %s", kind, prompt, rec.Phase)
				}
			}
			for _, name := range s.disk.Files() {
				if strings.HasSuffix(name, ".part") {
					t.Errorf("%s fails: %s is left", kind, name)
				}
			}
			s.ends()
			s.wantPosts(3)
			s.wantPaidOnce(3)
		})
	}
}

// TestD1NotWritable cannot write at the start: nothing is sent.
func TestD1NotWritable(t *testing.T) {
	for _, kind := range []string{"mkdir", "create", "write", "sync", "rename", "syncdir"} {
		play(t, three, emulator.Options{}, func(s *scene) {
			err := s.startOn(func(op disktest.Op) disktest.Verdict {
				if op.Kind == kind {
					return disktest.Verdict{Err: syscall.EROFS}
				}
				return disktest.Verdict{}
			})
			if !errors.Is(err, syscall.EROFS) {
				t.Errorf("%s fails: Run = %v, want EROFS", kind, err)
			}
			s.wantPosts(0)
		})
	}
}

// TestD12PictureDeleted deletes a picture that was paid for: it is fetched again while its task lives, else it is missing.
func TestD12PictureDeleted(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.ends()
		s.drop("images/a")
		s.ends()
		s.wantPosts(3)
		s.wantDownloads(4)
		s.wantPaidOnce(3)
	})
	play(t, three, emulator.Options{}, func(s *scene) {
		s.ends()
		s.drop("images/a")
		time.Sleep(25 * time.Hour)
		s.start()
		s.start()
		s.wantPosts(3)
		b, closed := s.open()
		defer closed()
		if p, err := b.Plan(); err != nil || p.Missing != 1 || p.Done != 2 || p.Pictures != 0 {
			t.Errorf("Plan = %+v, %v, want one missing and nothing to pay", p, err)
		}
		s.report(nil)
		if csv := s.reports()[0]; !strings.Contains(csv, "\na,2,missing,") {
			t.Errorf("results.csv does not say that it is missing:\n%s", csv)
		}
	})
}

// TestD13NameTaken puts something else under the name of a picture: it stays, the picture gets another.
func TestD13NameTaken(t *testing.T) {
	play(t, one, emulator.Options{}, func(s *scene) {
		s.disk.Mkdir(pictures.ImagesDir)
		s.disk.Put("images/a.png", []byte("a holiday picture"))
		s.ends()
		s.wantPaidOnce(1)
		if b, _ := s.disk.Content("images/a.png"); string(b) != "a holiday picture" {
			t.Error("somebody else's file was overwritten")
		}
		if got := s.records()["a red cat"].Pictures[0].File; got != "images/a~2.png" {
			t.Errorf("the picture is %s, want images/a~2.png", got)
		}
	})
}

// TestM1ChangedRow changes a row that was paid for: it is made anew, the older picture is kept, and what both cost is known.
func TestM1ChangedRow(t *testing.T) {
	changed := writeManifest(t, "p.csv", strings.Replace(three, "a blue dog", "a green dog", 1))
	play(t, three, emulator.Options{}, func(s *scene) {
		s.ends()
		was := s.records()["a blue dog"]
		s.sheet = changed
		b, closed := s.open()
		p, err := b.Plan()
		closed()
		if err != nil || p.Changed != 1 || p.Pictures != 1 || p.Anew != 1 || p.Much() {
			t.Errorf("Plan = %+v, %v, want one changed", p, err)
		}
		s.ends()
		s.wantPosts(4)
		now := s.records()["a green dog"]
		if now.Key != was.Key || now.Phase != state.Done || now.Before != was.Cost || now.Replaced != 1 || now.Pictures[0].File != was.Pictures[0].File {
			t.Errorf("%+v became %+v", was, now)
		}
		if _, ok := s.disk.Content("images/replaced/b.png"); !ok {
			t.Errorf("the older picture is not in images/replaced: %v", s.disk.Files())
		}
		s.ends()
		s.wantPosts(4)
	})
}

// TestM1ChangedRowAndCrash dies at every effect of the run that makes a changed row anew: one charge more, and no picture lost.
func TestM1ChangedRowAndCrash(t *testing.T) {
	before := writeManifest(t, "p.csv", one)
	after := writeManifest(t, "p.csv", "id,prompt\na,a red tomcat\n")
	ways := deathsAt(0)
	crowd(t, 45*len(ways), number, func(t *testing.T, i int) {
		stage(t, before, emulator.Options{}, func(s *scene) {
			s.ends()
			s.sheet = after
			d := ways[i%len(ways)]
			d.at = int64(i/len(ways) + 1)
			s.suffer(d)
			if err := s.finish(after); err != nil {
				t.Errorf("the batch ends with %v", err)
			}
			if a, b := s.charges("a red cat"), s.charges("a red tomcat"); a != 1 || b != 1 {
				t.Errorf("charged %d and %d, want 1 and 1", a, b)
			}
			// A crash between the move and the intent may fetch the older picture once more, which is free.
			for file, prompt := range map[string]string{"images/a.png": "a red tomcat", "images/replaced/a.png": "a red cat"} {
				if id, ok := pictures.ReadIdentity(s.disk, file); !ok || id.Sent.Prompt != prompt {
					t.Errorf("%s is of %q, want %q", file, id.Sent.Prompt, prompt)
				}
			}
			if rec := s.records()["a red tomcat"]; rec.Before != rec.Cost {
				t.Errorf("the older picture cost %v, want %v", rec.Before, rec.Cost)
			}
		})
	})
}

// TestM1MuchChanged changes a flag, so to say: all rows without ids say something else. Plan tells how much that is.
func TestM1MuchChanged(t *testing.T) {
	for _, header := range []string{"id,prompt,seed", "prompt,note,seed"} {
		before, after := header+"\n", header+"\n"
		for i := range 20 {
			before += "x" + number(i) + ",y" + number(i) + ",\n"
			after += "x" + number(i) + ",y" + number(i) + ",5\n"
		}
		path := writeManifest(t, "p.csv", after)
		play(t, before, emulator.Options{}, func(s *scene) {
			s.ends()
			s.sheet = path
			b, closed := s.open()
			defer closed()
			if p, err := b.Plan(); err != nil || p.Anew != 20 || !p.Much() {
				t.Errorf("Plan = %+v, %v, want 20 anew, which is much", p, err)
			}
		})
	}
}

// TestM4Twins asks for the same words several times: each is an item of its own, and none goes out while another is
// unanswered.
func TestM4Twins(t *testing.T) {
	play(t, "prompt\ntwin\ntwin\ntwin\ntwin\nother\n", emulator.Options{}, func(s *scene) {
		s.fault = at("submit", 0, emulator.Fault{Delay: 5 * time.Second})
		s.ends()
		s.wantPaidOnce(5)
		var last time.Time
		seeds := map[int64]bool{}
		for _, task := range s.server.Books().Tasks {
			if task.Prompt != "twin" {
				continue
			}
			if gap := task.Submitted.Sub(last); gap < 5*time.Second {
				t.Errorf("two twins within %v", gap)
			}
			last, seeds[task.Seed] = task.Submitted, true
		}
		if len(seeds) != 4 {
			t.Errorf("4 twins have %d seeds", len(seeds))
		}
	})
}

// TestM5ChangedWhileRunning rewrites the sheet while the batch runs: the run goes on with what it has read, the next one sees
// the difference.
func TestM5ChangedWhileRunning(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		go func() {
			time.Sleep(200 * time.Millisecond)
			s.retype(three + "d,a fish\n")
		}()
		s.ends()
		s.wantPosts(3)
		s.ends()
		s.wantPosts(4)
		s.wantPaidOnce(4)
	})
}

// TestM10NothingToDo has nothing left, or nothing at all, to do: the network is not used.
func TestM10NothingToDo(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.ends()
		before := s.server.Books()
		s.ends()
		if after := s.server.Books(); after.Lists != before.Lists || after.Queries != before.Queries || after.Submissions.Seen != 3 || after.Images != before.Images {
			t.Errorf("a run with nothing to do used the network: %+v", after)
		}
	})
	play(t, "id,prompt,skip\na,a red cat,yes\n", emulator.Options{}, func(s *scene) {
		s.ends()
		if b := s.server.Books(); b.Lists+b.Queries+b.Submissions.Seen > 0 {
			t.Errorf("a run over skipped rows used the network: %+v", b)
		}
	})
}

// TestP19M6Lock holds the folder for one run: a second is told at once, and a lock that is given back, or whose holder died,
// is free.
func TestP19M6Lock(t *testing.T) {
	dir := openTemp(t)
	for range 3 {
		lock, err := durable.LockFolder(dir)
		if err != nil || lock.Unguarded {
			t.Fatalf("LockFolder = %+v, %v", lock, err)
		}
		if _, err := durable.LockFolder(dir); !errors.Is(err, durable.ErrLocked) {
			t.Errorf("a second LockFolder = %v, want %v", err, durable.ErrLocked)
		}
		if err := lock.Release(); err != nil {
			t.Errorf("Release = %v", err)
		}
	}
}

func openTemp(t *testing.T) *durable.Dir {
	t.Helper()
	dir, err := durable.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dir.Close() })
	return dir
}
