package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func asJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// reopen closes a rig as a kill would, without a word in the books, and starts another on the same file.
func reopen(t *testing.T, r *rig, o Options) *rig {
	t.Helper()
	r.s.mu.Lock()
	r.s.account.journal.close()
	r.s.mu.Unlock()
	r.close()
	return newRig(t, o)
}

func TestRestartGoesOn(t *testing.T) {
	o := exact()
	o.CV, o.Seed = 0.3, 5
	o.Books = filepath.Join(t.TempDir(), "books")
	o.Quota = func(string) (Quota, bool) { return Quota{Running: 2, Queue: 500, Submissions: 8, Queries: 20}, true }

	// live runs six tasks to their end, killed at some moment on the way or not at all.
	live := func(t *testing.T, books string, kill time.Duration) Books {
		o := o
		o.Books = books
		r := newRig(t, o)
		start := r.s.Now()
		for i := range 6 {
			r.submit(fmt.Sprint("cat ", i))
		}
		canceled := r.s.Books().Tasks[5].ID
		if a := r.ask("POST", "/api/v1/tasks/"+canceled+"/cancel", ""); a.status != 200 {
			t.Fatalf("cancel: %s", a.body)
		}
		if kill > 0 {
			time.Sleep(kill)
			r.status(canceled) // the last word in the books
			before := r.s.Books()
			r = reopen(t, r, o)
			time.Sleep(time.Hour) // in which the emulator's time has not stood still: a Server exists
			if after := r.s.Books(); kill < time.Second && after.Time.Sub(before.Time) < time.Hour {
				t.Errorf("time went from %v to %v", before.Time, after.Time)
			}
		}
		time.Sleep(start.Add(2 * time.Hour).Sub(r.s.Now()))
		b := r.s.Books()
		r.close()
		b.Time, b.Queries, b.PeakQueries = time.Time{}, 0, 0
		for i := range b.Tasks {
			task := &b.Tasks[i]
			task.Queries = 0
			for _, at := range []*time.Time{&task.Submitted, &task.Scheduled, &task.Ended, &task.NotBefore} {
				if !at.IsZero() {
					*at = time.Unix(0, 0).UTC().Add(at.Sub(start))
				}
			}
		}
		return b
	}
	synctest.Test(t, func(t *testing.T) {
		want := asJSON(t, live(t, "", 0))
		if !strings.Contains(want, `"charges": 5`) {
			t.Errorf("an uninterrupted run: %s", want)
		}
		for i, kill := range []time.Duration{time.Millisecond, 5 * time.Second, 15 * time.Second, 40 * time.Second} {
			if got := asJSON(t, live(t, fmt.Sprint(o.Books, i), kill)); got != want {
				t.Errorf("killed after %v: %s\nwant %s", kill, got, want)
			}
		}
	})
}

func TestTimeStandsStillBetweenServers(t *testing.T) {
	o := exact()
	o.Books, o.Speed = filepath.Join(t.TempDir(), "books"), 60
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, o)
		id := r.submit("a cat")
		time.Sleep(time.Second)
		end := r.s.Now()
		r.close()
		frozen := r.s.Books()
		time.Sleep(24 * time.Hour)
		if got := r.s.Books(); !reflect.DeepEqual(got, frozen) {
			t.Errorf("a closed server's books move on: %+v", got)
		}
		r = newRig(t, o)
		defer r.close()
		if got := r.s.Now(); !got.Equal(end) {
			t.Errorf("reopened at %v, want %v", got, end)
		}
		if got := r.status(id); got != succeeded {
			t.Errorf("after a day of nothing: %s, want SUCCEEDED", got)
		}
		if a := r.fetch(r.picture(id)); a.status != 200 {
			t.Errorf("picture: %d %s", a.status, a.body)
		}
	})
}

func TestBooksFileDamage(t *testing.T) {
	o := exact()
	o.Books = filepath.Join(t.TempDir(), "books")
	var whole []byte
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, o)
		r.submit("a cat")
		r.list("")
		r.close()
		whole, _ = os.ReadFile(o.Books)
	})
	lines := bytes.Count(whole, []byte("\n"))
	if lines != 3 || bytes.Contains(whole, []byte(testKey)) {
		t.Fatalf("books of %d lines, or with the key in them:\n%s", lines, whole)
	}
	for cut := range len(whole) {
		os.WriteFile(o.Books, whole[:cut], 0o600)
		s, err := New(o)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if got, want := len(s.Books().Tasks), bytes.Count(whole[:cut], []byte(`"created"`)); got > want || want-got > 1 {
			t.Errorf("cut at %d: %d tasks, want about %d", cut, got, want)
		}
		s.Close()
		if data, _ := os.ReadFile(o.Books); data[len(data)-1] != '\n' {
			t.Fatalf("cut at %d: the torn line stays", cut)
		}
	}
	damaged := bytes.Clone(whole)
	damaged[2] = 0
	os.WriteFile(o.Books, damaged, 0o600)
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "books:1:") {
		t.Errorf("damage in the first line: %v", err)
	}
}

