package batch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

const (
	stateFile   = "state.jsonl"
	tornFile    = "state.torn"
	reserveFile = "state.reserve"
	// reserveSize is room for the records of 200 tasks that are open when the disk fills up.
	reserveSize = 256 << 10
)

// A state is the fold of the state file: for every item that was ever seen, in that order, where its last line stands.
// The lines themselves stay on disk; a million items need 80 MB here.
type state struct {
	disk    durable.Disk
	journal *journal
	held    io.Closer // its lock; nil where there is none
	first   header
	head    span // where its line stands

	length   int64     // of the file when it was opened
	modified time.Time // when it was written last before that

	mu      sync.Mutex // guards the fields below; never held while waiting for the disk's fsync
	entries []entry
	index   index
	given   map[key]bool // keys whose first line is not written yet
	marks   int          // lines that are neither header nor item
	stale   int          // lines that a later one has replaced
	paid    client.Money // what the pictures of all items have cost
	stopped bool         // the last line is a clean stop
	last    span         // the last line
	final   mark         // the last one; its Seen and Redos are what the next is to say
	redoes  int          // the highest number that a wish has had
}

// An entry is what is kept in memory of an item: 80 bytes, and nothing for the garbage collector to look at.
type entry struct {
	key    key
	id     uint64 // hash of the id, 0 for none
	print  fingerprint
	file   uint64       // hash of the first picture's name, 0 for none
	paid   client.Money // what its pictures have cost, older ones too
	offset int64        // of its line
	length uint32
	bytes  uint32 // length of the first picture
	files  uint16 // how many pictures
	code   uint8  // of its phase

	edited, damaged bool // a picture of it
}

// phases are those that an entry can have, by their codes; the last is what a newer version may bring.
var phases = [...]phase{ready, intent, open, done, failed, held, abandoned, ""}

func codeOf(p phase) uint8 {
	for code, known := range phases {
		if p == known {
			return uint8(code)
		}
	}
	return uint8(len(phases) - 1)
}

func (e entry) phase() phase { return phases[e.code] }

// at is where its line stands.
func (e entry) at() span { return span{e.offset, int(e.length)} }

// smallBytes is a length in 32 bits; what is longer is all alike.
func smallBytes(n int64) uint32 { return uint32(min(max(n, 0), math.MaxUint32)) }

// hashID is 64 bits of FNV-1a; 0 is kept for "no id".
func hashID[T string | []byte](id T) uint64 {
	if len(id) == 0 {
		return 0
	}
	h := uint64(14695981039346656037)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	return max(1, h)
}

// ErrOther says that a state file belongs to another service, region or kind of run.
var ErrOther = errors.New("the state file belongs to another run")

// openState locks the state file and reads it; found is false where there is none yet. Nothing is written.
func openState(disk durable.Disk) (s *state, found bool, err error) {
	s = emptyState(disk)
	info, err := disk.Lstat(stateFile)
	if errors.Is(err, fs.ErrNotExist) {
		return s, false, nil
	}
	if err == nil {
		err = s.hold()
	}
	if err != nil {
		return nil, false, err
	}
	held := s.held
	s, found, err = readState(disk, info.Size())
	if err != nil {
		return nil, false, errors.Join(err, release(held))
	}
	s.held, s.modified = held, info.ModTime()
	return s, found, nil
}

// readState reads the state file that is there, which has about that size.
func readState(disk durable.Disk, size int64) (s *state, found bool, err error) {
	s = emptyState(disk)
	if s.length = size; size == 0 {
		return s, false, nil
	}
	var torn []byte
	s.journal, torn, err = openJournal(disk, stateFile, s.fold)
	if err != nil {
		return nil, false, err
	}
	if len(torn) > 0 {
		s.stopped = false
		keepTorn(disk, torn)
	}
	if s.first.Version == 0 {
		// The header itself was torn: it is made durable before anything is sent, so nothing was.
		err := s.journal.close()
		return emptyState(disk), false, err
	}
	return s, true, nil
}

func emptyState(disk durable.Disk) *state { return &state{disk: disk, given: map[key]bool{}} }

// keepTorn puts what a crash left of a line aside, for whoever wants to look. Losing it costs nothing.
func keepTorn(disk durable.Disk, torn []byte) {
	_ = durable.Replace(disk, tornFile, func(w io.Writer) error {
		_, err := w.Write(torn)
		return err
	})
}

// create writes the header of a first run, durably. A file that is there is empty, since openState has cut a torn header
// off; it stays, so that a crash in here does not turn what had lost its header into what never was.
func (s *state) create(h header) error {
	j, _, err := openJournal(s.disk, stateFile, s.fold)
	if err != nil {
		return err
	}
	h.Version = stateVersion
	s.journal, s.first = j, h
	if s.held == nil {
		if err := s.hold(); err != nil {
			return err
		}
	}
	if s.head, err = j.append(h); err != nil {
		return err
	}
	if err := j.sync(); err != nil {
		return err
	}
	return s.disk.SyncDir(".")
}

