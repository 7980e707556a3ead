package manifests

import "unicode/utf8"

// sampleRows is how many rows are looked at to tell in which column the longest texts stand.
const sampleRows = 200

// lengths are the characters below each header of a table.
func (t *table) lengths() []int {
	all, _ := t.sample()
	return all
}

// sample are the characters below each header, and in how many rows.
func (t *table) sample() (all []int, rows int) {
	all = make([]int, t.header.width)
	s := newScanner(t.copy.From(t.found.rows.offset), t.sep, t.found.rows, t.found.number, 4096)
	for rows < sampleRows && s.next() {
		if s.blank() {
			continue
		}
		rows++
		for i, c := range s.cells[:min(len(s.cells), len(all))] {
			all[i] += utf8.RuneCount(s.text(c))
		}
	}
	return all, rows
}
