package batch

import (
	"errors"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/settle"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// What the API answers, and what must come of it.

// TestA1A2Throttled refuses submissions for their pace: they use up no attempt, however many, and all go through at last.
func TestA1A2Throttled(t *testing.T) {
	for _, code := range []string{"Throttling.RateQuota", "LimitRequests", "Throttling.BurstRate", "Throttling"} {
		play(t, three, emulator.Options{}, func(s *scene) {
			s.fault = func(c emulator.Call) emulator.Fault {
				if c.Op == "submit" && c.N <= 3*attempts*3 {
					return emulator.Fault{Status: 429, Code: code}
				}
				return emulator.Fault{}
			}
			s.ends()
			s.wantPaidOnce(3)
			for prompt, rec := range s.records() {
				if rec.Attempt != 1 {
					t.Errorf("%s: %q took %d attempts, want 1", code, prompt, rec.Attempt)
				}
			}
		})
	}
}

// TestA3AccountStops lets the account be refused while tasks are open: no further submission, what is open is collected,
// and the run says why. With the account in order the same command goes on.
func TestA3AccountStops(t *testing.T) {
	sheet := "id,prompt\na,one\nb,two\nc,a blue dog\nd,four\ne,five\n"
	for _, f := range []emulator.Fault{
		{Status: 400, Code: "Arrearage"}, {Status: 403, Code: "PrepaidBillOverdue"}, {Status: 403, Code: "PostpaidBillOverdue"},
		{Status: 429, Code: "CommodityNotPurchased"}, {Status: 403, Code: "AllocationQuota.FreeTierOnly"},
		{Status: 429, Code: "Throttling.AllocationQuota", Message: "Free allocated quota exceeded."},
	} {
		t.Run(f.Code, func(t *testing.T) {
			play(t, sheet, emulator.Options{}, func(s *scene) {
				refused := false
				s.fault = func(c emulator.Call) emulator.Fault {
					if c.Op == "submit" && (c.N == 3 || refused) {
						refused = true
						return f
					}
					return emulator.Fault{}
				}
				var api *client.APIError
				if err := s.start(); !errors.As(err, &api) || api.Code != f.Code {
					t.Errorf("Run = %v, want %s", err, f.Code)
				}
				s.wantPosts(3)
				finished, pending := 0, 0
				for _, rec := range s.records() {
					switch rec.Phase {
					case state.Done:
						finished++
					case state.Ready:
						pending++
					}
				}
				if finished != 2 || pending != 1 {
					t.Errorf("%d done and %d pending, want 2 and 1", finished, pending)
				}
				s.faults.Store(false)
				s.ends()
				s.wantPaidOnce(5)
			})
		})
	}
}

// TestA4KeyRefusedOnSubmission refuses the key at the first submission: there is no second.
func TestA4KeyRefusedOnSubmission(t *testing.T) {
	for _, f := range []emulator.Fault{{Status: 401, Code: "InvalidApiKey"}, {Status: 401, Code: "invalid_api_key"}, {Status: 403, Code: "Workspace.AccessDenied"}} {
		play(t, three, emulator.Options{}, func(s *scene) {
			s.fault = at("submit", 0, f)
			var api *client.APIError
			if err := s.start(); !errors.As(err, &api) || api.Code != f.Code {
				t.Errorf("Run = %v, want %s", err, f.Code)
			}
			s.wantPosts(1)
			s.faults.Store(false)
			s.ends()
			s.wantPaidOnce(3)
		})
	}
}

// TestA4KeyRefusedOnQuery refuses the key when tasks are asked for: they stay open for a run with a good key, which
// submits nothing.
func TestA4KeyRefusedOnQuery(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.fault = at("query", 0, emulator.Fault{Status: 401, Code: "InvalidApiKey"})
		if err := s.start(); err == nil {
			t.Error("Run = nil with a refused key")
		}
		s.wantPhases(map[string]state.Phase{"a red cat": state.Open, "a blue dog": state.Open, "a bird": state.Open})
		s.faults.Store(false)
		s.ends()
		s.wantPosts(3)
		s.wantPaidOnce(3)
	})
}

