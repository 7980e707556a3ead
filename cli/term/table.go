package term

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// ScreenWidth is the width in columns that tables and help texts must fit.
const ScreenWidth = 80

// A Table is rows of cells below headings. Its first column and those in Left are aligned to
// the left, the others to the right. Where the table would be wider than the screen, one column
// is cut.
type Table struct {
	Heads []string
	Left  []int // columns besides the first that are aligned to the left
	Cut   int   // the column that is cut
	Whole bool  // nothing is cut, for programs that read the output
	Rows  [][]string
}

// Add appends a row, which has a cell for each heading.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// Print writes the table, counting two columns for a Chinese character.
func (t *Table) Print(w io.Writer) {
	widths := t.widths()
	fmt.Fprintln(w, t.line(t.Heads, widths))
	for _, r := range t.Rows {
		fmt.Fprintln(w, t.line(r, widths))
	}
}

func (t *Table) widths() []int {
	widths := make([]int, len(t.Heads))
	sum := -2
	for i, head := range t.Heads {
		widths[i] = Width(head)
		for _, r := range t.Rows {
			widths[i] = max(widths[i], Width(Plain(r[i])))
		}
		sum += widths[i] + 2
	}
	if sum > ScreenWidth && !t.Whole {
		widths[t.Cut] = max(widths[t.Cut]-(sum-ScreenWidth), 8)
	}
	return widths
}

func (t *Table) line(cells []string, widths []int) string {
	var parts []string
	for i, cell := range cells {
		cell = Short(cell, widths[i])
		pad := strings.Repeat(" ", widths[i]-Width(cell))
		if t.isLeft(i) {
			parts = append(parts, cell+pad)
		} else {
			parts = append(parts, pad+cell)
		}
	}
	return strings.TrimRight(strings.Join(parts, "  "), " ")
}

func (t *Table) isLeft(column int) bool {
	return column == 0 || slices.Contains(t.Left, column)
}
