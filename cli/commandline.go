package cli

import (
	"strings"

	"github.com/qwenbatch/qwenbatch/cli/term"
)

// without returns the arguments without a flag that takes a value.
func without(args []string, flag string) []string {
	var words []string
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case a == "--"+flag:
			i++
		case !strings.HasPrefix(a, "--"+flag+"="):
			words = append(words, a)
		}
	}
	return words
}

// commandLine is a command line that can be pasted into a shell.
func commandLine(args []string) string {
	words := []string{"qwenbatch"}
	for _, a := range args {
		words = append(words, term.ShellQuote(a))
	}
	return strings.Join(words, " ")
}

// batchCommand is a command about the batch of a manifest.
func batchCommand(verb, manifest, out string, rehearse bool) string {
	words := []string{verb, manifest}
	if out != "" {
		words = append(words, "--out", out)
	}
	if rehearse {
		words = append(words, "--rehearse")
	}
	return commandLine(words)
}