// TestA4WrongKey never gets as far as a submission.
func TestA4WrongKey(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.fault = at("list", 0, emulator.Fault{Status: 401, Code: "InvalidApiKey"})
		if err := s.start(); err == nil {
			t.Error("Run = nil with a refused key")
		}
		s.wantPosts(0)
	})
}

// TestA5BadParametersStop refuses every submission for its parameters: after three it is not the items.
func TestA5BadParametersStop(t *testing.T) {
	sheet := "id,prompt\na,1\nb,2\nc,3\nd,4\ne,5\nf,6\n"
	play(t, sheet, emulator.Options{}, func(s *scene) {
		s.fault = at("submit", 0, emulator.Fault{Status: 400, Code: "InvalidParameter.Size"})
		if err := s.start(); err == nil {
			t.Error("Run = nil although the first submissions were all refused")
		}
		s.wantPosts(3)
	})
	play(t, sheet, emulator.Options{}, func(s *scene) { // one bad item is the item's own matter
		s.fault = at("submit", 2, emulator.Fault{Status: 400, Code: "InvalidParameter.Size"})
		s.ends()
		s.wantPosts(6)
		if s.settled(s.sheet); s.failed != 1 {
			t.Errorf("%d items failed, want 1", s.failed)
		}
	})
}

// TestA6Content refuses what items show, at the door and in the task: they fail for good, cost nothing and stop nobody.
func TestA6Content(t *testing.T) {
	play(t, "id,prompt\na,[[refuse:DataInspectionFailed]]\nb,[[refuse:IPInfringementSuspect]]\nc,[[fail:DataInspectionFailed]]\n"+
		"d,[[fail:IPInfringementSuspect]]\ne,[[refuse:DataInspectionFailed]] twice\nf,a bird\n", emulator.Options{}, func(s *scene) {
		s.ends()
		s.wantPosts(6)
		if s.ends(); s.posts() != 6 {
			t.Errorf("a second run sent %d submissions more", s.posts()-6)
		}
		for prompt, rec := range s.records() {
			if want := map[bool]state.Phase{true: state.Done, false: state.Failed}[prompt == "a bird"]; rec.Phase != want || rec.Phase == state.Failed && (rec.Cost != 0 || rec.Code == "") {
				t.Errorf("%q is %s for %v with code %q, want %s", prompt, rec.Phase, rec.Cost, rec.Code, want)
			}
		}
	})
}

// TestA7A8ServerErrors answers a submission with a server's or gateway's error, before or after it was done: it is settled
// by the list and paid once.
func TestA7A8ServerErrors(t *testing.T) {
	for _, status := range []int{408, 500, 502, 503, 504} {
		for _, code := range []string{"", "InternalError", "ModelUnavailable"} {
			for _, done := range []bool{false, true} {
				play(t, three, emulator.Options{}, func(s *scene) {
					s.fault = at("submit", 2, emulator.Fault{Status: status, Code: code, DoneFirst: done})
					s.ends()
					want := 4
					if done {
						want = 3
					}
					if s.wantPosts(want); t.Failed() {
						t.Errorf("HTTP %d %q, done %v", status, code, done)
					}
					s.wantPaidOnce(3)
				})
			}
		}
	}
}

// TestA9FailedTasksAreSentAgain lets tasks fail in ways that may pass: three attempts in all, each with a task of its own;
// the old ones are kept.
func TestA9FailedTasksAreSentAgain(t *testing.T) {
	for _, code := range []string{"InternalError", "InternalError.Algo", "InternalError.Timeout", "RewriteFailed", "SystemError", "ModelUnavailable"} {
		for times, want := range map[int]state.Phase{1: state.Done, 2: state.Done, 3: state.Failed} {
			play(t, "id,prompt\na,a red cat\n", emulator.Options{}, func(s *scene) {
				s.fault = func(c emulator.Call) emulator.Fault {
					if c.Op == "submit" && c.N <= times {
						return emulator.Fault{FailCode: code}
					}
					return emulator.Fault{}
				}
				s.ends()
				rec := s.records()["a red cat"]
				if rec.Phase != want || rec.Attempt != min(times+1, 3) || len(rec.Earlier) != times {
					t.Errorf("%s %d times: %s after %d attempts, %d earlier tasks", code, times, rec.Phase, rec.Attempt, len(rec.Earlier))
				}
				s.wantPosts(min(times+1, 3))
				if want == state.Done {
					s.wantPaidOnce(1)
				}
			})
		}
	}
}

