package batch

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/halt"
	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// again is one process that is asked for a redo.
func (s *scene) again(names ...string) error {
	s.options.Redo = names
	defer func() { s.options.Redo = nil }()
	return s.start()
}

// redone fails the test where a redo does not end well.
func (s *scene) redone(names ...string) {
	s.t.Helper()
	if err := s.again(names...); err != nil {
		s.t.Fatalf("Run with --redo %v = %v", names, err)
	}
}

// planOf is what a run with a redo would do.
func (s *scene) planOf(names ...string) Plan {
	s.t.Helper()
	s.options.Redo = names
	defer func() { s.options.Redo = nil }()
	b, closed := s.open()
	defer closed()
	p, err := b.Plan()
	if err != nil {
		s.t.Fatalf("Plan = %v", err)
	}
	return p
}

// TestRedo makes a picture again: another seed, the older one kept, both in the money; each time the command ends, the next
// is a new wish. Rows that fix their seeds are no exception, and nobody takes them for changed afterwards.
func TestRedo(t *testing.T) {
	for _, sheet := range []string{three, "id,prompt,seed\na,a red cat,42\nb,a blue dog,42\nc,a bird,\n"} {
		play(t, sheet, emulator.Options{}, func(s *scene) {
			s.ends()
			was := s.records()["a red cat"]
			if p := s.planOf("a"); p.Again != 1 || p.Pictures != 1 || p.Cost != was.Cost || p.Done != 2 || p.Idle() {
				t.Errorf("Plan = %+v, want one again", p)
			}
			s.wantPosts(3)
			seeds := []int64{was.Sent.Seed}
			for n := 1; n <= 3; n++ {
				s.redone("a")
				now := s.records()["a red cat"]
				if now.Key != was.Key || now.Phase != state.Done || now.Print != was.Print || now.Pictures[0].File != "images/a.png" || now.Sent.Prompt != was.Sent.Prompt {
					t.Errorf("%+v became %+v", was, now)
				}
				if now.Replaced != n || now.Before != was.Before+was.Cost {
					t.Errorf("%d replaced for %v, want %d", now.Replaced, now.Before, n)
				}
				if slices.Contains(seeds, now.Sent.Seed) {
					t.Errorf("seed %d again, after %v", now.Sent.Seed, seeds)
				}
				seeds, was = append(seeds, now.Sent.Seed), now
				s.wantPosts(3 + n)
				s.ends()
				s.wantPosts(3 + n)
			}
			for i, file := range []string{"images/replaced/a.png", "images/replaced/a~2.png", "images/replaced/a~3.png", "images/a.png"} {
				if id, ok := pictures.ReadIdentity(s.disk, file); !ok || id.Sent.Seed != seeds[i] {
					t.Errorf("%s has seed %d, want %d", file, id.Sent.Seed, seeds[i])
				}
			}
		})
	}
}

// TestRedoNames names items in every way that people see them.
func TestRedoNames(t *testing.T) {
	sheet := "id,prompt,count,n,model\na,a red cat,3,,\nb,a blue dog,,2,wan2.2-t2i-plus\n,a bird,,,\nx-2,a fish,,,\n"
	play(t, sheet, emulator.Options{}, func(s *scene) {
		s.ends()
		bird := s.records()["a bird"]
		for names, want := range map[string]int{
			"a": 3, "a-2": 1, "a.png": 1, "images/a-3.png": 1, "row:2": 3, "row:3,row:4": 3, "b": 2, "b_2.png": 2,
			bird.Key: 1, bird.Pictures[0].File: 1, "a,a-2,a.png": 3, "x-2": 1, " x-2 ": 1, "images/x-2.png,x-2.png": 1, "missing": 0,
		} {
			if p := s.planOf(strings.Split(names, ",")...); p.Pictures != want {
				t.Errorf("--redo %s makes %d pictures, want %d", names, p.Pictures, want)
			}
		}
		for _, name := range []string{"z", "row:9", "row:x", "c.png", "A", "x"} {
			s.options.Redo = []string{"a", name}
			var unknown *UnknownItemError
			if err := s.start(); !errors.As(err, &unknown) || unknown.Name != name {
				t.Errorf("--redo %s: %v, want an unknown item", name, err)
			}
		}
	})
}

