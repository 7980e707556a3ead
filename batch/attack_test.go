package batch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"net"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/download"
	"github.com/qwenbatch/qwenbatch/batch/halt"
	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output/disktest"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// Sequences of events that no simulation draws: found by reading, one story each.

// cutBehind loses the end of the state file, behind the first line that holds all of the words.
func (s *scene) cutBehind(words ...string) {
	s.t.Helper()
	kept := 0
	for line := range bytes.Lines(s.stateBytes()) {
		kept += len(line)
		holds := true
		for _, w := range words {
			holds = holds && bytes.Contains(line, []byte(w))
		}
		if holds {
			s.rewrite(s.stateBytes()[:kept])
			return
		}
	}
	s.t.Fatalf("no line of the state file holds %q", words)
}

// otherProgram submits as another program of the account does.
func (s *scene) otherProgram(prompt string) {
	s.submitElsewhere(client.Request{Model: DefaultModel, Prompt: prompt, Size: "1328*1328"})
}

// submitElsewhere makes a task that no state file knows.
func (s *scene) submitElsewhere(request client.Request) client.Task {
	c, err := client.New(client.Config{BaseURL: "http://api.test/api/v1", Key: client.NewKey(canary), Dial: s.net.Dial, Insecure: true})
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	task, err := c.Submit(s.t.Context(), request)
	if err != nil {
		s.t.Errorf("another program's Submit = %v", err)
	}
	return task
}

// endsWithin fails the test where a run has not ended well after so long.
func (s *scene) endsWithin(d time.Duration) {
	s.t.Helper()
	if err := s.startUnder(s.stopAfter(d)); err != nil {
		s.t.Errorf("Run = %v, want that it ends within %v", err, d)
	}
}

// once gives the first submission of a prompt a fault.
func once(prompt string, f emulator.Fault) func(emulator.Call) emulator.Fault {
	var done atomic.Bool
	return func(c emulator.Call) emulator.Fault {
		if c.Op == "submit" && c.Prompt == prompt && done.CompareAndSwap(false, true) {
			return f
		}
		return emulator.Fault{}
	}
}

// TestAttackChangedRowOfAnAdopted changes a row whose picture was found in the list. What the new submission is answered with
// is ours, whatever its size.
func TestAttackChangedRowOfAnAdopted(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.fault = once("a red cat", emulator.Fault{LoseAnswer: true})
		s.ends()
		s.retype(strings.Replace(three, "a red cat", "a green cat", 1))
		s.fault = func(c emulator.Call) emulator.Fault {
			return emulator.Fault{WrongSize: c.Op == "image" && c.Prompt == "a green cat"}
		}
		s.ends()
		s.wantPosts(4)
		if rec := s.records()["a green cat"]; rec.Phase != state.Done || rec.Adopted != "" || len(rec.Warnings) == 0 {
			t.Errorf("it is %s, adopted by %q, warnings %q", rec.Phase, rec.Adopted, rec.Warnings)
		}
	})
}

// TestAttackFailedTaskBehindALostEnd loses the end of the state file, in which a task had failed and another was made.
func TestAttackFailedTaskBehindALostEnd(t *testing.T) {
	play(t, three, emulator.Options{CV: -1}, func(s *scene) {
		s.fault = once("a red cat", emulator.Fault{FailCode: "InternalError.Algo"})
		s.dies(on("create", "images/.a", 1)) // the picture of its second task
		s.cutBehind(`"id":"a"`, `"phase":"open"`)
		s.ends()
		s.wantPosts(4)
		s.wantPaidOnce(3)
	})
}

// TestAttackTwinsBehindALostEnd loses the end of the state file behind the intent of the first of two twins, both of which
// the service has.
func TestAttackTwinsBehindALostEnd(t *testing.T) {
	for seed := range uint64(8) {
		play(t, "prompt\nother\ntwin\ntwin\n", emulator.Options{Seed: seed}, func(s *scene) {
			s.dies(on("create", "images/.", 2))
			s.cutBehind(`"prompt":"twin"`, `"phase":"intent"`)
			s.ends()
			s.wantPosts(3)
			s.wantPaidOnce(3)
		})
	}
}