// TestA9AttemptsSurviveARestart kills the process between attempts: there are three in all.
func TestA9AttemptsSurviveARestart(t *testing.T) {
	play(t, "id,prompt\na,a red cat\n", emulator.Options{}, func(s *scene) {
		s.fault = at("submit", 0, emulator.Fault{FailCode: "InternalError.Algo"})
		s.dies(on("write", state.FileName, 6)) // header, start, intent, open, ready; the second intent
		s.start()
		s.wantPosts(3)
		s.wantPhases(map[string]state.Phase{"a red cat": state.Failed})
	})
}

// TestA10Canceled cancels a task from outside: it cost nothing, is reported, and sent again only when asked for.
func TestA10Canceled(t *testing.T) {
	play(t, "id,prompt\na,[[pending:5m]] a red cat\n", emulator.Options{}, func(s *scene) {
		go func() {
			time.Sleep(time.Minute)
			s.cancelAll()
		}()
		s.ends()
		s.wantPhases(map[string]state.Phase{"[[pending:5m]] a red cat": state.Failed})
		s.ends()
		s.wantPosts(1)
		s.options.RetryFailed = true
		s.ends()
		s.wantPosts(2)
		s.wantPaidOnce(1)
	})
}

// cancelAll cancels what is pending, as a person would with another program.
func (s *scene) cancelAll() {
	c, err := client.New(client.Config{BaseURL: "http://api.test/api/v1", Key: client.NewKey(canary), Dial: s.net.Dial, Insecure: true})
	if err != nil {
		s.t.Error(err)
		return
	}
	defer c.Close()
	for _, task := range s.server.Books().Tasks {
		if err := c.Cancel(s.t.Context(), task.ID); err != nil {
			s.t.Error(err)
		}
	}
}

// TestA11YoungUnknown says UNKNOWN of tasks for the first minutes: they are asked again.
func TestA11YoungUnknown(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		start := time.Now()
		s.fault = func(c emulator.Call) emulator.Fault {
			return emulator.Fault{Unknown: c.Op == "query" && time.Since(start) < tasklist.ReplicaLag-10*time.Second}
		}
		s.ends()
		s.wantPosts(3)
		s.wantPaidOnce(3)
	})
}

// TestA12OldUnknown says UNKNOWN of a task for good: it may be paid for, so it is held and never sent again.
func TestA12OldUnknown(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.fault = func(c emulator.Call) emulator.Fault {
			return emulator.Fault{Unknown: c.Op == "query" && c.Prompt == "a red cat"}
		}
		for range 3 {
			s.ends()
		}
		s.wantPosts(3)
		s.wantPhases(map[string]state.Phase{"a red cat": state.Held, "a blue dog": state.Done, "a bird": state.Done})
	})
}

// TestA12OnceUnknown says UNKNOWN of tasks a few times after their first five minutes, as a replica that lags does: one such
// answer gives nothing up that is paid for.
func TestA12OnceUnknown(t *testing.T) {
	play(t, three, emulator.Options{Service: 10 * time.Minute}, func(s *scene) {
		asked := map[string]int{}
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op != "query" {
				return emulator.Fault{}
			}
			asked[c.TaskID]++
			return emulator.Fault{Unknown: asked[c.TaskID]%3 != 0}
		}
		s.ends()
		s.wantPosts(3)
		s.wantPaidOnce(3)
	})
}

// TestA13NoResultsAtFirst shows no pictures when the task is first said to have succeeded: it is asked again.
func TestA13NoResultsAtFirst(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		asked := map[string]int{}
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "query" {
				asked[c.TaskID]++
			}
			return emulator.Fault{NoResults: c.Op == "query" && asked[c.TaskID] <= 3}
		}
		s.ends()
		s.wantPosts(3)
		s.wantPaidOnce(3)
	})
}