// TestRedoLeavesAlone names items that are not bought again: held, open, skipped and never sent ones; what failed is sent
// with its own seed.
func TestRedoLeavesAlone(t *testing.T) {
	play(t, "id,prompt,seed,skip\nf,[[fail:DataInspectionFailed]],7,\nh,lost,,\nd,done,,\ns,skipped,,yes\n", emulator.Options{}, func(s *scene) {
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "submit" && c.Prompt == "lost" {
				return emulator.Fault{LoseAnswer: true}
			}
			return at("list", 0, emulator.Fault{Status: 403, Code: "AccessDenied"})(c)
		}
		s.start()
		s.wantPhases(map[string]state.Phase{"[[fail:DataInspectionFailed]]": state.Failed, "lost": state.Held, "done": state.Done})
		posts := s.posts()
		p := s.planOf("f", "h", "d", "s")
		if p.Again != 2 || !slices.Equal(p.Redo.Held, []string{"h"}) || !slices.Equal(p.Redo.Skipped, []string{"s"}) {
			t.Errorf("Plan = %+v, want two again, one held, one skipped", p)
		}
		s.redone("f", "h", "d", "s")
		s.wantPosts(posts + 2)
		s.wantPhases(map[string]state.Phase{"[[fail:DataInspectionFailed]]": state.Failed, "lost": state.Held, "done": state.Done})
		if rec := s.records()["[[fail:DataInspectionFailed]]"]; rec.Sent.Seed != 7 || rec.Redone != 0 {
			t.Errorf("what failed is sent with seed %d, want its own", rec.Sent.Seed)
		}
		if p := s.planOf("h"); p.Again != 0 || p.Pictures != 0 {
			t.Errorf("Plan = %+v, want nothing to buy for a held item", p)
		}
	})
}

// TestRedoOfWhatIsOnItsWay names an open item and one that was never sent: both are made once, also by the second call of
// the same command.
func TestRedoOfWhatIsOnItsWay(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.options.Window = 1
		s.dies(on("create", "images/.", 2)) // the probe; the first picture
		if p := s.planOf("a", "c"); p.Again != 0 || !slices.Equal(p.Redo.Open, []string{"a"}) {
			t.Errorf("Plan = %+v, want a open and nothing again", p)
		}
		s.options.Redo = []string{"a", "c"}
		s.dies(on("create", "images/.", 4))
		s.redone("c", "a")
		s.wantPosts(3)
		s.wantPaidOnce(3)
		s.redone("a", "c")
		s.wantPosts(5)
	})
}

// TestRedoAndCrash dies at every effect and in every way of a run that makes a picture again, and runs the same command
// once more: it is bought once.
func TestRedoAndCrash(t *testing.T) {
	path := writeManifest(t, "p.csv", three)
	ways := deathsAt(0)
	crowd(t, 70*len(ways), number, func(t *testing.T, i int) {
		stage(t, path, emulator.Options{Seed: uint64(i)}, func(s *scene) {
			s.ends()
			s.options.Redo = []string{"a", "c"}
			d := ways[i%len(ways)]
			d.at = int64(i/len(ways) + 1)
			s.suffer(d)
			if s.struckOut() {
				s.options.Redo = nil
			}
			s.wantRedone("a", "c")
		})
	})
}

// TestRedoAndTwoCrashes dies twice; between the deaths a run without --redo may come by. An ordinary run takes some pairs,
// QWENBATCH_LONG=1 ten times as many.
func TestRedoAndTwoCrashes(t *testing.T) {
	path := writeManifest(t, "p.csv", three)
	pairs, ways := 300, deathsAt(0)
	if long() {
		pairs *= 10
	}
	crowd(t, pairs, number, func(t *testing.T, i int) {
		stage(t, path, emulator.Options{Seed: uint64(i)}, func(s *scene) {
			s.ends()
			s.options.Redo = []string{"a", "c"}
			for n := range 2 {
				d := ways[s.random.IntN(len(ways))]
				d.at = 1 + s.random.Int64N(45)
				s.suffer(d)
				if s.struckOut() {
					s.options.Redo = nil
				} else if n == 0 && i%3 == 0 {
					s.options.Redo = nil
					s.start()
					s.options.Redo = []string{"a", "c"}
				}
			}
			s.wantRedone("a", "c")
		})
	})
}

