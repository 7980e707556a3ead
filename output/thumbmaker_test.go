package output

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/output/disktest"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// manyPictures is a disk with n pictures, and their rows.
func manyPictures(t *testing.T, n int) (*disktest.Recorder, []Result) {
	d := disktest.New()
	var rows []Result
	for i := range n {
		name := fmt.Sprintf("images/%03d.png", i)
		d.Put(name, pngOf(t, plain(40+i, 30, i)))
		rows = append(rows, Result{Row: i + 2, File: name, SHA256: fmt.Sprintf("%08d", i)})
	}
	return disktest.NewRecorder(d), rows
}

func thumbFiles(d *disktest.Recorder) []string {
	return slices.DeleteFunc(d.Files(), func(name string) bool { return !strings.HasPrefix(name, "thumbs/") })
}

// TestThumbMakerMakesWhatIsMissing: each picture is read once, whatever it lacks, and those that
// lack nothing are not.
func TestThumbMakerMakesWhatIsMissing(t *testing.T) {
	d, rows := manyPictures(t, 20)
	d.Put(ThumbName(rows[3].File, rows[3].SHA256), []byte("there"))
	var told [][2]int
	m := ThumbMaker{Disk: d, Book: true, Workers: 4, Tell: func(made, missing int) { told = append(told, [2]int{made, missing}) }}
	if err := m.Make(t.Context(), rowsOf(rows...)); err != nil {
		t.Fatal(err)
	}
	if got := thumbFiles(d); len(got) != 40 {
		t.Errorf("%d thumbnails, want 40: %q", len(got), got)
	}
	opened := map[string]int{}
	for _, op := range d.Ops {
		if op.Kind == "open" {
			opened[op.Name]++
		}
	}
	for _, r := range rows {
		if opened[r.File] != 1 {
			t.Errorf("%s was opened %d times", r.File, opened[r.File])
		}
	}
	for i, got := range told {
		if got != [2]int{i, 20} {
			t.Fatalf("told = %v", told)
		}
	}
	before := len(d.Ops)
	if err := m.Make(t.Context(), rowsOf(rows...)); err != nil {
		t.Fatal(err)
	}
	for _, op := range d.Ops[before:] {
		if op.Kind == "open" || op.Kind == "create" {
			t.Errorf("a second call did %v", op)
		}
	}
}

// A meetingDisk opens pictures when so many are asked for at a time.
type meetingDisk struct {
	durable.Disk
	asked    atomic.Int32
	together chan struct{}
	size     int32
}

func (d *meetingDisk) Open(name string) (durable.File, error) {
	if d.asked.Add(1) == d.size {
		close(d.together)
	}
	select {
	case <-d.together:
		return d.Disk.Open(name)
	case <-time.After(time.Minute):
		return nil, errors.New("the others never came")
	}
}

// TestThumbMakerUsesAllWorkers: as many pictures are made at a time as are allowed.
func TestThumbMakerUsesAllWorkers(t *testing.T) {
	disk, rows := manyPictures(t, 3)
	d := &meetingDisk{Disk: disk, together: make(chan struct{}), size: 3}
	if err := (ThumbMaker{Disk: d, Workers: 3}).Make(t.Context(), rowsOf(rows...)); err != nil {
		t.Error(err)
	}
}

// TestThumbMakerStops: a stop leaves what is made, tells its cause, and the next call makes the
// rest.
func TestThumbMakerStops(t *testing.T) {
	d, rows := manyPictures(t, 20)
	why := errors.New("Ctrl-C")
	ctx, stop := context.WithCancelCause(t.Context())
	m := ThumbMaker{Disk: d, Workers: 2, Tell: func(made, _ int) {
		if made == 5 {
			stop(why)
		}
	}}
	if err := m.Make(ctx, rowsOf(rows...)); !errors.Is(err, why) {
		t.Errorf("Make = %v, want the cause of the stop", err)
	}
	if n := len(thumbFiles(d)); n < 5 || n > 10 {
		t.Errorf("%d thumbnails after a stop at 5", n)
	}
	m.Tell = nil
	if err := m.Make(t.Context(), rowsOf(rows...)); err != nil || len(thumbFiles(d)) != 20 {
		t.Errorf("the next call: %v, %d thumbnails", err, len(thumbFiles(d)))
	}
}

// TestThumbMakerSizes: the page's thumbnail is sharp on a fine screen, the workbook's is smaller.
func TestThumbMakerSizes(t *testing.T) {
	d := disktest.New()
	d.Put("images/a.png", pngOf(t, plain(1000, 500, 0)))
	row := Result{File: "images/a.png", SHA256: "0123456789"}
	if err := (ThumbMaker{Disk: d, Book: true}).Make(t.Context(), rowsOf(row)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"thumbs/a-01234567.jpg": 640, "thumbs/a-01234567.small.jpg": 320} {
		b, _ := d.Content(name)
		if c, _, err := image.DecodeConfig(strings.NewReader(string(b))); err != nil || c.Width != want {
			t.Errorf("%s is %d pixels wide, %v, want %d", name, c.Width, err, want)
		}
	}
}
