package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// entry is one line of the books: a call with all that it changed, or the start of a task. It is
// written before the answer is sent, so that a service which is killed at any moment continues as
// its clients saw it. The state of the service is a fold of the entries: account.apply, both live
// and when the books are read.
type entry struct {
	At      time.Time `json:"at"` // emulator's time; never decreases
	Seq     int       `json:"seq,omitempty"`
	Call    string    `json:"call,omitempty"` // the Op; empty for the start of a task
	N       int       `json:"n,omitempty"`
	Model   string    `json:"model,omitempty"`
	Rated   bool      `json:"rated,omitempty"` // counts against a quota
	Lost    bool      `json:"lost,omitempty"`  // nothing done, nothing answered
	Code    string    `json:"code,omitempty"`  // of a refusal
	Created *Task     `json:"created,omitempty"`
	// queried or canceled, or the one of the picture
	Task       string      `json:"task,omitempty"`
	Canceled   bool        `json:"canceled,omitempty"` // Task is canceled now
	Picture    int         `json:"picture,omitempty"`  // served, from 1
	Workspace  string      `json:"workspace,omitempty"`
	Start      *started    `json:"start,omitempty"`
	Violations []Violation `json:"violations,omitempty"`
}

// started says when a task left its queue, and when it ends.
type started struct {
	ID  string    `json:"id"`
	At  time.Time `json:"at"`
	End time.Time `json:"end"`
}

// journal is the file of the books: JSON lines, append-only. The zero value keeps nothing.
type journal struct {
	f   *os.File
	err error // the first failed write; from then on every answer is an error
}

// open replays the file into apply and returns the time of its last entry, zero for a new file. A
// torn last line is cut off: its call was not answered.
func (j *journal) open(name string, apply func(entry)) (time.Time, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return time.Time{}, err
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return time.Time{}, errors.Join(err, f.Close())
	}
	end, size, err := replay(name, data, apply)
	if err == nil && size < len(data) {
		// by name: Windows does not truncate an appending file
		err = os.Truncate(name, int64(size))
	}
	if err != nil {
		return time.Time{}, errors.Join(err, f.Close())
	}
	j.f = f
	return end, nil
}

// replay applies every whole line of data. It returns the time of the last one, and how many bytes
// those lines have.
func replay(name string, data []byte, apply func(entry)) (end time.Time, size int, err error) {
	for line := 1; size < len(data); line++ {
		text, _, whole := bytes.Cut(data[size:], []byte{'\n'})
		if !whole {
			break
		}
		var e entry
		if err := json.Unmarshal(text, &e); err != nil {
			return end, size, fmt.Errorf("%s:%d: %w", name, line, err)
		}
		apply(e)
		end = e.At
		size += len(text) + 1
	}
	return end, size, nil
}

// write appends an entry with one Write. It does not sync: the books survive their process, not a
// power failure.
func (j *journal) write(e entry) {
	if j.f == nil || j.err != nil {
		return
	}
	line, err := json.Marshal(e)
	if err == nil {
		_, err = j.f.Write(append(line, '\n'))
	}
	j.err = err
}

func (j *journal) close() error {
	if j.f == nil {
		return nil
	}
	f := j.f
	j.f = nil
	return f.Close()
}
