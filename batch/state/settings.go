package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"reflect"
	"slices"
	"strings"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

// ReadSettings reads the settings of the last run that a state file knows, from its last
// header; false where there is no state file. It changes nothing and may be called while a run
// writes the file.
func ReadSettings(disk durable.Disk) (Settings, bool, error) {
	f, err := disk.Open(FileName)
	if errors.Is(err, fs.ErrNotExist) {
		return Settings{}, false, nil
	}
	if err != nil {
		return Settings{}, false, err
	}
	defer f.Close()
	var last Header
	found := false
	for l, err := range fileLines(f) {
		if err != nil {
			return Settings{}, false, err
		}
		if l.torn {
			break // of a header that was torn nothing was sent
		}
		if l.number > 1 && !bytes.HasPrefix(members(l.text), []byte(`"qwenbatch":`)) {
			continue // other damage is found when the batch is opened
		}
		last, found = Header{}, true
		if l.damage == nil {
			l.damage = json.Unmarshal(l.text, &last)
		}
		if l.damage != nil {
			return Settings{}, false, &DamageError{File: FileName, Line: l.number, Reason: l.damage.Error()}
		}
	}
	return last.Settings, found, nil
}

// withUnknown is a header with those members of an older one that this version does not know.
func withUnknown(h Header, older json.RawMessage) (json.RawMessage, error) {
	var unknown map[string]json.RawMessage
	if err := json.Unmarshal(older, &unknown); err != nil {
		return nil, err
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Header]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		delete(unknown, name)
	}
	all, err := json.Marshal(h)
	if err != nil || len(unknown) == 0 {
		return all, err
	}
	rest, err := json.Marshal(unknown)
	return slices.Concat(all[:len(all)-1], []byte{','}, rest[1:]), err
}
