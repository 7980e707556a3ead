package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/qwenbatch/qwenbatch/cli/term"
)

// oneManifest wants the manifest as the only argument.
func oneManifest(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return &mistake{text: cmd.Name() + " wants a manifest",
			hint: "qwenbatch " + cmd.Name() +
				" prompts.yaml; qwenbatch init writes one to start from"}
	case len(args) > 1 && givenOnCommandLine(cmd.Flags(), "redo"):
		return &mistake{text: cmd.Name() + " takes one manifest, not " +
			term.Quote(strings.Join(args, " ")),
			hint: "several items to redo are written with commas: --redo cat-1,cat-2"}
	case len(args) > 1:
		return &mistake{text: cmd.Name() + " takes one manifest, not " +
			term.Quote(strings.Join(args, " ")),
			hint: "a name with blanks wants quotes around it"}
	}
	return nil
}

// manifestOrFolder also takes --images-dir in place of a manifest.
func manifestOrFolder(cmd *cobra.Command, args []string) error {
	if f := cmd.Flags().Lookup("images-dir"); len(args) == 0 && f != nil && f.Changed {
		return nil
	}
	return oneManifest(cmd, args)
}

// noArguments is for commands that take flags alone.
func noArguments(cmd *cobra.Command, args []string) error { return atMost(0)(cmd, args) }

// atMost allows so many arguments.
func atMost(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) <= n {
			return nil
		}
		return &mistake{text: cmd.CommandPath() + " does not take " + term.Quote(args[n]),
			hint: cmd.CommandPath() + " --help says what it takes"}
	}
}
