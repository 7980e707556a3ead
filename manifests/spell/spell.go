// Package spell guesses which of some known names a misspelt one was meant to be.
package spell

import "strings"

// Nearest returns the name that was probably meant, "" where none is near: at most a third of the
// letters are wrong, or one is the beginning of the other. Case does not count.
func Nearest(typed string, names []string) string {
	best, least := "", 1+max(1, len([]rune(typed))/3)
	for _, name := range names {
		d := Distance(strings.ToLower(typed), strings.ToLower(name))
		if d < least && d < len(name) {
			best, least = name, d
		}
	}
	if best != "" || len(typed) < 3 {
		return best
	}
	for _, name := range names {
		if strings.HasPrefix(name, typed) || strings.HasPrefix(typed, name) {
			return name
		}
	}
	return ""
}

// Distance is how many letters must be changed, added, dropped or swapped with their neighbour
// to get from a to b.
func Distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	before, last, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range row {
		row[j] = j
	}
	for i := range s {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range t {
			cost := 1
			if s[i] == t[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && s[i] == t[j-1] && s[i-1] == t[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(t)]
}