// TestAttackTwinsOfTwoSizesBehindALostEnd loses all of the state file but its beginning; two items that differ in size alone
// come in another order then.
func TestAttackTwinsOfTwoSizesBehindALostEnd(t *testing.T) {
	play(t, "id,prompt,size\na,twin,1:1\nb,twin,16:9\nc,other,1:1\n", emulator.Options{}, func(s *scene) {
		s.dies(on("create", "images/.", 2))
		s.cutBehind(`"run":"start"`)
		s.retype("id,prompt,size\nc,other,1:1\nb,twin,16:9\na,twin,1:1\n")
		s.ends()
		s.wantPosts(3)
		s.wantPaidOnce(3)
	})
}

// TestAttackBudgetAndOrphans counts what an earlier run has paid for and forgotten.
func TestAttackBudgetAndOrphans(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.options.Limit = 2
		s.dies(on("create", "images/.", 2))
		s.cutBehind(`"run":"start"`)
		s.options.Limit, s.options.Budget = 0, 2*200000
		if err := s.start(); !errors.Is(err, halt.ErrLimit) {
			t.Errorf("Run = %v, want that the budget is reached", err)
		}
		s.wantPosts(2)
	})
}

// TestAttackManyTwinsThroughASmallWindow has more rows with the same words than wait at a time, and one place.
func TestAttackManyTwinsThroughASmallWindow(t *testing.T) {
	sheet := "prompt\nother\n" + strings.Repeat("twin\n", 2*pace.Slack)
	play(t, sheet, emulator.Options{}, func(s *scene) {
		s.options.Window = 1
		s.fault = at("submit", 2, emulator.Fault{LoseRequest: true})
		s.endsWithin(24 * time.Hour)
		s.wantPaidOnce(2*pace.Slack + 1)
	})
}

// TestAttackBusyAccount settles a doubt while another program uses the same model all the time.
func TestAttackBusyAccount(t *testing.T) {
	for _, lost := range []emulator.Fault{{LoseRequest: true}, {LoseAnswer: true}} {
		play(t, three, emulator.Options{NoQuota: true}, func(s *scene) {
			ctx, stop := context.WithCancel(context.Background())
			defer stop()
			s.fault = once("a red cat", lost)
			go func() {
				for n := 0; pace.Sleep(ctx, 2*time.Second) == nil; n++ {
					s.otherProgram("theirs " + number(n))
				}
			}()
			s.endsWithin(10 * time.Minute)
			s.wantPhases(map[string]state.Phase{"a red cat": state.Done, "a blue dog": state.Done, "a bird": state.Done})
			for prompt := range s.records() {
				if n := s.charges(prompt); n != 1 {
					t.Errorf("%q is charged %d times", prompt, n)
				}
			}
		})
	}
}

// TestAttackBusyAccountBehindALostEnd looks for what was lost while another program uses the same model all the time.
func TestAttackBusyAccountBehindALostEnd(t *testing.T) {
	play(t, three, emulator.Options{NoQuota: true}, func(s *scene) {
		lostEnd(s, 2)
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		go func() {
			for n := 0; pace.Sleep(ctx, time.Second) == nil; n++ {
				s.otherProgram("theirs " + number(n))
			}
		}()
		s.endsWithin(10 * time.Minute)
		s.wantPhases(map[string]state.Phase{"a red cat": state.Done, "a blue dog": state.Done, "a bird": state.Done})
		for prompt := range s.records() {
			if n := s.charges(prompt); n != 1 {
				t.Errorf("%q is charged %d times", prompt, n)
			}
		}
	})
}

// TestAttackChangedRowWithoutMoney changes a row when the budget is used up: the picture that is paid for stays in its place.
func TestAttackChangedRowWithoutMoney(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.ends()
		s.retype(strings.Replace(three, "a blue dog", "a green dog", 1))
		s.options.Budget = 3 * 200000
		if err := s.start(); !errors.Is(err, halt.ErrLimit) {
			t.Errorf("Run = %v, want that the budget is reached", err)
		}
		s.wantPosts(3)
		if _, there := s.disk.Content("images/b.png"); !there {
			t.Errorf("the picture was moved, and nothing made in its place: %q", s.disk.Files())
		}
	})
}

// TestAttackOtherAccount goes on with the key of another account: a submission that is in doubt cannot be told there.
func TestAttackOtherAccount(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.options.Limit = 1
		s.dies(on("write", state.FileName, 4)) // header, start, intent; the task is there
		s.options.Limit = 0
		other, err := emulator.New(emulator.Options{Tiny: true, ImageURL: "http://pictures.test", Key: "sk-other"})
		if err != nil {
			t.Fatal(err)
		}
		there := other.ServeInProcess()
		defer there.Close()
		time.Sleep(time.Minute)
		err = s.startWithKey("sk-other", there.Dial)
		if !errors.Is(err, state.ErrOther) {
			t.Errorf("Run with the key of another account = %v, want %v", err, state.ErrOther)
		}
		if n := s.charges("a red cat"); n != 1 {
			t.Errorf("%d charged before, want 1", n)
		}
		for _, task := range other.Books().Tasks {
			if task.Prompt == "a red cat" {
				t.Error("the other account pays for it, too")
			}
		}
	})
}

