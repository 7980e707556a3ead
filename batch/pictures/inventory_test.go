package pictures

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/qwenbatch/qwenbatch/output/disktest"
)

// TestInventory changes one picture of a folder in all ways: those that are gone or damaged are
// missing, and those that somebody has worked on are edited.
func TestInventory(t *testing.T) {
	other := record("b", 1)
	for _, c := range []struct {
		name            string
		change          func(h *harness, file string, was []byte)
		missing, edited bool
		damage          string
		opened          bool
	}{
		{name: "as it was", change: func(*harness, string, []byte) {}},
		{name: "written anew", opened: true,
			change: func(h *harness, file string, was []byte) { h.disk.Put(file, was) }},
		{name: "moved there and back", opened: true,
			change: func(h *harness, file string, _ []byte) {
				h.disk.Rename(file, "images/elsewhere")
				h.disk.Rename("images/elsewhere", file)
			}},
		{name: "gone", missing: true,
			change: func(h *harness, file string, _ []byte) { h.disk.Remove(file) }},
		{name: "cut", missing: true, damage: "cut after", opened: true,
			change: func(h *harness, file string, was []byte) { h.disk.Put(file, was[:len(was)-9]) }},
		{name: "no picture", missing: true, damage: "text in place of a picture", opened: true,
			change: func(h *harness, file string, _ []byte) { h.disk.Put(file, []byte("hello")) }},
		{name: "another's", missing: true, damage: "of item b", opened: true,
			change: func(h *harness, file string, _ []byte) {
				h.disk.Put(file, body(h.t, other, 0))
			}},
		{name: "edited", edited: true, opened: true,
			change: func(h *harness, file string, _ []byte) { h.disk.Put(file, plainPNG(h.t, 9)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			inFolder(t, func(h *harness) {
				rec := h.save(record("a", 1))
				file := rec.Pictures[0].File
				was, _ := h.disk.Content(file)
				h.seen()
				c.change(h, file, was)
				v := h.inventory
				if err := v.Look(false); err != nil {
					t.Fatal(err)
				}
				if v.Missing(0) != c.missing || v.Edited(0) != c.edited || v.Examined() != c.opened {
					t.Errorf("missing %v, edited %v, examined %v", v.Missing(0), v.Edited(0),
						v.Examined())
				}
				if d := v.AsFound(rec).Damage(); !strings.Contains(d, c.damage) ||
					(d == "") != (c.damage == "") {
					t.Errorf("Damage = %q, want %q", d, c.damage)
				}
				wantRecorded(h, c.missing, c.edited)
			})
		})
	}
}

// wantRecorded records what was found: the next look knows it without opening a file.
func wantRecorded(h *harness, missing, edited bool) {
	h.t.Helper()
	if err := h.inventory.Record(); err != nil {
		h.t.Fatal(err)
	}
	next := NewInventory(h.disk, h.state)
	if err := next.Look(false); err != nil {
		h.t.Fatal(err)
	}
	if next.Missing(0) != missing || next.Edited(0) != edited {
		h.t.Errorf("once recorded: missing %v, edited %v", next.Missing(0), next.Edited(0))
	}
	if next.Examined() && !missing {
		h.t.Error("what was recorded is examined again")
	}
}

// TestInventoryOfSeveral loses, damages and edits pictures of items that have several.
func TestInventoryOfSeveral(t *testing.T) {
	inFolder(t, func(h *harness) {
		lost, cut, edited := h.save(record("a", 2)), h.save(record("b", 2)), h.save(record("c", 2))
		h.save(record("d", 2))
		h.seen()
		h.disk.Remove(lost.Pictures[1].File)
		h.disk.Put(cut.Pictures[1].File, nil)
		h.disk.Put(edited.Pictures[1].File, plainPNG(t, 9))
		if err := h.inventory.Look(false); err != nil {
			t.Fatal(err)
		}
		for i, want := range [][2]bool{{true, false}, {true, false}, {false, true}, {}} {
			if got := [2]bool{h.inventory.Missing(i), h.inventory.Edited(i)}; got != want {
				t.Errorf("item %d: missing and edited %v, want %v", i, got, want)
			}
		}
	})
}

// TestInventoryIsBlind has the disk refuse to list the folder.
func TestInventoryIsBlind(t *testing.T) {
	inFolder(t, func(h *harness) {
		h.save(record("a", 1))
		h.disk.Decide = disktest.FailAt("readdir", ImagesDir, 1, 1,
			disktest.Verdict{Err: syscall.EIO})
		v := h.inventory
		if err := v.Look(false); !errors.Is(err, syscall.EIO) || !errors.Is(v.Err(), syscall.EIO) {
			t.Errorf("Look = %v, Err = %v", err, v.Err())
		}
		if err := v.Look(false); err != nil || v.Err() != nil || v.Missing(0) {
			t.Errorf("then Look = %v, Err = %v, missing %v", err, v.Err(), v.Missing(0))
		}
	})
}

// TestAudit judges pictures by their bytes alone.
func TestAudit(t *testing.T) {
	inFolder(t, func(h *harness) {
		rec := h.save(record("a", 4))
		h.seen()
		h.disk.Rot(rec.Pictures[1].File, plainPNG(t, 9))
		h.disk.Remove(rec.Pictures[2].File)
		h.disk.Rot(rec.Pictures[3].File, nil)
		if err := h.inventory.Look(false); err != nil {
			t.Fatal(err)
		}
		for n, want := range []string{"", "edited", "missing", "damaged"} {
			if got, reason := h.inventory.Audit(rec, n); got != want {
				t.Errorf("Audit(%d) = %q, %q, want %q", n, got, reason, want)
			}
		}
	})
}