// amend writes a header that replaces the first, but for what this version does not know of that.
func (s *state) amend(h header) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	line, err := s.journal.read(s.head)
	if err != nil {
		return err
	}
	all, err := withUnknown(h, resealed(line))
	if err != nil {
		return err
	}
	at, err := s.journal.append(all)
	if err == nil {
		s.first, s.head = h, at
		s.stale++
	}
	return err
}

// reserve puts a file aside whose removal lets the last task ids be recorded on a full disk.
func (s *state) reserve(size int) error {
	err := durable.Replace(s.disk, reserveFile, func(w io.Writer) error {
		_, err := w.Write(make([]byte, size))
		return err
	})
	if err == nil {
		s.journal.spare = reserveFile
	}
	return err
}

// undisturbed reports whether the file is the very one that the last run was writing, on the same boot of the system,
// and ends with a whole line: what that run had written is in it.
func (s *state) undisturbed() bool {
	return !s.journal.cut && s.final.Place != "" && s.final.Place == s.disk.Place(stateFile)
}

// noSpace reports whether an error says that a disk, quota or inode table is full.
func noSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, errQuota)
}

// fold takes one line into the index.
func (s *state) fold(line []byte, at span) error {
	s.last = at
	if e, ok := scanItem(line); ok && s.first.Version > 0 {
		s.take(e, at)
		return nil
	}
	var l itemLine
	if err := json.Unmarshal(line, &l); err != nil {
		return fmt.Errorf("it is not a record: %w", err)
	}
	switch {
	case l.Version > stateVersion:
		return fmt.Errorf("%w: it was written by a newer qwenbatch (format %d, this one reads %d)", ErrOther, l.Version, stateVersion)
	case l.Version > 0:
		var h header // a later one may say less than the first
		err := json.Unmarshal(line, &h)
		s.head, s.first = at, h
		return err
	case s.first.Version == 0:
		return errors.New("it is no header")
	case l.Key == "":
		s.marks++
		s.stopped, s.final = l.Run == "stop", mark{Run: l.Run, Since: l.Since, Seen: l.Seen, Redos: l.Redos, Place: l.Place}
		for _, w := range l.Redos {
			s.redoes = max(s.redoes, w.Number)
		}
		return nil
	}
	e, err := l.entry()
	if err == nil {
		s.take(e, at)
	}
	s.redoes = max(s.redoes, l.Redo)
	return err
}

// find is the entry with a key.
func (s *state) find(k key) (i int, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.index.find(s.entries, k)
}

// reserveKey returns a key for a new item: the one that it would like, unless an item bears that, or will.
func (s *state) reserveKey(k key) key {
	s.mu.Lock()
	defer s.mu.Unlock()
	k = freeKey(k, func(k key) bool {
		_, known := s.index.find(s.entries, k)
		return known || s.given[k]
	})
	s.given[k] = true
	return k
}

// take notes an item's newest line.
func (s *state) take(e entry, at span) {
	s.stopped = false
	e.offset, e.length = at.offset, uint32(at.length)
	i, known := s.index.claim(s.entries, e.key)
	s.paid += e.paid
	if known {
		s.paid -= s.entries[i].paid
		s.entries[i] = e
		s.stale++
		return
	}
	if len(s.entries) == cap(s.entries) {
		s.entries = slices.Grow(s.entries, s.expected(at))
	}
	s.entries = append(s.entries, e)
	delete(s.given, e.key)
}

// expected is how many entries the rest of the file may bring, judged by what stands before a line: a slice that merely
// doubles holds a million of them two or three times. It is 1 once the file has been read.
func (s *state) expected(at span) int {
	if len(s.entries) < 1000 {
		return 1
	}
	rest := float64(s.length-at.offset) / float64(at.offset) * float64(len(s.entries))
	return 1 + int(max(0, 1.05*rest))
}

// put appends an item's record. Durable says that it returns only when the record would survive a power cut.
func (s *state) put(r record, durable bool) error {
	e, err := r.line().entry()
	if err != nil {
		return err
	}
	s.mu.Lock()
	at, err := s.journal.append(r)
	if err == nil {
		s.take(e, at)
	}
	s.mu.Unlock()
	if err != nil || !durable {
		return err
	}
	return s.journal.sync()
}

// mark notes the start or the clean stop of a run, durably.
func (s *state) mark(m mark) error {
	s.mu.Lock()
	m.Redos, m.Seen = s.final.Redos, s.final.Seen
	_, err := s.journal.append(m)
	s.marks++
	s.stopped, s.final.Since = m.Run == "stop", m.Since
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.journal.sync()
}

// get reads the record of the i-th entry.
func (s *state) get(i int) (record, error) {
	s.mu.Lock()
	at := s.entries[i].at()
	s.mu.Unlock()
	line, err := s.journal.read(at)
	if err != nil {
		return record{}, err
	}
	return parseRecord(line)
}

