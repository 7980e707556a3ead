package cli

import (
	"fmt"
	"io"
	"strings"
)

// screenWidth is what tables and help must fit.
const screenWidth = 80

// A table is lines of cells under headings. Its first column and those that left names stand left, the others right; where
// it would be wider than the screen, one column is cut.
type table struct {
	heads []string
	left  []int // columns besides the first that stand left
	cut   int   // the column that gives way, the first unless said
	whole bool  // none gives way, for programs that read along
	rows  [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// print writes the table, Chinese counting two columns a sign.
func (t *table) print(w io.Writer) {
	widths := t.widths()
	fmt.Fprintln(w, t.line(t.heads, widths))
	for _, r := range t.rows {
		fmt.Fprintln(w, t.line(r, widths))
	}
}

func (t *table) widths() []int {
	widths := make([]int, len(t.heads))
	sum := -2
	for i, head := range t.heads {
		widths[i] = width(head)
		for _, r := range t.rows {
			widths[i] = max(widths[i], width(plain(r[i])))
		}
		sum += widths[i] + 2
	}
	if sum > screenWidth && !t.whole {
		widths[t.cut] = max(widths[t.cut]-(sum-screenWidth), 8)
	}
	return widths
}

func (t *table) line(cells []string, widths []int) string {
	var parts []string
	for i, cell := range cells {
		cell = short(cell, widths[i])
		pad := strings.Repeat(" ", widths[i]-width(cell))
		if t.isLeft(i) {
			parts = append(parts, cell+pad)
		} else {
			parts = append(parts, pad+cell)
		}
	}
	return strings.TrimRight(strings.Join(parts, "  "), " ")
}

func (t *table) isLeft(column int) bool {
	for _, l := range t.left {
		if l == column {
			return true
		}
	}
	return column == 0
}
