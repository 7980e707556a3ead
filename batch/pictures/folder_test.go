package pictures

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/output/disktest"
)

// TestKeepOlder puts older pictures aside and dies at every operation: whatever that leaves, each
// picture is in its place or aside, and after the next call one copy of each is aside, durably.
func TestKeepOlder(t *testing.T) {
	for _, loss := range []disktest.Loss{disktest.Killed, disktest.PowerCut} {
		diesEverywhere(t, func(h *harness, die func()) (ended bool) {
			rec := h.save(record("a", 2))
			die()
			ended = h.folder.KeepOlder(rec.Key, rec.Pictures) == nil
			h.reopen(loss)
			for number, p := range rec.Pictures {
				aside := "images/replaced/" + FileName("a", number, ".png")
				if _, there := h.disk.Content(aside); !there {
					h.wantFile(p.File, rec, number)
				}
			}
			if err := h.folder.KeepOlder(rec.Key, rec.Pictures); err != nil {
				h.t.Fatal(err)
			}
			if err := NewFound(h.folder).Find(nil); err != nil {
				h.t.Fatal(err)
			}
			if got := h.disk.Files(); len(got) != 3 {
				h.t.Errorf("%q, want two pictures and the state file", got)
			}
			h.reopen(disktest.PowerCut)
			for number := range rec.Pictures {
				h.wantFile("images/replaced/"+FileName("a", number, ".png"), rec, number)
			}
			return ended
		})
	}
}

// TestKeepOlderOfAnother leaves a picture where its own item's record names it, too.
func TestKeepOlderOfAnother(t *testing.T) {
	inFolder(t, func(h *harness) {
		a, b := h.save(record("a", 1)), h.save(record("b", 1))
		a.Pictures = b.Pictures
		if err := h.folder.KeepOlder(a.Key, a.Pictures); err != nil {
			t.Fatal(err)
		}
		h.wantFile("images/b.png", b, 0)
	})
}

// TestFound finds what a killed run has left of open tasks: pictures in place that no record
// names, and parts that are whole. Other parts are gone then; a picture elsewhere is not found.
func TestFound(t *testing.T) {
	inFolder(t, func(h *harness) {
		rec := record("a", 3)
		rec.Phase = state.Open
		h.put(rec)
		h.disk.Put("images/a.png", body(t, rec, 0))
		h.disk.Put("images/.a_2.png-0a1b2c3d.part", body(t, rec, 1))
		h.disk.Put("images/.a_3.png-0a1b2c3d.part", body(t, rec, 2)[:50])
		h.disk.Put("images/copy.png", body(t, rec, 2))
		other := record("b", 1)
		other.Phase = state.Open
		h.put(other)
		h.disk.Put("images/a_3.png", body(t, other, 0))
		f := NewFound(h.folder)
		if err := f.Find(map[string]state.Record{rec.Task: rec, other.Task: other}); err != nil {
			t.Fatal(err)
		}
		for number, want := range []string{"images/a.png", "images/a_2.png", ""} {
			if p, whole := f.Picture(rec.Task, number); p.File != want || whole != (want != "") {
				t.Errorf("Picture(%d) = %q, %v, want %q", number, p.File, whole, want)
			}
		}
		if n, others := f.Count(rec), f.Count(other); n != 2 || others != 0 {
			t.Errorf("Count = %d and %d, want 2 and 0", n, others)
		}
		if r := f.Task(rec).Results; len(r) != 3 || r[1].URL == "" || r[2].URL != "" {
			t.Errorf("Task has results %+v", r)
		}
		if got := fmt.Sprint(h.disk.Files()); got !=
			"[images/a.png images/a_2.png images/a_3.png images/copy.png state.jsonl]" {
			t.Errorf("files %s", got)
		}
	})
}

// TestMakeRoom moves a damaged file aside when its picture has come, unless it has become whole.
func TestMakeRoom(t *testing.T) {
	for _, mended := range []bool{false, true} {
		inFolder(t, func(h *harness) {
			rec := h.save(record("a", 2))
			h.seen()
			cut := body(t, rec, 1)[:60]
			h.disk.Put(rec.Pictures[1].File, cut)
			if err := h.inventory.Look(false); err != nil {
				t.Fatal(err)
			}
			f := NewFound(h.folder)
			f.Add(rec, h.inventory)
			if _, whole := f.Picture(rec.Task, 0); !whole || f.Count(rec) != 1 {
				t.Errorf("%d pictures found, the first %v", f.Count(rec), whole)
			}
			if mended {
				h.disk.Put(rec.Pictures[1].File, body(t, rec, 1))
			}
			p, is, err := f.MakeRoom(rec, 1)
			if err != nil || is != mended || is && p.File != rec.Pictures[1].File {
				t.Errorf("MakeRoom = %+v, %v, %v, want whole %v", p, is, err, mended)
			}
			aside, _ := h.disk.Content("images/replaced/a_2.png")
			if _, there := h.disk.Content("images/a_2.png"); there != mended ||
				bytes.Equal(aside, cut) == mended {
				t.Errorf("mended %v: in place %v, %d bytes aside", mended, there, len(aside))
			}
		})
	}
}

