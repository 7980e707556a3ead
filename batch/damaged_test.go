package batch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/png"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/output"
	"github.com/qwenbatch/qwenbatch/output/disktest"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// harms are what may happen to the picture of the item a; some leave its length as it was.
var harms = map[string]func(s *scene, name string, body []byte){
	"cut":     func(s *scene, name string, body []byte) { s.disk.Put(name, body[:len(body)/2]) },
	"emptied": func(s *scene, name string, body []byte) { s.disk.Put(name, nil) },
	"flipped": func(s *scene, name string, body []byte) {
		body[len(body)-20] ^= 1
		s.disk.Put(name, body)
	},
	"zeroed": func(s *scene, name string, body []byte) { s.disk.Put(name, make([]byte, len(body))) },
	"a page": func(s *scene, name string, body []byte) { s.disk.Put(name, []byte("<!DOCTYPE html><html>")) },
	"of 0×0": func(s *scene, name string, body []byte) {
		s.disk.Put(name, append(append([]byte{}, body[:16]...), make([]byte, len(body)-16)...))
	},
	"without pixels": func(s *scene, name string, body []byte) {
		s.disk.Put(name, append(bytes.Clone(body[:33]), body[len(body)-12:]...))
	},
	"swapped": func(s *scene, name string, body []byte) {
		for _, step := range [][2]string{{name, "images/x"}, {"images/b.png", name}, {"images/x", "images/b.png"}} {
			if err := s.disk.Rename(step[0], step[1]); err != nil {
				s.t.Fatal(err)
			}
		}
	},
	"copied over": func(s *scene, name string, body []byte) {
		other, _ := s.disk.Content("images/b.png")
		s.disk.Put(name, other)
	},
}

// rows of the same length, so that the pictures have the same lengths, too
const alikeRows = "id,prompt\na,a red cat\nb,a red dog\nc,a red fox\n"

// harmed plays a batch to its end, does harm to images/a.png some time later, and tells what follows.
func harmed(t *testing.T, harm string, later time.Duration, story func(s *scene, was []byte)) {
	t.Helper()
	t.Run(strings.ReplaceAll(harm, " ", "-"), func(t *testing.T) {
		play(t, alikeRows, emulator.Options{Seed: 1}, func(s *scene) {
			s.ends()
			time.Sleep(later)
			was, ok := s.disk.Content("images/a.png")
			if !ok {
				t.Fatal("there is no images/a.png")
			}
			s.disk.Decide = nil
			harms[harm](s, "images/a.png", bytes.Clone(was))
			time.Sleep(time.Second)
			story(s, was)
		})
	})
}

// TestD25D26Damaged is failure modes D25 and D26: a picture that is cut, emptied, unreadable or another item's is fetched again
// as long as the service keeps its task, and the file that stood there is set aside.
func TestD25D26Damaged(t *testing.T) {
	for _, harm := range slices.Sorted(maps.Keys(harms)) {
		harmed(t, harm, time.Hour, func(s *scene, was []byte) {
			downloads := s.server.Books().Downloads
			s.wantPlan(func(p Plan) bool { return p.Missing > 0 && p.Fetchable == p.Missing && p.Done == 3-p.Missing }, "missing items that can be fetched")
			harmedFile, _ := s.disk.Content("images/a.png")
			s.ends()
			s.wantPaidOnce(3)
			s.wantPosts(3)
			fetched := 1
			if harm == "swapped" {
				fetched = 2
			}
			s.wantDownloads(downloads + fetched)
			if now, _ := s.disk.Content("images/a.png"); !bytes.Equal(now, was) {
				t.Errorf("images/a.png is not what it was: %d bytes, want %d", len(now), len(was))
			}
			if aside, ok := s.disk.Content("images/replaced/a.png"); !ok || !bytes.Equal(aside, harmedFile) {
				t.Errorf("images/replaced/a.png: %v, %d bytes, want %d", ok, len(aside), len(harmedFile))
			}
			s.ends() // nothing is left to do
			s.wantDownloads(downloads + fetched)
		})
	}
}

// TestD27DamagedForGood is failure mode D27: where the service has forgotten the task, a damaged picture counts as missing, in
// every look from then on, and its file stays where it is until its bytes are put back.
func TestD27DamagedForGood(t *testing.T) {
	for _, harm := range slices.Sorted(maps.Keys(harms)) {
		harmed(t, harm, 48*time.Hour, func(s *scene, was []byte) {
			gone := 1
			if harm == "swapped" {
				gone = 2
			}
			file, _ := s.disk.Content("images/a.png")
			missing := func(p Plan) bool { return p.Missing == gone && p.Fetchable == 0 && p.Edited == 0 && p.Idle() }
			s.wantPlan(missing, "missing for good")
			for range 3 {
				s.ends()
				time.Sleep(time.Minute)
				s.wantPlan(missing, "missing after a run")
			}
			s.wantPosts(3)
			if now, _ := s.disk.Content("images/a.png"); !bytes.Equal(now, file) {
				t.Error("images/a.png was touched")
			}
			if row := s.results()["a"]; row.Status != "missing" || row.ErrorCode != "Damaged" || !strings.Contains(row.ErrorMessage, "images/a.png: ") {
				t.Errorf("the report says %+v", row)
			}
			s.disk.Put("images/a.png", was)
			s.ends()
			time.Sleep(time.Minute)
			s.wantPlan(func(p Plan) bool { return p.Missing == gone-1 && p.Done == 4-gone && p.Edited == 0 }, "done again")
		})
	}
}

