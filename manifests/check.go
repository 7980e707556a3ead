package manifests

import "fmt"

// Totals are what a manifest amounts to.
type Totals struct {
	Rows    int // that are not empty
	Items   int // that they make, skipped ones included
	Skipped int // those of Items that are not to be made

	Warnings      []Error // the first 50, in order
	WarningsTotal int
}

// Check reads the whole manifest. The error is an *ErrorList with all mistakes, those of single rows as well as ids
// that are used twice, file names that collide, and more items than are allowed.
func (m *Manifest) Check() (Totals, error) {
	c := checker{m: m, mistakes: m.opening.clone(), claims: newClaims()}
	if err := m.each(c.row); err != nil {
		return Totals{}, err
	}
	if found := c.claims.conflicts(m.source); found != nil {
		if err := m.each(func(r *row) { c.names(r, found) }); err != nil {
			return Totals{}, err
		}
	}
	c.totals.Warnings, c.totals.WarningsTotal = c.warnings.Errors, c.warnings.Total
	return c.totals, c.mistakes.err()
}

func (m *Manifest) each(see func(*row)) error {
	for r, err := range m.source.rows() {
		if err != nil {
			return fmt.Errorf("read %s: %w", m.path, err)
		}
		see(r)
	}
	return nil
}

// A checker is one look at a manifest.
type checker struct {
	m        *Manifest
	totals   Totals
	added    int // items that count adds
	mistakes ErrorList
	warnings ErrorList
	claims   *claims
}

// row is the first pass: all that one row can tell.
func (c *checker) row(r *row) {
	first, count, mistakes := c.m.item(r)
	c.mistakes.join(mistakes)
	c.totals.Rows++
	c.totals.Items += count
	if first.Skip {
		c.totals.Skipped += count
	}
	c.limit(first, count)
	for i := 1; i <= count; i++ {
		c.claims.add(first, i)
	}
	if mistakes.Total == 0 && !first.Skip && c.m.check != nil {
		c.rules(first)
	}
}

// limit reports the row at which count has added too much.
func (c *checker) limit(first *Item, count int) {
	before := c.added
	c.added += count - 1
	if before <= c.m.maxItems && c.added > c.m.maxItems {
		c.report(first, Problem{Field: "count", Text: fmt.Sprintf("adds up to more than the %d items that are allowed (--max-items)", c.m.maxItems)})
	}
}

// rules asks the caller's rules. The items of a row differ by seed and id only, so they are asked once.
func (c *checker) rules(it *Item) {
	for _, p := range c.m.check(it) {
		c.report(it, p)
	}
}

// names is the second pass, where names are used twice.
func (c *checker) names(r *row, found *conflict) {
	first, count, _ := c.m.item(r)
	for i := 1; i <= count; i++ {
		for _, p := range found.item(first, i) {
			c.report(first, p)
		}
	}
}

func (c *checker) report(it *Item, p Problem) {
	list := &c.mistakes
	if p.Warning {
		list = &c.warnings
	}
	list.add(Error{Pos: it.At(p.Field), Field: p.Field, Text: p.Text})
}
