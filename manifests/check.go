package manifests

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Totals are what a manifest amounts to.
type Totals struct {
	Rows    int // that are not empty
	Items   int // that they make, skipped ones included
	Skipped int // those of Items that are not to be made

	Warnings      []Error // the first 50, in order
	WarningsTotal int
}

// Check reads the whole manifest once. The error is an *ErrorList with all mistakes, those of single rows as well as
// ids that are used twice, file names that collide, and more items than are allowed.
func (m *Manifest) Check() (Totals, error) {
	c := checker{m: m, mistakes: m.opening.clone(), claims: map[[16]byte]claim{}}
	for r, err := range m.source.rows() {
		if err != nil {
			return Totals{}, fmt.Errorf("read %s: %w", m.path, err)
		}
		c.row(r)
	}
	c.totals.Warnings, c.totals.WarningsTotal = c.warnings.Errors, c.warnings.Total
	return c.totals, c.mistakes.err()
}

// A checker is one pass over a manifest.
type checker struct {
	m        *Manifest
	totals   Totals
	added    int // items that count adds
	mistakes ErrorList
	warnings ErrorList
	claims   map[[16]byte]claim
}

// A claim is where a name is used first: 32 bytes a row with its hash, and no string, as there may be a million.
type claim struct {
	at    ref
	exact uint32 // a short hash of the name before folding
}

func (c *checker) row(r *row) {
	first, count, mistakes := c.m.item(r)
	c.mistakes.join(mistakes)
	c.totals.Rows++
	c.totals.Items += count
	c.limit(first, count)
	for i := 1; i <= count; i++ {
		c.item(first, i)
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
		c.mistake(first, "count", fmt.Sprintf("adds up to more than the %d items that are allowed (--max-items)", c.m.maxItems))
	}
}

func (c *checker) mistake(it *Item, field, text string) {
	c.mistakes.add(Error{Pos: it.At(field), Field: field, Text: text})
}

// rules asks the caller's rules. The items of a row differ by seed and id only, so they are asked once.
func (c *checker) rules(it *Item) {
	for _, p := range c.m.check(it) {
		list := &c.mistakes
		if p.Warning {
			list = &c.warnings
		}
		list.add(Error{Pos: it.At(p.Field), Field: p.Field, Text: p.Text})
	}
}

// item claims the id and the picture's name of the i-th item of a row.
func (c *checker) item(first *Item, i int) {
	if first.Skip {
		c.totals.Skipped++
	}
	if first.ID != "" {
		c.claim(first, "id", numbered(first.ID, i))
	}
	if first.File != "" && !first.Skip {
		c.claim(first, "file", numbered(stem(first.File), i))
	}
}

// claim reports a name that is taken. Names are compared as the most forgetful file systems do, since an id is a file
// name too: Windows and macOS fold case, macOS Unicode's forms.
func (c *checker) claim(it *Item, field, name string) {
	key := hash16(field + "\x00" + fold(name))
	exact := hash32(name)
	taken, ok := c.claims[key]
	if !ok {
		c.claims[key] = claim{at: it.at, exact: exact}
		return
	}
	where := c.m.source.place(taken.at, field)
	if taken.exact == exact {
		c.mistake(it, field, fmt.Sprintf("%q is used already at %s", name, where))
		return
	}
	c.mistake(it, field, fmt.Sprintf("%q differs only in case or Unicode form from the one at %s; some file systems take them for the same", name, where))
}

func hash16(s string) (h [16]byte) {
	sum := sha256.Sum256([]byte(s))
	copy(h[:], sum[:])
	return h
}

func hash32(s string) uint32 {
	sum := sha256.Sum256([]byte(s))
	return uint32(sum[0])<<24 | uint32(sum[1])<<16 | uint32(sum[2])<<8 | uint32(sum[3])
}

// stem is a file name without the extension of a picture, which may be said or not.
func stem(file string) string {
	switch ext := strings.ToLower(filepath.Ext(file)); ext {
	case ".png", ".jpg", ".jpeg", ".webp":
		return file[:len(file)-len(ext)]
	}
	return file
}

// fold is a name without what file systems may not tell apart.
func fold(name string) string {
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(name)))
}
