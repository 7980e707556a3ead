package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/manifests/spell"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flags gives a command its flags. Each also reads the environment, before the command runs.
func (p *program) flags(cmd *cobra.Command, groups ...group) {
	for _, g := range groups {
		g.flags.SortFlags = false
		cmd.Flags().AddFlagSet(g.flags)
	}
	p.groups[cmd] = groups
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		// The error would be of a flag that does not exist, or one that a command has said
		// already.
		_ = cmd.RegisterFlagCompletionFunc(f.Name, completion(p, f))
	})
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		p.nameUnknownVariables(cmd.Root())
		if err := p.bind(cmd.Flags()); err != nil {
			return err
		}
		return bindFiles(p, cmd, args)
	}
}

// nameUnknownVariables warns of variables that look like a flag's and are of no command's flag:
// a misspelt QWENBATCH_BUDGET bounds nothing.
func (p *program) nameUnknownVariables(root *cobra.Command) {
	if p.environ == nil {
		return
	}
	var known []string
	for _, name := range allFlags(root) {
		known = append(known, variable(name))
	}
	for _, entry := range p.environ() {
		name, value, _ := strings.Cut(entry, "=")
		if value == "" || !strings.HasPrefix(name, variablePrefix) || slices.Contains(known, name) {
			continue
		}
		text := "the variable " + name + " is of no flag"
		if near := spell.Nearest(name, known); near != "" {
			text += "; did you mean " + near + "?"
		}
		p.warn(text)
	}
}

const variablePrefix = "QWENBATCH_"

// variable is the name under which the environment gives a flag.
func variable(flag string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fromEnvironment marks a flag that the environment has set.
const fromEnvironment = "environment"

// bind sets every flag that was not given from its variable. An empty variable is none.
func (p *program) bind(flags *pflag.FlagSet) error {
	var wrong error
	flags.VisitAll(func(f *pflag.Flag) {
		value, set := p.env(variable(f.Name))
		if f.Changed || !set || value == "" || f.Name == "help" || wrong != nil {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			wrong = wrongValue("environment variable "+variable(f.Name), value, err)
		}
		flags.SetAnnotation(f.Name, fromEnvironment, nil)
	})
	return wrong
}

// wrongValue is the mistake of a value that cannot be read; source says whether a flag or the
// environment is wrong.
func wrongValue(source, value string, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		err = invalid.Unwrap()
	}
	return &mistake{text: fmt.Sprintf("%s: %s: %s", source, term.Quote(value), valueError(err))}
}

// valueError rewrites the errors of strconv and time for people.
func valueError(err error) string {
	text := err.Error()
	if strings.HasPrefix(text, "strconv.") || strings.HasPrefix(text, "time:") {
		text = text[strings.LastIndex(text, ": ")+2:]
	}
	switch {
	case strings.Contains(err.Error(), "ParseBool"):
		return "it takes true or false"
	case strings.HasPrefix(err.Error(), "time:"):
		return "write a duration such as 5s, 2m or 1h"
	}
	return text
}

// flagMistake puts what pflag says of a command line into our words.
func flagMistake(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var valueless *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	help := "qwenbatch " + strings.TrimSpace(
		strings.TrimPrefix(cmd.CommandPath(), "qwenbatch")+" --help lists the flags")
	switch {
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			return &mistake{text: "there is no flag -" + name, hint: help}
		}
		if near := spell.Nearest(name, flagNames(cmd.Flags())); near != "" {
			help = "did you mean --" + near + "?"
		}
		return &mistake{text: "there is no flag --" + name, hint: help}
	case errors.As(err, &valueless):
		return &mistake{text: fmt.Sprintf("--%s wants a value", valueless.GetFlag().Name),
			hint: help}
	case errors.As(err, &invalid):
		return wrongValue("flag --"+invalid.GetFlag().Name, invalid.GetValue(), err)
	}
	return &mistake{text: err.Error(), hint: help}
}

func flagNames(flags *pflag.FlagSet) []string {
	var names []string
	flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}