// TestA13NoResultsEver never shows the pictures of a task that succeeded: it is billed, so it is held.
func TestA13NoResultsEver(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.fault = func(c emulator.Call) emulator.Fault {
			return emulator.Fault{NoResults: c.Op == "query" && c.Prompt == "a red cat"}
		}
		s.ends()
		s.ends()
		s.wantPosts(3)
		s.wantPhases(map[string]state.Phase{"a red cat": state.Held, "a blue dog": state.Done, "a bird": state.Done})
	})
}

// TestA13OneOfSeveral fails one of several pictures of a request: the others are saved, and paid for.
func TestA13OneOfSeveral(t *testing.T) {
	play(t, "id,prompt,n,model\na,a red cat,3,wan2.2-t2i-plus\nb,a blue dog,1,wan2.2-t2i-plus\n", emulator.Options{}, func(s *scene) {
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "submit" && c.Prompt == "a red cat" {
				return emulator.Fault{PartCode: "DataInspectionFailed"}
			}
			return emulator.Fault{}
		}
		s.ends()
		rec := s.records()["a red cat"]
		if rec.Phase != state.Done || len(rec.Pictures) != 2 || len(rec.Warnings) == 0 || rec.Cost != 2*s.records()["a blue dog"].Cost {
			t.Errorf("%s, %d pictures, warnings %q, cost %v", rec.Phase, len(rec.Pictures), rec.Warnings, rec.Cost)
		}
		if got := s.charges("a red cat"); got != 2 {
			t.Errorf("%d charged, want 2", got)
		}
	})
}

// TestA14OddStatus says statuses that no document has: the task goes on.
func TestA14OddStatus(t *testing.T) {
	for _, status := range []string{"SUSPENDED", "THROTTLED", "succeeded", "\u001b[31mRED", "0"} {
		play(t, three, emulator.Options{}, func(s *scene) {
			start := time.Now()
			s.fault = func(c emulator.Call) emulator.Fault {
				if c.Op == "query" && time.Since(start) < 5*time.Minute {
					return emulator.Fault{TaskStatus: status}
				}
				return emulator.Fault{}
			}
			s.ends()
			s.wantPosts(3)
			s.wantPaidOnce(3)
		})
	}
}

// TestA16QuotaChanges changes what the account may do while the batch runs: nothing is lost, nothing paid twice.
func TestA16QuotaChanges(t *testing.T) {
	sheet := "id,prompt\n"
	for i := range 16 {
		sheet += number(i) + ",picture " + number(i) + "\n"
	}
	start := time.Time{}
	quota := func(model string) (emulator.Quota, bool) {
		q := emulator.Quota{Submissions: 2, Per: time.Second, Running: 2, Queue: 500}
		switch age := time.Since(start); {
		case model == "":
			return q, false
		case age > 2*time.Minute:
			q.Running = 4
		case age > 20*time.Second:
			q.Running, q.Submissions = 1, 1
		}
		return q, true
	}
	play(t, sheet, emulator.Options{Quota: quota}, func(s *scene) {
		start = time.Now()
		s.ends()
		s.wantPaidOnce(16)
		if s.posts() > 20 {
			t.Errorf("%d submissions for 16 pictures", s.posts())
		}
	})
}

// TestA18PendingForHours leaves a task in the queue for hours: it is waited for, and its picture saved.
func TestA18PendingForHours(t *testing.T) {
	play(t, "id,prompt\na,[[pending:20h]] a red cat\nb,a bird\n", emulator.Options{}, func(s *scene) {
		s.ends()
		s.wantPosts(2)
		s.wantPaidOnce(2)
	})
}

// TestA19ListsThatLag lets the list lag, leave rows out, repeat and shuffle, while an answer is lost: the task is found, or
// the submission sent again, and paid once.
func TestA19ListsThatLag(t *testing.T) {
	for _, list := range []emulator.Fault{
		{LagList: 25 * time.Second}, {ShuffleList: true}, {LagList: 20 * time.Second, ShuffleList: true},
	} {
		for _, lost := range []emulator.Fault{{LoseAnswer: true}, {LoseRequest: true}} {
			play(t, three, emulator.Options{}, func(s *scene) {
				s.fault = func(c emulator.Call) emulator.Fault {
					switch {
					case c.Op == "list":
						return list
					case c.Op == "submit" && c.N == 2:
						return lost
					}
					return emulator.Fault{}
				}
				s.ends()
				s.wantPaidOnce(3)
			})
		}
	}
}

