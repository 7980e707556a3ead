package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/manifests/spell"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

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
