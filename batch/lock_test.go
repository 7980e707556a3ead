package batch

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/output/disktest"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// TestD18StateFileMeddledWith deletes the state file, or puts an older one in its place, while a run writes it: nothing more is
// sent, what is open is collected, and the run's own state file is back at its end.
func TestD18StateFileMeddledWith(t *testing.T) {
	for name, meddle := range map[string]func(path string) error{
		"deleted": os.Remove,
		"replaced": func(path string) error {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			header, _, _ := strings.Cut(string(text), "\n")
			return errors.Join(os.WriteFile(path+".copy", []byte(header+"\n"), 0o644), os.Rename(path+".copy", path))
		},
	} {
		manifest := writeManifest(t, "p.csv", "prompt,count\na cat,4\na dog,4\n")
		dir := openTemp(t)
		synctest.Test(t, func(t *testing.T) {
			server, net := serveTiny(t)
			disk := &meddler{Dir: dir, meddle: func() int {
				if err := meddle(filepath.Join(dir.Path(), state.FileName)); err != nil {
					t.Error(err)
				}
				return server.Books().Submissions.Seen
			}}
			first := openReal(t, manifest, net, disk)
			if err := first.Run(t.Context()); !errors.Is(err, state.ErrReplaced) {
				t.Errorf("%s: Run = %v, want %v", name, err, state.ErrReplaced)
			}
			first.Close()
			if n := server.Books().Submissions.Seen; n > disk.sent+1 { // one may be on its way
				t.Errorf("%s: %d submissions after %d", name, n-disk.sent, disk.sent)
			}
			if err := openReal(t, manifest, net, dir).Run(t.Context()); err != nil {
				t.Errorf("%s: the next Run = %v", name, err)
			}
			if b := server.Books(); b.Charges != 8 || b.Submissions.Seen != 8 {
				t.Errorf("%s: %d pictures were charged for %d submissions, want 8", name, b.Charges, b.Submissions.Seen)
			}
		})
	}
}

// A meddler is a disk on which somebody else does something when the first picture is about to get its name.
type meddler struct {
	*durable.Dir
	once   sync.Once
	meddle func() int
	sent   int
}

func (d *meddler) Rename(from, to string) error {
	if path.Ext(to) == ".png" {
		d.once.Do(func() { d.sent = d.meddle() })
	}
	return d.Dir.Rename(from, to)
}

// TestD22CompactionKeepsTheLock locks the new state file before it takes the place of the old.
func TestD22CompactionKeepsTheLock(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		var locked string
		s.startOn(func(op disktest.Op) disktest.Verdict {
			switch part := strings.HasPrefix(op.Name, "."+state.FileName); {
			case part && op.Kind == "lock":
				locked = op.Name
			case part && op.Kind == "rename" && op.Name != locked:
				t.Errorf("%s gets its name without a lock", op.Name)
			}
			return disktest.Verdict{}
		})
		if locked == "" {
			t.Error("no new state file was locked")
		}
	})
}