// wantRedone runs the same command until it ends, and wants what it names bought once more and nothing else.
func (s *scene) wantRedone(ids ...string) {
	s.t.Helper()
	if err := s.finish(s.sheet); err != nil {
		s.t.Errorf("the batch ends with %v", err)
		return
	}
	s.check(3)
	if s.replaced != len(ids) {
		s.t.Errorf("%d pictures are replaced, want %d", s.replaced, len(ids))
	}
	for _, rec := range s.records() {
		want := 0
		if slices.Contains(ids, rec.ID) {
			want = 1
		}
		if rec.Redone != want || rec.Replaced != want || rec.Before != rec.Cost*client.Money(want) {
			s.t.Errorf("%s was made again %d times, %d pictures replaced for %v; want %d", rec.ID, rec.Redone, rec.Replaced, rec.Before, want)
		}
		older, there := pictures.ReadIdentity(s.disk, "images/replaced/"+rec.ID+".png")
		if there != (want == 1) || there && older.Sent.Seed == rec.Sent.Seed {
			s.t.Errorf("%s: an older picture is there: %v, with seed %d after %d", rec.ID, there, older.Sent.Seed, rec.Sent.Seed)
		}
	}
}

// TestRedoStopped stops a redo by limits and by a signal: the same command goes on and buys the rest, once.
func TestRedoStopped(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.ends()
		s.options.Limit = 1
		for n := range 3 {
			if err := s.again("a", "b", "c"); n < 2 && !errors.Is(err, halt.ErrLimit) {
				t.Errorf("Run = %v, want ErrLimit", err)
			}
			s.wantPosts(4 + n)
		}
		s.wantPhases(map[string]state.Phase{"a red cat": state.Done, "a blue dog": state.Done, "a bird": state.Done})
	})
	play(t, three, emulator.Options{}, func(s *scene) {
		s.ends()
		s.options.Budget = 1_000_000 // five pictures; three are there
		for range 3 {
			if err := s.again("a", "b", "c"); !errors.Is(err, halt.ErrLimit) {
				t.Errorf("Run = %v, want ErrLimit", err)
			}
		}
		s.wantPosts(5)
		asItWas := 0
		for file := range map[string]bool{"images/a.png": true, "images/b.png": true, "images/c.png": true} {
			if id, ok := pictures.ReadIdentity(s.disk, file); ok && s.records()[id.Sent.Prompt].Replaced == 0 {
				asItWas++
			}
		}
		if asItWas != 1 {
			t.Errorf("%d pictures are as they were, want the one that the budget did not reach", asItWas)
		}
		s.options.Budget = 0
		s.ends()
		s.wantPosts(5) // a run without the wish does not go on with it
		s.redone("a", "b", "c")
		s.wantPosts(6)
	})
}

// TestRedoOfMovedRows changes the order of the rows while a redo of some is under way: it goes on with the items that it meant.
func TestRedoOfMovedRows(t *testing.T) {
	play(t, "prompt\na red cat\na blue dog\na bird\n", emulator.Options{}, func(s *scene) {
		s.ends()
		s.options.Limit = 1
		if err := s.again("row:2", "row:3"); !errors.Is(err, halt.ErrLimit) {
			t.Errorf("Run = %v, want ErrLimit", err)
		}
		s.options.Limit = 0
		s.retype("prompt\na bird\na blue dog\na red cat\n")
		s.redone("row:2", "row:3")
		s.wantPosts(5)
		for prompt, want := range map[string]int{"a red cat": 1, "a blue dog": 1, "a bird": 0} {
			if got := s.records()[prompt].Replaced; got != want {
				t.Errorf("%s was made again %d times, want %d", prompt, got, want)
			}
		}
	})
}

// TestRedoOfVeryMany names more items than a line of the state file has room for: the file can be read again.
func TestRedoOfVeryMany(t *testing.T) {
	sheet, names := []byte("prompt\n"), []string{}
	for i := range 60_000 {
		sheet = fmt.Appendf(sheet, "picture %d\n", i)
		names = append(names, fmt.Sprint(rowPrefix, i+2))
	}
	play(t, string(sheet), emulator.Options{}, func(s *scene) {
		s.options.Limit = 1
		for n := range 3 {
			if err := s.again(names...); !errors.Is(err, halt.ErrLimit) {
				t.Fatalf("Run = %v, want ErrLimit", err)
			}
			s.wantPosts(n + 1)
		}
	})
}

