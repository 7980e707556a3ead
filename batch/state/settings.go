package state

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
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
	in := bufio.NewReaderSize(f, 1<<16)
	for n := 1; ; n++ {
		line, err := readLine(in)
		switch {
		case errors.Is(err, io.EOF):
			return last.Settings, n > 1, nil // a header that was torn: nothing was sent
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return Settings{}, false, err
		case n > 1 && !bytes.HasPrefix(members(line), []byte(`"qwenbatch":`)):
			continue // other damage is found when the batch is opened
		}
		if last, err = readHeader(line[:len(line)-1]); err != nil {
			return Settings{}, false, &DamageError{File: FileName, Line: n, Reason: err.Error()}
		}
	}
}

// members is a line behind its sequence number.
func members(line []byte) []byte {
	_, behind, _ := bytes.Cut(line, []byte(","))
	return behind
}

func readHeader(line []byte) (Header, error) {
	var h Header
	if _, ok := sealed(line); !ok || json.Unmarshal(line, &h) != nil {
		return h, errors.New("its checksum does not fit")
	}
	return h, nil
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
