package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/qwenbatch/qwenbatch/cli/term"
)

// helpAll is the word on the command line that asks for every flag.
const helpAll = "--help-all"

// asksForAll takes --help-all out of the arguments, where it stands for --help.
func asksForAll(args []string) ([]string, bool) {
	i := slices.Index(args, helpAll)
	if end := slices.Index(args, "--"); i < 0 || end >= 0 && end < i {
		return args, false
	}
	if args[0] == "help" {
		return slices.Delete(slices.Clone(args), i, i+1), true
	}
	args = slices.Clone(args)
	args[i] = "--help"
	return args, true
}

// help prints what a command is for, its usage and its flags by theme, at most 80 columns wide.
// Of a command with many flags it shows those that are used often, unless all are asked for.
func (p *program) help(cmd *cobra.Command, _ []string) {
	w := cmd.OutOrStdout()
	about := cmd.Long
	if about == "" {
		about = cmd.Short + "."
	}
	if fmt.Fprintln(w, strings.TrimSpace(about)); !cmd.Runnable() && !cmd.HasSubCommands() {
		return // a topic
	}
	fmt.Fprintf(w, "\nUsage:\n  %s\n", usageLine(cmd))
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

// commandGroups are the commands of the root by what they are for. A command without a group is
// listed with the last one.
var commandGroups = []struct {
	title    string
	commands []string
}{
	{"Run a batch", []string{"init", "plan", "run"}},
	{"Look", []string{"status", "report", "pick"}},
	{"Settle", []string{"audit", "resolve"}},
	{"The service", []string{"generate", "models", "tasks", "doctor"}},
	{"More", nil},
}

// printCommands lists the subcommands, those of the root in groups, and the topics.
func printCommands(w io.Writer, cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	if cmd.HasParent() {
		fmt.Fprint(w, "\nCommands:\n")
		for _, c := range cmd.Commands() {
			fmt.Fprintf(w, "  %-11s %s\n", c.Name(), c.Short)
		}
	} else {
		printGroups(w, cmd)
	}
	fmt.Fprintf(w, "\n%s COMMAND --help says more.\n", cmd.CommandPath())
}

func printGroups(w io.Writer, root *cobra.Command) {
	byName := map[string]*cobra.Command{}
	var about []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			byName[c.Name()] = c
		} else if c.IsAdditionalHelpTopicCommand() {
			about = append(about, c.Name())
		}
	}
	for _, g := range commandGroups {
		names := g.commands
		if names == nil {
			names = slices.Sorted(maps.Keys(byName))
		}
		fmt.Fprintf(w, "\n%s:\n", g.title)
		for _, name := range names {
			if c := byName[name]; c != nil {
				fmt.Fprintf(w, "  %-11s %s\n", name, c.Short)
				delete(byName, name)
			}
		}
	}
	fmt.Fprintf(w, "\nTopics: qwenbatch help %s\n", strings.Join(about, " | "))
}

func (p *program) flagHelp(w io.Writer, cmd *cobra.Command) {
	groups := p.groups[cmd]
	often := p.often[cmd]
	if often == nil || p.allFlags {
		for _, g := range groups {
			fmt.Fprintf(w, "\n%s:\n", g.title)
			g.flags.VisitAll(func(f *pflag.Flag) { printFlag(w, f, f.Usage) })
		}
	} else {
		fmt.Fprint(w, "\nFlags that are used often:\n")
		for _, name := range often {
			if f := cmd.Flags().Lookup(name); f != nil {
				printFlag(w, f, briefly(f.Usage))
			}
		}
		fmt.Fprintf(w, "\n%s %s shows all %d flags.\n", cmd.CommandPath(), helpAll,
			len(flagNames(cmd.Flags())))
		return
	}
	if len(groups) > 0 {
		fmt.Fprint(
			w, "\nEvery flag can also be set in the environment: --submit-rate "+
				"as\nQWENBATCH_SUBMIT_RATE. The flag wins. qwenbatch help environment says more.\n")
	} else if local := cmd.LocalFlags(); cmd.HasParent() && local.HasAvailableFlags() {
		fmt.Fprint(w, "\nFlags:\n")
		local.VisitAll(func(f *pflag.Flag) { printFlag(w, f, f.Usage) })
	}
}

// briefly is the beginning of a flag's text, as far as it says what the flag is.
func briefly(usage string) string {
	for _, end := range []string{" (", "; ", ": ", ", "} {
		usage, _, _ = strings.Cut(usage, end)
	}
	return usage
}

// flagColumn is where the text of a flag begins.
const flagColumn = 26

// printFlag prints a flag: its name, what it takes, what it does, its default.
func printFlag(w io.Writer, f *pflag.Flag, text string) {
	name := "      --" + f.Name
	if f.Shorthand != "" {
		name = "  -" + f.Shorthand + ", --" + f.Name
	}
	if takes := f.Value.Type(); takes == "uint64" {
		name += " N"
	} else if takes != "bool" {
		name += " " + strings.ReplaceAll(takes, "duration", "DURATION")
	}
	if !strings.Contains(f.Usage, "(default") &&
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
