package durable_test

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/qwenbatch/qwenbatch/output/disktest"
	"github.com/qwenbatch/qwenbatch/output/durable"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

func publishPaid(d *disktest.Recorder) error {
	_, err := durable.Publish(d, "images", "a.png", []byte(paid))
	return err
}

// checkPicture fails where a final name holds anything but the whole picture.
func checkPicture(t *testing.T, d *disktest.Recorder) (there bool) {
	t.Helper()
	for _, name := range d.Files() {
		got, _ := text(d, name)
		switch {
		case strings.HasSuffix(name, ".part"):
		case name == "images/other.png":
			if got != "other" {
				t.Errorf("%s = %q, overwritten", name, got)
			}
		case got != paid:
			t.Errorf("%s = %q, want %q whole", name, got, paid)
		default:
			there = true
		}
	}
	return there
}

func TestD6EveryOperationOfPublishFails(t *testing.T) {
	for _, cause := range []error{syscall.ENOSPC, syscall.EIO} {
		faults(t, world, cause, publishPaid, func(t *testing.T, d *disktest.Recorder, err error) {
			there := checkPicture(t, d)
			if err == nil {
				t.Fatal("Publish = nil though an operation failed")
			}
			if !errors.Is(err, cause) || !strings.Contains(err.Error(), "images/a.png") {
				t.Errorf("Publish = %v, want %v with the file named", err, cause)
			}
			last := d.Ops[len(d.Ops)-1]
			if parts, _ := durable.Leftovers(d, "images"); len(parts) > 0 && last.Kind != "create" {
				t.Errorf("%v left after %v", parts, d.Ops)
			}
			used, err := durable.Publish(d, "images", "a.png", []byte(paid))
			if err != nil || (used != "a.png") != there {
				t.Errorf("Publish again = %q, %v; a picture was there: %v", used, err, there)
			}
		})
	}
}

func TestD5FailedSyncIsNotTriedAgain(t *testing.T) {
	for _, done := range []bool{false, true} {
		d := world()
		d.FailAt(3, disktest.Verdict{Err: syscall.EIO, Done: done})
		err := publishPaid(d)
		if d.Ops[2].Kind != "sync" {
			t.Fatalf("operation 3 is %v, want the sync", d.Ops[2])
		}
		syncs := 0
		for _, op := range d.Ops {
			if op.Kind == "sync" {
				syncs++
			}
		}
		if !errors.Is(err, syscall.EIO) || syncs != 1 || len(d.Files()) != 1 {
			t.Errorf("Publish = %v with %d syncs, files %v; want EIO, 1 sync, no file left", err, syncs, d.Files())
		}
	}
}

func TestD6InterruptedAndShortWrites(t *testing.T) {
	d := world()
	interrupted := 0
	d.Decide = func(op disktest.Op) disktest.Verdict {
		if op.Kind == "write" && interrupted < 3 {
			interrupted++
			return disktest.Verdict{Err: syscall.EINTR, Torn: true} // half of it is written
		}
		return disktest.Verdict{}
	}
	if err := publishPaid(d); err != nil {
		t.Fatal(err)
	}
	if !checkPicture(t, d) || interrupted < 3 {
		t.Errorf("files = %v after %d interruptions, want the picture after 3", d.Files(), interrupted)
	}
}

func TestP12DirectoryNotSynced(t *testing.T) {
	crashes(t, world, publishPaid, func(t *testing.T, next *disktest.Recorder, _ disktest.Loss, returned bool) {
		there := checkPicture(t, next)
		if returned && !there {
			t.Error("Publish returned, but a power cut takes the picture away")
		}
	})
}

// The next run finishes a part that is whole, synced or not, and may itself die at any operation of that.
func TestP11PartIsFinishedWithoutNetwork(t *testing.T) {
	const write, place = 2, 6
	for n := write; n < place; n++ {
		dead := func() *disktest.Recorder {
			d := world()
			d.FailAt(n, disktest.Verdict{Err: disktest.ErrDead, Done: true, Die: true})
			publishPaid(d)
			return disktest.NewRecorder(d.After(disktest.Killed, nil))
		}
		crashes(t, dead, recoverParts, func(t *testing.T, next *disktest.Recorder, l disktest.Loss, returned bool) {
			if there := checkPicture(t, next); returned && !there {
				t.Error("Finish returned, but a power cut takes the picture away")
			}
			if err := recoverParts(next); err != nil {
				t.Fatal(err)
			}
			if there := checkPicture(t, next); l == disktest.Killed && (!there || len(next.Files()) != 2) {
				t.Errorf("files = %v, want a.png and other.png", next.Files())
			}
		})
	}
}

