package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// help prints what a command is for, its usage and its flags by theme, at most 80 columns wide.
func (p *program) help(cmd *cobra.Command, _ []string) {
	w := cmd.OutOrStdout()
	about := cmd.Long
	if about == "" {
		about = cmd.Short + "."
	}
	fmt.Fprintf(w, "%s\n\nUsage:\n  %s\n", strings.TrimSpace(about), usageLine(cmd))
	if cmd.Example != "" {
		fmt.Fprintf(w, "\nExamples:\n%s\n", cmd.Example)
	}
	commands(w, cmd)
	p.flagHelp(w, cmd)
}

func usageLine(cmd *cobra.Command) string {
	if cmd.HasAvailableSubCommands() {
		return cmd.CommandPath() + " COMMAND"
	}
	return cmd.UseLine()
}

func commands(w io.Writer, cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	fmt.Fprint(w, "\nCommands:\n")
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			fmt.Fprintf(w, "  %-11s %s\n", c.Name(), c.Short)
		}
	}
	fmt.Fprintf(w, "\n%s COMMAND --help says more.\n", cmd.CommandPath())
}

func (p *program) flagHelp(w io.Writer, cmd *cobra.Command) {
	groups := p.groups[cmd]
	for _, g := range groups {
		fmt.Fprintf(w, "\n%s:\n%s", g.title, g.flags.FlagUsagesWrapped(80))
	}
	if len(groups) > 0 {
		fmt.Fprint(w, "\nEvery flag can also be set in the environment: --submit-rate as\nQWENBATCH_SUBMIT_RATE. The flag wins.\n")
	} else if local := cmd.LocalFlags(); cmd.HasParent() && local.HasAvailableFlags() {
		fmt.Fprintf(w, "\nFlags:\n%s", local.FlagUsagesWrapped(80))
	}
}