// paidSoFar is what the pictures of all items have cost, older ones too.
func (s *state) paidSoFar() client.Money {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.paid
}

// entry is the i-th.
func (s *state) entry(i int) entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.entries[i]
}

// all are the entries, in the order in which their items were first seen.
func (s *state) all() iter.Seq2[int, entry] {
	return func(yield func(int, entry) bool) {
		for i := range s.count() {
			if !yield(i, s.entry(i)) {
				return
			}
		}
	}
}

// match finds items of the manifest among the entries; see matchItems.
func (s *state) match(items []ident) []match {
	s.mu.Lock()
	defer s.mu.Unlock()
	return matchItems(items, s.entries)
}

// header is the last one.
func (s *state) header() header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first
}

// size is the length of the file.
func (s *state) size() int64 {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return s.journal.size
}

// sync makes all durable that was put before.
func (s *state) sync() error { return s.journal.sync() }

// stoppedCleanly reports whether the last line says that a run came to its end.
func (s *state) stoppedCleanly() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped
}

// marked reports whether a run has got as far as its first mark.
func (s *state) marked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.marks > 0
}

// lastMark is the last mark; the zero mark where there is none.
func (s *state) lastMark() mark {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.final
}

// seen is the newest time of a picture of which all is recorded: in a file of an older version, when it was written last.
func (s *state) seen() time.Time {
	if seen := s.lastMark().Seen; !seen.IsZero() {
		return seen
	}
	return s.modified
}

// setSeen is what the next mark says.
func (s *state) setSeen(newest time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.final.Seen = newest
}

// wishes are those that have begun and not come to their end; lastWish is the highest number that one has had.
func (s *state) wishes() []wish { return s.lastMark().Redos }

func (s *state) lastWish() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.redoes
}

// addWish and removeWish are durable with the next mark.
func (s *state) addWish(w wish) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.final.Redos = append(slices.Clip(s.final.Redos), w)
	s.redoes = max(s.redoes, w.Number)
}

func (s *state) removeWish(number int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.final.Redos = slices.DeleteFunc(slices.Clone(s.final.Redos), func(w wish) bool { return w.Number == number })
}

// count is how many items were ever seen.
func (s *state) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.entries)
}

// phaseOf is the phase of the i-th entry.
func (s *state) phaseOf(i int) phase {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.entries[i].phase()
}

// waiting reports whether an item is open or in doubt.
func (s *state) waiting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.entries, func(e entry) bool { return e.phase().waiting() })
}

// lastAt is when the last line was written, by the service's clock; zero where there is none that says it.
func (s *state) lastAt() time.Time {
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

// compact writes the file anew with one line an item in the given order of entries, and a stop mark at its end where the run ended cleanly. Old or new,
// the file is whole at every moment. The state is unusable after an error.
func (s *state) compact(stop *mark, order []int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stale == 0 && s.marks <= 2 && !errors.Is(s.astray(), ErrReplaced) {
		return nil
	}
	return s.renew(stop, order)
}

// renew is compact whether it is worth it or not, with a mark of any kind at the end. No other goroutine uses the state.
func (s *state) renew(stop *mark, order []int) error {
	old, oldHeld := s.journal, s.held
	held, err := durable.ReplaceLocked(s.disk, stateFile, func(w io.Writer) error { return s.rewrite(w, stop, order) })
	if err != nil {
		return err
	}
	s.held = held
	if err := errors.Join(old.close(), release(oldHeld)); err != nil {
		return err
	}
	fresh, _, err := readState(s.disk, old.size)
	if err != nil {
		return err
	}
	s.journal, s.head, s.entries, s.index = fresh.journal, fresh.head, fresh.entries, fresh.index
	s.marks, s.stale, s.stopped, s.last, s.final = fresh.marks, fresh.stale, fresh.stopped, fresh.last, fresh.final
	s.redoes, s.paid = fresh.redoes, fresh.paid
	return nil
}

func (s *state) rewrite(w io.Writer, stop *mark, order []int) error {
	c := copier{from: s.journal, to: w}
	if err := c.header(s.head, s.first); err != nil {
		return err
	}
	for _, i := range order {
		if err := c.copy(s.entries[i].at()); err != nil {
			return err
		}
	}
	if stop == nil {
		return nil
	}
	stop.Redos, stop.Seen = s.final.Redos, s.final.Seen
	line, err := seal(c.seq+1, stop)
	if err == nil {
		_, err = w.Write(line)
	}
	return err
}

// resealed is a line as a JSON object without its sequence number and checksum.
func resealed(line []byte) json.RawMessage {
	object := append(json.RawMessage{}, inside(line)...)
	object[0] = '{'
	return append(object, '}')
}

// close gives the file back.
func (s *state) close() error {
	err := release(s.held)
	s.held = nil
	if s.journal == nil {
		return err
	}
	return errors.Join(s.journal.close(), err)
}

func release(held io.Closer) error {
	if held == nil {
		return nil
	}
	return held.Close()
}
