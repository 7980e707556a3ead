package batch

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/halt"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// twoModels is a sheet of six rows, every other one of qwen-image-plus.
func twoModels() string {
	sheet := "id,prompt,model\n"
	for i := range 6 {
		sheet += number(i) + ",picture " + number(i) + "," + []string{"qwen-image", "qwen-image-plus"}[i%2] + "\n"
	}
	return sheet
}

// refuses gives every submission of a model a fault.
func refuses(model string, f emulator.Fault) func(emulator.Call) emulator.Fault {
	return func(c emulator.Call) emulator.Fault {
		if c.Op == "submit" && (model == "" || c.Model == model) {
			return f
		}
		return emulator.Fault{}
	}
}

var throttling = emulator.Fault{Status: 429, Code: "Throttling.RateQuota"}

// TestA22RefusedWithoutEnd refuses a model for ever: the run says so, makes the pictures of the other model, ends after a
// quarter of an hour, and a later run goes on.
func TestA22RefusedWithoutEnd(t *testing.T) {
	play(t, twoModels(), emulator.Options{}, func(s *scene) {
		s.fault = refuses("qwen-image", throttling)
		begun := time.Now()
		err := s.start()
		var refused *halt.RefusedError
		if !errors.As(err, &refused) || refused.Model != "qwen-image" || !strings.HasPrefix(err.Error(), "qwen-image: ") {
			t.Fatalf("Run = %v, want a RefusedError of qwen-image", err)
		}
		if off := refused.Since.Sub(begun); off < 0 || off > 5*time.Second {
			t.Errorf("refused since %v after the start, want since its start", off)
		}
		if took := time.Since(begun); took < 15*time.Minute || took > 17*time.Minute {
			t.Errorf("the run took %v, want a little more than 15 minutes", took)
		}
		if posts := s.posts(); posts > 70 {
			t.Errorf("%d submissions", posts)
		}
		if n := s.server.Books().Charges; n != 3 {
			t.Errorf("%d charged, want 3", n)
		}
		s.faults.Store(false)
		s.wantFinish(6)
	})
}

// TestA22RefusedForAWhile refuses everything for less than that, and for longer while a task is open, which may be what fills
// the quota: the run goes on by itself.
func TestA22RefusedForAWhile(t *testing.T) {
	for _, at := range []struct {
		sheet string
		until time.Duration
	}{{"", 14 * time.Minute}, {"open,[[pending:40m]] a red cat\n", 30 * time.Minute}} {
		play(t, three+at.sheet, emulator.Options{}, func(s *scene) {
			if at.sheet != "" {
				s.retype("id,prompt\n" + at.sheet)
				s.startUnder(s.stopAfter(5 * time.Second))
				s.retype(three + at.sheet)
			}
			begun := time.Now()
			s.fault = func(c emulator.Call) emulator.Fault {
				if time.Since(begun) < at.until {
					return refuses("", throttling)(c)
				}
				return emulator.Fault{}
			}
			s.ends()
			s.wantPaidOnce(strings.Count(three+at.sheet, "\n") - 1)
		})
	}
}

// TestA23RefusalsAreShown wants the progress to say that a model refuses, since when and why, after half a minute, and not
// any more once it takes something.
func TestA23RefusalsAreShown(t *testing.T) {
	play(t, twoModels(), emulator.Options{}, func(s *scene) {
		begun := time.Now()
		s.fault = func(c emulator.Call) emulator.Fault {
			if time.Since(begun) < 10*time.Minute {
				return refuses("qwen-image", throttling)(c)
			}
			return emulator.Fault{}
		}
		b := openReal(s.t.(*testing.T), s.sheet, s.net, s.disk)
		ended := make(chan error)
		go func() { ended <- b.Run(s.t.Context()) }()
		for _, step := range []struct {
			after time.Duration
			want  int
		}{{20 * time.Second, 0}, {2 * time.Minute, 1}, {9 * time.Minute, 1}} {
			time.Sleep(step.after - time.Since(begun))
			got := b.Progress().Refused
			if len(got) != step.want {
				t.Fatalf("after %v %d models refuse, want %d", step.after, len(got), step.want)
			}
			if len(got) > 0 && (got[0].Model != "qwen-image" || got[0].Cause.Code != throttling.Code || got[0].Since.Sub(begun) > 5*time.Second) {
				t.Errorf("after %v %+v refuses", step.after, got[0])
			}
		}
		if err := <-ended; err != nil {
			t.Errorf("Run = %v", err)
		}
		if got := b.Progress().Refused; len(got) > 0 {
			t.Errorf("at the end %+v", got)
		}
	})
}