// TestUnknown makes records of pictures of a state file that was lost, one for a request.
func TestUnknown(t *testing.T) {
	inFolder(t, func(h *harness) {
		known := h.save(record("k", 1))
		lost := record("a", 2)
		h.disk.Put("images/a.png", body(t, lost, 0))
		h.disk.Put("images/.a_2.png-0a1b2c3d.part", body(t, lost, 1))
		h.disk.Put("images/copy.png", body(t, known, 0))
		h.disk.Put("images/mine.png", plainPNG(t, 9))
		if err := h.inventory.Look(false); err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		all, err := h.folder.Unknown(h.inventory, now)
		if err != nil || len(all) != 1 {
			t.Fatalf("Unknown = %+v, %v, want one record", all, err)
		}
		rec := all[0]
		if rec.Key != lost.Key || rec.Task != lost.Task || len(rec.Pictures) != 2 ||
			rec.Phase != state.Done || !rec.At.Equal(now) {
			t.Errorf("record %+v", rec)
		}
		if h.state.Count() != 1 {
			t.Error("a record was written")
		}
	})
}

// TestUnknownMoved renames files behind the state file's back. Where each picture is, its record
// learns; two that have changed places are left to be made good, since a name is one item's.
func TestUnknownMoved(t *testing.T) {
	for _, c := range []struct {
		renames [][2]string
		want    string
	}{
		{[][2]string{{"a", "z"}}, "a is z.png"},
		{[][2]string{{"a", "z"}, {"b", "a"}, {"c", "b"}}, "a is z.png, b is a.png, c is b.png"},
		{[][2]string{{"a", "z"}, {"b", "a"}, {"z", "b"}}, ""},
	} {
		inFolder(t, func(h *harness) {
			for _, name := range []string{"a", "b", "c"} {
				h.save(record(name, 1))
			}
			h.seen()
			for _, r := range c.renames {
				h.disk.Rename("images/"+r[0]+".png", "images/"+r[1]+".png")
			}
			if err := h.inventory.Look(false); err != nil {
				t.Fatal(err)
			}
			all, err := h.folder.Unknown(h.inventory, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, rec := range all {
				got = append(got, rec.ID+" is "+path.Base(rec.Pictures[0].File))
			}
			slices.Sort(got)
			if text := strings.Join(got, ", "); text != c.want {
				t.Errorf("after %v: %q, want %q", c.renames, text, c.want)
			}
		})
	}
}

// TestPutShares gives pictures that want one name different ones, however they come.
func TestPutShares(t *testing.T) {
	inFolder(t, func(h *harness) {
		const writers = 20
		files, failed := make(chan string, writers), make(chan error, writers)
		for range writers {
			go func() {
				file, err := h.folder.Put("a", 0, ".png", plainPNG(t, 8))
				files <- file
				failed <- err
			}()
		}
		names := map[string]bool{}
		for range writers {
			names[<-files] = true
			if err := <-failed; err != nil {
				t.Error(err)
			}
		}
		if len(names) != writers {
			t.Errorf("%d names for %d pictures", len(names), writers)
		}
	})
}

// TestRename gives pictures each other's names and dies at every operation of it: whatever a kill
// or a power cut leaves, the next call brings each picture to its name, and loses none.
func TestRename(t *testing.T) {
	want := map[string]string{"a": "b", "b": "a", "c": "taken", "f": "g"}
	for _, loss := range []disktest.Loss{disktest.Killed, disktest.PowerCut, disktest.NamesFirst} {
		diesEverywhere(t, func(h *harness, die func()) (ended bool) {
			for name, n := range map[string]int{"a": 1, "b": 1, "c": 1, "f": 2} {
				h.save(record(name, n))
			}
			h.disk.Put("images/taken.png", []byte("a holiday picture"))
			die()
			ended = h.rename(want) == nil
			h.reopen(loss)
			if err := h.rename(want); err != nil {
				h.t.Fatal(err)
			}
			for i := range h.state.Count() {
				h.wantRenamed(i, want)
			}
			return ended
		})
	}
}

// wantRenamed wants the pictures of the i-th item where its name says, or beside that.
func (h *harness) wantRenamed(i int, want map[string]string) {
	h.t.Helper()
	rec, err := h.state.Get(i)
	if err != nil {
		h.t.Fatal(err)
	}
	for number, p := range rec.Pictures {
		h.wantFile(p.File, rec, number)
		file := "images/" + FileName(want[rec.ID], number, ".png")
		if file == "images/taken.png" {
			file = "images/taken~2.png"
		}
		if p.File != file {
			h.t.Errorf("picture %d of %s is %s, want %s", number, rec.ID, p.File, file)
		}
	}
	if h.inventory.Missing(i) {
		h.t.Errorf("%s is missing", rec.ID)
	}
}

// rename wants names for items, by id.
func (h *harness) rename(want map[string]string) error {
	var all []Renaming
	for i := range h.state.Count() {
		rec, err := h.state.Get(i)
		if err != nil {
			return err
		}
		if rec.Name != want[rec.ID] {
			all = append(all, Renaming{rec, want[rec.ID]})
		}
	}
	if len(all) == 0 {
		return h.inventory.Look(false)
	}
	return Rename(all, h.folder, h.inventory, time.Now)
}
