package cli

import (
	"strings"

	"github.com/qwenbatch/qwenbatch/cli/term"
)

// fromStdin is the name of a manifest that comes on standard input.
const fromStdin = "-"

// formats are what --format takes.
var formats = []string{"csv", "tsv", "txt", "xlsx", "yaml", "jsonl", "json"}

// stdinReadable refuses a manifest on standard input that cannot be read: without --format, which
// an earlier run may have remembered, or from a keyboard.
func stdinReadable(p *program, name, format string) error {
	switch {
	case name != fromStdin:
		return nil
	case format == "":
		return &mistake{text: "- is standard input, and it does not tell what it is",
			hint: "add --format " + term.OrList(formats)}
	case term.IsTerminal(p.stdin):
		return &mistake{text: "- is standard input, and that is the keyboard here",
			hint: "let another program write the manifest: program | qwenbatch " +
				strings.Join(p.args, " ")}
	}
	return nil
}

// stdinFolder refuses a manifest on standard input without a folder, since the next run could
// not find its batch again.
func stdinFolder(name, out string) error {
	if name != fromStdin || out != "" {
		return nil
	}
	return &mistake{text: "a manifest on standard input has no name to call the output folder by",
		hint: "name one with --out DIR, the same in every run"}
}
