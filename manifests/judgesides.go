package manifests

import (
	"fmt"
	"strings"
)

// sidedSize is what the sides of a row make, "" where they say nothing.
func (j *rowJudge) sidedSize() string {
	s, values := j.rules.sides, j.row.columns
	if !s.whole() || len(values) < max(s[0], s[1]) {
		return ""
	}
	w, h := strings.TrimSpace(values[s[0]-1]), strings.TrimSpace(values[s[1]-1])
	if w == "" && h == "" {
		return ""
	}
	size, trouble := parseSize(wholeNumber(w) + "*" + wholeNumber(h))
	switch {
	case w == "" || h == "":
		trouble = "width and height are both wanted, or neither"
	case trouble != "":
		trouble = fmt.Sprintf("%q and %q are no width and height in pixels", w, h)
	default:
		return size
	}
	at := s[0] // what is wrong, or missing
	if w != "" && h == "" {
		at = s[1]
	}
	j.fault(fault{field: j.rules.source.columns()[at-1], text: trouble})
	return ""
}