// TestA24NoAsynchronousInterface refuses one model as the service does where it has no asynchronous interface, with either
// status: that model is given up at once, and the other goes on.
func TestA24NoAsynchronousInterface(t *testing.T) {
	const message = "current user api does not support asynchronous calls"
	for _, f := range []emulator.Fault{{Status: 403, Code: "AccessDenied", Message: message}, {Status: 429, Code: "Throttling", Message: message}} {
		play(t, twoModels(), emulator.Options{}, func(s *scene) {
			s.fault = refuses("qwen-image", f)
			begun := time.Now()
			err := s.start()
			var api *client.APIError
			if !errors.As(err, &api) || !strings.Contains(api.Message, message) {
				t.Errorf("Run = %v, want the refusal", err)
			}
			if took := time.Since(begun); took > 2*time.Minute {
				t.Errorf("the run took %v", took)
			}
			s.wantPosts(4)
			if n := s.server.Books().Charges; n != 3 {
				t.Errorf("%d charged, want 3", n)
			}
			s.faults.Store(false)
			s.wantFinish(6)
		})
	}
}

// TestA25StatusStops answers submissions with a status and a body that is not the service's: 401, 404, 405 and 415 stop at the
// first and leave the items for a later run; 413 and 422 fail the item.
func TestA25StatusStops(t *testing.T) {
	for _, status := range []int{401, 404, 405, 415} {
		play(t, three, emulator.Options{}, func(s *scene) {
			s.fault = refuses("", emulator.Fault{Status: status})
			var api *client.APIError
			if err := s.start(); !errors.As(err, &api) || api.Status != status {
				t.Errorf("HTTP %d: Run = %v", status, err)
			}
			s.wantPosts(1)
			for prompt, rec := range s.records() {
				if rec.Phase != state.Ready {
					t.Errorf("HTTP %d: %q is %s", status, prompt, rec.Phase)
				}
			}
			s.faults.Store(false)
			s.wantFinish(3)
		})
	}
	for _, status := range []int{413, 422} {
		play(t, three, emulator.Options{}, func(s *scene) {
			s.fault = func(c emulator.Call) emulator.Fault {
				if c.Op == "submit" && c.Prompt == "a blue dog" {
					return emulator.Fault{Status: status}
				}
				return emulator.Fault{}
			}
			s.ends()
			s.wantPosts(3)
			s.wantPhases(map[string]state.Phase{"a red cat": state.Done, "a blue dog": state.Failed, "a bird": state.Done})
		})
	}
}

// TestA25MadeAllTheSame has a gateway answer so after the service has made the task, as one does that has tried two upstreams:
// the list shows it, and nothing is paid twice or lost.
func TestA25MadeAllTheSame(t *testing.T) {
	for _, status := range []int{404, 405, 413, 415, 422} {
		play(t, three, emulator.Options{}, func(s *scene) {
			made := emulator.Fault{Status: status, DoneFirst: true}
			s.fault = once("a red cat", made)
			var api *client.APIError
			if err := s.start(); status < 413 && (!errors.As(err, &api) || api.Status != status) {
				t.Errorf("HTTP %d: Run = %v", status, err)
			}
			if rec := s.records()["a red cat"]; rec.Phase != state.Done || rec.Adopted == "" {
				t.Errorf("HTTP %d: it is %s, adopted %q, want done", status, rec.Phase, rec.Adopted)
			}
			s.wantFinish(3)
			s.wantPaidOnce(3)
		})
	}
}

// TestA26ForeignAnswers puts something before the service that answers every submission with 403 and its own page: after three
// nothing more is sent, the error shows the page, and once it is gone the batch is finished and paid once.
func TestA26ForeignAnswers(t *testing.T) {
	for _, made := range []bool{false, true} {
		play(t, many(20), emulator.Options{}, func(s *scene) {
			s.first(1)
			posts := s.posts()
			s.fault = refuses("", emulator.Fault{Status: 403, DoneFirst: made})
			err := s.start()
			var foreign *client.ForeignError
			if !errors.As(err, &foreign) || foreign.Body == "" || !strings.Contains(err.Error(), foreign.Body) {
				t.Errorf("Run = %v, want what was answered", err)
			}
			if n := s.posts() - posts; n > 4 {
				t.Errorf("%d submissions, want 3", n)
			}
			s.faults.Store(false)
			s.wantFinish(20)
		})
	}
	play(t, many(20), emulator.Options{}, func(s *scene) { // one in three: the others are accepted in between
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "submit" && c.N > 1 && c.N%3 == 0 {
				return emulator.Fault{Status: 403}
			}
			return emulator.Fault{}
		}
		s.ends()
		s.wantPaidOnce(20)
	})
}