// TestA19ListsTurnUpLate shows the task of a lost answer just after the settling time has passed: one pass without it was no
// proof.
func TestA19ListsTurnUpLate(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.first(1) // a task that the list shows
		time.Sleep(2 * time.Hour)
		begun := time.Now()
		s.fault = func(c emulator.Call) emulator.Fault {
			switch {
			case c.Op == "submit" && c.Prompt != "a red cat" && c.N == 2:
				begun = time.Now()
				return emulator.Fault{LoseAnswer: true}
			case c.Op == "list" && time.Since(begun) < settle.DefaultTime+500*time.Millisecond:
				return emulator.Fault{LagList: time.Hour}
			}
			return emulator.Fault{}
		}
		s.ends()
		s.wantPosts(3)
		s.wantPaidOnce(3)
	})
}

// TestA19EmptyListProvesNothing shows lists in which not even our own tasks are: another key's, say. Their silence is no
// proof, so what is in doubt stays so.
func TestA19EmptyListProvesNothing(t *testing.T) {
	for _, lost := range []emulator.Fault{{LoseAnswer: true}, {LoseRequest: true}} {
		play(t, three, emulator.Options{}, func(s *scene) {
			s.fault = func(c emulator.Call) emulator.Fault {
				switch {
				case c.Op == "submit" && c.Prompt == "a blue dog":
					return lost
				case c.Op == "list":
					return emulator.Fault{LagList: 48 * time.Hour}
				}
				return emulator.Fault{}
			}
			s.ends()
			s.ends()
			s.wantPosts(3)
			s.wantPhases(map[string]state.Phase{"a red cat": state.Done, "a blue dog": state.Intent, "a bird": state.Done})
		})
	}
}

// TestA20ListRefused forbids the list: batches run without it, and what is in doubt is held.
func TestA20ListRefused(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		forbidden := emulator.Fault{Status: 403, Code: "AccessDenied"}
		s.fault = at("list", 0, forbidden)
		s.first(1)
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "submit" && c.Prompt == "a blue dog" {
				return emulator.Fault{LoseAnswer: true}
			}
			return at("list", 0, forbidden)(c)
		}
		s.ends()
		s.ends()
		s.wantPosts(3)
		s.wantPhases(map[string]state.Phase{"a red cat": state.Done, "a blue dog": state.Held, "a bird": state.Done})
	})
}

// TestA20ListDown lets the list fail for ever: the run ends all the same, and what is in doubt is held.
func TestA20ListDown(t *testing.T) {
	for _, down := range []emulator.Fault{{Status: 500, Code: "InternalError"}, {Status: 503, Code: "ModelUnavailable"}} {
		play(t, three, emulator.Options{}, func(s *scene) {
			s.fault = func(c emulator.Call) emulator.Fault {
				switch {
				case c.Op == "submit" && c.Prompt == "a blue dog":
					return emulator.Fault{LoseAnswer: true}
				case c.Op == "list":
					return down
				}
				return emulator.Fault{}
			}
			s.ends()
			s.wantPosts(3)
			s.wantPhases(map[string]state.Phase{"a red cat": state.Done, "a blue dog": state.Held, "a bird": state.Done})
		})
	}
}

// TestA20ListDownAfterACrash lets the list fail for ever when a crash may have cost the end of the state file: what it lost
// may be paid for, so the run ends rather than submit.
func TestA20ListDownAfterACrash(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.dies(on("create", "images/.a", 1))
		b := s.stateBytes()
		s.rewrite(b[:len(b)/2])
		s.fault = at("list", 0, emulator.Fault{Status: 500, Code: "InternalError"})
		if err := s.start(); err == nil {
			t.Error("Run = nil, want that the list is down")
		}
		s.wantPosts(3)
		s.faults.Store(false)
		s.ends()
		s.wantPosts(3)
		s.wantPaidOnce(3)
	})
}
