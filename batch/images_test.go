package batch

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// photo writes a photo beside the sheet, another one for each shade, and returns its hash.
func (s *scene) photo(name string, shade uint8) string {
	s.t.Helper()
	m := image.NewGray(image.Rect(0, 0, 600, 400))
	m.SetGray(1, 1, color.Gray{shade})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(s.sheet), name), b.Bytes(), 0o644); err != nil {
		s.t.Fatal(err)
	}
	sum := sha256.Sum256(b.Bytes())
	return hex.EncodeToString(sum[:])
}

// madeOf are the pictures that the tasks of the service were shown, each as often as it was.
func (s *scene) madeOf() []string {
	var all []string
	for _, task := range s.server.Books().Tasks {
		for _, in := range task.Inputs {
			all = append(all, in.SHA256+in.URL)
		}
	}
	return all
}

// all are what the state file says of all items.
func (s *scene) all() (all []state.Record) {
	s.t.Helper()
	s.disk.Decide = nil
	st, _, err := state.OpenFile(s.disk)
	if err != nil {
		s.t.Fatal(err)
	}
	defer st.Close()
	for i := range st.Count() {
		rec, err := st.Get(i)
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, rec)
	}
	return all
}

func edits(model string) string {
	return "id,prompt,model,image\na,on white," + model + ",a.png\nb,on white," + model + ",b.png;c.png\nc,on white," + model + ",https://h/x.png\n"
}

// Each row is sent with its own pictures, over either interface, and paid once; what is recorded names them. A renamed photo is the
// same, a changed one makes its row anew and no other.
func TestImagesAreSentAndPaidOnce(t *testing.T) {
	for _, model := range []string{"qwen-image-3.0", "qwen-image-edit-plus"} {
		play(t, edits(model), emulator.Options{}, func(s *scene) {
			a, b, c := s.photo("a.png", 1), s.photo("b.png", 2), s.photo("c.png", 3)
			s.ends()
			made := s.madeOf()
			slices.Sort(made)
			want := []string{a, b, c, "https://h/x.png"}
			if slices.Sort(want); !slices.Equal(made, want) {
				t.Fatalf("%s: the tasks were shown %q, want %q", model, made, want)
			}
			for _, rec := range s.all() {
				if rec.Phase != state.Done || len(rec.Sent.Inputs) == 0 {
					t.Errorf("%s: %s is %s with %d pictures", model, rec.Key, rec.Phase, len(rec.Sent.Inputs))
				}
			}
			s.ends()
			s.wantPosts(3)

			dir := filepath.Dir(s.sheet)
			if err := os.Rename(filepath.Join(dir, "a.png"), filepath.Join(dir, "other.png")); err != nil {
				t.Fatal(err)
			}
			s.retype(strings.Replace(edits(model), ",a.png", ",other.png", 1))
			s.ends()
			s.wantPosts(3)
			s.photo("c.png", 4)
			s.wantPlan(func(p Plan) bool { return p.Pictures == 1 && p.Changed == 1 && p.New == 0 && p.Done == 2 }, "the row of c.png alone")
			s.ends()
			s.wantPosts(4)
		})
	}
}

// 3.0 bills each picture that it is shown, beside those that it makes: plan and records count both.
func TestImagesCost(t *testing.T) {
	play(t, edits("qwen-image-3.0"), emulator.Options{}, func(s *scene) {
		s.photo("a.png", 1)
		s.photo("b.png", 2)
		s.photo("c.png", 3)
		s.wantPlan(func(p Plan) bool { return p.Cost == 3*180000+4*20000 }, "¥0.62")
		s.ends()
		s.wantPlan(func(p Plan) bool { return p.Spent == 3*180000+4*20000 }, "¥0.62 spent")
	})
}

