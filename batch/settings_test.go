package batch

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
	h := s.header()
	for _, model := range []string{"older", "newer"} {
		h.Settings.Flags = map[string]string{"model": model}
		if err := errors.Join(s.put(record{Key: key{1, 1}.String(), Phase: ready}, true), s.amend(h)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.put(record{Key: key{2, 1}.String(), Phase: ready, Message: `,"qwenbatch":1`}, true); err != nil {
		t.Fatal(err)
	}
	s.close()
	got, found, err := ReadSettings(disk)
	if err != nil || !found || got.Flags["model"] != "newer" {
		t.Errorf("ReadSettings = %+v, %v, %v, want those of the last header", got, found, err)
	}
	state, _ := disk.Content(stateFile)
	disk.Put(stateFile, []byte(strings.Replace(string(state), "newer", "never", 1)))
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
	disk.Put(stateFile, line)
	s, _, err := openState(disk)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		h := s.header()
		h.Settings.Mode = "async"
		if err := errors.Join(s.amend(h), s.compact(nil, nil)); err != nil {
			t.Fatal(err)
		}
	}
	s.close()
	state, _ := disk.Content(stateFile)
	lines := slices.Collect(strings.Lines(string(state)))
	if len(lines) != 1 || strings.Count(lines[0], `"later":{"a":[1,2]}`) != 1 || !strings.Contains(lines[0], `"mode":"async"`) {
		t.Errorf("the state file is %q, want the newer field and the amended setting", lines)
	}
}
