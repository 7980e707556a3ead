package state

import "math/bits"

// An index finds the entries of a state by their keys. It holds their places alone, 8 bytes for
// each at most: the keys stand in the entries, and a map that held them too would take more
// memory than these.
type index struct {
	// places, counted from 1; 0 is free. Their number is a power of two, at most three quarters
	// of it taken
	slots []int32
	taken int
}

// find is the place of the entry with a key.
func (x *index) find(entries []Entry, k Key) (place int, known bool) {
	if len(x.slots) == 0 {
		return 0, false
	}
	p := x.slots[x.slot(entries, k)]
	return int(p) - 1, p > 0
}

// claim is find, and adds a new key at the place of the entry that is appended next.
func (x *index) claim(entries []Entry, k Key) (place int, known bool) {
	if 4*(x.taken+1) > 3*len(x.slots) {
		x.grow(entries)
	}
	p := &x.slots[x.slot(entries, k)]
	if *p > 0 {
		return int(*p) - 1, true
	}
	x.taken++
	*p = int32(x.taken)
	return x.taken - 1, false
}

// grow doubles the slots.
func (x *index) grow(entries []Entry) {
	old := x.slots
	x.slots = make([]int32, max(64, 2*len(old)))
	for _, p := range old {
		if p > 0 {
			x.slots[x.slot(entries, entries[p-1].Key)] = p
		}
	}
}

// slot is where a key is, or else where it would be put. The multiplier spreads what is alike
// (Knuth, 6.4).
func (x *index) slot(entries []Entry, k Key) int {
	hash := (k.base + uint64(k.number)) * 0x9e3779b97f4a7c15
	mask := len(x.slots) - 1
	i := int(hash >> (64 - bits.Len(uint(mask))))
	for x.slots[i] > 0 && entries[x.slots[i]-1].Key != k {
		i = (i + 1) & mask
	}
	return i
}
