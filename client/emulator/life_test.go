package emulator

import (
	"bytes"
	"image/png"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// bubble runs a test in a synctest bubble with a rig of its own.
func bubble(t *testing.T, o Options, f func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, o)
		defer r.close()
		f(t, r)
	})
}

func exact() Options { return Options{Key: testKey, CV: -1, Service: 10 * time.Second, Tiny: true} }

func TestLifeOfATask(t *testing.T) {
	bubble(t, exact(), func(t *testing.T, r *rig) {
		id := r.submit("a cat")
		if got := r.status(id); got != pending {
			t.Errorf("at once: %s, want PENDING", got)
		}
		time.Sleep(30 * time.Millisecond) // of dispatch
		if got := r.status(id); got != running {
			t.Errorf("after dispatch: %s, want RUNNING", got)
		}
		time.Sleep(10*time.Second - time.Millisecond)
		if got := r.status(id); got != running {
			t.Errorf("just before the end: %s, want RUNNING", got)
		}
		time.Sleep(time.Millisecond)
		if got := r.status(id); got != succeeded {
			t.Errorf("at the end: %s, want SUCCEEDED", got)
		}
		a := r.fetch(r.picture(id))
		m, err := png.DecodeConfig(bytes.NewReader(a.body))
		if a.status != 200 || err != nil || m.Width != 1328 || m.Height != 1328 {
			t.Errorf("picture: %d %v %dx%d %q", a.status, err, m.Width, m.Height, a.body)
		}
		b := r.s.Books()
		task, _ := b.Task(id)
		if b.Charges != 1 || b.ChargesFor("a cat", 7) != 1 || task.Queries != 5 || task.Downloads[0] != 1 || len(b.Violations) != 0 {
			t.Errorf("books: %+v", b)
		}
	})
}

func TestTimesAreBeijings(t *testing.T) {
	bubble(t, exact(), func(t *testing.T, r *rig) {
		a := r.ask("GET", "/api/v1/tasks/"+r.submit("a cat"), "")
		// Both are the same moment: a bubble begins at midnight UTC of 2000-01-01.
		if got, want := text(t, a, "output", "submit_time"), "2000-01-01 08:00:00.000"; got != want {
			t.Errorf("submit_time %s, want %s", got, want)
		}
		if got, want := a.header.Get("Date"), "Sat, 01 Jan 2000 00:00:00 GMT"; got != want {
			t.Errorf("Date %s, want %s", got, want)
		}
	})
}

func TestTaskWithoutResultInThreeHours(t *testing.T) {
	o := exact()
	o.Service = 5 * time.Hour
	bubble(t, o, func(t *testing.T, r *rig) {
		id := r.submit("a cat")
		time.Sleep(taskLimit)
		if got := r.status(id); got != running {
			t.Errorf("before three hours: %s, want RUNNING", got)
		}
		time.Sleep(time.Second)
		a := r.ask("GET", "/api/v1/tasks/"+id, "")
		if text(t, a, "output", "task_status") != failed || text(t, a, "output", "code") != "InternalError.Timeout" {
			t.Errorf("after three hours: %s", a.body)
		}
	})
}

// TestOffset sets the clock of new books; books that are there go on by their own.
func TestOffset(t *testing.T) {
	books := filepath.Join(t.TempDir(), "books")
	for _, offset := range []time.Duration{-24 * time.Hour, time.Hour} {
		s, err := New(Options{Offset: offset, Books: books}) // the second one is of books that are there
		if err != nil {
			t.Fatal(err)
		}
		if off := time.Until(s.Now()); off > -24*time.Hour+time.Minute || off < -24*time.Hour-time.Minute {
			t.Errorf("offset %v: the emulator's clock is %v off", offset, off)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
