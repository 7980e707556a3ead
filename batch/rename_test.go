package batch

import (
	"bytes"
	"strings"
	"testing"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// namesOnDisk are the files of the folder, without what was put aside.
func (s *scene) namesOnDisk() string {
	var all []string
	for _, name := range s.disk.Files() {
		if base, ok := strings.CutPrefix(name, pictures.ImagesDir+"/"); ok {
			all = append(all, base)
		}
	}
	return strings.Join(all, " ")
}

// wantNamed wants every item's picture under the name that its row says.
func (s *scene) wantNamed(names map[string]string) {
	s.t.Helper()
	all := s.records()
	for prompt, want := range names {
		rec := all[prompt]
		if rec.Phase != state.Done || len(rec.Pictures) == 0 || rec.Pictures[0].File != "images/"+want {
			s.t.Errorf("%q is %s with %+v, want %s; there are %s", prompt, rec.Phase, rec.Pictures, want, s.namesOnDisk())
			continue
		}
		s.checkPicture(rec)
	}
}

const named = "prompt,file\na red cat,x\na blue dog,y\na bird,z\n"

// TestRename changes the file column: pictures get their new names, also where these go round in a circle, and nothing is
// sent for it.
func TestRename(t *testing.T) {
	for after, want := range map[string]string{
		"x,y,new":                        "x.png y.png new.png",
		"y,x,z":                          "y.png x.png z.png",
		"y,z,x":                          "y.png z.png x.png",
		"y,z,w.png":                      "y.png z.png w.png",
		"X,y,ｚ":                          "X.png y.png ｚ.png",
		"a/b,CON,z":                      "a-b.png _CON.png z.png",
		strings.Repeat("猫", 50) + ",y,z": strings.Repeat("猫", 38) + ".png y.png z.png",
	} {
		play(t, named, emulator.Options{}, func(s *scene) {
			s.ends()
			names, files := strings.Split(after, ","), strings.Fields(want)
			s.retype("prompt,file\na red cat," + names[0] + "\na blue dog," + names[1] + "\na bird," + names[2] + "\n")
			if b, closed := s.open(); true {
				p, err := b.Plan()
				closed()
				if err != nil || p.Misnamed == 0 || p.Pictures != 0 || p.Idle() {
					t.Errorf("Plan = %+v, %v, want pictures renamed and nothing paid", p, err)
				}
			}
			s.ends()
			s.wantPosts(3)
			s.wantDownloads(3)
			s.wantNamed(map[string]string{"a red cat": files[0], "a blue dog": files[1], "a bird": files[2]})
			b, closed := s.open()
			defer closed()
			if p, err := b.Plan(); err != nil || !p.Idle() {
				t.Errorf("Plan = %+v, %v, want nothing to do", p, err)
			}
		})
	}
}

// TestRenameTaken wants a name that somebody else's file has: that file stays, and the picture stands beside it.
func TestRenameTaken(t *testing.T) {
	play(t, "prompt,file\na red cat,x\n", emulator.Options{}, func(s *scene) {
		s.ends()
		s.disk.Put("images/Y.png", []byte("a holiday picture"))
		s.retype("prompt,file\na red cat,y\n")
		s.ends()
		s.wantNamed(map[string]string{"a red cat": "y~2.png"})
		if b, _ := s.disk.Content("images/Y.png"); string(b) != "a holiday picture" {
			t.Error("somebody else's file was overwritten")
		}
		b, closed := s.open()
		defer closed()
		if p, err := b.Plan(); err != nil || !p.Idle() {
			t.Errorf("Plan = %+v, %v, want nothing to do", p, err)
		}
	})
}

// TestRenameOverACopy wants a name under which somebody has worked on a copy of the picture, which still says whose it is: a
// rename that a crash has cut leaves one file, so where there are two the other is somebody's.
func TestRenameOverACopy(t *testing.T) {
	play(t, "prompt,file\na red cat,x\n", emulator.Options{}, func(s *scene) {
		s.ends()
		b, _ := s.disk.Content("images/x.png")
		retouched := imagefile.Annotate(b, []imagefile.Text{{Keyword: "Comment", Value: "brighter"}})
		s.disk.Put("images/y.png", retouched)
		s.retype("prompt,file\na red cat,y\n")
		s.ends()
		s.wantNamed(map[string]string{"a red cat": "y~2.png"})
		if b, _ := s.disk.Content("images/y.png"); !bytes.Equal(b, retouched) {
			t.Error("a copy that somebody has worked on was overwritten")
		}
	})
}

// TestRenameAndCrash dies at every effect of a run that gives pictures each other's names, and of the one after it: nothing
// is paid or lost, and in the end each has its name.
func TestRenameAndCrash(t *testing.T) {
	path := writeManifest(t, "p.csv", named)
	after := writeManifest(t, "p.csv", "prompt,file\na red cat,y\na blue dog,x\na bird,new\n")
	ways := deathsAt(0)
	crowd(t, 50*len(ways), number, func(t *testing.T, i int) {
		stage(t, path, emulator.Options{Seed: uint64(i)}, func(s *scene) {
			s.ends()
			s.sheet = after
			d := ways[i%len(ways)]
			d.at = int64(i/len(ways) + 1)
			if s.suffer(d) && i%2 == 0 {
				d = ways[s.random.IntN(len(ways))]
				d.at = 1 + s.random.Int64N(30)
				s.suffer(d)
			}
			s.wantFinish(3)
			s.wantPosts(3)
			s.wantDownloads(3)
			s.wantNamed(map[string]string{"a red cat": "y.png", "a blue dog": "x.png", "a bird": "new.png"})
		})
	})
}