// TestRedoAfterAFinishedRun dies when all is done, before the wish is struck out: the same command buys nothing. The one
// after that does.
func TestRedoAfterAFinishedRun(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.ends()
		s.options.Redo = []string{"a"}
		s.dies(atCompaction())
		s.wantPosts(4)
		if p := s.planOf("a"); p.Again != 0 || !slices.Equal(p.Redo.Bought, []string{"a"}) {
			t.Errorf("Plan = %+v, want it bought", p)
		}
		s.redone("a")
		s.wantPosts(4)
		s.redone("a")
		s.wantPosts(5)
	})
}

// TestRedoOfOnePicture is failure mode P20: pictures that are named with their sums are bought again once each, also by a
// command that was stopped, and what was bought in their places is left alone.
func TestRedoOfOnePicture(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.ends()
		var names []string
		for _, prompt := range []string{"a red cat", "a blue dog"} {
			p := s.records()[prompt].Pictures[0]
			names = append(names, p.File+RedoVersion+p.SHA256)
		}
		if p := s.planOf(names...); p.Again != 2 {
			t.Errorf("Plan = %+v, want two again", p)
		}
		s.options.Limit = 1
		s.again(names...)
		s.wantPosts(4)
		s.options.Limit = 0
		s.redone(names...)
		s.wantPosts(5)
		if p := s.planOf(names...); p.Again != 0 || !slices.Equal(p.Redo.Newer, []string{"a", "b"}) {
			t.Errorf("Plan = %+v, want two newer ones", p)
		}
		s.redone(names...)
		s.wantPosts(5)
		var unknown *UnknownItemError
		if err := s.again("images/x.png" + RedoVersion + "00"); !errors.As(err, &unknown) || unknown.Name != "images/x.png" {
			t.Errorf("Run = %v, want an unknown item", err)
		}
	})
}

// TestRedoTwoWishes begins a second wish before the first has ended: each is bought once, and the number of the later one
// serves the earlier.
func TestRedoTwoWishes(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.ends()
		s.options.Limit = 1
		s.again("a", "b")
		s.wantPosts(4) // a
		s.options.Limit = 0
		s.redone("b")
		s.wantPosts(5)
		s.redone("a", "b")
		s.wantPosts(5)
		s.redone("a", "b")
		s.wantPosts(7)
	})
}

// TestRedoMissing deletes pictures: what the service still has is fetched, the rest is bought again.
func TestRedoMissing(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.ends()
		s.drop("images/a")
		if p := s.planOf(RedoMissing); p.Again != 0 || p.Fetchable != 1 || p.Pictures != 0 {
			t.Errorf("Plan = %+v, want one fetched", p)
		}
		s.redone(RedoMissing)
		s.wantPosts(3)
		s.wantDownloads(4)
		time.Sleep(25 * time.Hour)
		s.drop("images/b")
		if p := s.planOf(RedoMissing); p.Again != 1 || p.Missing != 0 || p.Pictures != 1 {
			t.Errorf("Plan = %+v, want one bought", p)
		}
		s.redone(RedoMissing)
		s.wantPosts(4)
		s.redone(RedoMissing)
		s.wantPosts(4)
		s.wantPaidOnce(3)
		if rec := s.records()["a blue dog"]; rec.Before != rec.Cost || rec.Redone != 1 {
			t.Errorf("%+v, want it paid twice", rec)
		}
	})
	// The service has the task and does not give its picture out: once the day of its task is over, --redo missing buys.
	play(t, three, emulator.Options{}, func(s *scene) {
		s.ends()
		s.drop("images/a")
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "query" {
				return emulator.Fault{ExpireURL: true}
			}
			return emulator.Fault{}
		}
		s.start()
		if p := s.planOf(RedoMissing); p.Again != 0 || p.Unfetched != 1 {
			t.Errorf("Plan = %+v, want one left to be fetched", p)
		}
		time.Sleep(25 * time.Hour)
		s.start()
		s.fault = nil
		if p := s.planOf(RedoMissing); p.Again != 1 {
			t.Errorf("Plan = %+v, want one bought", p)
		}
		s.redone(RedoMissing)
		s.wantPosts(4)
		s.wantPaidOnce(3)
	})
}

