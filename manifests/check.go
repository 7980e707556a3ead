package manifests

import (
	"fmt"
	"slices"
)

// Totals are what a manifest amounts to.
type Totals struct {
	Rows    int // that are not empty
	Items   int // that they make, skipped ones included
	Added   int // those of Items that matrix, seeds and count add to the rows
	Skipped int // those of Items that are not to be made

	// Guesses are what the reader has decided for the person and what decides what is drawn, as
	// the encoding or that hidden rows are read: one line each, which names the flag that
	// changes it. They are no mistakes; they are told before anything is paid.
	Guesses       []Error
	Warnings      []Error // the first 50, in order
	WarningsTotal int
}

// Check reads the whole manifest. The error is an *ErrorList with all mistakes, those of single
// rows as well as ids that are used twice, file names that collide, and more items than are
// allowed.
func (m *Manifest) Check() (Totals, error) { return m.CheckItems(func(*Item) {}) }

// CheckItems is Check that shows each item, in order, which Items will yield: with one reading,
// what must be known of all items can be kept. Once there is a mistake some are left out.
func (m *Manifest) CheckItems(see func(*Item)) (Totals, error) {
	c := manifestCheck{m: m, see: see, mistakes: m.mistakes.clone(),
		warnings: m.headerWarnings.clone(), guesses: m.guesses.clone(),
		claims: newNameIndex(m.rules.naming)}
	if err := m.each(c.row); err != nil {
		return Totals{}, err
	}
	if found := c.claims.conflicts(m.source); found != nil {
		if err := m.each(func(r *row) bool { return c.names(r, found) }); err != nil {
			return Totals{}, err
		}
	}
	c.tellWordless()
	c.unfilled.warn(&c.warnings)
	c.totals.Guesses = c.guesses.Errors
	c.totals.Warnings, c.totals.WarningsTotal = c.warnings.Errors, c.warnings.Total
	return c.totals, c.mistakes.err()
}

// each shows all rows, and parts of rows, until it has been enough.
func (m *Manifest) each(see func(*row) (more bool)) error {
	for r, err := range m.source.rows() {
		if err != nil {
			return fmt.Errorf("read %s: %w", m.path, err)
		}
		if !see(r) {
			break
		}
	}
	return nil
}

// A manifestCheck is one look at a manifest.
type manifestCheck struct {
	m        *Manifest
	see      func(*Item)
	totals   Totals
	mistakes ErrorList
	warnings ErrorList
	guesses  ErrorList
	claims   *nameIndex
	told     []Problem
	empty    wordless // rows that have no prompt
	leftOut  wordless // those of them that are left out
	hollow   wordless // rows of whose prompt only the template is there
	unfilled unfilled
}

// row is the first pass: all that one row can tell. Parts of a row are not looked at once there
// are too many of them.
func (c *manifestCheck) row(r *row) bool {
	if c.m.rules.leavesOut(r) {
		c.leftOut.see(r)
		return true
	}
	it, count, mistakes := c.m.rules.item(r)
	c.mistakes.join(mistakes)
	c.look(r, it, mistakes)
	if r.part == 0 {
		c.totals.Rows++
		c.totals.Added--
	}
	c.totals.Items += count
	c.totals.Added += count
	if it.Skip {
		c.totals.Skipped += count
	}
	if !c.within(it, count, r) {
		return r.parts <= 1
	}
	for i := 1; i <= count; i++ {
		it := it.repeat(i)
		if mistakes.Total == 0 && !c.named(it) {
			break
		}
		c.claims.add(it)
		if mistakes.Total == 0 {
			c.see(it)
		}
	}
	c.tellOnce(it)
	if mistakes.Total == 0 && !it.Skip && c.m.check != nil {
		c.rules(it)
	}
	return true
}

// tellOnce warns of what an item has and none before it had.
func (c *manifestCheck) tellOnce(it *Item) {
	for _, note := range it.notes {
		if !slices.Contains(c.told, note) {
			c.told = append(c.told, note)
			c.report(it, note)
		}
	}
}

// named complains where the template for names cannot name an item.
func (c *manifestCheck) named(it *Item) bool {
	if c.m.rules.naming == nil || it.File != "" || it.Skip {
		return true
	}
	_, err := c.m.rules.naming.name(it)
	if err != nil {
		c.report(it, Problem{Field: namesFlag, Text: err.Error()})
	}
	return err == nil
}

// within reports whether few enough items were added so far, and complains at the row that has
// added too many.
func (c *manifestCheck) within(it *Item, count int, r *row) bool {
	most, now := c.m.rules.maxItems, c.totals.Added
	before := now - count
	if r.part == 0 {
		before++
	}
	if before <= most && now > most {
		c.report(it, Problem{Field: adding(r),
			Text: fmt.Sprintf("adds up to more than the %d items that are allowed (--max-items)",
				most)})
	}
	return now <= most
}

// adding is what adds items to a row.
func adding(r *row) string {
	if r.parts > 1 {
		return matrixKey.name
	}
	return fieldCount.String()
}

// rules asks the caller's rules. The items that count makes differ by seed and id only, so they
// are asked once.
func (c *manifestCheck) rules(it *Item) {
	for _, p := range c.m.check(it) {
		c.report(it, p)
	}
}

// names is the second pass, where names are used twice.
func (c *manifestCheck) names(r *row, found *nameConflicts) bool {
	if c.m.rules.leavesOut(r) {
		return true
	}
	it, count, _ := c.m.rules.item(r)
	for i := 1; i <= count; i++ {
		for _, p := range found.item(it.repeat(i)) {
			c.report(it, p)
		}
	}
	return true
}

func (c *manifestCheck) report(it *Item, p Problem) {
	list := &c.mistakes
	if p.Warning {
		list = &c.warnings
	}
	list.add(Error{Pos: it.At(p.Field), Field: p.Field, Text: p.Text})
}
