package cli

import (
	"strings"

	"github.com/spf13/pflag"
)

// Who has said what a flag is: the command line, the environment or a file of defaults, in this order.

// fromEnvironment marks a flag that the environment has set.
const fromEnvironment = "environment"

// fromFile marks a flag that a defaults file has set, with the place.
const fromFile = "file"

// sourceOf is who has said what a flag is.
func sourceOf(f *pflag.Flag) string {
	_, environment := f.Annotations[fromEnvironment]
	switch {
	case !f.Changed:
		return "default"
	case isFromFile(f):
		return strings.Join(f.Annotations[fromFile], ", ")
	case environment:
		return variable(f.Name)
	}
	return "command line"
}

// givenOnCommandLine reports whether a flag was given on the command line itself.
func givenOnCommandLine(flags *pflag.FlagSet, name string) bool {
	f := flags.Lookup(name)
	if f == nil {
		return false
	}
	_, env := f.Annotations[fromEnvironment]
	return f.Changed && !env && !isFromFile(f)
}

// isFromFile reports whether a file of defaults has set a flag.
func isFromFile(f *pflag.Flag) bool {
	if f == nil {
		return false
	}
	_, file := f.Annotations[fromFile]
	return file
}

// isSaid reports whether a flag was given, on the command line or by the environment: what a file
// gives is weaker than what is known of a batch or a manifest.
func isSaid(flags *pflag.FlagSet, name string) bool {
	f := flags.Lookup(name)
	return f != nil && f.Changed && !isFromFile(f)
}
