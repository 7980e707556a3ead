package state

import (
	"math"

	"github.com/qwenbatch/qwenbatch/client"
)

// An Entry is the part of a record that is kept in memory: 80 bytes without pointers, which the
// garbage collector skips.
type Entry struct {
	Key       Key
	IDHash    uint64 // hash of the id, 0 for none
	print     Fingerprint
	FileHash  uint64       // hash of the first picture's name, 0 for none
	Paid      client.Money // what its pictures have cost, older ones too
	offset    int64        // of its line
	length    uint32
	FileBytes uint32 // length of the first picture
	Pictures  uint16 // how many pictures
	code      uint8  // of its phase

	Edited, Damaged bool // a picture of it
}

// phases are those that an entry can have, by their codes; the last is what a newer version may
// bring.
var phases = [...]Phase{Ready, Intent, Open, Done, Failed, Held, Abandoned, ""}

func codeOf(p Phase) uint8 {
	for code, known := range phases {
		if p == known {
			return uint8(code)
		}
	}
	return uint8(len(phases) - 1)
}

// Phase is the item's, "" for one of a newer version.
func (e Entry) Phase() Phase { return phases[e.code] }

// at is where its line stands.
func (e Entry) at() span { return span{e.offset, int(e.length)} }

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
