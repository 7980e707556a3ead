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

// entry is one line of the books: a call and all that it changed, or a task that started. It is written before the
// answer is sent, so that a service that was killed at any moment goes on as its clients saw it. The Books are a fold
// of the entries; apply is that fold, for a live service and for one that reads its past.
type entry struct {
	At         time.Time   `json:"at"` // emulator's time; never goes back
	Seq        int         `json:"seq,omitempty"`
	Call       string      `json:"call,omitempty"` // the Op; empty where nobody called
	N          int         `json:"n,omitempty"`
	Model      string      `json:"model,omitempty"`
	Rated      bool        `json:"rated,omitempty"` // counts against a quota
	Lost       bool        `json:"lost,omitempty"`  // nothing was done, nothing answered
	Code       string      `json:"code,omitempty"`  // refused with
	Created    *Task       `json:"created,omitempty"`
	Task       string      `json:"task,omitempty"`     // asked for, canceled, or whose picture was fetched
	Canceled   bool        `json:"canceled,omitempty"` // Task was
	Picture    int         `json:"picture,omitempty"`  // served, from 1
	Workspace  string      `json:"workspace,omitempty"`
	Start      *started    `json:"start,omitempty"`
	Violations []Violation `json:"violations,omitempty"`
}

// started says when a task left its queue, and when it ends or ended.
type started struct {
	ID  string    `json:"id"`
	At  time.Time `json:"at"`
	End time.Time `json:"end"`
}

// journal is the books file: JSON lines, only ever appended to. The zero value keeps nothing.
type journal struct {
	f   *os.File
	err error // the first failed write; the service then answers nothing but that
}

// open reads the file into apply and returns the time of its last entry, zero if it is new. A last line that is torn is
// cut off: nobody was told of it.
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
		err = os.Truncate(name, int64(size)) // by name: Windows lets no appending file be cut
	}
	if err != nil {
		return time.Time{}, errors.Join(err, f.Close())
	}
	j.f = f
	return end, nil
}

// replay applies every whole line of data. It returns the time of the last one and the bytes that are good.
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

// write appends one entry with one Write. It does not sync: the books outlive their process, not a power cut.
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

// record writes an entry down and makes it true.
func (s *Server) record(e entry) {
	s.file.write(e)
	s.apply(e)
}

// apply makes an entry true.
func (s *Server) apply(e entry) {
	s.tally.count(e)
	if e.Rated && (e.Call == opSubmit || e.Call == opSync) {
		s.account.queue(e.Model).rated.add(e.At)
	}
	if e.Created != nil {
		s.account.addTask(e.Created)
	}
	if e.Start != nil {
		if t := s.account.byID[e.Start.ID]; t != nil {
			s.account.start(t, e.Start.At, e.Start.End)
		}
	}
	s.account.touch(e)
}

// touch books a call on a task.
func (w *account) touch(e entry) {
	t := w.byID[e.Task]
	switch {
	case t == nil:
	case e.Call == opQuery:
		t.Queries++
	case e.Call == opImage && e.Picture > 0:
		t.Downloads[e.Picture-1]++
	case e.Canceled:
		t.Canceled, t.Ended = true, e.At
		w.queue(t.Model).drop(t)
	}
}
