package state

import (
	"encoding/json"
	"iter"
	"slices"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
)

// Find returns the place of the entry with key k.
func (f *File) Find(k Key) (i int, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.index.find(f.entries, k)
}

// Get reads the record of the i-th entry.
func (f *File) Get(i int) (Record, error) {
	f.mu.Lock()
	at := f.entries[i].at()
	f.mu.Unlock()
	line, err := f.journal.read(at)
	if err != nil {
		return Record{}, err
	}
	return parseRecord(line)
}

// Paid returns what the pictures of all items have cost, replaced ones included.
func (f *File) Paid() client.Money {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.paid
}

// Entry returns the i-th entry.
func (f *File) Entry(i int) Entry {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.entries[i]
}

// Entries yields the entries and their places, in the order in which their items were first seen.
func (f *File) Entries() iter.Seq2[int, Entry] {
	return func(yield func(int, Entry) bool) {
		for i := range f.Count() {
			if !yield(i, f.Entry(i)) {
				return
			}
		}
	}
}

// Match finds items of the manifest among the entries; see matchItems.
func (f *File) Match(items []Item, earlier []Reading) []Match {
	f.mu.Lock()
	defer f.mu.Unlock()
	return matchItems(items, earlier, f.entries)
}

// Count returns the number of entries.
func (f *File) Count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.entries)
}

// Header returns the header in force, which is the last one.
func (f *File) Header() Header {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.header
}

// Size returns the length of the file in bytes.
func (f *File) Size() int64 {
	f.journal.mu.Lock()
	defer f.journal.mu.Unlock()
	return f.journal.size
}

// Stopped reports whether the last line says that a run came to its end.
func (f *File) Stopped() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stopped
}

// LastMark returns the last mark; the zero mark where there is none.
func (f *File) LastMark() Mark {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.final
}

// Seen is the newest time of a picture of which all is recorded: in a file of an older version,
// when it was written last.
func (f *File) Seen() time.Time {
	if seen := f.LastMark().Seen; !seen.IsZero() {
		return seen
	}
	return f.modified
}

// SetSeen sets the time which [File.Seen] returns; the next mark makes it durable.
func (f *File) SetSeen(newest time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.final.Seen = newest
}

// LastRedo returns the highest number of a redo request so far.
func (f *File) LastRedo() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.redoes
}

// AddRedo adds a redo request; the next mark makes it durable.
func (f *File) AddRedo(w Redo) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.final.Redos = append(slices.Clip(f.final.Redos), w)
	f.redoes = max(f.redoes, w.Number)
}

// RemoveRedo removes a redo request; the next mark makes that durable.
func (f *File) RemoveRedo(number int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.final.Redos = slices.DeleteFunc(slices.Clone(f.final.Redos),
		func(w Redo) bool { return w.Number == number })
}

// LastAt returns when the last line was written, by the service's clock; zero where there is none
// that says it.
func (f *File) LastAt() time.Time {
	line, err := f.journal.read(f.last)
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

// Undisturbed reports whether this is the very file that the last run wrote, on the same boot of
// the system, and its last line is whole. Everything that run wrote is then in it.
func (f *File) Undisturbed() bool {
	return !f.journal.cut && f.final.Place != "" && f.final.Place == f.disk.Place(FileName)
}
