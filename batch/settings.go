package batch

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"io/fs"

	"github.com/qwenbatch/qwenbatch/output"
)

// ReadSettings reads with which settings a state file was begun, from its first line; false where there is no state file.
// It changes nothing and may be called while a run writes the file.
func ReadSettings(disk output.Disk) (Settings, bool, error) {
	f, err := disk.Open(stateFile)
	if errors.Is(err, fs.ErrNotExist) {
		return Settings{}, false, nil
	}
	if err != nil {
		return Settings{}, false, err
	}
	defer f.Close()
	first, err := bufio.NewReader(io.LimitReader(f, maxLine)).ReadBytes('\n')
	if errors.Is(err, io.EOF) {
		return Settings{}, false, nil // a header that was torn: nothing was sent
	}
	if err != nil {
		return Settings{}, false, err
	}
	var h header
	_, ok := sealed(first[:len(first)-1])
	if err := json.Unmarshal(first, &h); err != nil || !ok {
		return Settings{}, false, &DamageError{File: stateFile, Line: 1, Reason: "its checksum does not fit"}
	}
	return h.Settings, true, nil
}
