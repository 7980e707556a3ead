package output

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"testing"
)

const paid = "a paid picture, whole"

// world is a folder with pictures of somebody else in it.
func world() *simDisk {
	d := newSimDisk()
	d.Mkdir("images")
	d.SyncDir(".")
	d.put("images/other.png", "other")
	d.ops = nil
	return d
}

// faults calls f with a fresh world for every operation of work, each failing without and after being done.
func faults(t *testing.T, world func() *simDisk, err error, work func(*simDisk) error, f func(*testing.T, *simDisk, error)) {
	t.Helper()
	clean := world()
	if err := work(clean); err != nil {
		t.Fatal(err)
	}
	if len(clean.ops) < 3 {
		t.Fatalf("only %v done: the fault injection sees nothing", clean.ops)
	}
	for n := range clean.ops {
		for _, done := range []bool{false, true} {
			d := world()
			d.failAt, d.done, d.err = n+1, done, err
			t.Run(fmt.Sprintf("%d %s done=%v", n, strings.Fields(clean.ops[n])[0], done), func(t *testing.T) {
				f(t, d, work(d))
			})
		}
	}
}

// crashes calls f with what the next run finds, for every operation of work at which the process or the
// machine may die, before and after it, and for every loss.
func crashes(t *testing.T, world func() *simDisk, work func(*simDisk) error, f func(t *testing.T, next *simDisk, l loss, returned bool)) {
	t.Helper()
	clean := world()
	if err := work(clean); err != nil {
		t.Fatal(err)
	}
	for n := range len(clean.ops) + 1 { // the last one dies after the work has returned
		for _, done := range []bool{false, true} {
			for _, l := range []loss{killed, lostAll, lostBytes, tornBytes} {
				d := world()
				d.failAt, d.done, d.err, d.dies = n+1, done, errDead, true
				returned := work(d) == nil
				t.Run(fmt.Sprintf("%d done=%v %s", n, done, l), func(t *testing.T) {
					f(t, d.after(l), l, returned)
				})
			}
		}
	}
}

func publishPaid(d *simDisk) error {
	_, err := Publish(d, "images", "a.png", []byte(paid))
	return err
}

// checkPicture fails where a final name holds anything but the whole picture.
func checkPicture(t *testing.T, d *simDisk) (there bool) {
	t.Helper()
	for _, name := range d.files() {
		got, _ := d.content(name)
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
		faults(t, world, cause, publishPaid, func(t *testing.T, d *simDisk, err error) {
			there := checkPicture(t, d)
			if err == nil {
				t.Fatal("Publish = nil though an operation failed")
			}
			if !errors.Is(err, cause) || !strings.Contains(err.Error(), "images/a.png") {
				t.Errorf("Publish = %v, want %v with the file named", err, cause)
			}
			parts, _ := Leftovers(d, "images")
			if last := d.ops[len(d.ops)-1]; len(parts) > 0 && !strings.HasPrefix(last, "create") {
				t.Errorf("%v left after %v", parts, d.ops)
			}
			d.failAt = 0
			used, err := Publish(d, "images", "a.png", []byte(paid))
			if err != nil || (used != "a.png") != there {
				t.Errorf("Publish again = %q, %v; a picture was there: %v", used, err, there)
			}
		})
	}
}

func TestD5FailedSyncIsNotTriedAgain(t *testing.T) {
	for _, done := range []bool{false, true} {
		d := world()
		d.failAt, d.done, d.err = 3, done, syscall.EIO
		err := publishPaid(d)
		if !strings.HasPrefix(d.ops[2], "sync ") {
			t.Fatalf("operation 3 is %q, want the sync", d.ops[2])
		}
		syncs := 0
		for _, op := range d.ops {
			if strings.HasPrefix(op, "sync ") {
				syncs++
			}
		}
		if !errors.Is(err, syscall.EIO) || syncs != 1 || len(d.files()) != 1 {
			t.Errorf("Publish = %v with %d syncs, files %v; want EIO, 1 sync, no file left", err, syncs, d.files())
		}
	}
}

func TestD6InterruptedAndShortWrites(t *testing.T) {
	d := world()
	d.shortWrites = true
	if err := publishPaid(d); err != nil {
		t.Fatal(err)
	}
	if !checkPicture(t, d) {
		t.Errorf("files = %v, want the picture", d.files())
	}
}

type stuck struct{}

func (stuck) Write([]byte) (int, error) { return 0, syscall.EINTR }

func TestD6WriteWithoutProgressEnds(t *testing.T) {
	if _, err := (steady{stuck{}}).Write([]byte("x")); !errors.Is(err, syscall.EINTR) {
		t.Errorf("Write = %v, want EINTR", err)
	}
}