// startWithKey is a process with another key, over another service.
func (s *scene) startWithKey(key string, dial func(context.Context, string, string) (net.Conn, error)) error {
	m, err := manifests.Open(s.sheet, manifests.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer m.Close()
	c, err := client.New(client.Config{BaseURL: "http://api.test/api/v1", Key: client.NewKey(key), Dial: dial, Insecure: true})
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	s.disk.Decide = nil
	o := s.options
	o.Manifest, o.Client, o.Disk, o.Key = m, c, s.disk, client.NewKey(key)
	o.Settings = state.Settings{Manifest: m.Name(), BaseURL: c.BaseURL(), Region: "beijing"}
	b, err := Open(o)
	if err != nil {
		return err
	}
	defer b.Close()
	return b.Run(s.t.Context())
}

// TestAttackPicturesThatNeverCome has as many pictures that cannot be downloaded as are downloaded at a time.
func TestAttackPicturesThatNeverCome(t *testing.T) {
	sheet := "prompt\n"
	for i := range download.MaxParallel {
		sheet += "broken " + number(i) + "\n"
		if i%2 == 1 {
			sheet += "good " + number(i) + "\n"
		}
	}
	play(t, sheet, emulator.Options{}, func(s *scene) {
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "image" && strings.HasPrefix(c.Prompt, "broken") {
				return emulator.Fault{Status: 500}
			}
			return emulator.Fault{}
		}
		s.startUnder(s.stopAfter(time.Hour))
		s.wantPhases(map[string]state.Phase{"good 1": state.Done, "good 3": state.Done, "good 5": state.Done, "good 7": state.Done, "broken 7": state.Open})
	})
}

// TestAttackPictureThatIsAlwaysDamaged has a proxy that answers with something else than a picture, for days.
func TestAttackPictureThatIsAlwaysDamaged(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.fault = func(c emulator.Call) emulator.Fault {
			return emulator.Fault{Garbage: c.Op == "image" && c.Prompt == "a red cat"}
		}
		s.endsWithin(72 * time.Hour)
		s.wantPosts(3)
	})
}

// TestAttackSettingsOfTheLastRun reads a state file whose last header says less than its first.
func TestAttackSettingsOfTheLastRun(t *testing.T) {
	disk := disktest.New()
	s := emptyBatch(t, disk)
	h := s.Header()
	h.Settings = state.Settings{BaseURL: "u", Region: "r", Mode: "sync", Flags: map[string]string{"model": "x"}}
	if err := s.Amend(h); err != nil {
		t.Fatal(err)
	}
	h.Settings = state.Settings{BaseURL: "u", Region: "r"}
	if err := s.Amend(h); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s, _, err := state.OpenFile(disk)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := s.Header().Settings; got.Mode != "" || len(got.Flags) != 0 {
		t.Errorf("settings are %+v, want those of the last header", got)
	}
}

// TestAttackReserveUsed fills the disk for a moment: the reserve makes room, and the run ends well.
func TestAttackReserveUsed(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		full := on("write", state.FileName, 4)
		err := s.startOn(func(op disktest.Op) disktest.Verdict {
			if full(op) {
				return disktest.Verdict{Err: syscall.ENOSPC, Torn: true}
			}
			return disktest.Verdict{}
		})
		if err != nil {
			t.Errorf("Run = %v", err)
		}
		s.wantPaidOnce(3)
	})
}

// TestAttackWholePartWithoutATask dies when a picture is whole on the disk and wants only its name, over the synchronous
// interface, and where the state file is lost for so long that the service has forgotten the task.
func TestAttackWholePartWithoutATask(t *testing.T) {
	play(t, "id,prompt\na,a red cat\n", emulator.Options{}, func(s *scene) {
		s.options.Rules.Mode = "sync"
		s.dies(on("rename", "images/a.png", 1))
		s.ends()
		s.wantPosts(1)
		s.wantPaidOnce(1)
	})
	play(t, "id,prompt\na,a red cat\n", emulator.Options{}, func(s *scene) {
		s.dies(on("rename", "images/a.png", 1))
		s.drop("state")
		time.Sleep(2 * client.TaskLifetime)
		s.ends()
		s.wantPosts(1)
		s.wantPaidOnce(1)
	})
}

