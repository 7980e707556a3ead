package state

import (
	"encoding/json"
	"iter"
	"slices"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
)

// Find is the entry with a key.
func (s *File) Find(k Key) (i int, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.index.find(s.entries, k)
}

// Get reads the record of the i-th entry.
func (s *File) Get(i int) (Record, error) {
	s.mu.Lock()
	at := s.entries[i].at()
	s.mu.Unlock()
	line, err := s.journal.read(at)
	if err != nil {
		return Record{}, err
	}
	return parseRecord(line)
}

// Paid is what the pictures of all items have cost, older ones too.
func (s *File) Paid() client.Money {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.paid
}

// Entry is the i-th.
func (s *File) Entry(i int) Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.entries[i]
}

// Entries are the entries, in the order in which their items were first seen.
func (s *File) Entries() iter.Seq2[int, Entry] {
	return func(yield func(int, Entry) bool) {
		for i := range s.Count() {
			if !yield(i, s.Entry(i)) {
				return
			}
		}
	}
}

// Match finds items of the manifest among the entries; see matchItems.
func (s *File) Match(items []Item, earlier []Reading) []Match {
	s.mu.Lock()
	defer s.mu.Unlock()
	return matchItems(items, earlier, s.entries)
}

// Count is how many items were ever seen.
func (s *File) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.entries)
}

// Header is the last one.
func (s *File) Header() Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first
}

// Size is the length of the file.
func (s *File) Size() int64 {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return s.journal.size
}

// Stopped reports whether the last line says that a run came to its end.
func (s *File) Stopped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped
}

// LastMark is the last mark; the zero mark where there is none.
func (s *File) LastMark() Mark {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.final
}

// Seen is the newest time of a picture of which all is recorded: in a file of an older version, when it was written last.
func (s *File) Seen() time.Time {
	if seen := s.LastMark().Seen; !seen.IsZero() {
		return seen
	}
	return s.modified
}

// SetSeen is what the next mark says.
func (s *File) SetSeen(newest time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.final.Seen = newest
}

// LastRedo is the highest number that a redo has had.
func (s *File) LastRedo() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.redoes
}

// AddRedo adds one, durably with the next mark.
func (s *File) AddRedo(w Redo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.final.Redos = append(slices.Clip(s.final.Redos), w)
	s.redoes = max(s.redoes, w.Number)
}

// RemoveRedo takes one away, durably with the next mark.
func (s *File) RemoveRedo(number int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.final.Redos = slices.DeleteFunc(slices.Clone(s.final.Redos), func(w Redo) bool { return w.Number == number })
}

// LastAt is when the last line was written, by the service's clock; zero where there is none that says it.
func (s *File) LastAt() time.Time {
	line, err := s.journal.read(s.last)
	if err != nil {
		return time.Time{}
	}
	var l struct {
		At      time.Time `json:"at"`
		Created time.Time `json:"created"`
	}
	if json.Unmarshal(line, &l) != nil || l.At.IsZero() {
		return l.Created
	}
	return l.At
}

// Undisturbed reports whether the file is the very one that the last run was writing, on the same boot of the system,
// and ends with a whole line: what that run had written is in it.
func (s *File) Undisturbed() bool {
	return !s.journal.cut && s.final.Place != "" && s.final.Place == s.disk.Place(FileName)
}
