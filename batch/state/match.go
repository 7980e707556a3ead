package state

import (
	"hash/maphash"
	"slices"
)

// An Item is what matching needs of an item of the manifest.
type Item struct {
	IDHash uint64 // hash of the id, 0 for none
	Print  Fingerprint
}

// A Reading is what an earlier version made of the row of an item, where this one reads it in
// another way.
type Reading struct {
	Item  int32 // its place in the manifest
	Print Fingerprint
}

// A Match says which entry of the state an item of the manifest is.
type Match struct {
	Entry   int32 // -1: never seen before
	Changed bool  // the entry's id with other words: what is there was made from something else
}

// matchItems finds every item of the manifest in the state, in three passes: same id and same
// fingerprint; same fingerprint among those unclaimed, so that moved and renumbered rows and an
// id column that comes or goes cost nothing; same id alone, which is a changed row. The row
// number never counts. No entry is claimed twice. Before the last pass the first two look once
// more for items whose rows an earlier version has read in another way, by what it made of
// them.
func matchItems(items []Item, earlier []Reading, entries []Entry) []Match {
	m := matcher{items: items, earlier: earlier, entries: entries,
		matches: make([]Match, len(items)), claimed: make([]bool, len(entries))}
	if rest := m.inOrder(); len(rest) > 0 {
		m.passes(rest)
	}
	m.prefer()
	return m.matches
}

// passes matches the items that are not in their old places.
func (m *matcher) passes(rest []int32) {
	type both struct {
		id    uint64
		print Fingerprint
	}
	unchanged := func(m *matcher) {
		rest = pass(m, rest, false, func(id uint64, print Fingerprint) (both, bool) {
			return both{id, print}, true
		})
		rest = pass(m, rest, false, func(_ uint64, print Fingerprint) (Fingerprint, bool) {
			return print, true
		})
	}
	unchanged(m)
	if len(m.earlier) > 0 {
		unchanged(m.before())
	}
	pass(m, rest, true, func(id uint64, _ Fingerprint) (uint64, bool) { return id, id != 0 })
}

type matcher struct {
	items   []Item
	earlier []Reading
	entries []Entry
	matches []Match
	claimed []bool
}

// before is m with the items as an earlier version has read them; what it claims m claims.
func (m *matcher) before() *matcher {
	was := *m
	was.items = slices.Clone(m.items)
	for _, r := range m.earlier {
		was.items[r.Item].Print = r.Print
	}
	return &was
}

// inOrder claims the usual case, in which the manifest has only grown: the i-th item is the
// i-th entry. It returns the items that are left.
func (m *matcher) inOrder() []int32 {
	var rest []int32
	for i, it := range m.items {
		m.matches[i].Entry = -1
		if i < len(m.entries) && m.entries[i].IDHash == it.IDHash &&
			m.entries[i].print == it.Print {
			m.claim(int32(i), int32(i), false)
		} else {
			rest = append(rest, int32(i))
		}
	}
	return rest
}

func (m *matcher) claim(item, entry int32, changed bool) {
	m.matches[item] = Match{entry, changed}
	m.claimed[entry] = true
}

// pass claims for each item the first unclaimed entry with the same result of of, and returns
// the items that have found none. Entries with one hash hang together in a list: a map of
// lists would take four times the memory, which a million rows that have all moved by one do
// not leave.
func pass[K comparable](m *matcher, rest []int32, changed bool,
	of func(id uint64, print Fingerprint) (K, bool)) []int32 {
	seed := maphash.MakeSeed()
	first, next := map[uint64]int32{}, make([]int32, len(m.entries)) // by place, from 1; 0 is none
	for i := len(m.entries) - 1; i >= 0; i-- {
		if k, ok := of(m.entries[i].IDHash, m.entries[i].print); ok && !m.claimed[i] {
			hash := maphash.Comparable(seed, k)
			first[hash], next[i] = int32(i+1), first[hash]
		}
	}
	var left []int32
	for _, item := range rest {
		k, ok := of(m.items[item].IDHash, m.items[item].Print)
		if !ok {
			left = append(left, item)
			continue
		}
		hash := maphash.Comparable(seed, k)
		place, before := first[hash], int32(0)
		for place > 0 && !agrees(m.entries[place-1], k, of) {
			place, before = next[place-1], place
		}
		switch {
		case place == 0:
			left = append(left, item)
			continue
		case before == 0:
			first[hash] = next[place-1]
		default:
			next[before-1] = next[place-1]
		}
		m.claim(item, place-1, changed)
	}
	return left
}

// prefer reassigns unclaimed entries to items with the same fingerprint whose own entry is worth
// less, so that deleting one of two identical rows keeps the paid picture.
func (m *matcher) prefer() {
	if !slices.Contains(m.claimed, false) {
		return
	}
	poor := map[Fingerprint][]int32{}
	for item, mt := range m.matches {
		if mt.Entry >= 0 && !mt.Changed && m.worth(mt.Entry) < worths[Done] {
			print := m.items[item].Print
			poor[print] = append(poor[print], int32(item))
		}
	}
	for _, p := range []Phase{Done, Open, Intent, Held} {
		for i, e := range m.entries {
			if len(poor) > 0 && e.Phase() == p && !m.claimed[i] {
				m.swap(poor[e.print], int32(i))
			}
		}
	}
}

// swap gives an unclaimed entry to the item with the least valuable entry, if that is worth
// less.
func (m *matcher) swap(items []int32, entry int32) {
	if len(items) == 0 {
		return
	}
	poorest := slices.MinFunc(items, func(a, b int32) int {
		return m.worth(m.matches[a].Entry) - m.worth(m.matches[b].Entry)
	})
	if own := m.matches[poorest].Entry; m.worth(own) < m.worth(entry) {
		m.claimed[own] = false
		m.claim(poorest, entry, false)
	}
}

// worths order the phases of entries with one fingerprint: paid, then possibly paid, then held.
var worths = map[Phase]int{Done: 3, Open: 2, Intent: 2, Held: 1}

func (m *matcher) worth(entry int32) int { return worths[m.entries[entry].Phase()] }

func agrees[K comparable](e Entry, k K, of func(id uint64, print Fingerprint) (K, bool)) bool {
	other, _ := of(e.IDHash, e.print)
	return other == k
}