func TestP12DirectoryNotSynced(t *testing.T) {
	crashes(t, world, publishPaid, func(t *testing.T, next *simDisk, _ loss, returned bool) {
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
		dead := func() *simDisk {
			d := world()
			d.failAt, d.done, d.err, d.dies = n, true, errDead, true
			publishPaid(d)
			return d.after(killed)
		}
		crashes(t, dead, recoverParts, func(t *testing.T, next *simDisk, l loss, returned bool) {
			if there := checkPicture(t, next); returned && !there {
				t.Error("Finish returned, but a power cut takes the picture away")
			}
			if err := recoverParts(next); err != nil {
				t.Fatal(err)
			}
			if there := checkPicture(t, next); l == killed && (!there || len(next.files()) != 2) {
				t.Errorf("files = %v, want a.png and other.png", next.files())
			}
		})
	}
}

// recoverParts finishes the parts that are whole and drops the others.
func recoverParts(d *simDisk) error {
	parts, err := Leftovers(d, "images")
	for _, part := range parts {
		if got, _ := d.content(part); got != paid {
			err = errors.Join(err, d.Remove(part))
		} else if _, bad := Finish(d, part, "images", "a.png"); bad != nil {
			err = errors.Join(err, bad)
		}
	}
	return err
}

func TestP11FinishFailsAndKeepsThePart(t *testing.T) {
	const part = "images/.a.png-0123abcd.part"
	left := func() *simDisk {
		d := world()
		d.put(part, paid)
		return d
	}
	faults(t, left, syscall.EIO, recoverParts, func(t *testing.T, d *simDisk, err error) {
		there := checkPicture(t, d)
		if _, kept := d.content(part); !errors.Is(err, syscall.EIO) || kept == there {
			t.Errorf("Finish = %v, part kept %v, picture there %v", err, kept, there)
		}
	})
}

// A part whose sync never happened may hold anything: it is told by its content, and never under a final name.
func TestP10PartNotSynced(t *testing.T) {
	d := world()
	d.failAt, d.err, d.dies = 3, errDead, true
	publishPaid(d)
	next := d.after(tornBytes)
	parts, err := Leftovers(next, "images")
	if err != nil || len(parts) != 1 {
		t.Fatalf("Leftovers = %v, %v, want one", parts, err)
	}
	f, err := next.Open(parts[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got := make([]byte, 100)
	n, _ := f.Read(got)
	if _, err := Inspect(got[:n]); !errors.Is(err, ErrDamaged) || checkPicture(t, next) {
		t.Errorf("Inspect of the torn part = %v, files %v", err, next.files())
	}
}

func TestD13NameTaken(t *testing.T) {
	d := world()
	var names []string
	for range 3 {
		used, err := Publish(d, "images", "other.png", []byte(paid))
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
	d.failAt, d.err = 5, syscall.EIO
	_, err := Publish(d, "images", "other.png", []byte(paid))
	if !strings.HasPrefix(d.ops[4], "lstat") || !errors.Is(err, syscall.EIO) {
		t.Fatalf("Publish = %v at %q, want EIO at lstat", err, d.ops[4])
	}
	checkPicture(t, d)
}

func TestH10PublishRefusesWhatIsNoName(t *testing.T) {
	for _, name := range []string{"", ".", "..", "../a.png", "/a.png", "a/b.png", "a/"} {
		d := world()
		if used, err := Publish(d, "images", name, []byte(paid)); !errors.Is(err, fs.ErrInvalid) || len(d.ops) > 0 {
			t.Errorf("Publish(%q) = %q, %v after %v", name, used, err, d.ops)
		}
	}
}

func TestLeftoversAreOnlyOurs(t *testing.T) {
	d := world()
	part := partOf("images/猫.png")
	for _, name := range []string{part, "images/.hidden.part", "images/a-0123abcd.part", "images/.a-0123ABCD.part"} {
		d.put(name, "x")
	}
	got, err := Leftovers(d, "images")
	if err != nil || !slices.Equal(got, []string{part}) {
		t.Errorf("Leftovers = %v, %v, want %s", got, err, part)
	}
}

func TestPartNamesFitEveryFileSystem(t *testing.T) {
	for _, name := range []string{"a", strings.Repeat("图", 85), strings.Repeat("a", 255)} {
		if part := partOf(name); len(part) > 255 || !partPattern.MatchString(part) {
			t.Errorf("partOf(%q) = %q, %d bytes", name, part, len(part))
		}
	}
}
