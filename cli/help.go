package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/qwenbatch/qwenbatch/cli/term"
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
	printCommands(w, cmd)
	p.flagHelp(w, cmd)
}

func usageLine(cmd *cobra.Command) string {
	if cmd.HasAvailableSubCommands() {
		return cmd.CommandPath() + " COMMAND"
	}
	return cmd.UseLine()
}

// printCommands lists the subcommands.
func printCommands(w io.Writer, cmd *cobra.Command) {
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
		fmt.Fprintf(w, "\n%s:\n", g.title)
		g.flags.VisitAll(func(f *pflag.Flag) { printFlag(w, f) })
	}
	if len(groups) > 0 {
		fmt.Fprint(
			w, "\nEvery flag can also be set in the environment: --submit-rate "+
				"as\nQWENBATCH_SUBMIT_RATE. The flag wins.\n")
	} else if local := cmd.LocalFlags(); cmd.HasParent() && local.HasAvailableFlags() {
		fmt.Fprint(w, "\nFlags:\n")
		local.VisitAll(func(f *pflag.Flag) { printFlag(w, f) })
	}
}

// flagColumn is where the text of a flag begins.
const flagColumn = 26

// printFlag prints a flag: its name, what it takes, what it does, its default.
func printFlag(w io.Writer, f *pflag.Flag) {
	name := "      --" + f.Name
	if f.Shorthand != "" {
		name = "  -" + f.Shorthand + ", --" + f.Name
	}
	if takes := f.Value.Type(); takes == "uint64" {
		name += " N"
	} else if takes != "bool" {
		name += " " + strings.ReplaceAll(takes, "duration", "DURATION")
	}
	text := f.Usage
	if !strings.Contains(text, "(default") &&
		!slices.Contains([]string{"", "0", "0s", "false"}, f.DefValue) {
		text += " (default " + f.DefValue + ")"
	}
	indent := strings.Repeat(" ", flagColumn)
	if len(name)+2 > flagColumn {
		fmt.Fprintln(w, name)
		name = ""
	}
	fmt.Fprintln(w, term.Fold(text, term.ScreenWidth, fmt.Sprintf("%-*s", flagColumn, name),
		indent))
}