func TestBooksThatCannotBeWritten(t *testing.T) {
	o := exact()
	o.Books = filepath.Join(t.TempDir(), "books")
	bubble(t, o, func(t *testing.T, r *rig) {
		r.submit("a cat")
		r.s.mu.Lock()
		r.s.account.journal.f.Close()
		r.s.mu.Unlock()
		if a := r.ask("POST", pathA1, askPlus, async); a.status != 500 {
			t.Errorf("answered %d %s without writing it down", a.status, a.body)
		}
		if r.s.Close() == nil {
			t.Error("Close says nothing of the failed write")
		}
	})
	o.Books = filepath.Join(o.Books, "below")
	if _, err := New(o); err == nil {
		t.Error("New opens books below a file")
	}
}

func TestSnapshotIsDeep(t *testing.T) {
	bubble(t, exact(), func(t *testing.T, r *rig) {
		r.submit("a cat")
		b := r.s.Books()
		b.Tasks[0].Downloads[0], b.Tasks[0].ID = 9, "x"
		b.Refusals["x"], b.Submissions.Refused["x"], b.Violated["x"] = 1, 1, 1
		if again := r.s.Books(); again.Tasks[0].Downloads[0] != 0 || again.Tasks[0].ID == "x" || len(again.Refusals)+len(again.Submissions.Refused)+len(again.Violated) != 0 {
			t.Errorf("a snapshot is shared: %+v", again)
		}
		if _, ok := b.Task("none"); ok {
			t.Error("a task that is not there is found")
		}
	})
}

func TestHooksSeeTheCall(t *testing.T) {
	var asked, answered []Call
	o := exact()
	o.Fault = func(c Call) Fault { asked = append(asked, c); return Fault{} }
	var s *Server
	o.BeforeAnswer = func(c Call) {
		answered = append(answered, c)
		if b := s.Books(); c.Op == opSubmit && len(b.Tasks) != 1 {
			t.Error("the books do not know the task before its answer")
		}
	}
	bubble(t, o, func(t *testing.T, r *rig) {
		s = r.s
		id := r.submit("a cat")
		time.Sleep(time.Minute)
		r.fetch(r.picture(id))
		plus := "qwen-image-plus"
		if want := []Call{{opSubmit, 1, plus, "", "a cat", ""}, {opQuery, 1, plus, id, "a cat", ""}, {opImage, 1, plus, id, "a cat", ""}}; !reflect.DeepEqual(asked, want) {
			t.Errorf("asked %+v, want %+v", asked, want)
		}
		if len(answered) != 3 || answered[0].TaskID != id {
			t.Errorf("answered %+v", answered)
		}
	})
}

func TestOptionsRefused(t *testing.T) {
	for _, o := range []Options{{Speed: -1}, {ImageURL: "pictures"}, {ImageURL: "http://x/?a=1"}, {ImageURL: "://"}} {
		if _, err := New(o); err == nil {
			t.Errorf("New(%+v) is fine", o)
		}
	}
}

// TestRestartWithMoreRoom: tasks that wait when the service stops start when it is back, not before.
func TestRestartWithMoreRoom(t *testing.T) {
	o := exact()
	o.Books = filepath.Join(t.TempDir(), "books")
	synctest.Test(t, func(t *testing.T) {
		o.Quota = func(string) (Quota, bool) { return Quota{Running: 1}, true }
		r := newRig(t, o)
		r.submit("a")
		r.submit("b")
		time.Sleep(5 * time.Second)
		stopped := r.s.Now()
		r.close()
		o.Quota = nil
		r = newRig(t, o)
		defer r.close()
		time.Sleep(time.Second)
		if got := r.s.Books().Tasks[1].Scheduled; got.Before(stopped) {
			t.Errorf("the second task started %v, before the restart at %v", got, stopped)
		}
	})
}
