package pictures

import (
	"bytes"
	"image"
	"image/png"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/output/disktest"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// A harness is a folder with a state file, whose pictures are what their records say until a test
// changes them.
type harness struct {
	t         *testing.T
	disk      *disktest.Disk
	state     *state.File
	folder    *Folder
	inventory *Inventory
}

// inFolder runs a test in a folder of its own, under a clock of its own.
func inFolder(t *testing.T, test func(h *harness)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		disk := disktest.New()
		if err := disk.Mkdir(ImagesDir); err != nil {
			t.Fatal(err)
		}
		h := &harness{t: t}
		h.open(disk)
		if err := h.state.Create(state.Header{}); err != nil {
			t.Fatal(err)
		}
		defer func() { h.state.Close() }()
		test(h)
	})
}

// open is what a process does that finds the disk so.
func (h *harness) open(disk *disktest.Disk) {
	h.t.Helper()
	s, _, err := state.OpenFile(disk)
	if err != nil {
		h.t.Fatal(err)
	}
	h.disk, h.state = disk, s
	h.folder, h.inventory = NewFolder(disk, s), NewInventory(disk, s)
}

// reopen is open after the process before has died in some way.
func (h *harness) reopen(l disktest.Loss) {
	h.t.Helper()
	h.state.Close()
	h.open(h.disk.After(l, nil))
}

// record is that of an item whose n pictures have been made, and are nowhere yet.
func record(name string, n int) state.Record {
	k := state.NewKey(name, state.Fingerprint{}, 1)
	return state.Record{Key: k.String(), ID: name, Name: name, Phase: state.Done,
		Task: "task-of-" + name, Sent: state.Request{N: n}}
}

// body is the number-th picture of a record, with its identity.
func body(t *testing.T, rec state.Record, number int) []byte {
	t.Helper()
	id := Identity{Key: rec.Key, ID: rec.ID, Task: rec.Task, Number: number, Name: rec.Name,
		Sent: rec.Sent}
	return imagefile.Annotate(plainPNG(t, 8), []imagefile.Text{
		{Keyword: IdentityKeyword, Value: id.String()}})
}

// plainPNG is a picture that tells nothing of itself.
func plainPNG(t *testing.T, side int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, side, side))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// save puts all pictures of a record in place and records them.
func (h *harness) save(rec state.Record) state.Record {
	h.t.Helper()
	for number := range rec.Sent.N {
		b := body(h.t, rec, number)
		file, err := h.folder.Put(rec.Name, number, ".png", b)
		if err != nil {
			h.t.Fatal(err)
		}
		found, err := imagefile.Inspect(b)
		if err != nil {
			h.t.Fatal(err)
		}
		rec.Pictures = append(rec.Pictures, PictureOf(file, found, b))
	}
	if err := h.folder.Sync(); err != nil {
		h.t.Fatal(err)
	}
	h.put(rec)
	return rec
}

func (h *harness) put(rec state.Record) {
	h.t.Helper()
	if err := h.state.Put(rec, true); err != nil {
		h.t.Fatal(err)
	}
}

// seen ends a run: all files so far have been seen. What comes after is later.
func (h *harness) seen() {
	h.t.Helper()
	if err := NewInventory(h.disk, h.state).LookAfterRun(); err != nil {
		h.t.Fatal(err)
	}
	time.Sleep(time.Minute)
}

// wantFile wants a file to be the number-th picture of a record.
func (h *harness) wantFile(file string, rec state.Record, number int) {
	h.t.Helper()
	id, known := ReadIdentity(h.disk, file)
	if !known || id.Key != rec.Key || id.Number != number {
		h.t.Errorf("%s is picture %d of %q, want %d of %q; there are %q", file, id.Number, id.ID,
			number, rec.ID, h.disk.Files())
	}
}

// diesEverywhere runs a test again and again, in a folder of its own each time: its process dies
// at the first operation on the disk after it has called die, then at the second, and so on,
// until what it does comes to its end.
func diesEverywhere(t *testing.T, test func(h *harness, die func()) (ended bool)) {
	t.Helper()
	for at := 1; ; at++ {
		ended := true
		inFolder(t, func(h *harness) {
			ended = test(h, func() {
				last := h.disk.Ops() + at
				h.disk.Decide = func(op disktest.Op) disktest.Verdict {
					if op.N == last {
						return disktest.Verdict{Err: disktest.ErrDead, Die: true}
					}
					return disktest.Verdict{}
				}
			})
		})
		if t.Failed() {
			t.Fatalf("died at operation %d", at)
		}
		if ended {
			return
		}
	}
}
