package manifests

import "unicode/utf8"

// sampleRows is how many rows are looked at to tell in which column the longest texts stand.
const sampleRows = 200

// lengths are the characters below each header of a table.
func (t *table) lengths() []int {
	all := make([]int, t.header.width)
	s := newScanner(t.copy.From(t.found.rows.offset), t.sep, t.found.rows, t.found.number, 4096)
	for n := 0; n < sampleRows && s.next(); n++ {
		for i, c := range s.cells[:min(len(s.cells), len(all))] {
			all[i] += utf8.RuneCount(s.text(c))
		}
	}
	return all
}

// lengths are the characters in each column of a sheet, below the row that is the header or
// shown as one.
func (s *sheet) lengths() []int {
	all := make([]int, len(s.grid.LastRow))
	r := s.grid.Reader()
	for n := 0; n < sampleRows && r.Next(); {
		if r.Row().Number <= s.number {
			continue
		}
		n++
		for _, c := range r.Row().Cells {
			all[c.Column] += utf8.RuneCountInString(c.Text)
		}
	}
	return all
}