// A photo that somebody saves while the run goes on is not sent under the name of the one that was checked: its row fails without
// cost, and the next run makes it of the new one.
func TestImageChangesDuringTheRun(t *testing.T) {
	for _, model := range []string{"qwen-image-3.0", "qwen-image-edit-plus"} {
		play(t, "id,prompt,model,image\na,first,"+model+",a.png\nb,second,"+model+",b.png\n", emulator.Options{}, func(s *scene) {
			s.photo("a.png", 1)
			s.photo("b.png", 2)
			s.options.SubmitRate = rate.Every(time.Minute)
			other, file, changed := "second", "b.png", "" // of the row that goes out a minute later
			s.fault = func(c emulator.Call) emulator.Fault {
				if changed == "" && (c.Op == "submit" || c.Op == "sync") {
					if c.Prompt == "second" {
						other, file = "first", "a.png"
					}
					changed = s.photo(file, 9)
				}
				return emulator.Fault{}
			}
			s.start()
			rec := s.records()[other]
			if made := s.madeOf(); changed == "" || rec.Phase != state.Failed || rec.Code != "InputChanged" || len(made) != 1 {
				t.Fatalf("%s: it is %s (%s: %s), and the tasks were shown %q", model, rec.Phase, rec.Code, rec.Message, made)
			}
			s.fault = nil
			s.ends()
			if made := s.madeOf(); len(made) != 2 || made[1] != changed {
				t.Errorf("%s: the tasks were shown %q, want %s", model, made, changed)
			}
		})
	}
}

// An answer that is lost on the synchronous interface holds its item alone: others with the same words go on.
func TestImagesOfALostAnswer(t *testing.T) {
	play(t, edits("qwen-image-edit-plus"), emulator.Options{}, func(s *scene) {
		s.photo("a.png", 1)
		s.photo("b.png", 2)
		s.photo("c.png", 3)
		s.fault = at("sync", 1, emulator.Fault{LoseAnswer: true})
		s.start()
		phases := map[state.Phase]int{}
		for _, rec := range s.all() {
			phases[rec.Phase]++
		}
		if phases[state.Held] != 1 || phases[state.Done] != 2 || s.server.Books().Charges != 3 {
			t.Errorf("%v, %d charged", phases, s.server.Books().Charges)
		}
	})
}

// A run that is killed at any moment sends a row with its pictures, or not again.
func TestImagesAfterACrash(t *testing.T) {
	for n := 1; n <= 12; n++ {
		play(t, edits("qwen-image-3.0"), emulator.Options{}, func(s *scene) {
			a := s.photo("a.png", 1)
			s.photo("b.png", 2)
			s.photo("c.png", 3)
			s.startAndDie(on("write", "state.jsonl", n))
			for range 3 {
				s.start()
			}
			count := 0
			for _, made := range s.madeOf() {
				if made == a {
					count++
				}
			}
			if s.server.Books().Charges > 3 || count > 1 {
				t.Errorf("killed at write %d: %d charged, a.png shown %d times", n, s.server.Books().Charges, count)
			}
		})
	}
}

// Photos with one prompt go out as fast as photos with a prompt each, since a model without tasks has nothing that must be told apart.
func TestOnePromptOverManyPhotos(t *testing.T) {
	took := func(prompt func(i int) string) (d time.Duration) {
		var sheet strings.Builder
		sheet.WriteString("prompt,model,image\n")
		for i := range 40 {
			fmt.Fprintf(&sheet, "%s,qwen-image-edit-plus,https://h/%d.png\n", prompt(i), i)
		}
		play(t, sheet.String(), emulator.Options{CV: -1}, func(s *scene) {
			begun := time.Now()
			s.ends()
			d = time.Since(begun)
		})
		return d
	}
	one := took(func(int) string { return "on white" })
	each := took(func(i int) string { return fmt.Sprintf("on white %d", i) })
	if one > each*102/100 {
		t.Errorf("one prompt takes %v, a prompt each %v, want at most 1.02 times as long", one, each)
	}
	t.Logf("one prompt %v, a prompt each %v", one, each)
}