// TestRedoSync makes a picture again over the interface without tasks, and dies when it is in place and not recorded: its
// own text says whose it is, and that the wish is served.
func TestRedoSync(t *testing.T) {
	play(t, one, emulator.Options{}, func(s *scene) {
		s.options.Rules.Mode = "sync"
		s.ends()
		was := s.records()["a red cat"]
		s.options.Redo = []string{"a"}
		s.dies(on("rename", "images/a.png", 1))
		s.redone("a")
		s.wantPosts(2)
		if rec := s.records()["a red cat"]; rec.Phase != state.Done || rec.Redone != 1 || rec.Before != was.Cost || rec.Sent.Seed == was.Sent.Seed {
			t.Errorf("%+v became %+v", was, rec)
		}
		s.redone("a")
		s.wantPosts(3)
	})
}

// TestRedoLostState loses the state file after a redo: the rebuilt one draws a seed that the picture does not have.
func TestRedoLostState(t *testing.T) {
	play(t, one, emulator.Options{}, func(s *scene) {
		s.options.NoMetadata = true
		s.ends()
		s.redone("a")
		was := s.records()["a red cat"]
		s.drop("state")
		s.ends()
		s.redone("a")
		s.wantPosts(3)
		if rec := s.records()["a red cat"]; rec.Sent.Seed == was.Sent.Seed || rec.Phase != state.Done {
			t.Errorf("seed %d after %d", rec.Sent.Seed, was.Sent.Seed)
		}
	})
}

// TestRedoOfAChangedRow changes a row and names it: it is made once, as it says now, with the seed that it says.
func TestRedoOfAChangedRow(t *testing.T) {
	play(t, "id,prompt,seed\na,a red cat,1\n", emulator.Options{}, func(s *scene) {
		s.ends()
		s.retype("id,prompt,seed\na,a red cat,2\n")
		s.redone("a")
		s.wantPosts(2)
		if rec := s.records()["a red cat"]; rec.Sent.Seed != 2 {
			t.Errorf("seed %d, want 2", rec.Sent.Seed)
		}
		s.ends()
		s.wantPosts(2)
	})
}

// TestRedoMarksSurvive begins a wish, then lets other commands write their marks: the wish stands.
func TestRedoMarksSurvive(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.ends()
		s.options.Limit = 1
		s.again("a", "b", "c")
		s.options.Limit = 0
		s.retype(three + "d,a fish\n")
		s.ends() // compacts
		s.wantPosts(5)
		s.redone("c", "b", "a", "a")
		s.wantPosts(7)
		if content := string(s.stateBytes()); strings.Contains(content[strings.LastIndex(content, `"seq"`):], "redos") {
			t.Errorf("the wish is not struck out: %s", content)
		}
	})
}

// TestRedoKeepsWhatStandsInItsPlace redoes an item in whose picture's place somebody has put a much larger file.
func TestRedoKeepsWhatStandsInItsPlace(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.ends()
		poster := make([]byte, client.MaxPicture+2<<20)
		s.disk.Put("images/a.png", poster)
		s.redone("a")
		if kept, _ := s.disk.Content("images/replaced/a.png"); len(kept) != len(poster) {
			t.Errorf("of a file of %d bytes %d were kept", len(poster), len(kept))
		}
	})
}

// TestRedoOfNewAfterLoss loses the state file and asks for a redo of a row that was never made, while a picture is there that
// was made when another row had that row's id: the picture stays its item's, and is not paid again.
func TestRedoOfNewAfterLoss(t *testing.T) {
	play(t, "id,prompt\na,a red cat\n", emulator.Options{}, func(s *scene) {
		s.ends()
		s.retype("id,prompt\nb,a red cat\n")
		s.redone("b")
		s.wantPosts(2)
		if err := s.disk.Remove(state.FileName); err != nil {
			t.Fatal(err)
		}
		s.retype("id,prompt\na,a blue dog\nb,a red cat\n")
		s.redone("a")
		s.ends()
		s.wantPosts(3)
		s.wantPhases(map[string]state.Phase{"a red cat": state.Done, "a blue dog": state.Done})
	})
}
