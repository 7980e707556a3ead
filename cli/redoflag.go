package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/qwenbatch/qwenbatch/cli/term"

	"github.com/spf13/pflag"

	"github.com/qwenbatch/qwenbatch/batch"
)

// listFlag are texts of which a flag takes several: repeated, or with commas between them. A
// name with a comma stands in quotes.
type listFlag struct{ value *[]string }

func (n listFlag) Type() string { return "ID,…" }

func (n listFlag) String() string {
	if n.value == nil {
		return ""
	}
	return strings.Join(*n.value, ",")
}

// Set adds names.
func (n listFlag) Set(s string) error {
	var some []string
	list := pflag.NewFlagSet("", pflag.ContinueOnError)
	list.StringSliceVar(&some, "names", nil, "")
	if err := list.Set("names", s); err != nil {
		return errors.New(
			"write names with commas between them; one with a comma in it stands in double quotes")
	}
	*n.value = append(*n.value, some...)
	return nil
}

// redoFlag is the flag of run and plan.
func redoFlag(g group, value *[]string) {
	g.flags.Var(
		listFlag{
			value}, "redo",
		"buy these pictures again with a new seed, the older ones go to images/replaced: ids, "+
			"row:N, picture files, missing for all that are gone for good, or @FILE for what a "+
			"picks.csv or results.xlsx rejects; can be repeated")
}

// redoNotes say why items that --redo names are not bought again. Resolve is the command that
// settles held ones.
func redoNotes(p batch.RedoPlan, resolve string) []string {
	var notes []string
	add := func(items []string, format string, args ...any) {
		if len(items) > 0 {
			notes = append(notes, "--redo leaves out "+someNames(items)+": "+fmt.Sprintf(
				format, args...))
		}
	}
	add(p.Held, "may be paid for already; settle it first: %s %s", resolve,
		term.ShellQuote(firstOf(p.Held)))
	add(p.Open, "at the service, its picture is still to come")
	add(p.Skipped, "its row says skip")
	add(p.Newer, "another picture has taken the place of the one that was rejected")
	add(p.Bought,
		"made again already by the run that this one finishes; the next run with this --redo "+
			"makes it once more")
	return notes
}

func firstOf(items []string) string {
	if len(items) == 0 {
		return ""
	}
	return items[0]
}

// someNames are a few names, and how many more there are.
func someNames(items []string) string {
	const few = 3
	text := term.Plain(strings.Join(items[:min(few, len(items))], ", "))
	if more := len(items) - few; more > 0 {
		text += fmt.Sprintf(" and %s more", term.Number(more))
	}
	return text
}