// TestAttackSecondPictureOfALostState loses the state file when one of two pictures of a request is saved.
func TestAttackSecondPictureOfALostState(t *testing.T) {
	play(t, "id,prompt,n,model\na,a red cat,2,wan2.2-t2i-plus\n", emulator.Options{}, func(s *scene) {
		s.dies(on("create", "images/.", 3)) // the probe, the first picture
		s.drop("state")
		s.ends()
		s.wantPosts(1)
		if rec := s.records()["a red cat"]; rec.Phase != state.Done || len(rec.Pictures) != 2 {
			t.Errorf("%s with %d pictures, want 2", rec.Phase, len(rec.Pictures))
		}
	})
}

// TestAttackPicturesWithoutIDs takes in pictures of the synchronous interface that no answer gave an id.
func TestAttackPicturesWithoutIDs(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.disk.Mkdir(pictures.ImagesDir)
		for i, k := range []state.Key{state.NewKey("1", state.Fingerprint{}, 1), state.NewKey("2", state.Fingerprint{}, 1)} {
			var b bytes.Buffer
			if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
				t.Fatal(err)
			}
			text := fmt.Sprintf(`{"key":%q,"fp":"%032d","sent":{"model":"qwen-image-plus","prompt":"old %d","size":"1*1","seed":1,"n":1,"prompt_extend":true,"watermark":false,"sync":true}}`, k, i, i)
			s.disk.Put(fmt.Sprintf("images/old%d.png", i), imagefile.Annotate(b.Bytes(), []imagefile.Text{{Keyword: pictures.IdentityKeyword, Value: text}}))
		}
		s.ends()
		for i := range 2 {
			prompt := fmt.Sprintf("old %d", i)
			if rec := s.records()[prompt]; rec.Phase != state.Done || len(rec.Pictures) != 1 {
				t.Errorf("%q is %q with %d pictures, want 1", prompt, rec.Phase, len(rec.Pictures))
			}
		}
	})
}

// TestAttackResultsThatComeLater says that tasks have succeeded some time before it tells their pictures.
func TestAttackResultsThatComeLater(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		start := time.Now()
		s.fault = func(c emulator.Call) emulator.Fault {
			return emulator.Fault{NoResults: c.Op == "query" && time.Since(start) < time.Minute}
		}
		s.ends()
		s.wantPosts(3)
		s.wantPaidOnce(3)
	})
}

// TestAttackStrayThatIsUnknown looks for what was lost while the service says of its tasks that it does not know them.
func TestAttackStrayThatIsUnknown(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		lostEnd(s, 2)
		time.Sleep(2 * tasklist.ReplicaLag)
		s.fault = at("query", 0, emulator.Fault{Unknown: true})
		if err := s.start(); err == nil {
			t.Error("Run = nil")
		}
		s.wantPosts(3)
		s.faults.Store(false)
		s.wantAdopted()
	})
}

// TestAttackMissingWithoutAPrice cannot fetch a missing picture again whose price is not known: it is missing, not held.
func TestAttackMissingWithoutAPrice(t *testing.T) {
	l := &lifecycle{state: emptyBatch(t, disktest.New()), clock: pace.NewClock(1)}
	was := state.Record{Key: state.NewKey("1", state.Fingerprint{}, 1).String(), Phase: state.Open, Task: "t", Pictures: []state.Picture{{File: "images/a.png"}}}
	j := &job{Record: was}
	j.Phase, j.Code = state.Held, "Expired"
	if err := l.stillMissing(j, was); err != nil || j.Phase != state.Done {
		t.Errorf("it is %s, %v, want done", j.Phase, err)
	}
}

// TestAttackPictureOfAnotherBatch copies a picture of another batch into the folder while a task of the item of that name is
// open: the task is not forgotten.
func TestAttackPictureOfAnotherBatch(t *testing.T) {
	var copied []byte
	play(t, "id,prompt\na,a holiday\n", emulator.Options{Seed: 5}, func(s *scene) {
		s.ends()
		copied, _ = s.disk.Content("images/a.png")
	})
	play(t, "id,prompt\na,[[pending:10m]] a red cat\nb,a bird\n", emulator.Options{}, func(s *scene) {
		s.startUnder(s.stopAfter(5 * time.Minute))
		s.disk.Put("images/holiday.png", copied)
		s.ends()
		s.wantPosts(2)
		s.wantPaidOnce(2)
	})
}