// TestD28Edited is failure mode D28: a whole picture that somebody has worked on stays done, is reported, and nothing replaces
// it, not even where another picture of its item is fetched again.
func TestD28Edited(t *testing.T) {
	edits := map[string]func(was []byte) []byte{
		"another program": func([]byte) []byte { return otherPNG(t, 7) },
		"texts": func(was []byte) []byte {
			return imagefile.Annotate(bytes.Clone(was), []imagefile.Text{{Keyword: "Comment", Value: "mine"}})
		},
		"same length":    func(was []byte) []byte { return pngOfLength(t, len(was)) },
		"another format": func([]byte) []byte { return []byte("II*\x00 a tiff") },
	}
	for name, edit := range edits {
		play(t, "id,prompt,n,model\na,a red cat,2,wan2.2-t2i-plus\nb,a red dog,1,wan2.2-t2i-plus\n", emulator.Options{Seed: 1}, func(s *scene) {
			s.ends()
			time.Sleep(time.Hour)
			was, _ := s.disk.Content("images/a.png")
			mine := edit(was)
			s.disk.Put("images/a.png", mine)
			time.Sleep(time.Second)
			edited := func(p Plan) bool { return p.Done == 2 && p.Edited == 1 && p.Missing == 0 && p.Idle() }
			for range 3 {
				s.wantPlan(edited, "edited: "+name)
				s.ends()
				time.Sleep(time.Minute)
			}
			if row := s.results()["a"]; row.Status != "done" || row.Edited == nil || row.SHA256 != imagefile.SHA256(mine) {
				t.Errorf("%s: the report says %+v", name, row)
			}
			s.disk.Put("images/a_2.png", nil) // the other picture of the same item
			s.ends()
			s.wantPosts(2)
			s.wantPlan(edited, "edited, and the other fetched: "+name)
			if now, _ := s.disk.Content("images/a.png"); !bytes.Equal(now, mine) {
				t.Errorf("%s: images/a.png was replaced", name)
			}
			if _, ok := s.disk.Content("images/a~2.png"); ok {
				t.Errorf("%s: it was fetched again beside the edited one", name)
			}
			s.disk.Put("images/a.png", was)
			s.ends()
			s.wantPlan(func(p Plan) bool { return p.Done == 2 && p.Edited == 0 }, "as it was: "+name)
		})
	}
}

// TestD33CopiedFolder is failure mode D33: of a folder that was copied only the beginnings of its pictures are read, once.
func TestD33CopiedFolder(t *testing.T) {
	play(t, alikeRows, emulator.Options{Seed: 1}, func(s *scene) {
		s.ends()
		time.Sleep(time.Hour)
		for _, name := range []string{"a", "b", "c"} { // names are new, bytes and their times are not
			s.disk.Rename("images/"+name+".png", "images/x")
			s.disk.Rename("images/x", "images/"+name+".png")
		}
		time.Sleep(time.Second)
		for _, want := range []int{3, 0} {
			opened := 0
			err := s.startOn(func(op disktest.Op) disktest.Verdict {
				if op.Kind == "open" && strings.HasPrefix(op.Name, "images/") {
					opened++
				}
				return disktest.Verdict{}
			})
			if err != nil || opened != want {
				t.Errorf("%d pictures were opened, want %d; Run = %v", opened, want, err)
			}
			time.Sleep(time.Second)
		}
	})
}

// TestD29FailedLook is failure mode D29: a run whose last look at the pictures fails says nothing of them, and the next
// finds all in place.
func TestD29FailedLook(t *testing.T) {
	play(t, three, emulator.Options{Seed: 1}, func(s *scene) {
		looks := 0
		err := s.startOn(func(op disktest.Op) disktest.Verdict {
			if op.Kind == "readdir" && op.Name == pictures.ImagesDir {
				if looks++; s.server.Books().Downloads == 3 {
					return disktest.Verdict{Err: syscall.EIO}
				}
			}
			return disktest.Verdict{}
		})
		if !errors.Is(err, syscall.EIO) || looks == 0 {
			t.Errorf("Run = %v after %d looks, want EIO", err, looks)
		}
		s.ends()
		s.wantPaidOnce(3)
		s.wantPlan(func(p Plan) bool { return p.Done == 3 && p.Missing == 0 }, "all in place")
		b, closing := s.open()
		defer closing()
		s.disk.Decide = func(op disktest.Op) disktest.Verdict {
			if op.Kind == "readdir" {
				return disktest.Verdict{Err: syscall.EIO}
			}
			return disktest.Verdict{}
		}
		if err := b.pictures.Look(false); !errors.Is(err, syscall.EIO) {
			t.Errorf("look = %v, want EIO", err)
		}
		s.disk.Decide = nil
		written, err := b.View().Write(t.Context())
		if _, there := s.disk.Content("results.csv"); there || len(written) > 0 || !errors.Is(err, syscall.EIO) {
			t.Errorf("Report after a failed look = %q, %v, want none and EIO", written, err)
		}
		if b.View().Differ() {
			t.Error("a failed look says that the reports differ")
		}
	})
}

