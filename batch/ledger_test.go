package batch

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/output/disktest"
)

// Two batches of one user in one account, with the same words.

// seedSheet has n rows of different words, all with one seed.
func seedSheet(n, seed int) string {
	var b strings.Builder
	b.WriteString("id,prompt,seed\n")
	for i := range n {
		fmt.Fprintf(&b, "p%d,picture %d,%d\n", i, i, seed)
	}
	return b.String()
}

// elsewhere plays a run of another sheet in a folder of its own.
func (s *scene) elsewhere(sheet string, run func()) {
	folder, own := s.disk, s.sheet
	defer func() { s.disk, s.sheet = folder, own }()
	s.disk, s.sheet = disktest.New(), writeManifest(s.t.(*testing.T), "other.csv", sheet)
	run()
}

// madeFor counts the items that are done with a picture that another seed has made.
func (s *scene) madeFor(seed int64) (others int) {
	s.t.Helper()
	seeds := map[string]int64{}
	for _, task := range s.server.Books().Tasks {
		seeds[task.ID] = task.Seed
	}
	for _, rec := range s.records() {
		if rec.Phase == state.Done && seeds[rec.Task] != seed {
			others++
		}
	}
	return others
}

// TestL12OtherBatchOfTheSameWords kills a batch at 4 of 20 and runs another, of the same prompts with another seed in
// another folder, before it goes on. It shows its own pictures only, whatever the first crash was.
func TestL12OtherBatchOfTheSameWords(t *testing.T) {
	for name, loss := range map[string]disktest.Loss{"killed": disktest.Killed, "power cut": disktest.PowerCut} {
		t.Run(name, func(t *testing.T) {
			swept := resumedBesideAnother(t, loss)
			// A task may have ended between its two records, or be asked after by the list: not three times in a row.
			for try := 1; swept && loss == disktest.Killed && try < 3; try++ {
				swept = resumedBesideAnother(t, loss)
			}
			if swept != (loss != disktest.Killed) {
				t.Errorf("the task list was read: %v", swept)
			}
		})
	}
}

// resumedBesideAnother reports whether the task list was read when a batch went on that had died, after another with the same words.
func resumedBesideAnother(t *testing.T, loss disktest.Loss) (swept bool) {
	const items, kept = 20, 4
	play(t, seedSheet(items, 1), emulator.Options{}, func(s *scene) {
		s.dies(on("rename", "images/p", kept))
		s.disk = s.disk.After(loss, nil)
		s.elsewhere(seedSheet(items, 2), s.ends)
		lists := s.server.Books().Lists
		doubts := 0
		for _, rec := range s.records() {
			if rec.Phase == state.Intent {
				doubts++
			}
		}
		s.ends()
		if n := s.madeFor(1); n > 0 {
			t.Errorf("%d of %d pictures are the other batch's", n, items)
		}
		s.wantPosts(2 * items)
		s.wantFinish(2 * items)
		swept = s.server.Books().Lists > lists
		if doubts > 0 {
			swept = loss != disktest.Killed // a doubt reads the list anyway
		}
	})
	return swept
}

// TestL13SweptAllTheSame does to the folder of a batch that was killed what takes the end of its state file away: what
// it has lost is looked for, on the same boot, too.
func TestL13SweptAllTheSame(t *testing.T) {
	for name, harm := range map[string]func(s *scene){
		"copied":     func(s *scene) { s.rewrite(s.stateBytes()) },
		"torn":       func(s *scene) { s.cutInPlace(len(s.stateBytes()) - 9) },
		"backup":     func(s *scene) { s.cutInPlace(strings.Index(string(s.stateBytes()), `"phase":"open"`)) },
		"old lines":  func(s *scene) { s.keepLines(3) },
		"no cache":   func(s *scene) { s.cache = nil; s.keepLines(3) },
		"cache lost": func(s *scene) { s.cache = disktest.New(); s.keepLines(3) },
		"power cut":  func(s *scene) { s.disk = s.disk.After(disktest.PowerCut, nil); s.keepLines(3) },
		"restored":   func(s *scene) { s.options.Restored = true; s.keepLines(3) },
	} {
		t.Run(name, func(t *testing.T) {
			play(t, three, emulator.Options{}, func(s *scene) {
				s.dies(on("create", "images/.a", 1)) // three tasks are open
				harm(s)
				time.Sleep(10 * time.Minute)
				s.wantAdopted()
				if s.server.Books().Lists == 0 {
					t.Error("nothing was looked for")
				}
			})
		})
	}
}

// cutInPlace makes the state file shorter; it stays the same file.
func (s *scene) cutInPlace(size int) {
	s.t.Helper()
	s.disk.Decide = nil
	f, err := s.disk.Append(state.FileName)
	if err == nil {
		err = f.Truncate(int64(size))
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// keepLines cuts the state file to its first lines, as a backup does that is copied over it.
func (s *scene) keepLines(n int) {
	s.t.Helper()
	size := 0
	for _, line := range strings.SplitAfter(string(s.stateBytes()), "\n")[:n] {
		size += len(line)
	}
	s.cutInPlace(size)
}

// TestL14MoreTasksThanItems loses the state of two items with the same words, of which another client has made a third
// task: nobody can tell which are whose. Both are held, and nothing is sent again.
func TestL14MoreTasksThanItems(t *testing.T) {
	play(t, twinSheet(2), emulator.Options{}, func(s *scene) {
		s.cache = nil
		s.dies(on("create", "images/.", 2))
		s.elsewhere("prompt,seed\na red cat,7\n", s.ends)
		s.drop("state")
		s.drop("images/")
		s.options.Restored = true
		s.ends()
		s.wantPosts(3)
		for id, row := range s.resultRows() {
			if row["status"] != "held" || !strings.Contains(row["error_message"], "3 tasks with its words") {
				t.Errorf("%s is %s: %s", id, row["status"], row["error_message"])
			}
		}
		if len(s.orphans) != 3 {
			t.Errorf("%d orphans, want all 3 tasks", len(s.orphans))
		}
		s.options.Restored = false
		s.ends()
		s.wantPosts(3)
	})
}

// TestL15OrphansAreTold loses the state of three items, one of whose rows is gone then: what it has paid is told.
func TestL15OrphansAreTold(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.dies(on("create", "images/.a", 1))
		s.drop("state")
		s.drop("images/")
		s.retype("id,prompt\na,a red cat\nb,a blue dog\n")
		s.options.Restored = true
		s.ends()
		s.wantPosts(3)
		s.wantPhases(map[string]state.Phase{"a red cat": state.Done, "a blue dog": state.Done})
		if len(s.orphans) != 1 || s.orphans[0].Cost != 200_000 || s.orphans[0].Task == "" {
			t.Errorf("orphans = %+v, want one of ¥0.20", s.orphans)
		}
	})
}
