package state

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
)

// A Key is what the state file calls an item: 64 bits of a hash, and the number of the item in
// its row above the first.
type Key struct {
	base   uint64
	number int32
}

func (k Key) String() string {
	if k.number > 1 {
		return fmt.Sprintf("%016x-%d", k.base, k.number)
	}
	return fmt.Sprintf("%016x", k.base)
}

// ParseKey reads what [Key.String] writes.
func ParseKey(s string) (Key, error) {
	k, ok := keyOf([]byte(s))
	if !ok {
		return Key{}, fmt.Errorf("key %q is none", s)
	}
	return k, nil
}

// keyOf reads what key.String writes, and nothing else.
func keyOf(text []byte) (k Key, ok bool) {
	var base [8]byte
	k.number = 1
	if len(text) < 16 || bytes.ContainsAny(text[:16], "ABCDEF") {
		return k, false
	}
	if _, err := hex.Decode(base[:], text[:16]); err != nil {
		return k, false
	}
	k.base = binary.BigEndian.Uint64(base[:])
	if len(text) == 16 {
		return k, true
	}
	n, err := strconv.ParseInt(string(text[17:]), 10, 32)
	k.number = int32(n)
	return k, err == nil && text[16] == '-' && k.number > 1 && text[17] >= '1'
}

// NewKey is the key of the item of a number in its row, from 1, when the row is first seen.
func NewKey(id string, print Fingerprint, number int) Key {
	return Key{keyBase(id, print), int32(number)}
}

// keyBase is the key that a row gets when it is first seen: from its id, else from what it says.
func keyBase(id string, print Fingerprint) uint64 {
	h := sha256.New()
	if id != "" {
		h.Write([]byte("id\x00" + id))
	} else {
		h.Write([]byte("fp\x00"))
		h.Write(print[:])
	}
	return binary.BigEndian.Uint64(h.Sum(nil))
}

// freeKey returns the first key of the chain that starts at k for which taken is false: rows
// with the same text and no ids get different keys.
func freeKey(k Key, taken func(Key) bool) Key {
	for taken(k) {
		sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("again\x00"), k.base))
		k.base = binary.BigEndian.Uint64(sum[:])
	}
	return k
}

// Fingerprint is a hash of what manifest and flags say of an item; see manifests.Item.Fingerprint.
type Fingerprint [16]byte

func (f Fingerprint) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, f[:]), nil }

func (f *Fingerprint) UnmarshalText(text []byte) error {
	if len(text) != 32 {
		return fmt.Errorf("fingerprint of %d digits", len(text))
	}
	_, err := hex.Decode(f[:], text)
	return err
}
