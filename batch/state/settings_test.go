package state

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/qwenbatch/qwenbatch/output/disktest"
)

// TestSettingsOfTheLastRunThatDidNotEnd reads a state file that was not made small since its settings have changed: the commands
// without flags see the items of the last run.
func TestSettingsOfTheLastRunThatDidNotEnd(t *testing.T) {
	disk := disktest.New()
	s := newState(t, disk)
	h := s.Header()
	for _, model := range []string{"older", "newer"} {
		h.Settings.Flags = map[string]string{"model": model}
		if err := errors.Join(s.Put(Record{Key: Key{1, 1}.String(), Phase: Ready}, true), s.Amend(h)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Put(Record{Key: Key{2, 1}.String(), Phase: Ready, Message: `,"qwenbatch":1`}, true); err != nil {
		t.Fatal(err)
	}
	s.Close()
	got, found, err := ReadSettings(disk)
	if err != nil || !found || got.Flags["model"] != "newer" {
		t.Errorf("ReadSettings = %+v, %v, %v, want those of the last header", got, found, err)
	}
	state, _ := disk.Content(FileName)
	disk.Put(FileName, []byte(strings.Replace(string(state), "newer", "never", 1)))
	var damage *DamageError
	if _, _, err := ReadSettings(disk); !errors.As(err, &damage) || damage.Line != 5 {
		t.Errorf("ReadSettings = %v, want damage of line 5", err)
	}
}

// TestD11FieldsOfANewerVersion amends a header that a newer version has written: what this one does not know stays.
func TestD11FieldsOfANewerVersion(t *testing.T) {
	disk := disktest.New()
	line, err := seal(1, json.RawMessage(`{"qwenbatch":1,"tool":"9","settings":{"mode":"sync"},"later":{"a":[1,2]}}`))
	if err != nil {
		t.Fatal(err)
	}
	disk.Put(FileName, line)
	s, _, err := OpenFile(disk)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		h := s.Header()
		h.Settings.Mode = "async"
		if err := errors.Join(s.Amend(h), s.Compact(nil, nil)); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	state, _ := disk.Content(FileName)
	lines := slices.Collect(strings.Lines(string(state)))
	if len(lines) != 1 || strings.Count(lines[0], `"later":{"a":[1,2]}`) != 1 || !strings.Contains(lines[0], `"mode":"async"`) {
		t.Errorf("the state file is %q, want the newer field and the amended setting", lines)
	}
}
