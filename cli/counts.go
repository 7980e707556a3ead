package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/qwenbatch/qwenbatch/cli/term"
)

// A countLine is a line of counts: a name, a number and a note.
type countLine struct {
	name string
	n    int
	note string
}

// printCounts writes the lines whose number is above zero, and those whose names are in always.
func printCounts(w io.Writer, all []countLine, always ...string) {
	for _, c := range all {
		if c.n > 0 || slices.Contains(always, c.name) {
			text := fmt.Sprintf("  %-10s %9s   %s", c.name, term.Number(c.n), c.note)
			fmt.Fprintln(w, strings.TrimRight(text, " "))
		}
	}
}
