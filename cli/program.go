package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qwenbatch/qwenbatch/cli/term"
)

// A program is one call of the command: its arguments, streams and environment.
type program struct {
	args   []string
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	env    func(name string) (value string, set bool)
	// environ lists all variables, as os.Environ does; nil lists none.
	environ func() []string
	// For the help: flags by theme, and the names of those that are used often.
	groups   map[*cobra.Command][]group
	often    map[*cobra.Command][]string
	allFlags bool
}

// complain prints an error and its hint.
func (p *program) complain(c complaint) {
	fmt.Fprintln(p.stderr, p.red("qwenbatch: error:")+" "+term.Plain(c.text))
	if c.hint != "" {
		fmt.Fprintln(p.stderr, p.folded("qwenbatch: hint: ", c.hint))
	}
}

// folded breaks a text at the width of a terminal; a log gets it on one line, for grep.
func (p *program) folded(start, text string) string {
	if !term.IsTerminal(p.stderr) {
		return start + term.Plain(text)
	}
	return term.Fold(term.Plain(text), term.ScreenWidth, start,
		strings.Repeat(" ", term.Width(start)))
}

// warn prints a warning.
func (p *program) warn(text string) {
	fmt.Fprintln(
		p.stderr, "qwenbatch: warning: "+term.Plain(text))
}

// red colours a text where the terminal shows colours.
func (p *program) red(s string) string {
	if !p.colours() {
		return s
	}
	return "\x1b[31m" + s + "\x1b[0m"
}

// colours reports whether stderr is a terminal that wants them.
func (p *program) colours() bool {
	no, _ := p.env("NO_COLOR")
	kind, _ := p.env("TERM")
	return no == "" && kind != "dumb" && term.IsTerminal(p.stderr)
}
