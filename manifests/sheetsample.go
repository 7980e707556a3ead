package manifests

import "unicode/utf8"

// lengths are the characters in each column of a sheet.
func (s *sheet) lengths() []int {
	all, _ := s.sample()
	return all
}

// sample are the characters in each column of a sheet, below the row that is the header or
// shown as one, and in how many rows.
func (s *sheet) sample() (all []int, rows int) {
	all = make([]int, len(s.grid.LastRow))
	r := s.grid.Reader()
	for rows < sampleRows && r.Next() {
		if r.Row().Number <= s.number {
			continue
		}
		rows++
		for _, c := range r.Row().Cells {
			all[c.Column] += utf8.RuneCountInString(c.Text)
		}
	}
	return all, rows
}
