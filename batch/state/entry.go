package state

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/qwenbatch/qwenbatch/client"
)

// An Entry is the part of a record that is kept in memory: 80 bytes without pointers, which the
// garbage collector skips. Each record's line begins with its entry, so that a file is opened
// without decoding the records.
type Entry struct {
	Key       Key
	IDHash    uint64 // hash of the id, 0 for none
	print     Fingerprint
	FileHash  uint64       // hash of the first picture's name, 0 for none
	Paid      client.Money // what its pictures have cost, older ones too
	offset    int64        // of its line
	length    uint32       // of its line
	redo      uint32       // Record.Redo
	FileBytes uint32       // length of the first picture
	Pictures  uint8        // how many pictures
	phase     uint8        // index in phases

	Edited, Damaged bool // a picture of it
}

// phases are numbered as entries have them. A version that adds a phase appends it; the first
// stands for those of newer versions.
var phases = [...]Phase{"", Ready, Intent, Open, Done, Failed, Held, Abandoned}

func phaseIndex(p Phase) uint8 { return uint8(max(0, slices.Index(phases[:], p))) }

// Phase is the item's, "" for one of a newer version.
func (e Entry) Phase() Phase {
	if int(e.phase) >= len(phases) {
		return ""
	}
	return phases[e.phase]
}

// at is where its line stands.
func (e Entry) at() span { return span{e.offset, int(e.length)} }

// entry is what is kept of a record in memory, but for its place in the file.
func (r *Record) entry() (Entry, error) {
	k, err := ParseKey(r.Key)
	e := Entry{Key: k, IDHash: Hash(r.ID), print: r.Print, Paid: r.Cost + r.Before,
		redo: uint32(r.Redo), phase: phaseIndex(r.Phase),
		Pictures: uint8(min(len(r.Pictures), math.MaxUint8)),
		Edited:   r.Edited(), Damaged: r.Damage() != ""}
	if len(r.Pictures) > 0 {
		e.FileHash = Hash(r.Pictures[0].File)
		e.FileBytes = SmallBytes(r.Pictures[0].Bytes)
	}
	return e, err
}

// An itemLine is the line of a record.
type itemLine struct {
	Entry Entry `json:"entry"`
	Record
}

// entrySize is the length of an entry in a line, in bytes of two hexadecimal digits each.
const entrySize = 64

// MarshalText returns the entry as it stands in a line, where its own place is left out.
func (e Entry) MarshalText() ([]byte, error) {
	b := make([]byte, 0, entrySize)
	b = binary.BigEndian.AppendUint64(b, e.Key.base)
	b = binary.BigEndian.AppendUint32(b, uint32(e.Key.number))
	b = binary.BigEndian.AppendUint64(b, e.IDHash)
	b = append(b, e.print[:]...)
	b = binary.BigEndian.AppendUint64(b, e.FileHash)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Paid))
	b = binary.BigEndian.AppendUint32(b, e.redo)
	b = binary.BigEndian.AppendUint32(b, e.FileBytes)
	b = append(b, e.Pictures, e.phase, bit(e.Edited), bit(e.Damaged))
	return hex.AppendEncode(nil, b), nil
}

func bit(set bool) byte {
	if set {
		return 1
	}
	return 0
}

// UnmarshalText reads what MarshalText writes.
func (e *Entry) UnmarshalText(text []byte) error {
	var b [entrySize]byte
	if len(text) != 2*entrySize {
		return fmt.Errorf("entry of %d digits", len(text))
	}
	if _, err := hex.Decode(b[:], text); err != nil {
		return err
	}
	u32, u64 := binary.BigEndian.Uint32, binary.BigEndian.Uint64
	*e = Entry{Key: Key{u64(b[0:]), int32(u32(b[8:]))}, IDHash: u64(b[12:]),
		print: Fingerprint(b[20:36]), FileHash: u64(b[36:]), Paid: client.Money(u64(b[44:])),
		redo: u32(b[52:]), FileBytes: u32(b[56:]), Pictures: b[60], phase: b[61],
		Edited: b[62] != 0, Damaged: b[63] != 0}
	return nil
}

// entryOf reads the entry at the beginning of a line; ok is false for a line that has none: a
// header, a mark, or a record of a version before entries.
func entryOf(line []byte) (e Entry, ok bool) {
	text, ok := bytes.CutPrefix(members(line), []byte(`"entry":"`))
	if !ok || len(text) < 2*entrySize {
		return e, false
	}
	return e, e.UnmarshalText(text[:2*entrySize]) == nil
}

// decodeEntry makes the entry of a line that has none from its record.
func decodeEntry(line []byte) (Entry, error) {
	r, err := parseRecord(line)
	if err != nil {
		return Entry{}, fmt.Errorf("it is not a record: %w", err)
	}
	return r.entry()
}

func parseRecord(line []byte) (Record, error) {
	var r Record
	err := json.Unmarshal(line, &r)
	return r, err
}

// SmallBytes is a length in 32 bits; what is longer is all alike.
func SmallBytes(n int64) uint32 { return uint32(min(max(n, 0), math.MaxUint32)) }

// Hash is 64 bits of FNV-1a; 0 is kept for "no id".
func Hash[T string | []byte](id T) uint64 {
	if len(id) == 0 {
		return 0
	}
	h := uint64(14695981039346656037)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	return max(1, h)
}