// recoverParts finishes the parts that are whole and drops the others.
func recoverParts(d *disktest.Recorder) error {
	parts, err := durable.Leftovers(d, "images")
	for _, part := range parts {
		if got, _ := text(d, part); got != paid {
			err = errors.Join(err, d.Remove(part))
		} else if _, bad := durable.Finish(d, part, "images", "a.png"); bad != nil {
			err = errors.Join(err, bad)
		}
	}
	return err
}

func TestP11FinishFailsAndKeepsThePart(t *testing.T) {
	const part = "images/.a.png-0123abcd.part"
	left := func() *disktest.Recorder {
		d := world()
		d.Put(part, []byte(paid))
		return d
	}
	faults(t, left, syscall.EIO, recoverParts, func(t *testing.T, d *disktest.Recorder, err error) {
		there := checkPicture(t, d)
		if _, kept := text(d, part); !errors.Is(err, syscall.EIO) || kept == there {
			t.Errorf("Finish = %v, part kept %v, picture there %v", err, kept, there)
		}
	})
}

// A part whose sync never happened may hold anything: it is told by its content, and never under a final name.
func TestP10PartNotSynced(t *testing.T) {
	for seed := range uint64(20) { // of how much the power cut leaves
		d := world()
		d.FailAt(3, disktest.Verdict{Err: disktest.ErrDead, Die: true})
		publishPaid(d)
		next := disktest.NewRecorder(d.After(disktest.NamesFirst, rand.New(rand.NewPCG(seed, 0))))
		parts, err := durable.Leftovers(next, "images")
		if err != nil || len(parts) != 1 {
			t.Fatalf("Leftovers = %v, %v, want one", parts, err)
		}
		got, _ := text(next, parts[0])
		if _, err := imagefile.Inspect([]byte(got)); !errors.Is(err, imagefile.ErrDamaged) || checkPicture(t, next) {
			t.Errorf("Inspect of %q = %v, files %v", got, err, next.Files())
		}
	}
}

func TestD13NameTaken(t *testing.T) {
	d := world()
	var names []string
	for range 3 {
		used, err := durable.Publish(d, "images", "other.png", []byte(paid))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, used)
	}
	if want := []string{"other~2.png", "other~3.png", "other~4.png"}; !slices.Equal(names, want) {
		t.Errorf("Publish = %v, want %v", names, want)
	}
	checkPicture(t, d)
}

// A look that goes wrong is not taken for a free name.
func TestD13UnreadableNameIsNotFree(t *testing.T) {
	d := world()
	d.FailAt(5, disktest.Verdict{Err: syscall.EIO})
	_, err := durable.Publish(d, "images", "other.png", []byte(paid))
	if d.Ops[4].Kind != "lstat" || !errors.Is(err, syscall.EIO) {
		t.Fatalf("Publish = %v at %v, want EIO at lstat", err, d.Ops[4])
	}
	checkPicture(t, d)
}

func TestH10PublishRefusesWhatIsNoName(t *testing.T) {
	for _, name := range []string{"", ".", "..", "../a.png", "/a.png", "a/b.png", "a/"} {
		d := world()
		if used, err := durable.Publish(d, "images", name, []byte(paid)); !errors.Is(err, fs.ErrInvalid) || len(d.Ops) > 0 {
			t.Errorf("Publish(%q) = %q, %v after %v", name, used, err, d.Ops)
		}
	}
}

func TestLeftoversAreOnlyOurs(t *testing.T) {
	d := world()
	const part = "images/.猫.png-0123abcd.part"
	for _, name := range []string{part, "images/.hidden.part", "images/a-0123abcd.part", "images/.a-0123ABCD.part"} {
		d.Put(name, []byte("x"))
	}
	got, err := durable.Leftovers(d, "images")
	if err != nil || !slices.Equal(got, []string{part}) {
		t.Errorf("Leftovers = %v, %v, want %s", got, err, part)
	}
}