// TestH21NoURL is failure mode H21: what can never be fetched is left at once, with its money told.
func TestH21NoURL(t *testing.T) {
	for _, host := range []string{"http://bücher.test", "file://pictures/srv"} {
		play(t, three, emulator.Options{Seed: 1, ImageURL: host}, func(s *scene) {
			s.start()
			for _, task := range s.server.Books().Tasks {
				if waited := time.Since(task.Ended); waited > time.Minute {
					t.Errorf("%s: the run ended %v after a task, want at once", host, waited)
				}
			}
			for prompt, rec := range s.records() {
				if rec.Phase != state.Open && rec.Phase != state.Ready {
					t.Errorf("%s: %q is %s: %s", host, prompt, rec.Phase, rec.Message)
				}
			}
			if s.server.Books().Charges == 0 {
				t.Errorf("%s: nothing was bought", host)
			}
			s.wantMoney()
		})
	}
}

// TestD34Audit is failure mode D34: the audit compares every picture with its hash, also where neither length nor time says that
// there is anything to see, and inflates it.
func TestD34Audit(t *testing.T) {
	play(t, alikeRows, emulator.Options{Seed: 1, NoQuota: true}, func(s *scene) {
		s.ends()
		a, _ := s.disk.Content("images/a.png")
		b, _ := s.disk.Content("images/b.png")
		a[len(a)-20] ^= 1
		s.disk.Rot("images/a.png", a)
		s.disk.Rot("images/b.png", pngOfLength(t, len(b)))
		s.wantPlan(func(p Plan) bool { return p.Done == 3 && p.Edited+p.Missing == 0 }, "nothing to be seen")
		s.drop("images/c")
		audit := s.audit()
		var got []string
		for _, p := range audit.Pictures {
			got = append(got, p.Verdict+" "+p.Item+" "+p.File)
		}
		if want := []string{"damaged a images/a.png", "edited b images/b.png", "missing c images/c.png"}; audit.Compared != 3 || !slices.Equal(got, want) {
			t.Errorf("%d compared, %q, want %q", audit.Compared, got, want)
		}
	})
	play(t, three, emulator.Options{Seed: 1, NoQuota: true}, func(s *scene) {
		s.ends()
		body, _ := s.disk.Content("images/a.png")
		at := bytes.Index(body, []byte("IDAT"))
		size := int(binary.BigEndian.Uint32(body[at-4:]))
		clear(body[at+6 : at+4+size])
		binary.BigEndian.PutUint32(body[at+4+size:], crc32.ChecksumIEEE(body[at:at+4+size]))
		s.disk.Put("images/a.png", body)
		time.Sleep(time.Second)
		s.wantPlan(func(p Plan) bool { return p.Edited == 1 }, "edited")
		if all := s.audit().Pictures; len(all) != 1 || all[0].Verdict != "undecodable" {
			t.Errorf("the audit finds %+v", all)
		}
	})
}

// wantPlan opens the batch and looks at its plan.
func (s *scene) wantPlan(right func(Plan) bool, want string) {
	s.t.Helper()
	s.disk.Decide = nil
	b, closing := s.open()
	defer closing()
	if p, err := b.Plan(); err != nil || !right(p) {
		s.t.Errorf("%s: Plan = %+v, %v", want, p, err)
	}
}

// results are the rows of the reports, by id.
func (s *scene) results() map[string]output.Result {
	s.t.Helper()
	b, closing := s.open()
	defer closing()
	all := map[string]output.Result{}
	for r, err := range b.View().Results() {
		if err != nil {
			s.t.Fatal(err)
		}
		all[r.ID] = r
	}
	return all
}

func otherPNG(t testing.TB, side int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, side, side))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pngOfLength is a PNG of a length.
func pngOfLength(t testing.TB, length int) []byte {
	body := otherPNG(t, 7)
	frame := len(imagefile.Annotate(bytes.Clone(body), []imagefile.Text{{Keyword: "k", Value: ""}})) - len(body)
	body = imagefile.Annotate(body, []imagefile.Text{{Keyword: "k", Value: strings.Repeat("x", length-len(body)-frame)}})
	if len(body) != length {
		t.Fatalf("%d bytes, want %d", len(body), length)
	}
	return body
}
