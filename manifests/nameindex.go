package manifests

import (
	"fmt"
	"hash/maphash"
	"slices"
)

// A nameIndex finds the names that are used twice among a million, with 8 bytes for each: the
// first pass over the rows keeps hashes only, and only if some of them are equal a second pass
// finds the items.
//
// An item claims its id, and the name of its picture: what its file column says, or else its
// id. Names are compared as the most forgetful file systems do: Windows and macOS fold case,
// macOS the forms of Unicode too.
type nameIndex struct {
	seed maphash.Seed
	ids  []uint64
	// of pictures; nil while no file column says one, as the names are the ids till then
	names []uint64

	naming *naming // nil where names are ids and files
}

func newNameIndex(n *naming) *nameIndex {
	c := &nameIndex{seed: maphash.MakeSeed(), naming: n}
	if n != nil {
		c.names = []uint64{}
	}
	return c
}

func (c *nameIndex) hash(name string) uint64 { return maphash.String(c.seed, fold(name)) }

// file is the name of the file of a picture.
func (c *nameIndex) file(name string) string { return c.naming.file(name) }

// add takes the claims of an item.
func (c *nameIndex) add(it *Item) {
	if it.File != "" && c.names == nil {
		c.names = append([]uint64{}, c.ids...)
	}
	if it.ID != "" {
		c.ids = append(c.ids, c.hash(it.ID))
	}
	if c.names != nil {
		if name, _ := pictureName(it); name != "" {
			c.names = append(c.names, c.hash(c.file(name)))
		}
	}
}

// pictureName is what an item wants its picture to be called, "" for what is not to be made, and
// the field that says so.
func pictureName(it *Item) (name, by string) {
	if it.Skip {
		return "", ""
	}
	return it.picture()
}

// repeated are the hashes that stand in a list more than once. It sorts the list.
func repeated(hashes []uint64) map[uint64]*nameUse {
	twice := map[uint64]*nameUse{}
	slices.Sort(hashes)
	for i := 1; i < len(hashes); i++ {
		if hashes[i] == hashes[i-1] {
			twice[hashes[i]] = nil
		}
	}
	return twice
}

// A nameUse is where a name is used first.
type nameUse struct {
	name string
	file string // what becomes of it in a folder
	at   ref
	by   string // the field that says it: "id", "file" or the flag
}

// nameConflicts finds, in the second pass, the items that use a name which is taken.
type nameConflicts struct {
	claims     *nameIndex
	ids, names map[uint64]*nameUse
	source     source
}

// conflicts is nil if every name is used once.
func (c *nameIndex) conflicts(s source) *nameConflicts {
	found := &nameConflicts{claims: c, ids: repeated(c.ids), names: repeated(c.names), source: s}
	if len(found.ids)+len(found.names) == 0 {
		return nil
	}
	return found
}

// item says what is wrong with the names of an item, as all items are gone through once more.
func (c *nameConflicts) item(it *Item) []Problem {
	var problems []Problem
	if it.ID != "" {
		if taken := c.take(c.ids, nameUse{it.ID, it.ID, it.at, "id"}); taken != nil {
			problems = append(problems, Problem{Field: "id", Text: c.text(it.ID, taken)})
		}
	}
	if name, by := pictureName(it); name != "" {
		taken := c.take(c.names, nameUse{name, c.claims.file(name), it.at, by})
		if taken != nil && (by != "id" || taken.by != "id") { // equal ids are told above
			problems = append(problems, Problem{Field: by, Text: c.text(name, taken) + advice(by)})
		}
	}
	return problems
}

func advice(by string) string {
	if by == namesFlag {
		return "; {{.row}}, {{.id}} or {{.index}} in it would tell them apart"
	}
	return ""
}

// take is the claim of another item for the name, nil if this is the first.
func (c *nameConflicts) take(twice map[uint64]*nameUse, mine nameUse) *nameUse {
	hash := c.claims.hash(mine.file)
	taken, suspect := twice[hash]
	switch {
	case !suspect:
		return nil
	case taken == nil:
		twice[hash] = &mine
		return nil
	case fold(taken.file) != fold(mine.file):
		return nil // the hashes are equal by chance
	}
	return taken
}

func (c *nameConflicts) text(name string, taken *nameUse) string {
	where := c.source.place(taken.at, taken.by)
	switch {
	case taken.name == name:
		return fmt.Sprintf("%q is used already at %s", name, where)
	case fold(taken.name) == fold(name):
		return fmt.Sprintf(
			"%q and %q at %s differ only in case or Unicode form: some file systems take them for "+
				"the same", name, taken.name, where)
	}
	return fmt.Sprintf("%q and %q at %s become the same file name, %q", name, taken.name, where,
		taken.file)
}