// TestAttackLastLineOfTomorrow goes on over a state file whose last line is of tomorrow.
func TestAttackLastLineOfTomorrow(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		lostEnd(s, 1)
		tomorrow := time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)
		s.rewrite(append(s.stateBytes(), sealedLine(2, []byte(`{"run":"start","at":"`+tomorrow+`"}`))...))
		s.endsWithin(time.Hour)
	})
}

// TestAttackTaskThatCannotBeAsked has another program's task in the list that the service refuses to tell of.
func TestAttackTaskThatCannotBeAsked(t *testing.T) {
	refused := func(c emulator.Call) emulator.Fault {
		if c.Op == "query" && c.Prompt == "theirs" {
			return emulator.Fault{Status: 403, Code: "AccessDenied"}
		}
		return emulator.Fault{}
	}
	play(t, three, emulator.Options{}, func(s *scene) {
		lost := once("a bird", emulator.Fault{LoseRequest: true})
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "submit" {
				return lost(c)
			}
			return refused(c)
		}
		time.AfterFunc(10*time.Second, func() { s.otherProgram("theirs") })
		s.endsWithin(2 * time.Hour)
		s.wantPhases(map[string]state.Phase{"a red cat": state.Done, "a blue dog": state.Done, "a bird": state.Held})
	})
	play(t, three, emulator.Options{}, func(s *scene) {
		lostEnd(s, 2)
		s.fault = refused
		s.otherProgram("theirs")
		if err := s.startUnder(s.stopAfter(2 * time.Hour)); err == nil || errors.Is(err, context.Canceled) {
			t.Errorf("Run = %v, want that it says why it stopped", err)
		}
		s.wantPosts(4)
	})
}

// TestAttackChangedRowThatStaysOpen changes a row whose picture this machine may not fetch: the run leaves it and ends.
func TestAttackChangedRowThatStaysOpen(t *testing.T) {
	const speed = 2000
	service, err := emulator.New(emulator.Options{Tiny: true, Speed: speed, ImageURL: "http://10.255.255.1", Key: canary})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(service.API())
	defer server.Close()
	disk := disktest.New()
	for _, prompt := range []string{"a red cat", "a green cat"} {
		m, err := manifests.Open(writeManifest(t, "p.csv", "id,prompt\na,"+prompt+"\n"), manifests.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		c, err := client.New(client.Config{BaseURL: server.URL + "/api/v1", Key: client.NewKey(canary)})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		b, err := Open(Options{Manifest: m, Disk: disk, Client: c, Key: client.NewKey(canary), Speed: speed, Settings: state.Settings{BaseURL: c.BaseURL(), Region: "beijing"}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		var host *PictureHostError
		if err := b.Run(ctx); !errors.As(err, &host) {
			t.Errorf("%q: Run = %v, want that it ends since the picture cannot be fetched", prompt, err)
		}
		b.Close()
	}
}

// TestAttackRowRemovedWhileOpen removes the one row that is not finished: what it has paid for is still to be fetched.
func TestAttackRowRemovedWhileOpen(t *testing.T) {
	play(t, "id,prompt\na,[[pending:10m]] a red cat\nb,a bird\n", emulator.Options{}, func(s *scene) {
		s.startUnder(s.stopAfter(5 * time.Minute))
		s.retype("id,prompt\nb,a bird\n")
		b, closed := s.open()
		p, err := b.Plan()
		closed()
		if err != nil || p.Idle() || p.Open != 1 {
			t.Errorf("Plan = %+v, %v, want one open", p, err)
		}
		s.ends()
		s.wantPosts(2)
		if rec := s.records()["[[pending:10m]] a red cat"]; rec.Phase != state.Done || len(rec.Pictures) != 1 {
			t.Errorf("it is %s with %d pictures", rec.Phase, len(rec.Pictures))
		}
	})
}

// TestAttackFastClock loses answers of a service whose clock runs 60 times as fast as ours, as ours does beside a service when
// the machine sleeps: what was created is looked for by a clock that is fresh, not by what was last heard.
func TestAttackFastClock(t *testing.T) {
	for seed := range uint64(20) {
		play(t, many(7), emulator.Options{Speed: 60, Seed: seed}, func(s *scene) {
			s.fault = func(c emulator.Call) emulator.Fault {
				return emulator.Fault{LoseAnswer: c.Op == "submit" && s.random.IntN(3) == 0}
			}
			s.ends()
			s.wantPaidOnce(7)
		})
	}
}
