package batch

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output/disktest"
)

// held3 plays a run after which the first of three items is held.
func held3(s *scene) {
	s.t.Helper()
	forbidden := emulator.Fault{Status: 403, Code: "AccessDenied"}
	lost := once("a red cat", emulator.Fault{LoseAnswer: true})
	s.fault = func(c emulator.Call) emulator.Fault {
		if c.Op == "submit" {
			return lost(c)
		}
		return at("list", 0, forbidden)(c)
	}
	s.ends()
	s.fault = nil
	s.wantPhases(map[string]state.Phase{"a red cat": state.Held, "a blue dog": state.Done})
}

// resolve settles items by hand.
func (s *scene) resolve(how Resolution, names ...string) error {
	b, closed := s.open()
	defer closed()
	return b.Resolve(names, how)
}

// TestResolveByTheSheetsIDs swaps the ids of two rows of which one is held: a name means the row that bears it now, as status
// and the reports do.
func TestResolveByTheSheetsIDs(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		held3(s)
		s.retype("id,prompt\nb,a red cat\na,a blue dog\nc,a bird\n")
		if err := s.resolve(Resolution{Abandon: true}, "a"); err == nil || !strings.Contains(err.Error(), "it is done") {
			t.Errorf("Resolve(a) = %v, want that it is done", err)
		}
		if err := s.resolve(Resolution{Abandon: true}, "b"); err != nil {
			t.Errorf("Resolve(b) = %v", err)
		}
		s.wantPhases(map[string]state.Phase{"a red cat": state.Abandoned, "a blue dog": state.Done})
	})
}

// TestResolveBesideARowThatIsGone gives the id of a row that is gone to another, which is held, or the other way round: the held
// one is meant.
func TestResolveBesideARowThatIsGone(t *testing.T) {
	for name, sheet := range map[string]string{"the row is held": "id,prompt\nb,a red cat\n", "what is gone is held": "id,prompt\na,a blue dog\n"} {
		t.Run(name, func(t *testing.T) {
			play(t, three, emulator.Options{}, func(s *scene) {
				held3(s)
				s.retype(sheet)
				if err := s.resolve(Resolution{Abandon: true}, sheet[10:11]); err != nil {
					t.Errorf("Resolve(%s) = %v", sheet[10:11], err)
				}
				s.wantPhases(map[string]state.Phase{"a red cat": state.Abandoned, "a blue dog": state.Done})
			})
		})
	}
}

// TestResolveTwoOfOneName has two held items that were first seen with the same id and are in the sheet no more: no one of them
// is guessed.
func TestResolveTwoOfOneName(t *testing.T) {
	disk := disktest.New()
	st := emptyBatch(t, disk)
	m, err := manifests.Open(writeManifest(t, "p.csv", three), manifests.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var keys []string
	for i := range 2 {
		keys = append(keys, state.NewKey(strconv.Itoa(i), state.Fingerprint{}, 1).String())
		rec := state.Record{Key: keys[i], ID: "x", Print: state.Fingerprint{byte(i), byte(i >> 8)}, Phase: state.Held}
		if err := st.Put(rec, true); err != nil {
			t.Fatal(err)
		}
	}
	st.Close()
	b, err := Open(Options{Manifest: m, Disk: disk})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	err = b.Resolve([]string{"x"}, Resolution{Abandon: true})
	second := keys[1]
	slices.Sort(keys)
	if want := strings.Join(keys, ", "); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Resolve(x) = %v, want that it names %q", err, want)
	}
	if err := b.Resolve([]string{second}, Resolution{Abandon: true}); err != nil {
		t.Errorf("Resolve by key = %v", err)
	}
	if got := b.state.Entry(0).Phase(); got != state.Held {
		t.Errorf("the first is %s, want held", got)
	}
}
